package dev.lockstep.core.storage;

/// An ordered, transactional key-value store that also numbers the change log. One process owns an
/// open engine (write lease with a fencing epoch; on one machine a file lock). Thread-safe. Every
/// engine passes `StorageEngineContract`.
///
/// Once closed, everything but a further [#close] fails with [StorageException], on the engine as
/// on its snapshots and cursors; closing those late is harmless.
public interface StorageEngine extends StorageView, AutoCloseable {
  EngineLimits limits();

  /// A new, empty batch; the caller closes it after [#commit].
  WriteBatch newBatch();

  /// A way past commits for much that nobody reads yet, see [SortedRows]. The caller closes it.
  ///
  /// @param keyspace neither [Keyspace#COUNTERS] nor [Keyspace#CHANGES]
  default SortedRows sortedRows(Keyspace keyspace) {
    return new CommittedRows(this, keyspace);
  }

  /// Applies `batch` atomically and assigns its ticks in commit order: when this returns
  /// [CommitOutcome.Done], every tick up to `lastTick` is visible to readers.
  CommitOutcome commit(WriteBatch batch, Durability durability);

  /// Makes every commit that returned before this call survive power loss. Concurrent calls share
  /// one sync.
  void sync();

  /// The newest tick below which no smaller one can still appear; every change up to it is
  /// readable.
  Tick closedTick();

  /// A frozen view of now. The caller closes it.
  Snapshot snapshot();

  /// Removes every key of `range`, without atomicity and without a change-log entry; for
  /// generations and log segments nobody can see any more. Costs O(1) where the engine can; space
  /// comes back in the background, once no [Snapshot] taken before is open: those still read what
  /// was there. Idempotent. Ticks of purged changes are never assigned again.
  void purge(Keyspace keyspace, KeyRange range);

  /// Says that much was written and a quiet time has begun: what would make the next start slow,
  /// like a log to be replayed, may be written out now. Nobody sees a difference. Does nothing
  /// where there is no such thing, or no room for it, or once the engine is closed. Returns when it
  /// is done, and does not fail.
  default void settle() {}

  /// Bytes on disk, roughly; 0 for engines without one.
  long bytesOnDisk();

  /// Closes cleanly; unsynced commits are synced first.
  @Override
  void close();
}
