package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.protocol.LeaderConnector;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;

/// Synchronizations for simulations: small limits, no waiting, and nothing but dumps on threads of
/// their own.
public final class SimulatedFollower {
  private SimulatedFollower() {}

  /// @param random decides sizes, so that a failure with one seed can be had again
  public static ReplicationFollower of(
      DocumentStore store, LeaderConnector connector, Random random) {
    return new ReplicationFollower(
        store,
        connector,
        settings(random),
        InstantSource.system(),
        Backoff.of(random, (_, stop) -> stop.throwIfStopped()));
  }

  /// Those of [SyncWorld] without pauses, and with sizes by chance.
  static FollowerSettings settings(Random random) {
    FollowerSettings usual = SyncWorld.SETTINGS;
    return new FollowerSettings(
        usual.firstContactRetries(),
        usual.retriesMax(),
        Duration.ZERO,
        Duration.ZERO,
        usual.restartsMax(),
        usual.batchLease(),
        usual.chunkSizeFirst(),
        usual.chunkSizeMax(),
        usual.fetchedBytesMax(),
        usual.decodedBytesMax(),
        usual.portionBytes(),
        usual.finishedJobsKept(),
        new ComparisonSettings(
            1 + random.nextInt(5),
            1 << random.nextInt(13),
            8 << 10,
            3,
            3,
            1 + random.nextInt(60),
            1 + random.nextInt(20),
            1 << 10,
            100,
            Duration.ofMillis(700),
            false),
        usual.clientWrites());
  }
}
