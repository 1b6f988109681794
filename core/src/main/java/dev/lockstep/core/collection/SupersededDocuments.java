package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import org.jspecify.annotations.Nullable;

/// What documents were when a transaction wrote them, kept after they were replaced or removed, for
/// as long as the transaction is in the change log: a reader of the log shall get a transaction
/// whole (decision 0013). Thread-safe.
final class SupersededDocuments {
  /*
   * The rows have the keys of the document's own. Under generation 0, which no collection has, is
   * one more per document: from which tick on nobody needs it. That is the newest one at the time
   * it was kept, for the transaction is not younger.
   */
  private static final long DUE = 0;

  private static final int DUE_KEY_BYTES = 4 * Long.BYTES;
  private static final int DUE_COST = DUE_KEY_BYTES + DocumentRows.ROW_OVERHEAD;

  /// Documents removed by one commit.
  private static final int PRUNED_PER_COMMIT = 500;

  private static final int OPERATIONS_PER_PRUNED = 2;

  private final StorageEngine engine;
  private final CommitGate gate;
  private final DocumentRows rows;

  SupersededDocuments(StorageEngine engine, CommitGate gate, int chunkBytes) {
    this.engine = engine;
    this.gate = gate;
    this.rows = new DocumentRows(chunkBytes, Keyspace.SUPERSEDED);
  }

  /// Bytes of a commit that keeping a document takes, at most.
  long cost(int length) {
    return DUE_COST + rows.cost(length);
  }

  /// Operations of a commit that keeping a document takes.
  int operations(int length) {
    return 1 + rows.operations(length);
  }

  /// Keeps a document that `batch` replaces or removes.
  void keep(WriteBatch batch, long generation, Document document) {
    rows.put(batch, generation, document);
    long revision = document.revision().value();
    byte[] due = new byte[DUE_KEY_BYTES];
    Keys.putLong(due, 0, DUE);
    Keys.putLong(due, Long.BYTES, engine.closedTick().value());
    Keys.putLong(due, 2 * Long.BYTES, generation);
    Keys.putLong(due, 3 * Long.BYTES, revision);
    int length = document.body().length;
    byte[] value = new byte[Varint.length(length)];
    Varint.put(value, 0, length);
    batch.put(Keyspace.SUPERSEDED, due, value);
  }

  /// The document as a transaction wrote it; null if it was not kept.
  @Nullable Document read(long generation, long revision) {
    return rows.read(engine, generation, revision);
  }

  /// Removes what belongs to changes up to a tick, which have left the log. One thread at a time.
  ///
  /// @throws dev.lockstep.core.LockstepException if the storage does not take it: tried again with
  ///   the next call
  void prune(Tick upTo) {
    KeyRange due = new KeyRange(dueFrom(Tick.NONE), dueFrom(upTo.next()));
    int perCommit =
        Math.min(PRUNED_PER_COMMIT, engine.limits().commitKeysMax() / OPERATIONS_PER_PRUNED);
    boolean isDone = false;
    while (!isDone) {
      try (StorageCursor cursor = engine.scan(Keyspace.SUPERSEDED, due);
          WriteBatch batch = engine.newBatch()) {
        int pruned = 0;
        while (pruned < perCommit && cursor.next()) {
          byte[] key = cursor.key();
          rows.delete(
              batch,
              Keys.longAt(key, 2 * Long.BYTES),
              Keys.longAt(key, 3 * Long.BYTES),
              (int) Varint.read(cursor.value(), 0));
          batch.delete(Keyspace.SUPERSEDED, key);
          pruned++;
        }
        if (pruned > 0) {
          gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
        }
        isDone = pruned < perCommit;
      }
    }
  }

  private static byte[] dueFrom(Tick tick) {
    return Keys.of(DUE, tick.value());
  }

  /// Forgets a generation. What is due stays, and is removed when it is.
  static void forget(WriteBatch batch, long generation) {
    batch.deleteRange(Keyspace.SUPERSEDED, KeyRange.prefix(Keys.of(generation)));
  }
}
