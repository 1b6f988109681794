package dev.lockstep.replication.leader;

import dev.lockstep.core.changelog.ChangeLog;
import dev.lockstep.core.changelog.ChangeRetention;
import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Shortens the change log: what is beyond the number and the age to keep, and what no known
/// follower needs any more, or what is beyond the most that is ever kept. One thread calls.
///
/// The log knows no times. How old a change is, is known from having looked at the log's end
/// before, in memory: after a restart everything counts as new.
final class ChangePruning {
  private static final Logger LOG = LoggerFactory.getLogger(ChangePruning.class);

  /// Looks that are remembered; fewer than these, evenly spread, for a long age.
  private static final int SAMPLES_MAX = 1_000;

  private record Sample(Tick last, Instant seen) {}

  private final ChangeLog log;
  private final ChangeRetention retention;
  private final InstantSource time;
  private final Supplier<@Nullable Tick> needed;
  private final Duration sampleInterval;
  private final Deque<Sample> samples = new ArrayDeque<>();

  /// The newest tick that is old enough.
  private Tick aged = Tick.NONE;

  /// @param needed the tick from which the slowest follower will ask; null if nobody follows
  ChangePruning(
      ChangeLog log,
      ChangeRetention retention,
      InstantSource time,
      Supplier<@Nullable Tick> needed) {
    this.log = log;
    this.retention = retention;
    this.time = time;
    this.needed = needed;
    this.sampleInterval = retention.ageKept().dividedBy(SAMPLES_MAX);
  }

  /// Prunes what may go now.
  void run() {
    Tick last = log.lastTick();
    note(last);
    Tick from = needed.get();
    Tick upTo = retention.prunable(last, from == null ? null : from.next(), aged);
    if (!upTo.equals(Tick.NONE) && log.firstAvailable().compareTo(upTo) <= 0) {
      if (from != null && from.compareTo(upTo) < 0) {
        LOG.warn(
            "changes up to tick {} are dropped although a follower is only at {}: more than {} of"
                + " them would be kept (--replication.changes-max)",
            upTo,
            from,
            retention.changesMax());
      }
      log.prune(upTo);
    }
  }

  private void note(Tick last) {
    Instant now = time.instant();
    Sample newest = samples.peekLast();
    if (newest == null || !newest.seen().plus(sampleInterval).isAfter(now)) {
      samples.addLast(new Sample(last, now));
    }
    Instant old = now.minus(retention.ageKept());
    while (!samples.isEmpty() && !samples.getFirst().seen().isAfter(old)) {
      aged = samples.removeFirst().last();
    }
  }
}
