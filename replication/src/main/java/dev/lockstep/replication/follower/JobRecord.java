package dev.lockstep.replication.follower;

import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.Transferred;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a job has done so far. Written by the job and its helpers, read by anyone. Thread-safe.
final class JobRecord {
  private static final Logger LOG = LoggerFactory.getLogger(JobRecord.class);

  /// A leader with thousands of strange indexes shall not fill our memory with sentences.
  private static final int WARNINGS_MAX = 100;

  private final String id;
  private final String database;
  private final boolean isIncremental;
  private final InstantSource time;
  private final boolean isVerbose;
  private final Instant started;
  private final int restarts;

  // All below: guarded by this.
  private SyncPhase phase = SyncPhase.STARTING;
  private @Nullable SyncPhase failedIn;
  private String collection = "";
  private int collectionsDone;
  private int collectionsTotal;
  private long documentsBefore;
  private long bytesBefore;
  private long documentsOfCollection;
  private long bytesOfCollection;
  private @Nullable Long expectedOfCollection;
  private boolean isCollectionDone;
  private Instant collectionStarted;
  private String message = "";
  private final List<String> warnings = new ArrayList<>();
  private Instant changed;
  private int errorNum;
  private String errorMessage = "";
  private SyncMethod method = SyncMethod.FULL;
  private long documentsFetched;
  private long documentsRemoved;
  private long documentsSkipped;
  private LeaderContact leader = LeaderContact.NONE;
  private Supplier<Transferred> transferred = () -> Transferred.NOTHING;

  /// In phases that are over; the present one is counted when asked for.
  private final Map<SyncPhase, Duration> phaseTimes = new EnumMap<>(SyncPhase.class);

  private Instant phaseStarted;

  /// @param stored what was asked for, and what an earlier process has done about it
  JobRecord(String id, StoredSync stored, InstantSource time) {
    this.id = id;
    this.database = stored.request().database();
    this.isIncremental = stored.request().options().incremental();
    this.time = time;
    this.isVerbose = stored.request().options().verbose();
    this.started = stored.started();
    this.restarts = stored.restarts();
    this.collectionStarted = time.instant();
    this.changed = collectionStarted;
    this.phaseStarted = collectionStarted;
    if (restarts > 0) {
      say("this server was restarted; the synchronization goes on");
    }
  }

  /// From here on the connection to the leader counts.
  synchronized void countTransfer(Supplier<Transferred> counter) {
    transferred = counter;
  }

  /// @param endpoint that has been found to be one: anything else may hold a password
  synchronized void leaderAt(String endpoint) {
    leader = leader.at(endpoint);
  }

  synchronized void leaderVersion(String version) {
    leader = leader.withVersion(version);
  }

  /// A request will be sent again.
  ///
  /// @param what for people
  synchronized void retrying(String what, String failure) {
    leader = leader.retried(failure);
    say(what);
  }

  /// The only way from one phase to another.
  ///
  /// @throws IllegalStateException for a move that [SyncPhase] does not list
  synchronized void transition(SyncPhase to, String why) {
    if (!phase.mayMoveTo(to)) {
      throw new IllegalStateException(
          "synchronization " + id + " cannot go from " + phase + " to " + to + ": " + why);
    }
    if (isVerbose) {
      LOG.info("synchronization {}: {} -> {}: {}", id, phase, to, why);
    } else {
      LOG.debug("synchronization {}: {} -> {}: {}", id, phase, to, why);
    }
    Instant now = time.instant();
    phaseTimes.merge(phase, Duration.between(phaseStarted, now), Duration::plus);
    phaseStarted = now;
    phase = to;
    if (to == SyncPhase.REOPENING) {
      leader = leader.retried(why);
    }
    say(why);
  }

  synchronized void say(String what) {
    message = what;
    changed = time.instant();
  }

  synchronized void warn(String warning) {
    if (warnings.size() < WARNINGS_MAX) {
      warnings.add(warning);
    }
    LOG.info("synchronization {}: {}", id, warning);
  }

  synchronized void planned(int collections) {
    collectionsTotal = collections;
  }

  /// Counting begins anew for this collection; what an earlier attempt had is forgotten.
  synchronized void beginCollection(String name, SyncMethod by) {
    collection = name;
    method = by;
    documentsOfCollection = 0;
    bytesOfCollection = 0;
    expectedOfCollection = null;
    isCollectionDone = false;
    collectionStarted = time.instant();
  }

  /// Comparing begins, perhaps once more; what was fetched stays counted.
  synchronized void compareBy(SyncMethod by) {
    method = by;
    documentsOfCollection = 0;
    expectedOfCollection = null;
    collectionStarted = time.instant();
  }

  /// @param documents of the leader's that will have been compared at the end, at most
  synchronized void expecting(long documents) {
    expectedOfCollection = documents;
  }

  /// @param documents of the leader's whose revisions were compared
  /// @param equal how many of them need not be fetched
  synchronized void compared(long documents, long equal) {
    documentsOfCollection += documents;
    documentsSkipped += equal;
    say(
        "comparing collection '"
            + collection
            + "': "
            + documentsOfCollection
            + " documents compared, "
            + documentsFetched
            + " fetched, "
            + documentsRemoved
            + " removed");
  }

  /// @param entries of the leader's change log that were looked at, whatever they are about; they
  ///   count as [#expecting]'s documents
  synchronized void readFurther(long entries) {
    documentsOfCollection += entries;
    say(
        "taking over changes of collection '"
            + collection
            + "': "
            + documentsFetched
            + " documents fetched, "
            + documentsRemoved
            + " removed");
  }

  synchronized void fetched(long documents, long bytes) {
    documentsFetched += documents;
    bytesOfCollection += bytes;
    changed = time.instant();
  }

  synchronized long documentsFetched() {
    return documentsFetched;
  }

  /// Documents that have reached the store.
  synchronized void applied(long written, long removed) {
    documentsRemoved += removed;
    LOG.debug("synchronization {}: {} documents written, {} removed", id, written, removed);
  }

  synchronized void collectionDone() {
    collectionsDone++;
    documentsBefore += documentsOfCollection;
    bytesBefore += bytesOfCollection;
    documentsOfCollection = 0;
    bytesOfCollection = 0;
    expectedOfCollection = null;
    isCollectionDone = true;
  }

  synchronized void indexed(String name, long done, long total) {
    say("creating indexes for collection '" + name + "', documents: " + done + " of " + total);
  }

  synchronized void failed(SyncPhase end, LockstepException failure) {
    errorNum = failure.number().number();
    errorMessage = String.valueOf(failure.getMessage());
    failedIn = phase;
    leader = leader.failed(errorMessage);
    transition(end, errorMessage);
  }

  synchronized SyncPhase phase() {
    return phase;
  }

  synchronized boolean isOver() {
    return phase.isOver();
  }

  DumpTransfer.Observer dumpObserver(InventoryCollection source) {
    return new DumpTransfer.Observer() {
      @Override
      public void fetched(int responses, long documents, long bytes) {
        synchronized (JobRecord.this) {
          bytesOfCollection = bytes;
          say(
              "fetching leader collection dump for collection '"
                  + source.name()
                  + "', type: "
                  + source.type().name().toLowerCase(Locale.ROOT)
                  + ", id "
                  + source.id()
                  + ", batch "
                  + responses
                  + ", markers processed so far: "
                  + documents
                  + ", bytes received so far: "
                  + bytes);
        }
      }

      @Override
      public void expecting(long documents) {
        synchronized (JobRecord.this) {
          expectedOfCollection = documents;
        }
      }

      @Override
      public void written(long documents) {
        synchronized (JobRecord.this) {
          documentsOfCollection += documents;
          documentsFetched += documents;
          changed = time.instant();
        }
      }
    };
  }

  synchronized SyncProgress progress() {
    Instant end = phase.isOver() ? changed : time.instant();
    double seconds = Duration.between(collectionStarted, end).toMillis() / 1000.0;
    boolean isCounting = documentsOfCollection > 0;
    double rate = isCounting && seconds > 0 ? documentsOfCollection / seconds : 0;
    if (!isCounting && collectionsDone > 0) {
      double all = Duration.between(started, end).toMillis() / 1000.0;
      rate = all > 0 ? documentsBefore / all : 0;
    }
    Long expected = isCollectionDone ? Long.valueOf(0) : expectedOfCollection;
    return new SyncProgress(
        id,
        isIncremental ? "incremental" : "full",
        database,
        phase,
        failedIn,
        collection,
        collectionsDone,
        collectionsTotal,
        documentsBefore + documentsOfCollection,
        expected == null ? null : documentsBefore + expected,
        bytesBefore + bytesOfCollection,
        rate,
        expected == null || rate == 0 || isCollectionDone || !isMoving()
            ? null
            : Math.max(0, (expected - documentsOfCollection) / rate),
        message,
        warnings,
        started,
        changed,
        errorNum,
        errorMessage,
        new SyncStatistics(
            method,
            documentsFetched,
            documentsRemoved,
            documentsSkipped,
            transferred.get(),
            phaseTimes(end)),
        Duration.between(started, end),
        leader,
        restarts);
  }

  private boolean isMoving() {
    return phase == SyncPhase.COPYING || phase == SyncPhase.UPDATING;
  }

  private Map<SyncPhase, Duration> phaseTimes(Instant end) {
    Map<SyncPhase, Duration> times = new EnumMap<>(phaseTimes);
    if (!phase.isOver()) {
      times.merge(phase, Duration.between(phaseStarted, end), Duration::plus);
    }
    return times;
  }
}
