package dev.lockstep.replication.follower;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/// How long to wait before a request is sent again: doubling, capped, and partly by chance, so that
/// followers that lost their leader in the same moment do not come back in the same moment. Its
/// parts are exchangeable, so that a simulation neither waits nor does anything twice differently.
/// Thread-safe if its parts are.
public final class Backoff {
  /// By the clock and by chance.
  public static final Backoff SYSTEM =
      new Backoff(
          () -> ThreadLocalRandom.current().nextLong(), (duration, stop) -> stop.pause(duration));

  /// Beyond, doubling says nothing any more.
  private static final int DOUBLINGS_MAX = 30;

  /// Waits.
  @FunctionalInterface
  interface Wait {
    /// @throws dev.lockstep.core.LockstepException if the signal comes
    void pause(Duration duration, StopSignal stop) throws InterruptedException;
  }

  private final RandomGenerator random;
  private final Wait wait;

  private Backoff(RandomGenerator random, Wait wait) {
    this.random = random;
    this.wait = wait;
  }

  /// Waits as `wait` does.
  static Backoff of(RandomGenerator random, Wait wait) {
    return new Backoff(random, wait);
  }

  /// @param failures in a row so far, from 1 on
  /// @return between one half of and the whole of `first` doubled with each further failure, and
  ///   never more than `longest`
  public Duration before(int failures, Duration first, Duration longest) {
    long doubled = first.toMillis() << Math.min(failures - 1, DOUBLINGS_MAX);
    long capped = Math.min(doubled < 0 ? Long.MAX_VALUE : doubled, longest.toMillis());
    return Duration.ofMillis(capped - random.nextLong(capped / 2 + 1));
  }

  void pause(Duration duration, StopSignal stop) throws InterruptedException {
    wait.pause(duration, stop);
  }
}
