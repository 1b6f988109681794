package dev.lockstep.core.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageEngineContract;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MemoryStorageEngineTest extends StorageEngineContract {
  @Override
  protected StorageEngine open(Path directory) {
    return new MemoryStorageEngine();
  }

  @Override
  protected StorageEngine reopen(StorageEngine closed, Path directory) {
    return ((MemoryStorageEngine) closed).reopen();
  }

  @Test
  void aKilledProcessLosesNothing() {
    append(Durability.PROCESS_CRASH);
    MemoryStorageEngine after = memory().killProcess();

    assertThat(after.closedTick()).isEqualTo(new Tick(1));
    assertThatThrownBy(() -> engine.closedTick()).isInstanceOf(StorageException.class);
  }

  /// What is left is always a beginning of what was committed, and every beginning can be left.
  @Test
  void aPowerLossKeepsWhatWasSyncedAndSomeOfWhatFollowed() {
    Set<Long> left = new HashSet<>();
    for (long seed = 0; seed < 100; seed++) {
      engine = new MemoryStorageEngine();
      append(Durability.PROCESS_CRASH);
      append(Durability.POWER_LOSS);
      append(Durability.PROCESS_CRASH);
      engine.sync();
      append(Durability.PROCESS_CRASH);
      append(Durability.PROCESS_CRASH);
      MemoryStorageEngine after = memory().losePower(new Random(seed));
      long last = after.closedTick().value();
      assertThat(last).as("seed %d", seed).isBetween(3L, 5L);
      assertThat(after.get(Keyspace.CHANGES, Keys.of(last))).isNotNull();
      assertThat(after.get(Keyspace.CHANGES, Keys.of(last + 1))).isNull();
      assertThat(after.counter(Keys.of(1))).isEqualTo(last);
      left.add(last);
    }
    assertThat(left).containsExactlyInAnyOrder(3L, 4L, 5L);
  }

  @Test
  void injectedFaultsHappenAtTheChosenCommit() {
    memory()
        .injectFaults(commit ->
            commit == 2
                ? CommitFault.NO_SPACE
                : commit == 4 ? CommitFault.UNKNOWN_BUT_APPLIED : null);
    assertThat(append(Durability.PROCESS_CRASH)).isInstanceOf(CommitOutcome.Done.class);
    assertThat(append(Durability.PROCESS_CRASH))
        .isInstanceOfSatisfying(
            CommitOutcome.NotApplied.class,
            refused -> assertThat(refused.kind()).isEqualTo(CommitOutcome.Reason.NO_SPACE));
    assertThat(append(Durability.PROCESS_CRASH)).isEqualTo(new CommitOutcome.Done(new Tick(2), 1));
    assertThat(append(Durability.PROCESS_CRASH)).isInstanceOf(CommitOutcome.Unknown.class);
    assertThat(append(Durability.PROCESS_CRASH))
        .isInstanceOfSatisfying(
            CommitOutcome.NotApplied.class,
            refused -> assertThat(refused.kind()).isEqualTo(CommitOutcome.Reason.WRITES_STOPPED));
    assertThat(engine.closedTick()).isEqualTo(new Tick(3));

    engine = memory().killProcess();
    memory().injectFaults(commit -> commit == 1 ? CommitFault.UNKNOWN_AND_LOST : null);
    assertThat(append(Durability.PROCESS_CRASH)).isInstanceOf(CommitOutcome.Unknown.class);
    assertThat(engine.closedTick()).isEqualTo(new Tick(3));

    engine = memory().killProcess();
    memory().injectFaults(commit -> commit == 1 ? CommitFault.FENCED : null);
    assertThat(append(Durability.PROCESS_CRASH)).isInstanceOf(CommitOutcome.Fenced.class);
    assertThat(append(Durability.PROCESS_CRASH)).isInstanceOf(CommitOutcome.Fenced.class);
  }

  @Test
  void anExpiredSnapshotFails() {
    append(Durability.PROCESS_CRASH);
    try (Snapshot old = engine.snapshot()) {
      memory().expireSnapshots();
      assertThatThrownBy(() -> old.counter(Keys.of(1)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("expired");
    }
    try (Snapshot fresh = engine.snapshot()) {
      assertThat(fresh.counter(Keys.of(1))).isEqualTo(1);
    }
  }

  private MemoryStorageEngine memory() {
    return (MemoryStorageEngine) engine;
  }

  private CommitOutcome append(Durability durability) {
    try (WriteBatch batch = engine.newBatch()) {
      batch.appendChange(Keys.of(9));
      batch.add(Keys.of(1), 1);
      return engine.commit(batch, durability);
    }
  }
}
