package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.SortedRows;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.StorageView;
import dev.lockstep.core.storage.WriteBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// How a document's stored form lies in the documents keyspace: one row, or above `chunkBytes` a
/// head row with chunk rows behind it. Rows of one document follow each other, so a single cursor
/// sees them in one state. Immutable.
final class DocumentRows {
  /*
   * A head row starts with a zero byte, which no VelocyPack object does. It holds the key, so that
   * a revision leads to its key without reading the chunks.
   */
  private static final byte HEAD = 0;

  static final int KEY_BYTES = 2 * Long.BYTES;
  private static final int CHUNK_KEY_BYTES = KEY_BYTES + Integer.BYTES;

  /// What a row costs a commit besides its value, generously.
  static final int ROW_OVERHEAD = 64;

  private final int chunkBytes;
  private final Keyspace keyspace;

  /// @param chunkBytes fixed when the store was founded: it decides how existing rows are read
  DocumentRows(int chunkBytes) {
    this(chunkBytes, Keyspace.DOCUMENTS);
  }

  /// @param keyspace of the rows, if it is not that of the documents there are
  DocumentRows(int chunkBytes, Keyspace keyspace) {
    this.chunkBytes = chunkBytes;
    this.keyspace = keyspace;
  }

  boolean isChunked(int length) {
    return length > chunkBytes;
  }

  int chunks(int length) {
    return (int) (((long) length + chunkBytes - 1) / chunkBytes);
  }

  static byte[] key(long generation, long revision) {
    return Keys.of(generation, revision);
  }

  private static byte[] chunkKey(long generation, long revision, int chunk) {
    byte[] key = new byte[CHUNK_KEY_BYTES];
    Keys.putLong(key, 0, generation);
    Keys.putLong(key, Long.BYTES, revision);
    for (int i = 0; i < Integer.BYTES; i++) {
      key[KEY_BYTES + i] = (byte) (chunk >>> 8 * (Integer.BYTES - 1 - i));
    }
    return key;
  }

  /// Bytes of a commit that all rows of a document take, at most.
  long cost(int length) {
    return isChunked(length)
        ? headCost() + length + (long) chunks(length) * ROW_OVERHEAD
        : length + ROW_OVERHEAD;
  }

  /// Bytes of a commit that one chunk row takes, at most.
  long chunkCost() {
    return chunkBytes + ROW_OVERHEAD;
  }

  /// Operations of a commit that all rows of a document take.
  int operations(int length) {
    return isChunked(length) ? 1 + chunks(length) : 1;
  }

  /// Bytes of a commit that the head row alone takes, at most.
  static long headCost() {
    return ROW_OVERHEAD + 16 + 256;
  }

  void put(WriteBatch batch, long generation, Document document) {
    if (isChunked(document.body().length)) {
      for (int chunk = 0; chunk < chunks(document.body().length); chunk++) {
        putChunk(batch, generation, document, chunk);
      }
      putHead(batch, generation, document);
    } else {
      batch.put(keyspace, key(generation, document.revision().value()), document.body());
    }
  }

  /// Adds all rows of a document whose revision exceeds those of all before.
  void put(SortedRows rows, long generation, Document document) {
    byte[] key = key(generation, document.revision().value());
    byte[] body = document.body();
    if (isChunked(body.length)) {
      rows.put(key, head(document));
      for (int chunk = 0; chunk < chunks(body.length); chunk++) {
        rows.put(chunkKey(generation, document.revision().value(), chunk), chunk(document, chunk));
      }
    } else {
      rows.put(key, body);
    }
  }

  void putChunk(WriteBatch batch, long generation, Document document, int chunk) {
    batch.put(
        keyspace, chunkKey(generation, document.revision().value(), chunk), chunk(document, chunk));
  }

  private byte[] chunk(Document document, int chunk) {
    byte[] body = document.body();
    int from = chunk * chunkBytes;
    return Arrays.copyOfRange(body, from, Math.min(body.length, from + chunkBytes));
  }

  void putHead(WriteBatch batch, long generation, Document document) {
    batch.put(keyspace, key(generation, document.revision().value()), head(document));
  }

  private byte[] head(Document document) {
    byte[] key = document.key().getBytes(StandardCharsets.ISO_8859_1);
    int length = document.body().length;
    int chunks = chunks(length);
    byte[] head = new byte[1 + Varint.length(length) + Varint.length(chunks) + 1 + key.length];
    head[0] = HEAD;
    int at = Varint.put(head, 1, length);
    at = Varint.put(head, at, chunks);
    head[at++] = (byte) key.length;
    System.arraycopy(key, 0, head, at, key.length);
    return head;
  }

  void delete(WriteBatch batch, long generation, PrimaryEntry entry) {
    delete(batch, generation, entry.revision(), entry.length());
  }

  /// @param length of the document's body
  void delete(WriteBatch batch, long generation, long revision, int length) {
    if (isChunked(length)) {
      batch.deleteRange(keyspace, KeyRange.prefix(key(generation, revision)));
    } else {
      batch.delete(keyspace, key(generation, revision));
    }
  }

  /// All rows of a generation whose revisions exceed one.
  static KeyRange beyond(long generation, long revision) {
    byte[] from = KeyRange.successor(key(generation, revision));
    return new KeyRange(
        from == null ? key(generation, revision) : from, KeyRange.successor(Keys.of(generation)));
  }

  /// Deletes whatever lies under a revision, with or without head.
  static void deleteAll(WriteBatch batch, long generation, long revision) {
    batch.deleteRange(Keyspace.DOCUMENTS, KeyRange.prefix(key(generation, revision)));
  }

  /// The document of a revision, null if there is none.
  @Nullable Document read(StorageView view, long generation, long revision) {
    byte[] row = view.get(keyspace, key(generation, revision));
    if (row == null) {
      return null;
    }
    if (row[0] != HEAD) {
      return unchunked(row, revision);
    }
    // The newest state may lose head and chunks between two reads; a cursor sees one state.
    try (StorageCursor cursor = view.scan(keyspace, KeyRange.prefix(key(generation, revision)))) {
      return next(cursor);
    }
  }

  /// The key of the document of a revision, null if there is none. Reads a head row at most.
  static @Nullable String keyOf(StorageView view, long generation, long revision) {
    byte[] row = view.get(Keyspace.DOCUMENTS, key(generation, revision));
    return row == null ? null : keyIn(row);
  }

  /// The key of the document whose first row this is.
  static String keyIn(byte[] row) {
    return row[0] == HEAD ? headKey(row) : StoredDocument.key(VPackSlice.of(row));
  }

  static boolean exists(StorageView view, long generation, long revision) {
    byte[] key = key(generation, revision);
    try (StorageCursor cursor = view.scan(Keyspace.DOCUMENTS, KeyRange.prefix(key))) {
      return cursor.next() && cursor.key().length == KEY_BYTES;
    }
  }

  /// Moves to the next whole document; null at the end of the range. Chunks without a head (a write
  /// under way, or cut off) are passed over.
  @Nullable Document next(StorageCursor cursor) {
    while (cursor.next()) {
      byte[] key = cursor.key();
      if (key.length != KEY_BYTES) {
        continue;
      }
      long revision = Keys.longAt(key, Long.BYTES);
      byte[] row = cursor.value();
      return row[0] == HEAD ? assemble(cursor, key, row) : unchunked(row, revision);
    }
    return null;
  }

  /// Moves to the next document's first row and returns its key; null at the end of the range.
  static byte @Nullable [] nextRow(StorageCursor cursor) {
    while (cursor.next()) {
      byte[] key = cursor.key();
      if (key.length == KEY_BYTES) {
        return key;
      }
    }
    return null;
  }

  /// The document that is one row.
  static Document unchunked(byte[] row, long revision) {
    return new Document(StoredDocument.key(VPackSlice.of(row)), new Revision(revision), row);
  }

  private static String headKey(byte[] head) {
    long length = Varint.read(head, 1);
    int at = 1 + Varint.length(length);
    at += Varint.length(Varint.read(head, at));
    return new String(head, at + 1, head[at] & 0xff, StandardCharsets.ISO_8859_1);
  }

  private static Document assemble(StorageCursor cursor, byte[] headKey, byte[] head) {
    int length = (int) Varint.read(head, 1);
    int chunks = (int) Varint.read(head, 1 + Varint.length(length));
    long generation = Keys.longAt(headKey, 0);
    long revision = Keys.longAt(headKey, Long.BYTES);
    byte[] body = new byte[length];
    int filled = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      if (!cursor.next()
          || !Arrays.equals(cursor.key(), chunkKey(generation, revision, chunk))
          || filled + cursor.valueLength() > length) {
        throw damaged(generation, revision, "chunk " + chunk + " of " + chunks + " is missing");
      }
      byte[] part = cursor.value();
      System.arraycopy(part, 0, body, filled, part.length);
      filled += part.length;
    }
    if (filled != length) {
      throw damaged(generation, revision, "its chunks hold " + filled + " bytes of " + length);
    }
    return new Document(headKey(head), new Revision(revision), body);
  }

  static StorageException damaged(long generation, long revision, String what) {
    return new StorageException(
        "damaged document: generation="
            + Long.toUnsignedString(generation)
            + " revision="
            + new Revision(revision)
            + ": "
            + what);
  }
}
