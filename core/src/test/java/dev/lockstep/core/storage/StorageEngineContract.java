package dev.lockstep.core.storage;

import static dev.lockstep.core.storage.CommitOutcome.Reason.LIMIT_EXCEEDED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What every [StorageEngine] must do. An engine's test extends this; it stays within the smallest
/// limits an engine may declare.
public abstract class StorageEngineContract {
  private static final byte[] ONE = bytes("one");
  private static final byte[] TWO = bytes("two");

  /// Where the engine under test keeps its files, if it has any.
  @TempDir protected Path directory;

  protected StorageEngine engine;

  /// A new, empty engine in `directory`.
  protected abstract StorageEngine open(Path directory);

  /// Opens again what `closed`, closed already, has left in `directory`.
  protected abstract StorageEngine reopen(StorageEngine closed, Path directory);

  @BeforeEach
  void openEngine() {
    engine = open(directory);
  }

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  // --- sorted rows

  @Test
  void sortedRowsAreThereOnceFinished() {
    commit(batch -> {
      batch.put(Keyspace.DOCUMENTS, key(1, "m"), ONE);
      batch.put(Keyspace.DOCUMENTS, key(2, "row 000007"), ONE);
      batch.put(Keyspace.DOCUMENTS, key(3, "m"), ONE);
    });
    byte[] value = new byte[Math.min(200, engine.limits().valueBytesMax())];
    try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
      for (int row = 0; row < 500; row++) {
        rows.put(key(2, "row %06d".formatted(row)), value);
      }
      assertThat(rows.bytes()).isEqualTo(500L * (8 + 10 + value.length));

      assertThat(rows.finish()).isEqualTo(new CommitOutcome.Done(engine.closedTick(), 0));
    }

    commit(batch -> batch.delete(Keyspace.DOCUMENTS, key(2, "row 000008")));
    assertThat(engine.get(Keyspace.DOCUMENTS, key(2, "row 000007"))).isEqualTo(value);
    assertThat(engine.get(Keyspace.DOCUMENTS, key(2, "row 000008"))).isNull();
    assertThat(keys(engine, Keyspace.DOCUMENTS)).hasSize(501);
    engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(2)));
    assertThat(keys(engine, Keyspace.DOCUMENTS))
        .containsExactly(text(key(1, "m")), text(key(3, "m")));
  }

  @Test
  void sortedRowsMayBeAsLargeAsTheEngineTakes() {
    EngineLimits limits = engine.limits();
    byte[] largeKey = Arrays.copyOf(key(2, "k"), limits.keyBytesMax());
    byte[] largeValue = new byte[limits.valueBytesMax()];
    Arrays.fill(largeValue, (byte) 7);
    try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
      rows.put(key(2, "a"), largeValue);
      rows.put(largeKey, ONE);
      assertThat(rows.finish()).isInstanceOf(CommitOutcome.Done.class);
    }

    assertThat(engine.get(Keyspace.DOCUMENTS, key(2, "a"))).isEqualTo(largeValue);
    assertThat(engine.get(Keyspace.DOCUMENTS, largeKey)).isEqualTo(ONE);
  }

  @Test
  void sortedRowsComeAfterWhatWasDeletedBefore() {
    KeyRange range = KeyRange.prefix(Keys.of(2));
    commit(batch -> batch.put(Keyspace.DOCUMENTS, key(2, "a"), ONE));
    commit(batch -> batch.deleteRange(Keyspace.DOCUMENTS, range));
    engine.purge(Keyspace.DOCUMENTS, range);
    try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
      rows.put(key(2, "a"), TWO);
      rows.put(key(2, "b"), TWO);
      rows.finish();
    }
    engine.close();
    engine = reopen(engine, directory);

    assertThat(engine.get(Keyspace.DOCUMENTS, key(2, "a"))).isEqualTo(TWO);
    assertThat(keys(engine, Keyspace.DOCUMENTS))
        .containsExactly(text(key(2, "a")), text(key(2, "b")));
  }

  @Test
  void sortedRowsSurviveWhatALaterCommitSurvives() {
    try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
      rows.put(key(2, "a"), ONE);
      rows.put(key(2, "b"), TWO);
      assertThat(rows.finish()).isInstanceOf(CommitOutcome.Done.class);
    }
    commit(batch -> batch.put(Keyspace.PRIMARY, key(2, "b"), TWO));
    engine.close();
    engine = reopen(engine, directory);

    assertThat(engine.get(Keyspace.PRIMARY, key(2, "b"))).isEqualTo(TWO);
    assertThat(keys(engine, Keyspace.DOCUMENTS))
        .containsExactly(text(key(2, "a")), text(key(2, "b")));
  }

  @Test
  void aSnapshotDoesNotSeeSortedRowsThatComeLater() {
    try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
      try (Snapshot before = engine.snapshot()) {
        rows.put(key(2, "a"), ONE);
        rows.finish();
        assertThat(before.get(Keyspace.DOCUMENTS, key(2, "a"))).isNull();
      }
    }
    assertThat(engine.get(Keyspace.DOCUMENTS, key(2, "a"))).isEqualTo(ONE);
  }

  @Test
  void refusesMisuseOfSortedRows() {
    try (SortedRows none = engine.sortedRows(Keyspace.DOCUMENTS)) {
      assertThat(none.finish()).isInstanceOf(CommitOutcome.Done.class);
    }
    try (SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS)) {
      rows.put(key(2, "b"), ONE);
      assertThatThrownBy(() -> rows.put(key(2, "b"), ONE))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> rows.put(key(2, "a"), ONE))
          .isInstanceOf(IllegalArgumentException.class);
      rows.finish();
      assertThatThrownBy(() -> rows.put(key(2, "c"), ONE))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(rows::finish).isInstanceOf(IllegalStateException.class);
    }
    SortedRows closed = engine.sortedRows(Keyspace.DOCUMENTS);
    closed.close();
    closed.close();
    assertThatThrownBy(() -> closed.put(key(2, "d"), ONE))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> engine.sortedRows(Keyspace.COUNTERS))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> engine.sortedRows(Keyspace.CHANGES))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void closingTheEngineEndsSortedRows() {
    SortedRows rows = engine.sortedRows(Keyspace.DOCUMENTS);
    rows.put(key(2, "a"), ONE);
    engine.close();

    rows.close();

    engine = reopen(engine, directory);
  }

  // --- reading and writing

  @Test
  void readsWhatWasCommittedAndNothingElse() {
    commit(batch -> batch.put(Keyspace.DOCUMENTS, key(7, "a"), ONE));

    assertThat(engine.get(Keyspace.DOCUMENTS, key(7, "a"))).isEqualTo(ONE);
    assertThat(engine.get(Keyspace.DOCUMENTS, key(7, "b"))).isNull();
    assertThat(engine.get(Keyspace.DOCUMENTS, key(7, ""))).isNull();
    assertThat(engine.get(Keyspace.PRIMARY, key(7, "a"))).isNull();
  }

  @Test
  void keepsEveryKeyspaceApart() {
    List<Keyspace> ordinary =
        Arrays.stream(Keyspace.values())
            .filter(keyspace -> keyspace != Keyspace.COUNTERS && keyspace != Keyspace.CHANGES)
            .toList();
    commit(batch ->
        ordinary.forEach(keyspace -> batch.put(keyspace, key(1, "k"), bytes(keyspace.name()))));

    for (Keyspace keyspace : ordinary) {
      assertThat(engine.get(keyspace, key(1, "k"))).isEqualTo(bytes(keyspace.name()));
    }
  }

  @Test
  void keepsEmptyValuesApartFromMissingOnes() {
    commit(batch -> batch.put(Keyspace.INDEXES, key(1, "a"), new byte[0]));

    assertThat(engine.get(Keyspace.INDEXES, key(1, "a"))).isEmpty();
    try (StorageCursor cursor = engine.scan(Keyspace.INDEXES, KeyRange.all())) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.value()).isEmpty();
      assertThat(cursor.valueLength()).isZero();
    }
  }

  @Test
  void theLaterOperationOnAKeyWins() {
    commit(batch -> {
      batch.put(Keyspace.PRIMARY, key(1, "replaced"), ONE);
      batch.put(Keyspace.PRIMARY, key(1, "replaced"), TWO);
      batch.put(Keyspace.PRIMARY, key(1, "deleted"), ONE);
      batch.delete(Keyspace.PRIMARY, key(1, "deleted"));
      batch.delete(Keyspace.PRIMARY, key(1, "revived"));
      batch.put(Keyspace.PRIMARY, key(1, "revived"), ONE);
    });

    assertThat(engine.get(Keyspace.PRIMARY, key(1, "replaced"))).isEqualTo(TWO);
    assertThat(engine.get(Keyspace.PRIMARY, key(1, "deleted"))).isNull();
    assertThat(engine.get(Keyspace.PRIMARY, key(1, "revived"))).isEqualTo(ONE);
  }

  @Test
  void aRangeDeletionCoversWhatCameBeforeItInTheSameBatchAndNothingAfter() {
    commit(batch -> batch.put(Keyspace.PRIMARY, key(5, "old"), ONE));
    commit(batch -> {
      batch.put(Keyspace.PRIMARY, key(5, "same"), ONE);
      batch.deleteRange(Keyspace.PRIMARY, KeyRange.prefix(Keys.of(5)));
      batch.put(Keyspace.PRIMARY, key(5, "later"), ONE);
    });

    assertThat(keys(engine, Keyspace.PRIMARY)).containsExactly(text(key(5, "later")));
  }

  @Test
  void aRangeDeletionEndsAtItsBounds() {
    commit(batch -> {
      for (int generation = 1; generation <= 4; generation++) {
        batch.put(Keyspace.DOCUMENTS, Keys.of(generation), ONE);
        batch.put(Keyspace.DOCUMENTS, key(generation, "x"), ONE);
      }
    });
    commit(batch -> batch.deleteRange(Keyspace.DOCUMENTS, new KeyRange(Keys.of(2), Keys.of(3))));
    assertThat(keys(engine, Keyspace.DOCUMENTS))
        .containsExactly(
            text(Keys.of(1)),
            text(key(1, "x")),
            text(Keys.of(3)),
            text(key(3, "x")),
            text(Keys.of(4)),
            text(key(4, "x")));

    commit(batch -> batch.deleteRange(Keyspace.DOCUMENTS, new KeyRange(key(3, "x"), null)));
    assertThat(keys(engine, Keyspace.DOCUMENTS))
        .containsExactly(text(Keys.of(1)), text(key(1, "x")), text(Keys.of(3)));

    commit(batch -> batch.deleteRange(Keyspace.DOCUMENTS, new KeyRange(Keys.of(3), Keys.of(1))));
    commit(batch -> batch.deleteRange(Keyspace.DOCUMENTS, new KeyRange(Keys.of(3), Keys.of(3))));
    assertThat(keys(engine, Keyspace.DOCUMENTS)).hasSize(3);
  }

  @Test
  void arraysReadBelongToTheReader() {
    commit(batch -> batch.put(Keyspace.DOCUMENTS, key(1, "a"), bytes("one")));

    byte[] read = Objects.requireNonNull(engine.get(Keyspace.DOCUMENTS, key(1, "a")));
    read[0] = 'X';
    try (StorageCursor cursor = engine.scan(Keyspace.DOCUMENTS, KeyRange.all())) {
      assertThat(cursor.next()).isTrue();
      cursor.key()[0] = 'X';
      cursor.value()[0] = 'X';
      assertThat(cursor.key()).isEqualTo(key(1, "a"));
      assertThat(cursor.value()).isEqualTo(ONE);
    }
    assertThat(engine.get(Keyspace.DOCUMENTS, key(1, "a"))).isEqualTo(ONE);
  }

  @Test
  void anEmptyBatchCommitsWithoutATick() {
    commit(batch -> batch.appendChange(ONE));

    assertThat(commit(batch -> {})).isEqualTo(new CommitOutcome.Done(new Tick(1), 0));
    try (WriteBatch batch = engine.newBatch()) {
      assertThat(engine.commit(batch, Durability.POWER_LOSS))
          .isEqualTo(new CommitOutcome.Done(new Tick(1), 0));
    }
  }

  @Test
  void countsOperationsAndBytesOfABatch() {
    try (WriteBatch batch = engine.newBatch()) {
      assertThat(batch.operations()).isZero();
      assertThat(batch.bytes()).isZero();
      batch.put(Keyspace.DOCUMENTS, Keys.of(1), new byte[100]);
      batch.delete(Keyspace.DOCUMENTS, Keys.of(1));
      batch.add(Keys.of(1), 5);
      batch.appendChange(new byte[10]);
      batch.deleteRange(Keyspace.DOCUMENTS, new KeyRange(Keys.of(1), Keys.of(2)));
      assertThat(batch.operations()).isEqualTo(5);
      assertThat(batch.bytes()).isEqualTo(108 + 8 + 16 + 18 + 16);
    }
  }

  @Test
  void refusesMisuse() {
    try (WriteBatch batch = engine.newBatch()) {
      for (Keyspace keyspace : List.of(Keyspace.COUNTERS, Keyspace.CHANGES)) {
        assertThatThrownBy(() -> batch.put(keyspace, ONE, ONE))
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThatThrownBy(() -> batch.delete(Keyspace.CHANGES, ONE))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> batch.deleteRange(Keyspace.CHANGES, KeyRange.all()))
          .isInstanceOf(IllegalArgumentException.class);
      batch.put(Keyspace.CATALOG, ONE, ONE);
      engine.commit(batch, Durability.PROCESS_CRASH);
      assertThatThrownBy(() -> engine.commit(batch, Durability.PROCESS_CRASH))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> batch.put(Keyspace.CATALOG, ONE, ONE))
          .isInstanceOf(IllegalStateException.class);
    }
    WriteBatch closed = engine.newBatch();
    closed.close();
    closed.close();
    assertThatThrownBy(() -> closed.delete(Keyspace.CATALOG, ONE))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> engine.commit(closed, Durability.PROCESS_CRASH))
        .isInstanceOf(IllegalStateException.class);
    try (StorageCursor cursor = engine.scan(Keyspace.CATALOG, KeyRange.all())) {
      assertThatThrownBy(cursor::key).isInstanceOf(IllegalStateException.class);
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.next()).isFalse();
      assertThat(cursor.next()).isFalse();
      assertThatThrownBy(cursor::value).isInstanceOf(IllegalStateException.class);
    }
  }

  // --- cursors

  @Test
  void walksARangeInUnsignedByteOrderBothWays() {
    byte[][] ascending = {
      {}, {0}, {0, 0}, {0, 1}, {1}, {0x7f}, {(byte) 0x80}, {(byte) 0xff}, {(byte) 0xff, (byte) 0xff}
    };
    commit(batch -> {
      for (int at = ascending.length - 1; at >= 0; at--) {
        batch.put(Keyspace.TREES, prefixed(ascending[at]), new byte[] {(byte) at});
      }
    });

    try (StorageCursor cursor = engine.scan(Keyspace.TREES, KeyRange.all())) {
      for (int at = 0; at < ascending.length; at++) {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key()).isEqualTo(prefixed(ascending[at]));
        assertThat(cursor.value()).containsExactly(at);
        assertThat(cursor.valueLength()).isEqualTo(1);
      }
      assertThat(cursor.next()).isFalse();
    }
    try (StorageCursor cursor = engine.scanDescending(Keyspace.TREES, KeyRange.all())) {
      for (int at = ascending.length - 1; at >= 0; at--) {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key()).isEqualTo(prefixed(ascending[at]));
      }
      assertThat(cursor.next()).isFalse();
    }
  }

  /// Random ranges, directions and seeks against a sorted map.
  @Test
  void cursorsAgreeWithASortedMap() {
    long seed = 20;
    Random random = new Random(seed);
    NavigableMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
    for (int step = 0; step < 40; step++) {
      commit(batch -> {
        for (int operation = 0; operation < 10; operation++) {
          byte[] key = randomKey(random);
          if (random.nextInt(4) == 0) {
            batch.delete(Keyspace.INDEXES, key);
            model.remove(key);
          } else {
            byte[] value = new byte[random.nextInt(20)];
            random.nextBytes(value);
            batch.put(Keyspace.INDEXES, key, value);
            model.put(key, value);
          }
        }
      });
      byte[] from = randomKey(random);
      byte[] to = random.nextInt(5) == 0 ? null : randomKey(random);
      KeyRange range = new KeyRange(from, to);
      boolean descending = random.nextBoolean();
      NavigableMap<byte[], byte[]> expected = inRange(model, range);
      if (descending) {
        expected = expected.descendingMap();
      }
      try (StorageCursor cursor =
          descending
              ? engine.scanDescending(Keyspace.INDEXES, range)
              : step % 3 == 0
                  ? engine.scanOnce(Keyspace.INDEXES, range)
                  : engine.scan(Keyspace.INDEXES, range)) {
        String where = "seed " + seed + " step " + step;
        List<byte[]> seen = new ArrayList<>();
        while (cursor.next()) {
          seen.add(cursor.key());
          assertThat(cursor.value()).as(where).isEqualTo(expected.get(cursor.key()));
          assertThat(cursor.valueLength()).as(where).isEqualTo(cursor.value().length);
        }
        assertThat(seen).as(where).containsExactlyElementsOf(expected.keySet());
        for (int jump = 0; jump < 5; jump++) {
          byte[] target = randomKey(random);
          cursor.seek(target);
          for (byte[] key : expected.tailMap(target, true).keySet()) {
            assertThat(cursor.next()).as(where).isTrue();
            assertThat(cursor.key()).as(where).isEqualTo(key);
          }
          assertThat(cursor.next()).as(where).isFalse();
        }
      }
    }
  }

  @Test
  void aCursorSeesTheMomentOfItsOpening() {
    commit(batch -> batch.put(Keyspace.PRIMARY, key(1, "a"), ONE));
    try (StorageCursor cursor = engine.scan(Keyspace.PRIMARY, KeyRange.all())) {
      commit(batch -> {
        batch.put(Keyspace.PRIMARY, key(1, "a"), TWO);
        batch.put(Keyspace.PRIMARY, key(1, "b"), TWO);
      });
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.value()).isEqualTo(ONE);
      assertThat(cursor.next()).isFalse();
      cursor.seek(key(1, "b"));
      assertThat(cursor.next()).isFalse();
    }
  }

  /// A lease may run out under a reader: an error for the reader, never worse.
  @Test
  void anotherThreadMayCloseACursorInUse() throws Exception {
    commit(batch -> {
      for (int at = 0; at < 30; at++) {
        batch.put(Keyspace.PRIMARY, Keys.of(at), Keys.of(at));
      }
    });
    for (int round = 0; round < 100; round++) {
      Snapshot snapshot = engine.snapshot();
      StorageCursor cursor = snapshot.scan(Keyspace.PRIMARY, KeyRange.all());
      AtomicLong read = new AtomicLong();
      int closeAfter = round % 10;
      inParallel(
          () -> {
            try {
              for (int at = 0; ; at = (at + 1) % 30) {
                if (at == 0) {
                  cursor.seek(Keys.of(0));
                }
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.value()).isEqualTo(cursor.key());
                read.incrementAndGet();
              }
            } catch (StorageException closed) {
              assertThat(closed).hasMessageContaining("cursor is closed");
            }
            return null;
          },
          () -> {
            while (read.get() < closeAfter) {
              Thread.onSpinWait();
            }
            snapshot.close();
            cursor.close();
            return null;
          });
    }
  }

  // --- several look-ups at once

  @Test
  void severalKeysAreLookedUpInTheirOrder() {
    byte[] large = new byte[Math.min(2000, engine.limits().valueBytesMax())];
    Arrays.fill(large, (byte) 7);
    commit(batch -> {
      batch.put(Keyspace.PRIMARY, key(1, "a"), ONE);
      batch.put(Keyspace.PRIMARY, key(1, "b"), TWO);
      batch.put(Keyspace.PRIMARY, key(1, "empty"), new byte[0]);
      batch.put(Keyspace.PRIMARY, key(2, "a"), large);
      batch.put(Keyspace.PRIMARY, key(2, "gone"), ONE);
      batch.put(Keyspace.DOCUMENTS, key(1, "elsewhere"), ONE);
    });
    commit(batch -> batch.delete(Keyspace.PRIMARY, key(2, "gone")));

    assertThat(
            engine.getAll(
                Keyspace.PRIMARY,
                List.of(
                    key(2, "a"),
                    key(1, "b"),
                    key(1, "elsewhere"),
                    key(1, "empty"),
                    key(2, "gone"),
                    key(1, "b"),
                    key(1, "a"))))
        .containsExactly(large, TWO, null, new byte[0], null, TWO, ONE);
    assertThat(engine.getAll(Keyspace.PRIMARY, List.of())).isEmpty();
  }

  @Test
  void aSnapshotLooksUpSeveralKeysInItsState() {
    commit(batch -> {
      batch.put(Keyspace.PRIMARY, key(1, "a"), ONE);
      batch.put(Keyspace.PRIMARY, key(1, "b"), ONE);
    });
    List<byte[]> keys = List.of(key(1, "a"), key(1, "b"), key(1, "c"));
    Snapshot snapshot = engine.snapshot();
    commit(batch -> {
      batch.put(Keyspace.PRIMARY, key(1, "a"), TWO);
      batch.delete(Keyspace.PRIMARY, key(1, "b"));
      batch.put(Keyspace.PRIMARY, key(1, "c"), TWO);
    });

    assertThat(snapshot.getAll(Keyspace.PRIMARY, keys)).containsExactly(ONE, ONE, null);
    assertThat(engine.getAll(Keyspace.PRIMARY, keys)).containsExactly(TWO, null, TWO);
    snapshot.close();
    assertThatThrownBy(() -> snapshot.getAll(Keyspace.PRIMARY, keys))
        .isInstanceOf(StorageException.class);
  }

  // --- snapshots

  @Test
  void aSnapshotDoesNotSeeLaterCommits() {
    commit(batch -> {
      batch.put(Keyspace.PRIMARY, key(1, "a"), ONE);
      batch.add(ONE, 5);
      batch.appendChange(ONE);
    });
    try (Snapshot snapshot = engine.snapshot()) {
      commit(batch -> {
        batch.put(Keyspace.PRIMARY, key(1, "a"), TWO);
        batch.put(Keyspace.PRIMARY, key(1, "b"), TWO);
        batch.add(ONE, 5);
        batch.appendChange(TWO);
      });
      assertThat(snapshot.tick()).isEqualTo(new Tick(1));
      assertThat(snapshot.get(Keyspace.PRIMARY, key(1, "a"))).isEqualTo(ONE);
      assertThat(snapshot.get(Keyspace.PRIMARY, key(1, "b"))).isNull();
      assertThat(snapshot.counter(ONE)).isEqualTo(5);
      assertThat(keys(snapshot, Keyspace.CHANGES)).containsExactly(text(Keys.of(1)));
      try (StorageCursor cursor = snapshot.scanDescending(Keyspace.PRIMARY, KeyRange.all())) {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.value()).isEqualTo(ONE);
        assertThat(cursor.next()).isFalse();
      }
      try (StorageCursor cursor = snapshot.scanOnce(Keyspace.PRIMARY, KeyRange.all())) {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.value()).isEqualTo(ONE);
        assertThat(cursor.next()).isFalse();
      }
    }
    assertThat(engine.counter(ONE)).isEqualTo(10);
    assertThat(engine.closedTick()).isEqualTo(new Tick(2));
  }

  @Test
  void aClosedSnapshotFailsButItsCursorsGoOn() {
    commit(batch -> {
      batch.put(Keyspace.PRIMARY, key(1, "a"), ONE);
      batch.put(Keyspace.PRIMARY, key(1, "b"), TWO);
    });
    Snapshot snapshot = engine.snapshot();
    try (StorageCursor cursor = snapshot.scan(Keyspace.PRIMARY, KeyRange.all())) {
      assertThat(cursor.next()).isTrue();
      snapshot.close();
      snapshot.close();
      commit(batch -> batch.deleteRange(Keyspace.PRIMARY, KeyRange.all()));
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.value()).isEqualTo(TWO);
      cursor.seek(key(1, "a"));
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.value()).isEqualTo(ONE);
    }
    assertThatThrownBy(() -> snapshot.get(Keyspace.PRIMARY, key(1, "a")))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> snapshot.scan(Keyspace.PRIMARY, KeyRange.all()))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> snapshot.counter(ONE)).isInstanceOf(StorageException.class);
  }

  @Test
  void aSnapshotStillReadsWhatIsPurgedAfterIt() {
    commit(batch -> batch.put(Keyspace.DOCUMENTS, key(3, "a"), ONE));
    try (Snapshot snapshot = engine.snapshot()) {
      engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(3)));
      assertThat(engine.get(Keyspace.DOCUMENTS, key(3, "a"))).isNull();
      assertThat(snapshot.get(Keyspace.DOCUMENTS, key(3, "a"))).isEqualTo(ONE);
      assertThat(keys(snapshot, Keyspace.DOCUMENTS)).hasSize(1);
    }
  }

  // --- atomicity and ticks

  @Test
  void aBatchIsVisibleEntirelyOrNotAtAll() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    inParallel(
        () -> {
          try {
            for (int round = 1; round <= 300; round++) {
              byte[] value = Keys.of(round);
              commit(batch -> {
                batch.put(Keyspace.DOCUMENTS, Keys.of(1), value);
                batch.put(Keyspace.PRIMARY, Keys.of(1), value);
                batch.add(ONE, 1);
                batch.appendChange(value);
              });
            }
          } finally {
            stop.set(true);
          }
          return null;
        },
        () -> {
          while (!stop.get()) {
            try (Snapshot snapshot = engine.snapshot()) {
              long counted = snapshot.counter(ONE);
              assertThat(snapshot.tick()).isEqualTo(new Tick(counted));
              byte[] expected = counted == 0 ? null : Keys.of(counted);
              assertThat(snapshot.get(Keyspace.DOCUMENTS, Keys.of(1))).isEqualTo(expected);
              assertThat(snapshot.get(Keyspace.PRIMARY, Keys.of(1))).isEqualTo(expected);
              assertThat(snapshot.get(Keyspace.CHANGES, Keys.of(counted))).isEqualTo(expected);
              assertThat(snapshot.get(Keyspace.CHANGES, Keys.of(counted + 1))).isNull();
            }
          }
          return null;
        });
  }

  @Test
  void changesOfOneBatchGetConsecutiveTicksInTheirOrder() {
    assertThat(engine.closedTick()).isEqualTo(Tick.NONE);
    assertThat(
            commit(batch -> {
              batch.appendChange(bytes("a"));
              batch.put(Keyspace.CATALOG, ONE, ONE);
              batch.appendChange(bytes("b"));
            }))
        .isEqualTo(new CommitOutcome.Done(new Tick(2), 2));
    assertThat(commit(batch -> batch.appendChange(bytes("c"))))
        .isEqualTo(new CommitOutcome.Done(new Tick(3), 1));

    assertThat(engine.closedTick()).isEqualTo(new Tick(3));
    List<String> log = new ArrayList<>();
    try (StorageCursor cursor = engine.scan(Keyspace.CHANGES, KeyRange.all())) {
      while (cursor.next()) {
        log.add(Keys.longAt(cursor.key(), 0) + new String(cursor.value(), UTF_8));
      }
    }
    assertThat(log).containsExactly("1a", "2b", "3c");
  }

  /// A reader that finds tick n + 1 without tick n would skip a change for ever.
  @Test
  void noReaderEverSeesATickWithoutTheOneBefore() throws Exception {
    int committers = 4;
    int commitsEach = 150;
    AtomicLong running = new AtomicLong(committers);
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int committer = 0; committer < committers; committer++) {
      int me = committer;
      tasks.add(() -> {
        try {
          for (int round = 0; round < commitsEach; round++) {
            byte[] mine = Keys.of(me, round);
            int changes = 1 + round % 3;
            CommitOutcome.Done done =
                commit(
                    batch -> {
                      for (int change = 0; change < changes; change++) {
                        batch.appendChange(mine);
                      }
                    },
                    round % 50 == 0 ? Durability.POWER_LOSS : Durability.PROCESS_CRASH);
            assertThat(done.changes()).isEqualTo(changes);
            assertThat(engine.closedTick()).isGreaterThanOrEqualTo(done.lastTick());
            for (int change = 0; change < changes; change++) {
              assertThat(engine.get(Keyspace.CHANGES, Keys.of(done.lastTick().value() - change)))
                  .isEqualTo(mine);
            }
          }
        } finally {
          running.decrementAndGet();
        }
        return null;
      });
    }
    tasks.add(() -> {
      long read = 0;
      boolean last;
      do {
        last = running.get() == 0;
        Tick closed = engine.closedTick();
        try (StorageCursor cursor =
            engine.scan(Keyspace.CHANGES, new KeyRange(Keys.of(read + 1), null))) {
          while (cursor.next()) {
            assertThat(Keys.longAt(cursor.key(), 0)).isEqualTo(read + 1);
            read++;
          }
        }
        assertThat(read).isGreaterThanOrEqualTo(closed.value());
      } while (!last);
      assertThat(read).isEqualTo(engine.closedTick().value());
      assertThat(read).isEqualTo(committers * commitsEach * 2L);
      return null;
    });
    inParallel(tasks);
  }

  // --- counters

  @Test
  void countersAddUpWhoeverAdds() throws Exception {
    Callable<Void> adder =
        () -> {
          for (int round = 1; round <= 200; round++) {
            int delta = round % 2 == 0 ? round : -round / 3;
            commit(batch -> {
              batch.add(ONE, delta);
              batch.add(TWO, 1);
              batch.add(TWO, 2);
            });
          }
          return null;
        };
    inParallel(adder, adder, adder);

    long each = 0;
    for (int round = 1; round <= 200; round++) {
      each += round % 2 == 0 ? round : -round / 3;
    }
    assertThat(engine.counter(ONE)).isEqualTo(3 * each);
    assertThat(engine.counter(TWO)).isEqualTo(3 * 200 * 3);
  }

  @Test
  void countersAreSignedAndCanBeForgotten() {
    assertThat(engine.counter(ONE)).isZero();
    commit(batch -> batch.add(ONE, -3));
    assertThat(engine.counter(ONE)).isEqualTo(-3);
    commit(batch -> batch.add(ONE, Long.MAX_VALUE));
    assertThat(engine.counter(ONE)).isEqualTo(Long.MAX_VALUE - 3);
    assertThat(engine.get(Keyspace.COUNTERS, ONE)).isEqualTo(Keys.of(Long.MAX_VALUE - 3));
    try (StorageCursor cursor = engine.scan(Keyspace.COUNTERS, KeyRange.all())) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.value()).isEqualTo(Keys.of(Long.MAX_VALUE - 3));
    }

    commit(batch -> {
      batch.add(ONE, 100);
      batch.delete(Keyspace.COUNTERS, ONE);
      batch.add(ONE, 7);
      batch.add(TWO, 1);
    });
    assertThat(engine.counter(ONE)).isEqualTo(7);
    engine.purge(Keyspace.COUNTERS, KeyRange.prefix(ONE));
    assertThat(engine.counter(ONE)).isZero();
    assertThat(engine.counter(TWO)).isEqualTo(1);
  }

  // --- purge

  @Test
  void purgeRemovesARangeAndCanBeRepeated() {
    commit(batch -> {
      batch.put(Keyspace.DOCUMENTS, key(1, "a"), ONE);
      batch.put(Keyspace.DOCUMENTS, key(2, "a"), ONE);
      batch.put(Keyspace.DOCUMENTS, key(2, "b"), ONE);
      batch.put(Keyspace.DOCUMENTS, key(3, "a"), ONE);
      batch.put(Keyspace.PRIMARY, key(2, "a"), ONE);
    });
    engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(2)));
    engine.purge(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(2)));

    assertThat(keys(engine, Keyspace.DOCUMENTS))
        .containsExactly(text(key(1, "a")), text(key(3, "a")));
    assertThat(keys(engine, Keyspace.PRIMARY)).hasSize(1);
    commit(batch -> batch.put(Keyspace.DOCUMENTS, key(2, "c"), TWO));
    engine = reopenClosed();
    assertThat(keys(engine, Keyspace.DOCUMENTS))
        .containsExactly(text(key(1, "a")), text(key(2, "c")), text(key(3, "a")));
    engine.purge(Keyspace.DOCUMENTS, KeyRange.all());
    assertThat(keys(engine, Keyspace.DOCUMENTS)).isEmpty();
  }

  @Test
  void ticksOfPurgedChangesAreNeverAssignedAgain() {
    for (int change = 0; change < 5; change++) {
      commit(batch -> batch.appendChange(ONE));
    }
    engine.purge(Keyspace.CHANGES, new KeyRange(Keys.of(0), Keys.of(4)));
    assertThat(keys(engine, Keyspace.CHANGES)).containsExactly(text(Keys.of(4)), text(Keys.of(5)));
    engine.purge(Keyspace.CHANGES, KeyRange.all());
    assertThat(engine.closedTick()).isEqualTo(new Tick(5));

    engine = reopenClosed();
    assertThat(engine.closedTick()).isEqualTo(new Tick(5));
    assertThat(commit(batch -> batch.appendChange(TWO)).lastTick()).isEqualTo(new Tick(6));
    engine = reopenClosed();
    assertThat(engine.closedTick()).isEqualTo(new Tick(6));
  }

  // --- durability and closing

  @Test
  void everythingIsThereAfterReopening() {
    commit(batch -> {
      batch.put(Keyspace.DOCUMENTS, key(1, "a"), ONE);
      batch.put(Keyspace.DOCUMENTS, key(1, "b"), ONE);
      batch.add(ONE, 41);
      batch.appendChange(ONE);
      batch.appendChange(TWO);
    });
    engine.sync();
    engine.settle();
    commit(batch -> {
      batch.delete(Keyspace.DOCUMENTS, key(1, "a"));
      batch.add(ONE, 1);
    });
    engine = reopenClosed();

    assertThat(engine.get(Keyspace.DOCUMENTS, key(1, "a"))).isNull();
    assertThat(engine.get(Keyspace.DOCUMENTS, key(1, "b"))).isEqualTo(ONE);
    assertThat(engine.counter(ONE)).isEqualTo(42);
    assertThat(engine.closedTick()).isEqualTo(new Tick(2));
    assertThat(engine.get(Keyspace.CHANGES, Keys.of(2))).isEqualTo(TWO);
    assertThat(engine.bytesOnDisk()).isNotNegative();
  }

  @Test
  void everythingFailsClearlyOnceTheEngineIsClosed() {
    commit(batch -> batch.put(Keyspace.PRIMARY, key(1, "a"), ONE));
    WriteBatch batch = engine.newBatch();
    batch.put(Keyspace.PRIMARY, key(1, "b"), ONE);
    Snapshot snapshot = engine.snapshot();
    StorageCursor cursor = engine.scan(Keyspace.PRIMARY, KeyRange.all());
    StorageCursor snapshotCursor = snapshot.scanDescending(Keyspace.PRIMARY, KeyRange.all());
    assertThat(cursor.next()).isTrue();
    engine.close();
    engine.close();

    List<ThrowingCallable> calls =
        List.of(
            () -> engine.get(Keyspace.PRIMARY, ONE),
            () -> engine.getAll(Keyspace.PRIMARY, List.of(ONE)),
            () -> engine.counter(ONE),
            () -> engine.scan(Keyspace.PRIMARY, KeyRange.all()),
            () -> engine.scanDescending(Keyspace.PRIMARY, KeyRange.all()),
            () -> engine.snapshot(),
            () -> engine.commit(batch, Durability.PROCESS_CRASH),
            () -> engine.newBatch(),
            () -> engine.sync(),
            () -> engine.closedTick(),
            () -> engine.purge(Keyspace.PRIMARY, KeyRange.all()),
            () -> engine.bytesOnDisk(),
            () -> snapshot.get(Keyspace.PRIMARY, ONE),
            () -> snapshot.getAll(Keyspace.PRIMARY, List.of(ONE)),
            () -> snapshot.counter(ONE),
            () -> snapshot.scan(Keyspace.PRIMARY, KeyRange.all()),
            cursor::next,
            cursor::key,
            cursor::value,
            cursor::valueLength,
            () -> cursor.seek(ONE),
            snapshotCursor::next);
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("storage engine is closed");
    }
    cursor.close();
    cursor.close();
    snapshotCursor.close();
    snapshot.close();
    batch.close();
  }

  /// Whatever runs while the engine closes either succeeds or says that it is closed.
  @Test
  void closingWhileOthersReadAndWriteIsSafe() throws Exception {
    commit(batch -> {
      for (int at = 0; at < 20; at++) {
        batch.put(Keyspace.PRIMARY, Keys.of(at), Keys.of(at));
      }
    });
    AtomicLong rounds = new AtomicLong();
    Callable<Void> reader =
        () -> {
          try {
            while (true) {
              assertThat(engine.get(Keyspace.PRIMARY, Keys.of(3))).isEqualTo(Keys.of(3));
              try (Snapshot snapshot = engine.snapshot();
                  StorageCursor cursor = snapshot.scan(Keyspace.PRIMARY, KeyRange.all());
                  StorageCursor other = engine.scanDescending(Keyspace.PRIMARY, KeyRange.all())) {
                while (cursor.next() && other.next()) {
                  assertThat(cursor.key()).isEqualTo(cursor.value());
                }
              }
              rounds.incrementAndGet();
            }
          } catch (StorageException closed) {
            assertThat(closed).hasMessageContaining("storage engine is closed");
          }
          return null;
        };
    Callable<Void> writer =
        () -> {
          try {
            for (long round = 0; ; round++) {
              Durability durability =
                  round % 16 == 0 ? Durability.POWER_LOSS : Durability.PROCESS_CRASH;
              commit(batch -> batch.appendChange(ONE), durability);
              if (round % 64 == 0) {
                engine.purge(Keyspace.CHANGES, new KeyRange(Keys.of(0), Keys.of(round)));
              }
            }
          } catch (StorageException closed) {
            assertThat(closed).hasMessageContaining("storage engine is closed");
          }
          return null;
        };
    Callable<Void> closer =
        () -> {
          while (rounds.get() < 50) {
            Thread.onSpinWait();
          }
          engine.close();
          return null;
        };
    inParallel(reader, reader, writer, closer);
  }

  // --- limits

  @Test
  void declaresLimitsThatFitTogether() {
    EngineLimits limits = engine.limits();
    assertThat(limits.snapshotAgeMax()).isPositive();
    assertThat(limits.commitBytesMax()).isGreaterThanOrEqualTo(4L * limits.valueBytesMax());
  }

  @Test
  void takesWhatIsJustWithinItsLimitsAndRefusesWhatIsBeyond() {
    EngineLimits limits = engine.limits();
    byte[] longestKey = new byte[limits.keyBytesMax()];
    byte[] longestValue = new byte[limits.valueBytesMax()];
    Arrays.fill(longestKey, (byte) 0xff);
    commit(batch -> batch.put(Keyspace.DOCUMENTS, longestKey, longestValue));
    assertThat(engine.get(Keyspace.DOCUMENTS, longestKey)).isEqualTo(longestValue);

    assertRefused(
        "a key", batch -> batch.put(Keyspace.DOCUMENTS, new byte[limits.keyBytesMax() + 1], ONE));
    assertRefused(
        "a key", batch -> batch.delete(Keyspace.PRIMARY, new byte[limits.keyBytesMax() + 1]));
    assertRefused("a key", batch -> batch.add(new byte[limits.keyBytesMax() + 1], 1));
    assertRefused(
        "a value",
        batch -> batch.put(Keyspace.DOCUMENTS, ONE, new byte[limits.valueBytesMax() + 1]));
    assertRefused("a value", batch -> batch.appendChange(new byte[limits.valueBytesMax() + 1]));
    commit(batch -> batch.deleteRange(Keyspace.DOCUMENTS, KeyRange.all()));
    assertThat(engine.get(Keyspace.DOCUMENTS, longestKey)).isNull();
  }

  @Test
  void refusesACommitWithTooManyOperationsAndLeavesNothingOfIt() {
    commit(batch -> batch.appendChange(ONE));
    int max = engine.limits().commitKeysMax();
    assertRefused(
        "the commit",
        batch -> {
          batch.appendChange(ONE);
          for (int operation = 0; operation < max; operation++) {
            batch.add(ONE, 1);
          }
        });
    assertThat(engine.counter(ONE)).isZero();
    assertThat(engine.closedTick()).isEqualTo(new Tick(1));
    assertThat(commit(batch -> batch.appendChange(ONE)).lastTick()).isEqualTo(new Tick(2));
  }

  // --- for engines' own tests

  /// Closes the engine under test and opens what it left.
  protected final StorageEngine reopenClosed() {
    engine.close();
    return reopen(engine, directory);
  }

  protected final CommitOutcome.Done commit(Consumer<WriteBatch> operations) {
    return commit(operations, Durability.PROCESS_CRASH);
  }

  protected final CommitOutcome.Done commit(
      Consumer<WriteBatch> operations, Durability durability) {
    try (WriteBatch batch = engine.newBatch()) {
      operations.accept(batch);
      CommitOutcome outcome = engine.commit(batch, durability);
      assertThat(outcome).isInstanceOf(CommitOutcome.Done.class);
      return (CommitOutcome.Done) outcome;
    }
  }

  private void assertRefused(String what, Consumer<WriteBatch> operations) {
    try (WriteBatch batch = engine.newBatch()) {
      operations.accept(batch);
      assertThat(engine.commit(batch, Durability.PROCESS_CRASH))
          .isInstanceOfSatisfying(
              CommitOutcome.NotApplied.class,
              refused -> {
                assertThat(refused.kind()).isEqualTo(LIMIT_EXCEEDED);
                assertThat(refused.reason()).startsWith(what);
              });
    }
  }

  @SafeVarargs
  private static void inParallel(Callable<Void>... tasks) throws Exception {
    inParallel(List.of(tasks));
  }

  private static void inParallel(List<Callable<Void>> tasks) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(tasks.size())) {
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    }
  }

  private static List<String> keys(StorageView view, Keyspace keyspace) {
    List<String> keys = new ArrayList<>();
    try (StorageCursor cursor = view.scan(keyspace, KeyRange.all())) {
      while (cursor.next()) {
        keys.add(text(cursor.key()));
      }
    }
    return keys;
  }

  private static NavigableMap<byte[], byte[]> inRange(
      NavigableMap<byte[], byte[]> model, KeyRange range) {
    NavigableMap<byte[], byte[]> selected = new TreeMap<>(Arrays::compareUnsigned);
    model.forEach((key, value) -> {
      if (range.contains(key)) {
        selected.put(key, value);
      }
    });
    return selected;
  }

  /// Few different keys, so that they meet.
  private static byte[] randomKey(Random random) {
    byte[] rest = new byte[random.nextInt(3)];
    for (int at = 0; at < rest.length; at++) {
      rest[at] = (byte) (random.nextInt(8) * 36);
    }
    return Keys.of(random.nextInt(3), rest);
  }

  private static byte[] prefixed(byte[] rest) {
    return Keys.of(1, rest);
  }

  private static byte[] key(long generation, String rest) {
    return Keys.of(generation, bytes(rest));
  }

  private static String text(byte @Nullable [] key) {
    return Arrays.toString(key);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
