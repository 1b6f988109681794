package dev.lockstep.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;

class RecordedWriteBatchTest {
  @TempDir private Path directory;

  /// The library itself is the judge: whatever it would log for the same operations, we log.
  @Test
  void recordsTheBytesRocksDbWouldRecord() throws Exception {
    long seed = 4;
    Random random = new Random(seed);
    NativeLibrary.load();
    List<ColumnFamilyHandle> families = new ArrayList<>();
    try (RocksStorageEngine engine =
            RocksStorageEngine.open(directory.resolve("ours"), RocksSettings.DEFAULT);
        ColumnFamilies options = new ColumnFamilies(RocksSettings.DEFAULT);
        DBOptions databaseOptions = options.database()) {
      List<ColumnFamilyDescriptor> descriptors = options.descriptors();
      try (RocksDB database =
              RocksDB.open(
                  databaseOptions, directory.resolve("theirs").toString(), descriptors, families);
          org.rocksdb.WriteBatch theirs = new org.rocksdb.WriteBatch();
          RecordedWriteBatch ours = (RecordedWriteBatch) engine.newBatch()) {
        assertThat(database.getLatestSequenceNumber()).isZero();
        long tick = 1_000_000;
        for (int operation = 0; operation < 2_000; operation++) {
          Keyspace keyspace = Keyspace.values()[random.nextInt(Keyspace.values().length)];
          ColumnFamilyHandle family = families.get(1 + keyspace.ordinal());
          byte[] key = bytes(random, 200);
          byte[] value = bytes(random, random.nextInt(20) == 0 ? 70_000 : 300);
          switch (keyspace) {
            case COUNTERS -> {
              // Twice, and only one row, for which the engine knows 1000 already.
              byte[] counter = Keys.of(operation, key);
              ours.add(counter, 2 * operation);
              ours.add(counter, -operation);
              theirs.put(family, counter, Keys.of(1_000 + operation));
            }
            case CHANGES -> {
              ours.appendChange(value);
              theirs.put(family, Keys.of(tick++), value);
            }
            default -> {
              switch (random.nextInt(3)) {
                case 0 -> {
                  ours.put(keyspace, key, value);
                  theirs.put(family, key, value);
                }
                case 1 -> {
                  ours.delete(keyspace, key);
                  theirs.delete(family, key);
                }
                default -> {
                  byte[] prefix = Keys.of(random.nextInt(1000));
                  ours.deleteRange(keyspace, KeyRange.prefix(prefix));
                  theirs.deleteRange(family, prefix, KeyRange.successor(prefix));
                }
              }
            }
          }
        }
        assertThat(ours.toBytes(1_000_000, counter -> 1_000))
            .as("seed %d", seed)
            .isEqualTo(theirs.data());
        assertThat(ours.changes()).isEqualTo((int) (tick - 1_000_000));
      }
    }
  }

  /// A batch that will be refused anyway must not fill the heap first.
  @Test
  void stopsRecordingOnceItIsTooLarge() throws Exception {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
        WriteBatch batch = engine.newBatch()) {
      batch.put(Keyspace.DOCUMENTS, Keys.of(1), new byte[(16 << 20) + 1]);
      int length = ((RecordedWriteBatch) batch).toBytes(1, counter -> 0).length;
      batch.put(Keyspace.DOCUMENTS, Keys.of(1), new byte[1 << 20]);

      assertThat(length).isLessThan(100);
      assertThat(((RecordedWriteBatch) batch).toBytes(1, counter -> 0)).hasSize(length);
      assertThat(batch.bytes()).isEqualTo((17 << 20) + 1 + 16);
    }
  }

  @Test
  void addsToWhatTheCounterIsOnceItsForgettingIsDone() throws Exception {
    try (RocksStorageEngine engine = RocksStorageEngine.open(directory, RocksSettings.DEFAULT)) {
      commit(
          engine,
          batch -> {
            for (int counter = 1; counter <= 4; counter++) {
              batch.add(Keys.of(counter), 100);
            }
          });
      commit(
          engine,
          batch -> {
            batch.add(Keys.of(1), 1);
            batch.deleteRange(Keyspace.COUNTERS, new KeyRange(Keys.of(2), Keys.of(4)));
            batch.add(Keys.of(2), 1);
            batch.delete(Keyspace.COUNTERS, Keys.of(2));
            batch.add(Keys.of(2), 2);
            batch.add(Keys.of(3), 3);
            batch.add(Keys.of(3), 3);
            batch.delete(Keyspace.COUNTERS, Keys.of(4));
          });
      assertThat(engine.counter(Keys.of(1))).isEqualTo(101);
      assertThat(engine.counter(Keys.of(2))).isEqualTo(2);
      assertThat(engine.counter(Keys.of(3))).isEqualTo(6);
      assertThat(engine.get(Keyspace.COUNTERS, Keys.of(4))).isNull();
    }
  }

  private static void commit(RocksStorageEngine engine, Consumer<WriteBatch> operations) {
    try (WriteBatch batch = engine.newBatch()) {
      operations.accept(batch);
      assertThat(engine.commit(batch, Durability.PROCESS_CRASH))
          .isInstanceOf(CommitOutcome.Done.class);
    }
  }

  private static byte[] bytes(Random random, int lengthMax) {
    byte[] bytes = new byte[random.nextInt(lengthMax)];
    random.nextBytes(bytes);
    return bytes;
  }
}
