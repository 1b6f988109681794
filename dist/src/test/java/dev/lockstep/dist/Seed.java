package dev.lockstep.dist;

import java.util.concurrent.ThreadLocalRandom;

/// The seed of a random test: `-Dlockstep.seed=N`, or another one each time; always printed.
final class Seed {
  private Seed() {}

  static long forTest(String name) {
    Long given = Long.getLong("lockstep.seed");
    long seed = given != null ? given : ThreadLocalRandom.current().nextLong(1_000_000_000_000L);
    System.out.println(name + ": seed " + seed + " (repeat with -Dlockstep.seed=" + seed + ")");
    return seed;
  }
}
