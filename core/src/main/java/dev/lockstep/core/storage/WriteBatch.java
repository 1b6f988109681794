package dev.lockstep.core.storage;

/// Operations that become visible and durable together or not at all. Collected by one thread,
/// committed once with [StorageEngine#commit], then closed by whoever created it. Later operations
/// on a key win. Arrays handed in are not modified by anyone afterwards.
///
/// Writing to [Keyspace#COUNTERS] or [Keyspace#CHANGES] in another way than those allow is an
/// [IllegalArgumentException]; using a closed or committed batch an [IllegalStateException].
public interface WriteBatch extends AutoCloseable {
  void put(Keyspace keyspace, byte[] key, byte[] value);

  void delete(Keyspace keyspace, byte[] key);

  /// Deletes every key of `range`, including those put by this batch before. For ranges of few
  /// keys: emptying a whole generation is [StorageEngine#purge].
  void deleteRange(Keyspace keyspace, KeyRange range);

  /// Adds `delta` (may be negative) to the counter `key`; commutative, no read.
  void add(byte[] key, long delta);

  /// Appends one entry to the change log. The engine assigns its [Tick] at commit: entries of one
  /// batch get consecutive ticks in the order of their appending, and no other batch's entry comes
  /// between.
  void appendChange(byte[] change);

  /// Number of operations so far; compare with [EngineLimits#commitKeysMax].
  int operations();

  /// Bytes of keys and values so far; compare with [EngineLimits#commitBytesMax].
  long bytes();

  @Override
  void close();
}
