package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentKey;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageView;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads one generation in one storage view. Knows nothing of the catalog: whether the generation
/// is still the collection's is the caller's business. Thread-safe.
final class GenerationReader {
  private static final byte[] EMPTY = {};

  private final StorageView view;
  private final DocumentRows rows;
  private final long generation;

  GenerationReader(StorageView view, DocumentRows rows, long generation) {
    this.view = view;
    this.rows = rows;
    this.generation = generation;
  }

  long count() {
    return GenerationTotals.count(view, generation);
  }

  long fingerprint() {
    return GenerationTotals.fingerprint(view, generation);
  }

  @Nullable PrimaryEntry primary(String key) {
    byte[] row =
        DocumentKey.isValid(key)
            ? view.get(Keyspace.PRIMARY, PrimaryEntry.key(generation, key))
            : null;
    return row == null ? null : PrimaryEntry.decode(row);
  }

  /// Null if the revision has no document (any more).
  @Nullable Document document(PrimaryEntry entry) {
    return rows.read(view, generation, entry.revision());
  }

  /// Null if the revision has no document (any more).
  @Nullable Document document(Revision revision) {
    return rows.read(view, generation, revision.value());
  }

  /// Reads every primary row.
  RevisionSummary revisionSummary() {
    return RevisionTrees.read(view, generation);
  }

  DocumentCursor byRevision(Revision fromExclusive) {
    return new Documents(rows, view.scan(Keyspace.DOCUMENTS, after(fromExclusive)));
  }

  DocumentCursor byRevisionOnce(Revision fromExclusive) {
    return new Documents(rows, view.scanOnce(Keyspace.DOCUMENTS, after(fromExclusive)));
  }

  private KeyRange after(Revision fromExclusive) {
    // Chunk rows of `fromExclusive` itself have no head in the range and are passed over.
    byte[] from = Keys.of(generation, fromExclusive.value());
    byte[] after = Arrays.copyOf(from, from.length + 1);
    return new KeyRange(
        fromExclusive.equals(Revision.NONE) ? Keys.of(generation) : after, end(generation));
  }

  Revision newestRevision() {
    try (StorageCursor rows =
        view.scanDescending(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(generation)))) {
      return rows.next() ? new Revision(Keys.longAt(rows.key(), Long.BYTES)) : Revision.NONE;
    }
  }

  RevisionCursor revisions(Revision fromInclusive, Revision toInclusive) {
    byte[] to = KeyRange.successor(Keys.of(generation, toInclusive.value()));
    KeyRange range = new KeyRange(Keys.of(generation, fromInclusive.value()), to);
    return new Revisions(view.scan(Keyspace.DOCUMENTS, range));
  }

  KeyCursor byKey(@Nullable String fromInclusive, @Nullable String toInclusive) {
    byte[] from =
        fromInclusive == null
            ? Keys.of(generation, EMPTY)
            : PrimaryEntry.key(generation, fromInclusive);
    byte[] to = end(generation);
    if (toInclusive != null) {
      byte[] last = PrimaryEntry.key(generation, toInclusive);
      to = Arrays.copyOf(last, last.length + 1);
    }
    return new KeysInOrder(view.scan(Keyspace.PRIMARY, new KeyRange(from, to)));
  }

  private static byte @Nullable [] end(long generation) {
    return KeyRange.successor(Keys.of(generation));
  }

  private static IllegalStateException notOnAnEntry() {
    return new IllegalStateException("the cursor is not on an entry: next() did not return true");
  }

  private static final class Documents implements DocumentCursor {
    private final DocumentRows rows;
    private final StorageCursor cursor;
    private @Nullable Document current;

    Documents(DocumentRows rows, StorageCursor cursor) {
      this.rows = rows;
      this.cursor = cursor;
    }

    @Override
    public boolean next() {
      // Not both at once: documents may be large.
      current = null;
      current = rows.next(cursor);
      return current != null;
    }

    @Override
    public Document document() {
      Document document = current;
      if (document == null) {
        throw notOnAnEntry();
      }
      return document;
    }

    @Override
    public void close() {
      cursor.close();
    }
  }

  private static final class Revisions implements RevisionCursor {
    private final StorageCursor cursor;
    private @Nullable Revision current;

    Revisions(StorageCursor cursor) {
      this.cursor = cursor;
    }

    @Override
    public boolean next() {
      byte[] key = DocumentRows.nextRow(cursor);
      current = key == null ? null : new Revision(Keys.longAt(key, Long.BYTES));
      return key != null;
    }

    @Override
    public Revision revision() {
      Revision revision = current;
      if (revision == null) {
        throw notOnAnEntry();
      }
      return revision;
    }

    @Override
    public String key() {
      return DocumentRows.keyIn(cursor.value());
    }

    @Override
    public void close() {
      cursor.close();
    }
  }

  private static final class KeysInOrder implements KeyCursor {
    private final StorageCursor cursor;

    KeysInOrder(StorageCursor cursor) {
      this.cursor = cursor;
    }

    @Override
    public boolean next() {
      return cursor.next();
    }

    @Override
    public String key() {
      return PrimaryEntry.documentKey(cursor.key());
    }

    @Override
    public Revision revision() {
      return PrimaryEntry.decode(cursor.value()).asRevision();
    }

    @Override
    public void close() {
      cursor.close();
    }
  }
}
