package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.SyncJobRecords;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.replication.protocol.SyncResult;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Synchronizations that outlive this process: those under way, to be gone on with, and the last
/// ones that ended, to be asked for. Thread-safe.
final class SyncHistory {
  private static final Logger LOG = LoggerFactory.getLogger(SyncHistory.class);

  private final SyncJobRecords records;
  private final InstantSource time;
  private final int endedMax;

  // Guarded by this.
  private final Map<Long, StoredSync> underWay = new TreeMap<>(Long::compareUnsigned);
  private final Deque<Long> ended = new ArrayDeque<>();

  /// @param endedMax how many that ended are kept
  SyncHistory(SyncJobRecords records, InstantSource time, int endedMax) {
    this.records = records;
    this.time = time;
    this.endedMax = endedMax;
  }

  /// Reads what an earlier process has left.
  ///
  /// @return those that ended, by job id, which is the order they began in
  synchronized Map<Long, StoredSync> load() {
    Map<Long, StoredSync> all = new TreeMap<>(Long::compareUnsigned);
    records
        .all()
        .forEach((id, stored) -> {
          try {
            StoredSync found = StoredSync.decode(stored);
            if (found.end() == null) {
              underWay.put(id, found.restarted());
            } else {
              all.put(id, found);
            }
          } catch (RuntimeException e) {
            LOG.warn(
                "the stored record of synchronization {} cannot be read and is removed",
                Long.toUnsignedString(id),
                e);
            records.remove(id);
          }
        });
    ended.addAll(all.keySet());
    return all;
  }

  /// Those under way, by job id.
  synchronized Map<Long, StoredSync> underWay() {
    return new TreeMap<>(underWay);
  }

  /// Survives the end of this process when it returns, and with the next sync of the store also the
  /// loss of power.
  synchronized StoredSync begin(long id, SyncRequest request) {
    StoredSync begun = StoredSync.begun(request, time.instant());
    records.put(id, begun.encode(), Durability.PROCESS_CRASH);
    underWay.put(id, begun);
    return begun;
  }

  /// Notes how far it is; unknown ones are left alone.
  synchronized void advance(long id, UnaryOperator<StoredSync> change) {
    StoredSync known = underWay.get(id);
    if (known != null) {
      StoredSync next = change.apply(known);
      underWay.put(id, next);
      records.put(id, next.encode(), Durability.PROCESS_CRASH);
    }
  }

  /// Notes that it is over, and forgets the oldest of those that are. A failure to do so is logged:
  /// the next process will then do the work once more.
  ///
  /// @param result null if it failed
  synchronized void end(long id, SyncProgress progress, @Nullable SyncResult result) {
    StoredSync known = underWay.remove(id);
    if (known == null) {
      return;
    }
    try {
      StoredSync over = known.ended(time.instant(), progress, result);
      records.put(id, over.encode(), Durability.PROCESS_CRASH);
      ended.addLast(id);
      while (ended.size() > endedMax) {
        records.remove(ended.removeFirst());
      }
    } catch (RuntimeException e) {
      LOG.warn("the end of synchronization {} could not be noted", progress.id(), e);
    }
  }
}
