package dev.lockstep.replication.leader;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.KeyCursor;
import dev.lockstep.core.document.ChunkHash;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import org.jspecify.annotations.Nullable;

/// The keys protocol's picture of one collection in the state of one batch: its keys in bytewise
/// order, cut into chunks of equal numbers of documents. Reads the index of keys only; documents
/// only where they are asked for. Holds nothing but the view it was made with, so it may be made
/// anew for every request. Thread-safe.
///
/// Source: `docs/protocol.md`, "Keys".
public final class KeyChunks {
  static final int CHUNK_SIZE_DEFAULT = 5_000;
  static final int CHUNK_SIZE_MIN = 100;
  static final int CHUNK_SIZE_MAX = 20_000;

  /// An answer of documents ends after this many bytes if its request gave an offset to go on from.
  static final int ANSWER_BYTES = 8 << 20;

  private final CollectionView view;

  public KeyChunks(CollectionView view) {
    this.view = view;
  }

  /// The number of documents in a chunk that a request gets for the number it asked for.
  public static int chunkSize(long requested) {
    if (requested < CHUNK_SIZE_MIN) {
      return CHUNK_SIZE_DEFAULT;
    }
    return (int) Math.min(requested, CHUNK_SIZE_MAX);
  }

  /// Tells every chunk, in order.
  public <E extends Exception> void chunks(int chunkSize, ChunkSink<E> sink) throws E {
    try (KeyCursor keys = view.byKey(null, null)) {
      boolean more = keys.next();
      while (more) {
        String low = keys.key();
        String high = low;
        ChunkHash hash = new ChunkHash();
        int documents = 0;
        while (more && documents < chunkSize) {
          high = keys.key();
          hash.add(high, keys.revision());
          documents++;
          more = keys.next();
        }
        sink.chunk(low, high, hash.value());
      }
    }
  }

  /// Tells the keys of chunk `chunk` and their revisions, in order.
  ///
  /// @param low the chunk's first key as told by [#chunks]; spares counting from the beginning
  public <E extends Exception> void keys(
      int chunk, int chunkSize, @Nullable String low, KeySink<E> sink) throws E {
    try (KeyCursor keys = at(chunk, chunkSize, low)) {
      for (int position = 0; position < chunkSize && keys.next(); position++) {
        sink.key(keys.key(), keys.revision());
      }
    }
  }

  /// Tells the documents at `positions` of chunk `chunk`, in the order of the positions.
  ///
  /// @param positions inside the chunk, from 0, ascending
  /// @param offset how many of them the asking side has already; `null` is told in their place, and
  ///   the answer may then end early; negative = no offset was given
  /// @throws LockstepException 1 when a position lies beyond the last key
  public <E extends Exception> void documents(
      int chunk,
      int chunkSize,
      @Nullable String low,
      int[] positions,
      int offset,
      DocumentSink<E> sink)
      throws E {
    long bytes = 0;
    int wanted = 0;
    try (KeyCursor keys = at(chunk, chunkSize, low)) {
      int position = -1;
      for (; wanted < positions.length; wanted++) {
        if (wanted < offset) {
          sink.document(null);
          continue;
        }
        while (position < positions[wanted]) {
          if (!keys.next()) {
            throw new LockstepException(
                ErrorNumber.FAILED,
                "Not enough data: position "
                    + positions[wanted]
                    + " of chunk "
                    + chunk
                    + " lies beyond the last key of the collection");
          }
          position++;
        }
        Document document = view.document(keys.key());
        if (document == null) {
          throw new IllegalStateException(
              "key without document in one state of a collection: " + keys.key());
        }
        sink.document(document);
        bytes += document.body().length;
        if (offset >= 0 && bytes > ANSWER_BYTES) {
          return;
        }
      }
    }
  }

  private KeyCursor at(int chunk, int chunkSize, @Nullable String low) {
    if (low != null && !low.isEmpty() && hasKey(low)) {
      return view.byKey(low, null);
    }
    // Not given, or mangled on its way: count instead.
    KeyCursor keys = view.byKey(null, null);
    long before = (long) chunk * chunkSize;
    for (long skipped = 0; skipped < before && keys.next(); skipped++) {}
    return keys;
  }

  /// Whether there is a document with this key; any text may be asked for.
  public boolean hasKey(String key) {
    try (KeyCursor keys = view.byKey(key, key)) {
      return keys.next();
    }
  }

  /// Receives chunks.
  ///
  /// @param <E> what it may throw, which ends the telling
  @FunctionalInterface
  public interface ChunkSink<E extends Exception> {
    /// @param low first key, included
    /// @param high last key, included
    /// @param hash unsigned 64-bit
    void chunk(String low, String high, long hash) throws E;
  }

  /// Receives keys.
  ///
  /// @param <E> what it may throw, which ends the telling
  @FunctionalInterface
  public interface KeySink<E extends Exception> {
    void key(String key, Revision revision) throws E;
  }

  /// Receives documents.
  ///
  /// @param <E> what it may throw, which ends the telling
  @FunctionalInterface
  public interface DocumentSink<E extends Exception> {
    /// @param document `null` for one the asking side has already
    void document(@Nullable Document document) throws E;
  }
}
