package dev.lockstep.core.changelog;

import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How much of the change log is kept. Counted in changes, because a change holds no body and so
/// takes little, and about the same, space.
///
/// @param changesKept the newest ones, kept whether anyone needs them or not
/// @param ageKept younger ones are kept as well
/// @param changesMax kept at most, whatever their age, and even if a follower still needs older
///   ones: one that never comes back must not fill the disk
public record ChangeRetention(long changesKept, Duration ageKept, long changesMax) {
  /// About 20 MB on disk without, 1 GB with a follower that stays away.
  public static final ChangeRetention DEFAULT =
      new ChangeRetention(1_000_000, Duration.ofHours(1), 50_000_000);

  public ChangeRetention {
    if (changesKept < 0 || changesMax < changesKept || ageKept.isNegative()) {
      throw new IllegalArgumentException(
          "change retention out of range: changesKept="
              + changesKept
              + " ageKept="
              + ageKept
              + " changesMax="
              + changesMax);
    }
  }

  /// The last tick that may be pruned.
  ///
  /// @param last the newest tick of the log
  /// @param stillNeeded the oldest change some follower has yet to read, `null` when none has
  /// @param aged the newest change that is known to be older than `ageKept`
  public Tick prunable(Tick last, @Nullable Tick stillNeeded, Tick aged) {
    long upTo = least(minus(last.value(), changesKept), aged.value());
    if (stillNeeded != null) {
      upTo = least(upTo, minus(stillNeeded.value(), 1));
    }
    long beyondMax = minus(last.value(), changesMax);
    return new Tick(Long.compareUnsigned(upTo, beyondMax) < 0 ? beyondMax : upTo);
  }

  private static long least(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  private static long minus(long tick, long count) {
    return Long.compareUnsigned(tick, count) < 0 ? 0 : tick - count;
  }
}
