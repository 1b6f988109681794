package dev.lockstep.replication;

import java.util.Random;

/// Random numbers of tests that count their seeds.
public final class Seeds {
  /// Odd, and without a pattern in its bits.
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private Seeds() {}

  /// A generator whose first numbers differ between neighbouring seeds: those of [Random] itself
  /// are the same for thousands of them.
  public static Random random(long seed) {
    return new Random(seed * SPREAD);
  }
}
