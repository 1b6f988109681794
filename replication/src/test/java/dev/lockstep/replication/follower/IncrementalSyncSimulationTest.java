package dev.lockstep.replication.follower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.replication.follower.SimulatedPair.Faults;
import org.junit.jupiter.api.Test;

/// Random histories on both sides, faults at every step; after healing one more synchronization
/// ends equal, always. `-Dlockstep.simulation.seeds=10000` runs more, `-Dlockstep.seed=42` runs
/// one.
class IncrementalSyncSimulationTest {
  private static final int SEEDS = Integer.getInteger("lockstep.simulation.seeds", 200);

  /// Of so many seeds some must do what the test is about.
  private static final int SEEDS_ENOUGH = 100;

  private int resumed;
  private int completed;
  private int loggedInBatch;
  private int loggedWithoutBatch;

  @Test
  void oneMoreSynchronizationAlwaysEndsEqual() throws InterruptedException {
    runAll(8);
    if (Long.getLong("lockstep.seed") == null && SEEDS >= SEEDS_ENOUGH) {
      assertThat(loggedInBatch).as("through the change log, in a batch").isPositive();
      assertThat(loggedWithoutBatch).as("through the change log, without one").isPositive();
    }
  }

  @Test
  void fullSynchronizationsGoOnWithWhatIsHalfBuiltAndEndEqual() throws InterruptedException {
    runAll(1);
    if (Long.getLong("lockstep.seed") == null && SEEDS >= SEEDS_ENOUGH) {
      assertThat(resumed).as("jobs gone on with by another process").isPositive();
      assertThat(completed).as("half-built copies completed").isPositive();
    }
  }

  /// @param fullEvery one of so many disturbed synchronizations is a full one, on average
  private void runAll(int fullEvery) throws InterruptedException {
    Long only = Long.getLong("lockstep.seed");
    if (only != null) {
      run(only, fullEvery);
      return;
    }
    for (long seed = 1; seed <= SEEDS; seed++) {
      run(seed, fullEvery);
    }
  }

  private void run(long seed, int fullEvery) throws InterruptedException {
    try (SimulatedPair pair = new SimulatedPair(seed)) {
      try {
        run(pair, fullEvery);
        resumed += pair.resumed;
        completed += pair.completed;
        loggedInBatch += pair.loggedInBatch;
        loggedWithoutBatch += pair.loggedWithoutBatch;
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            "seed " + seed + " (repeat with -Dlockstep.seed=" + seed + "): " + pair.story, e);
      }
    }
  }

  private static void run(SimulatedPair pair, int fullEvery) throws InterruptedException {
    pair.writeThere(pair.random.nextInt(60));
    if (pair.random.nextInt(5) > 0) {
      pair.sync(false, Faults.NONE);
    }
    int rounds = 1 + pair.random.nextInt(4);
    for (int round = 0; round < rounds; round++) {
      pair.writeThere(pair.random.nextInt(40));
      pair.writeHere(pair.random.nextInt(20));
      RuntimeException failure = pair.sync(pair.random.nextInt(fullEvery) > 0, faults(pair));
      pair.assertConsistent();
      if (failure == null) {
        pair.assertIsTheBatch();
      }
    }
    pair.writeThere(pair.random.nextInt(10));
    RuntimeException failure = pair.sync(true, Faults.NONE);
    if (failure != null) {
      throw failure;
    }
    pair.assertConsistent();
    pair.assertIsTheBatch();
  }

  private static Faults faults(SimulatedPair pair) {
    return new Faults(
        pair.random.nextInt(3) == 0 ? pair.random.nextInt(30) : 0,
        pair.random.nextInt(3) == 0 ? 1 + pair.random.nextInt(40) : 0,
        pair.random.nextInt(3) == 0 ? 1 + pair.random.nextInt(20) : 0);
  }
}
