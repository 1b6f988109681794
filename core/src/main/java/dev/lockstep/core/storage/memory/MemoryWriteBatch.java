package dev.lockstep.core.storage.memory;

import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.util.ArrayList;
import java.util.List;

/// Remembers the operations; the engine replays them onto its trees.
final class MemoryWriteBatch implements WriteBatch {
  sealed interface Operation {}

  record Put(Keyspace keyspace, byte[] key, byte[] value) implements Operation {}

  record Delete(Keyspace keyspace, byte[] key) implements Operation {}

  record DeleteRange(Keyspace keyspace, KeyRange range) implements Operation {}

  record Add(byte[] key, long delta) implements Operation {}

  record AppendChange(byte[] change) implements Operation {}

  final MemoryStorageEngine engine;
  final List<Operation> operations = new ArrayList<>();
  int keyBytesMax;
  int valueBytesMax;
  private long bytes;
  private boolean done;

  MemoryWriteBatch(MemoryStorageEngine engine) {
    this.engine = engine;
  }

  @Override
  public void put(Keyspace keyspace, byte[] key, byte[] value) {
    if (keyspace == Keyspace.COUNTERS || keyspace == Keyspace.CHANGES) {
      throw new IllegalArgumentException("no put into " + keyspace);
    }
    remember(new Put(keyspace, key, value), key.length, value.length);
  }

  @Override
  public void delete(Keyspace keyspace, byte[] key) {
    refuseChanges(keyspace);
    remember(new Delete(keyspace, key), key.length, 0);
  }

  @Override
  public void deleteRange(Keyspace keyspace, KeyRange range) {
    refuseChanges(keyspace);
    byte[] to = range.to();
    int toLength = to == null ? 0 : to.length;
    remember(
        new DeleteRange(keyspace, range),
        Math.max(range.from().length, toLength),
        Math.min(range.from().length, toLength));
  }

  @Override
  public void add(byte[] key, long delta) {
    remember(new Add(key, delta), key.length, Long.BYTES);
  }

  @Override
  public void appendChange(byte[] change) {
    remember(new AppendChange(change), Long.BYTES, change.length);
  }

  private static void refuseChanges(Keyspace keyspace) {
    if (keyspace == Keyspace.CHANGES) {
      throw new IllegalArgumentException("the change log is shortened with purge only");
    }
  }

  private void remember(Operation operation, int keyBytes, int valueBytes) {
    if (done) {
      throw new IllegalStateException("the write batch is committed or closed");
    }
    operations.add(operation);
    keyBytesMax = Math.max(keyBytesMax, keyBytes);
    valueBytesMax = Math.max(valueBytesMax, valueBytes);
    bytes += keyBytes + valueBytes;
  }

  /// From here on nothing can be added, and no second commit can happen.
  void finish() {
    if (done) {
      throw new IllegalStateException("the write batch is committed or closed");
    }
    done = true;
  }

  @Override
  public int operations() {
    return operations.size();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    done = true;
  }
}
