package dev.lockstep.replication.leader;

import dev.lockstep.core.changelog.ChangeLog;
import dev.lockstep.core.changelog.ChangeRetention;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.storage.Tick;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Shortens the change log: what is beyond the number and the age to keep, and what no known
/// follower needs any more, or what is beyond the most that is ever kept. One thread calls.
///
/// How old a change is, is known since the start only: after a restart everything counts as new.
final class ChangePruning {
  private static final Logger LOG = LoggerFactory.getLogger(ChangePruning.class);

  private static final int STEPS_PER_KEPT = 100;

  private final DocumentStore store;
  private final ChangeLog log;
  private final ChangeRetention retention;
  private final InstantSource time;
  private final Supplier<@Nullable Tick> needed;
  private final TickTimes times;

  /// @param needed the tick from which the slowest follower will ask; null if nobody follows
  ChangePruning(
      DocumentStore store,
      ChangeRetention retention,
      InstantSource time,
      TickTimes times,
      Supplier<@Nullable Tick> needed) {
    this.store = store;
    this.log = store.changeLog();
    this.retention = retention;
    this.time = time;
    this.needed = needed;
    this.times = times;
  }

  /// Prunes what may go now, if that is enough to be worth it: an engine gives back the space of
  /// each purge on its own.
  void run() {
    Tick last = log.lastTick();
    Instant now = time.instant();
    times.note(last, now);
    Tick aged = times.newestAt(now.minus(retention.ageKept()));
    Tick from = needed.get();
    Tick upTo = retention.prunable(last, from == null ? null : from.next(), aged);
    long step = retention.changesKept() / STEPS_PER_KEPT;
    if (upTo.compareTo(new Tick(log.firstAvailable().value() + step)) >= 0) {
      if (from != null && from.compareTo(upTo) < 0) {
        LOG.warn(
            "changes up to tick {} are dropped although a follower is only at {}: more than {} of"
                + " them would be kept (--replication.changes-max)",
            upTo,
            from,
            retention.changesMax());
      }
      store.pruneChanges(upTo);
    }
  }
}
