package dev.lockstep.core.collection;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.StoredIndex.EntryKey;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Fills new, still unreachable indexes from the documents of a generation that nobody writes to
/// meanwhile. One pass for all of them, in constant memory, with commits on the way. One thread.
final class IndexBuild {
  /// Small enough that other collections' commits hardly wait, large enough to make few commits.
  private static final long BATCH_BYTES = 4L << 20;

  private static final int BATCH_OPERATIONS = 50_000;

  /// Documents between two reports of progress.
  private static final int PROGRESS_INTERVAL = 10_000;

  private final DocumentStore store;
  private final long generation;
  private final List<StoredIndex> indexes;
  private final long bytesMax;
  private final int operationsMax;

  /// Unique entries of the batch under construction and the documents they belong to.
  private final Map<EntryKey, String> uniques = new HashMap<>();

  private WriteBatch batch;

  /// @param indexes maintained ones only
  IndexBuild(DocumentStore store, long generation, List<StoredIndex> indexes) {
    this.store = store;
    this.generation = generation;
    this.indexes = indexes;
    EngineLimits limits = store.engine().limits();
    // The entry that exceeds one of these is still in the commit.
    this.bytesMax = Math.min(BATCH_BYTES, limits.commitBytesMax() - limits.keyBytesMax() - 64L);
    this.operationsMax = Math.min(BATCH_OPERATIONS, limits.commitKeysMax() - 1);
    this.batch = store.engine().newBatch();
  }

  /// @param total documents there are, for `progress` only
  /// @throws LockstepException 1210 naming index and both keys; what was built stays unreachable
  void run(GenerationLoad.Progress progress, long total) {
    long done = 0;
    Revision last = Revision.NONE;
    GenerationReader reader =
        new GenerationReader(store.engine(), store.documentRows(), generation);
    try {
      boolean more = true;
      while (more) {
        // A new cursor per commit: none grows old, whatever the size of the collection.
        try (DocumentCursor cursor = reader.byRevisionOnce(last)) {
          boolean committed = false;
          while (!committed && (more = cursor.next())) {
            Document document = cursor.document();
            committed = add(document);
            last = document.revision();
            if (++done % PROGRESS_INTERVAL == 0) {
              progress.documentsIndexed(done, total);
            }
          }
        }
      }
      commit();
      progress.documentsIndexed(done, total);
    } finally {
      batch.close();
    }
  }

  private boolean add(Document document) {
    boolean committed = false;
    long revision = document.revision().value();
    for (StoredIndex index : indexes) {
      byte[] value = index.entryValue(revision);
      for (byte[] entry : index.entries(document.key(), document.slice(), revision)) {
        if (index.isUnique()) {
          requireUnique(index, entry, document.key());
        }
        batch.put(Keyspace.INDEXES, entry, value);
        if (batch.bytes() >= bytesMax || batch.operations() >= operationsMax) {
          commit();
          committed = true;
        }
      }
    }
    return committed;
  }

  private void requireUnique(StoredIndex index, byte[] entry, String key) {
    String holder = uniques.putIfAbsent(new EntryKey(entry), key);
    if (holder == null) {
      byte[] row = store.engine().get(Keyspace.INDEXES, entry);
      if (row == null) {
        return;
      }
      holder = DocumentRows.keyOf(store.engine(), generation, Keys.longAt(row, 0));
    }
    LockstepException violation = index.violation(holder);
    throw new LockstepException(
        violation.number(), violation.getMessage() + "; and document with key: " + key);
  }

  private void commit() {
    if (batch.operations() > 0) {
      store.gate().commitOrThrow(batch, Durability.PROCESS_CRASH);
      batch.close();
      batch = store.engine().newBatch();
      uniques.clear();
    }
  }
}
