package dev.lockstep.replication.leader;

import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// When ticks were the newest: the change log itself holds no times. Known since the start of the
/// server only, as precisely as it is noted; of long ago to within half a percent of that time.
/// Bounded. Thread-safe.
final class TickTimes {
  /// One a second for some minutes and, with [#PER_AGE], fewer and fewer before that are about
  /// 3,300 for a year and 3,900 for ten.
  static final int SAMPLES_MAX = 4096;

  /// Samples are apart by this part of their age.
  private static final int PER_AGE = 256;

  /// The newest tick at a time.
  private record Sample(Tick tick, Instant time) {}

  /// Ticks and times ascend.
  private final List<Sample> samples = new ArrayList<>();

  /// Notes what the newest tick is now.
  synchronized void note(Tick newest, Instant now) {
    Instant time = now;
    if (!samples.isEmpty()) {
      Sample last = samples.getLast();
      if (newest.compareTo(last.tick()) <= 0) {
        return;
      }
      if (now.isBefore(last.time())) {
        // The clock was set back.
        time = last.time();
      }
    }
    samples.add(new Sample(newest, time));
    if (samples.size() > SAMPLES_MAX) {
      thin();
    }
  }

  private void thin() {
    Instant now = samples.getLast().time();
    List<Sample> kept = new ArrayList<>(samples.size());
    for (Sample sample : samples.reversed()) {
      Duration age = Duration.between(sample.time(), now);
      if (kept.isEmpty()
          || !Duration.between(sample.time(), kept.getLast().time())
              .minus(age.dividedBy(PER_AGE))
              .isNegative()) {
        kept.add(sample);
      }
    }
    samples.clear();
    // The oldest ones go if the others are too many, which takes more than ten years.
    samples.addAll(kept.subList(0, Math.min(kept.size(), SAMPLES_MAX - 1)).reversed());
  }

  /// How long there has been something newer than `tick`; zero while there is nothing newer, as far
  /// as it was noted. Never more than the truth.
  synchronized Duration behind(Tick tick, Instant now) {
    int low = 0;
    int high = samples.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (samples.get(middle).tick().compareTo(tick) > 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (low == samples.size()) {
      return Duration.ZERO;
    }
    Duration behind = Duration.between(samples.get(low).time(), now);
    return behind.isNegative() ? Duration.ZERO : behind;
  }

  /// The newest tick known to have been there at a time; [Tick#NONE] if none is.
  synchronized Tick newestAt(Instant time) {
    Tick newest = Tick.NONE;
    for (Sample sample : samples) {
      if (sample.time().isAfter(time)) {
        break;
      }
      newest = sample.tick();
    }
    return newest;
  }
}
