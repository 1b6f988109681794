package dev.lockstep.core.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ChangeLogTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final StorageEngine engine = new MemoryStorageEngine();
  private final ChangeLog log = new ChangeLog(engine);

  @Test
  void readsInPagesFromAnyPosition() {
    append(5);

    assertThat(ticks(log.read(engine, Tick.NONE, 2))).containsExactly(1L, 2L);
    assertThat(ticks(log.read(engine, new Tick(2), 2))).containsExactly(3L, 4L);
    assertThat(ticks(log.read(engine, new Tick(4), 2))).containsExactly(5L);
    assertThat(ticks(log.read(engine, new Tick(5), 2))).isEmpty();
    assertThat(ticks(log.read(engine, new Tick(77), 2))).isEmpty();
    assertThat(log.read(engine, new Tick(4), 1))
        .isEqualTo(new ChangeRead.Page(List.of(new LoggedChange(new Tick(5), change(4)))));
    assertThatThrownBy(() -> log.read(engine, Tick.NONE, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aSnapshotsLogEndsWithTheSnapshot() {
    append(2);
    try (Snapshot snapshot = engine.snapshot()) {
      append(2);
      assertThat(ticks(log.read(snapshot, Tick.NONE, 9))).containsExactly(1L, 2L);
      assertThat(ticks(log.read(snapshot, new Tick(2), 9))).isEmpty();
      assertThat(ticks(log.read(engine, new Tick(2), 9))).containsExactly(3L, 4L);
    }
  }

  @Test
  void tellsAReaderWhoseChangesArePruned() {
    assertThat(log.firstAvailable()).isEqualTo(new Tick(1));
    append(5);
    log.prune(new Tick(3));

    assertThat(log.firstAvailable()).isEqualTo(new Tick(4));
    assertThat(log.read(engine, new Tick(2), 9)).isEqualTo(new ChangeRead.Pruned(new Tick(4)));
    assertThat(ticks(log.read(engine, new Tick(3), 9))).containsExactly(4L, 5L);
    assertThat(ticks(log.read(engine, Tick.NONE, 9))).containsExactly(4L, 5L);

    log.prune(new Tick(2));
    assertThat(log.firstAvailable()).isEqualTo(new Tick(4));

    log.prune(new Tick(5));
    assertThat(log.firstAvailable()).isEqualTo(new Tick(6));
    assertThat(log.lastTick()).isEqualTo(new Tick(5));
    assertThat(log.read(engine, new Tick(4), 9)).isEqualTo(new ChangeRead.Pruned(new Tick(6)));
    assertThat(ticks(log.read(engine, new Tick(5), 9))).isEmpty();
    assertThat(ticks(log.read(engine, Tick.NONE, 9))).isEmpty();

    append(1);
    assertThat(ticks(log.read(engine, new Tick(5), 9))).containsExactly(6L);
  }

  @Test
  void aPageHoldsAboutAMebibyteButAtLeastOneChange() {
    byte[] definition = new byte[ChangeLog.PAGE_BYTES_MAX / 2 + 1];
    try (WriteBatch batch = engine.newBatch()) {
      for (int change = 0; change < 3; change++) {
        batch.appendChange(ChangeCodec.encode(new Change.CollectionCreated(1, 2, definition)));
      }
      batch.appendChange(ChangeCodec.encode(new Change.CollectionCreated(1, 2, new byte[4 << 20])));
      engine.commit(batch, Durability.PROCESS_CRASH);
    }
    assertThat(ticks(log.read(engine, Tick.NONE, 99))).containsExactly(1L, 2L);
    assertThat(ticks(log.read(engine, new Tick(3), 99))).containsExactly(4L);
  }

  @Test
  @Timeout(60)
  void aWaitingReaderWakesWithTheCommit() throws Exception {
    append(1);
    assertThat(log.awaitAfter(Tick.NONE, LONG)).isEqualTo(new Tick(1));
    assertThat(log.awaitAfter(new Tick(1), Duration.ofMillis(1))).isEqualTo(new Tick(1));
    assertThat(log.awaitAfter(new Tick(1), Duration.ZERO)).isEqualTo(new Tick(1));
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      // Two readers in step with one writer: every wake-up must arrive, 500 times.
      List<Future<?>> readers = new ArrayList<>();
      for (int reader = 0; reader < 2; reader++) {
        readers.add(
            threads.submit(() -> {
              Tick read = new Tick(1);
              while (read.value() < 500) {
                Tick last = log.awaitAfter(read, LONG);
                assertThat(last).isGreaterThan(read);
                read = last;
              }
              return null;
            }));
      }
      for (int change = 1; change < 500; change++) {
        append(1);
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
  }

  @Test
  void namesTheTickOfAnEntryItCannotRead() {
    append(1);
    try (WriteBatch batch = engine.newBatch()) {
      batch.appendChange(new byte[] {99});
      engine.commit(batch, Durability.PROCESS_CRASH);
    }
    assertThatThrownBy(() -> log.read(engine, Tick.NONE, 9))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("at tick 2: ")
        .hasMessageContaining("unknown kind 99");
    assertThat(ticks(log.read(engine, Tick.NONE, 1))).containsExactly(1L);
  }

  @Test
  void keepsWhatFollowersNeedUpToALimit() {
    ChangeRetention retention = new ChangeRetention(100, Duration.ZERO, 1000);
    Tick last = new Tick(5000);

    assertThat(retention.prunable(last, null, last)).isEqualTo(new Tick(4900));
    assertThat(retention.prunable(last, new Tick(4990), last)).isEqualTo(new Tick(4900));
    assertThat(retention.prunable(last, new Tick(4500), last)).isEqualTo(new Tick(4499));
    assertThat(retention.prunable(last, new Tick(17), last)).isEqualTo(new Tick(4000));
    assertThat(retention.prunable(new Tick(50), null, new Tick(50))).isEqualTo(Tick.NONE);
    assertThat(retention.prunable(Tick.NONE, Tick.NONE, Tick.NONE)).isEqualTo(Tick.NONE);
    assertThat(retention.prunable(last, null, new Tick(4200))).isEqualTo(new Tick(4200));
    assertThat(retention.prunable(last, null, new Tick(10))).isEqualTo(new Tick(4000));
    assertThatThrownBy(() -> new ChangeRetention(10, Duration.ZERO, 9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("changesMax=9");
  }

  private void append(int changes) {
    try (WriteBatch batch = engine.newBatch()) {
      long next = engine.closedTick().value();
      for (int change = 0; change < changes; change++) {
        batch.appendChange(ChangeCodec.encode(change(next + change)));
      }
      CommitOutcome.Done done = (CommitOutcome.Done) engine.commit(batch, Durability.PROCESS_CRASH);
      log.committed(done.lastTick());
    }
  }

  private static Change change(long collection) {
    return new Change.IndexDropped(1, collection, 3);
  }

  private static List<Long> ticks(ChangeRead read) {
    return ((ChangeRead.Page) read)
        .changes().stream().map(change -> change.tick().value()).toList();
  }
}
