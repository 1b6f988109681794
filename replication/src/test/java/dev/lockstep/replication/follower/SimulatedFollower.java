package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionHold.ClientWrites;
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
    FollowerSettings settings =
        new FollowerSettings(
            2,
            6,
            Duration.ZERO,
            Duration.ZERO,
            3,
            Duration.ofHours(1),
            4 << 10,
            8 << 10,
            16 << 10,
            8 << 10,
            1 << 10,
            5,
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
            ClientWrites.REFUSED);
    return new ReplicationFollower(
        store,
        connector,
        settings,
        InstantSource.system(),
        Backoff.of(random, (_, stop) -> stop.throwIfStopped()));
  }
}
