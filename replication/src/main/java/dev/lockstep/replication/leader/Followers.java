package dev.lockstep.replication.leader;

import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.LoggerState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who follows, and which changes they still need: the smallest tick of all of them is where the
/// change log may be cut. Keyed by the whole [FollowerIdentity] but its address, so that two
/// appliers of one server never overwrite each other. Thread-safe.
final class Followers {
  /// What one follower was served.
  private static final class Entry {
    Instant seen;

    /// Where it asked from last.
    String address = "";

    /// Tick of the newest batch; a synchronization may be followed by tailing from here.
    @Nullable Tick batchTick;

    /// Up to where it has the log, as it said itself.
    @Nullable Tick tailTick;

    Entry(Instant seen) {
      this.seen = seen;
    }

    /// The lower one: a synchronization beside an applier must not let the applier's place go.
    @Nullable Tick needed() {
      Tick batch = batchTick;
      Tick tail = tailTick;
      if (batch == null || tail == null) {
        return batch == null ? tail : batch;
      }
      return batch.compareTo(tail) < 0 ? batch : tail;
    }
  }

  private final InstantSource time;
  private final Duration ttl;
  private final int entriesMax;
  private final Map<FollowerIdentity, Entry> entries = new LinkedHashMap<>();

  Followers(InstantSource time, Duration ttl, int entriesMax) {
    this.time = time;
    this.ttl = ttl;
    this.entriesMax = entriesMax;
  }

  /// A batch was opened for a follower.
  synchronized void batchOpened(FollowerIdentity follower, Tick tick) {
    Entry entry = entry(follower);
    if (entry != null) {
      entry.batchTick = tick;
    }
  }

  /// A follower asks for what comes after a tick; it has everything up to it.
  synchronized void served(FollowerIdentity follower, Tick tick) {
    Entry entry = entry(follower);
    if (entry == null) {
      return;
    }
    entry.tailTick = tick;
    Tick batch = entry.batchTick;
    if (batch != null && tick.compareTo(batch) >= 0) {
      // What was synchronized is being followed.
      entry.batchTick = null;
    }
  }

  /// Null for a request that does not say whose it is.
  private @Nullable Entry entry(FollowerIdentity follower) {
    if (follower.isAnonymous()) {
      return null;
    }
    forgetExpired();
    Entry entry =
        entries.computeIfAbsent(follower.withoutAddress(), _ -> new Entry(time.instant()));
    entry.seen = time.instant();
    entry.address = follower.address();
    while (entries.size() > entriesMax) {
      entries.entrySet().stream()
          .min(Comparator.comparing(candidate -> candidate.getValue().seen))
          .ifPresent(oldest -> entries.remove(oldest.getKey()));
    }
    return entry;
  }

  /// A follower that is known made a request.
  synchronized void seen(FollowerIdentity follower) {
    Entry entry = entries.get(follower.withoutAddress());
    if (entry != null) {
      entry.seen = time.instant();
    }
  }

  /// The smallest tick that a follower still needs; null if there is none.
  synchronized @Nullable Tick oldestNeeded() {
    forgetExpired();
    return entries.values().stream()
        .map(Entry::needed)
        .filter(tick -> tick != null)
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  /// For showing, the longest known first.
  ///
  /// @param times of the change log
  synchronized List<LoggerState.Client> list(TickTimes times) {
    forgetExpired();
    List<LoggerState.Client> clients = new ArrayList<>(entries.size());
    entries.forEach((follower, entry) -> {
      Tick needed = entry.needed();
      Tick tick = needed == null ? Tick.NONE : needed;
      clients.add(
          new LoggerState.Client(
              follower.shownSyncerId(),
              follower.serverId(),
              follower.clientInfo(),
              follower.database(),
              entry.address,
              entry.seen,
              entry.seen.plus(ttl),
              tick,
              entry.tailTick == null
                  ? Duration.ZERO
                  : times.behind(entry.tailTick, time.instant())));
    });
    return clients;
  }

  private void forgetExpired() {
    Instant oldest = time.instant().minus(ttl);
    entries.values().removeIf(entry -> entry.seen.isBefore(oldest));
  }
}
