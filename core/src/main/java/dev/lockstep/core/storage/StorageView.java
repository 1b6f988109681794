package dev.lockstep.core.storage;

import org.jspecify.annotations.Nullable;

/// Something that can be read: the engine itself (newest committed state) or a [Snapshot].
/// Thread-safe.
public interface StorageView {
  /// The value of `key`, or `null` when there is none. The array belongs to the caller.
  ///
  /// @throws StorageException when the engine cannot read
  byte @Nullable [] get(Keyspace keyspace, byte[] key);

  /// A cursor over `range`, ascending, positioned before the first entry. It sees one consistent
  /// state: of this snapshot, or of the moment of the call. The caller closes it, soon: it pins
  /// storage.
  StorageCursor scan(Keyspace keyspace, KeyRange range);

  /// As [#scan], descending: positioned after the last entry of `range`.
  StorageCursor scanDescending(Keyspace keyspace, KeyRange range);

  /// The sum of all committed [WriteBatch#add] of `key`; 0 when there was none.
  long counter(byte[] key);
}
