package dev.lockstep.replication.follower;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final Duration FIRST = Duration.ofMillis(250);
  private static final Duration LONGEST = Duration.ofSeconds(15);

  /// PR #14339: followers asked a leader that was away again and again, in tight loops.
  @Test
  void aLeaderThatWasAwayWasAskedInTightLoops() {
    Backoff backoff = Backoff.of(new Random(1), (duration, stop) -> {});
    Set<Duration> last = new HashSet<>();
    for (int failures = 1; failures <= 200; failures++) {
      Duration most = FIRST.multipliedBy(1L << Math.min(failures - 1, 20));
      most = most.compareTo(LONGEST) > 0 ? LONGEST : most;

      Duration pause = backoff.before(failures, FIRST, LONGEST);

      assertThat(pause)
          .as("after failure %d", failures)
          .isBetween(most.dividedBy(2).minusMillis(1), most);
      if (most.equals(LONGEST)) {
        last.add(pause);
      }
    }
    // Those who lost their leader together do not come back together.
    assertThat(last).hasSizeGreaterThan(100);
  }
}
