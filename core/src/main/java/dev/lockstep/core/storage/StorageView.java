package dev.lockstep.core.storage;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Something that can be read: the engine itself (newest committed state) or a [Snapshot].
/// Thread-safe.
public interface StorageView {
  /// The value of `key`, or `null` when there is none. The array belongs to the caller.
  ///
  /// @throws StorageException when the engine cannot read
  byte @Nullable [] get(Keyspace keyspace, byte[] key);

  /// The values of `keys` in their order, `null` where there is none, as [#get] tells each: for a
  /// fraction of the cost where the engine looks several up at once. Keys may be in any order and
  /// repeat. All values are in memory together, so the caller bounds them. Of a view that changes,
  /// they are not necessarily of one moment. The arrays belong to the caller.
  ///
  /// @throws StorageException when the engine cannot read one of them
  default List<byte @Nullable []> getAll(Keyspace keyspace, List<byte[]> keys) {
    List<byte @Nullable []> values = new ArrayList<>(keys.size());
    for (byte[] key : keys) {
      values.add(get(keyspace, key));
    }
    return values;
  }

  /// A cursor over `range`, ascending, positioned before the first entry. It sees one consistent
  /// state: of this snapshot, or of the moment of the call. The caller closes it, soon: it pins
  /// storage.
  StorageCursor scan(Keyspace keyspace, KeyRange range);

  /// As [#scan], for a range of which much is read and not soon again: what it reads does not push
  /// out of the engine's caches what others need.
  default StorageCursor scanOnce(Keyspace keyspace, KeyRange range) {
    return scan(keyspace, range);
  }

  /// As [#scan], descending: positioned after the last entry of `range`.
  StorageCursor scanDescending(Keyspace keyspace, KeyRange range);

  /// The sum of all committed [WriteBatch#add] of `key`; 0 when there was none.
  long counter(byte[] key);
}
