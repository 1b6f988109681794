package dev.lockstep.rocksdb;

import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/// A batch in the very bytes RocksDB logs and applies. Nothing native is held: a batch that is
/// never committed or never closed leaks nothing, and a commit costs one call into RocksDB however
/// many operations it has.
///
/// Once the batch exceeds the engine's limits it only counts on: it will be refused, and must not
/// take memory until then.
final class RecordedWriteBatch implements WriteBatch {
  /*
   * Layout [1]: sequence number (8 bytes, RocksDB's to fill), number of records (4 bytes, little-endian), records. A
   * record is a tag, the column family, the key and, by tag, a value; numbers and lengths are varints. These bytes are
   * RocksDB's log format, which every later version must read. RecordedWriteBatchTest compares them with what the
   * library itself writes.
   *
   * [1] https://github.com/facebook/rocksdb/blob/main/db/write_batch.cc, head comment
   */
  private static final int COUNT_OFFSET = 8;
  private static final int RECORDS_OFFSET = 12;

  private static final byte TAG_DELETE = 0x4;
  private static final byte TAG_PUT = 0x5;
  private static final byte TAG_DELETE_RANGE = 0xE;

  private static final int VARINT_BYTES_MAX = 5;

  /// Up to here the buffer doubles; from here on it grows by half: two copies of a document of 100
  /// MB are enough.
  private static final int DOUBLING_MAX = 8 << 20;

  private final RocksStorageEngine engine;
  private final EngineLimits limits;
  private final int[] familyIds;

  private byte[] record = new byte[512];
  private int length = RECORDS_OFFSET;
  private int records;

  /// Where in `record` the keys of the appended changes are, for the ticks to be filled in.
  private int[] changeKeys = new int[4];

  private int changes;

  /// Counters added to since they were last forgotten in this batch: one row each, whose value is
  /// known at commit only.
  private final Map<ByteBuffer, CounterRow> counters = new HashMap<>();

  /// Counters that start from zero if they are added to again.
  private final Set<ByteBuffer> forgotten = new HashSet<>();

  private final List<KeyRange> forgottenRanges = new ArrayList<>();

  private int operations;
  private long bytes;
  private int keyBytesMax;
  private int valueBytesMax;
  private boolean done;

  /// @param familyIds RocksDB's column family ids by keyspace
  RecordedWriteBatch(RocksStorageEngine engine, EngineLimits limits, int[] familyIds) {
    this.engine = engine;
    this.limits = limits;
    this.familyIds = familyIds;
  }

  @Override
  public void put(Keyspace keyspace, byte[] key, byte[] value) {
    if (keyspace == Keyspace.COUNTERS || keyspace == Keyspace.CHANGES) {
      throw new IllegalArgumentException("no put into " + keyspace);
    }
    if (count(key.length, value.length)) {
      begin(TAG_PUT, keyspace, key.length + value.length);
      append(key);
      append(value);
    }
  }

  @Override
  public void delete(Keyspace keyspace, byte[] key) {
    refuseChanges(keyspace);
    if (count(key.length, 0)) {
      begin(TAG_DELETE, keyspace, key.length);
      append(key);
      if (keyspace == Keyspace.COUNTERS) {
        counters.remove(ByteBuffer.wrap(key));
        forgotten.add(ByteBuffer.wrap(key));
      }
    }
  }

  @Override
  public void deleteRange(Keyspace keyspace, KeyRange range) {
    refuseChanges(keyspace);
    byte[] to = range.to();
    int toLength = to == null ? 0 : to.length;
    boolean record =
        count(
            Math.max(range.from().length, toLength), Math.min(range.from().length, toLength), true);
    // RocksDB calls an inverted range an error; here it is merely empty.
    if (record && (to == null || Arrays.compareUnsigned(range.from(), to) < 0)) {
      byte[] end = to == null ? beyondEveryKey(limits) : to;
      begin(TAG_DELETE_RANGE, keyspace, range.from().length + end.length);
      append(range.from());
      append(end);
      if (keyspace == Keyspace.COUNTERS) {
        counters.entrySet().removeIf(counter -> range.contains(counter.getKey().array()));
        forgottenRanges.add(range);
      }
    }
  }

  @Override
  public void add(byte[] key, long delta) {
    if (!count(key.length, Long.BYTES)) {
      return;
    }
    ByteBuffer counter = ByteBuffer.wrap(key);
    CounterRow row = counters.get(counter);
    if (row == null) {
      begin(TAG_PUT, Keyspace.COUNTERS, key.length + Long.BYTES);
      append(key);
      appendVarint(Long.BYTES);
      row = new CounterRow(key, length, isForgotten(counter));
      length += Long.BYTES;
      counters.put(counter, row);
    }
    row.sum += delta;
  }

  private boolean isForgotten(ByteBuffer counter) {
    return forgotten.contains(counter)
        || forgottenRanges.stream().anyMatch(range -> range.contains(counter.array()));
  }

  @Override
  public void appendChange(byte[] change) {
    if (count(Long.BYTES, change.length)) {
      begin(TAG_PUT, Keyspace.CHANGES, Long.BYTES + change.length);
      if (changes == changeKeys.length) {
        changeKeys = Arrays.copyOf(changeKeys, changes * 2);
      }
      appendVarint(Long.BYTES);
      changeKeys[changes++] = length;
      length += Long.BYTES;
      append(change);
    }
  }

  /// An end for ranges that have none: greater than every key an engine of these limits takes.
  static byte[] beyondEveryKey(EngineLimits limits) {
    byte[] end = new byte[limits.keyBytesMax() + 1];
    Arrays.fill(end, (byte) 0xff);
    return end;
  }

  private static void refuseChanges(Keyspace keyspace) {
    if (keyspace == Keyspace.CHANGES) {
      throw new IllegalArgumentException("the change log is shortened with purge only");
    }
  }

  private boolean count(int keyBytes, int valueBytes) {
    return count(keyBytes, valueBytes, false);
  }

  /// @return whether it is worth recording
  private boolean count(int keyBytes, int valueBytes, boolean valueIsKey) {
    if (done) {
      throw new IllegalStateException("the write batch is committed or closed");
    }
    operations++;
    bytes += keyBytes + valueBytes;
    keyBytesMax = Math.max(keyBytesMax, keyBytes);
    if (!valueIsKey) {
      valueBytesMax = Math.max(valueBytesMax, valueBytes);
    }
    return excess() == null;
  }

  /// What exceeds the limits, `null` if nothing does.
  @Nullable String excess() {
    if (keyBytesMax > limits.keyBytesMax()) {
      return excess("a key", keyBytesMax, "bytes", limits.keyBytesMax());
    }
    if (valueBytesMax > limits.valueBytesMax()) {
      return excess("a value", valueBytesMax, "bytes", limits.valueBytesMax());
    }
    if (bytes > limits.commitBytesMax()) {
      return excess("the commit", bytes, "bytes", limits.commitBytesMax());
    }
    return operations > limits.commitKeysMax()
        ? excess("the commit", operations, "operations", limits.commitKeysMax())
        : null;
  }

  private static String excess(String what, long size, String unit, long max) {
    return what + " has " + size + " " + unit + ", this engine takes at most " + max;
  }

  /// Makes room for a whole record, then writes its head.
  private void begin(byte tag, Keyspace keyspace, int payload) {
    int needed = length + 1 + 3 * VARINT_BYTES_MAX + payload;
    if (needed > record.length) {
      int grown = record.length < DOUBLING_MAX ? record.length * 2 : record.length / 2 * 3;
      record = Arrays.copyOf(record, Math.max(grown, needed));
    }
    records++;
    record[length++] = tag;
    appendVarint(familyIds[keyspace.ordinal()]);
  }

  private void append(byte[] part) {
    appendVarint(part.length);
    System.arraycopy(part, 0, record, length, part.length);
    length += part.length;
  }

  private void appendVarint(int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      record[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    record[length++] = (byte) rest;
  }

  /// From here on nothing can be added, and no second commit can happen.
  void finish(RocksStorageEngine committer) {
    if (engine != committer) {
      throw new IllegalArgumentException("the write batch is another engine's");
    }
    if (done) {
      throw new IllegalStateException("the write batch is committed or closed");
    }
    done = true;
  }

  int changes() {
    return changes;
  }

  boolean isEmpty() {
    return records == 0;
  }

  /// The finished bytes. Called under the commit lock: what they say holds for the next write only.
  ///
  /// @param firstTick of the first change appended
  /// @param sums the counters as they are now
  byte[] toBytes(long firstTick, Sums sums) throws RocksDBException {
    for (int change = 0; change < changes; change++) {
      Keys.putLong(record, changeKeys[change], firstTick + change);
    }
    for (CounterRow row : counters.values()) {
      long before = row.fromZero ? 0 : sums.of(row.key);
      Keys.putLong(record, row.valueOffset, before + row.sum);
    }
    for (int at = 0; at < Integer.BYTES; at++) {
      record[COUNT_OFFSET + at] = (byte) (records >>> (8 * at));
    }
    return Arrays.copyOf(record, length);
  }

  interface Sums {
    long of(byte[] counter) throws RocksDBException;
  }

  private static final class CounterRow {
    final byte[] key;
    final int valueOffset;
    final boolean fromZero;
    long sum;

    CounterRow(byte[] key, int valueOffset, boolean fromZero) {
      this.key = key;
      this.valueOffset = valueOffset;
      this.fromZero = fromZero;
    }
  }

  @Override
  public int operations() {
    return operations;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    done = true;
    record = new byte[0];
    counters.clear();
  }
}
