package dev.lockstep.core.storage;

import org.jspecify.annotations.Nullable;

/// [SortedRows] by commits, for engines that have no better way.
final class CommittedRows implements SortedRows {
  private final StorageEngine engine;
  private final Keyspace keyspace;
  private final EngineLimits limits;
  private @Nullable WriteBatch batch;
  private byte @Nullable [] last;
  private long bytes;

  /// Why a commit failed; nothing is written any more then.
  private @Nullable CommitOutcome failure;

  private boolean isOver;

  CommittedRows(StorageEngine engine, Keyspace keyspace) {
    SortedRows.requireAllowed(keyspace);
    this.engine = engine;
    this.keyspace = keyspace;
    this.limits = engine.limits();
  }

  @Override
  public void put(byte[] key, byte[] value) {
    requireOpen();
    SortedRows.requireAscending(last, key);
    last = key;
    bytes += key.length + value.length;
    WriteBatch current = batch;
    if (current != null
        && (current.bytes() + key.length + value.length > limits.commitBytesMax()
            || current.operations() >= limits.commitKeysMax())) {
      commit(current);
      current = null;
    }
    if (failure == null) {
      if (current == null) {
        current = engine.newBatch();
        batch = current;
      }
      current.put(keyspace, key, value);
    }
  }

  private void commit(WriteBatch current) {
    batch = null;
    try (current) {
      CommitOutcome outcome = engine.commit(current, Durability.PROCESS_CRASH);
      if (!(outcome instanceof CommitOutcome.Done)) {
        failure = outcome;
      }
    }
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public CommitOutcome finish() {
    requireOpen();
    WriteBatch current = batch;
    if (current != null) {
      commit(current);
    }
    isOver = true;
    CommitOutcome failed = failure;
    return failed == null ? new CommitOutcome.Done(engine.closedTick(), 0) : failed;
  }

  private void requireOpen() {
    if (isOver) {
      throw new IllegalStateException("the sorted rows are finished or closed");
    }
  }

  @Override
  public void close() {
    isOver = true;
    WriteBatch current = batch;
    if (current != null) {
      batch = null;
      current.close();
    }
  }
}
