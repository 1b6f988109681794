package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LimitExceededException;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.protocol.LeaderConnector;
import dev.lockstep.replication.protocol.SyncResult;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This server's follower role: runs synchronizations, one per database at a time, and knows what
/// they are doing. Thread-safe.
public final class ReplicationFollower implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicationFollower.class);

  private final DocumentStore store;
  private final LeaderConnector connector;
  private final FollowerSettings settings;
  private final InstantSource time;
  private final Backoff backoff;
  private final SyncHistory history;
  private final KnownLeaders leaders = new KnownLeaders();
  private final List<EndedSync> endedBefore = new ArrayList<>();

  /// Whether an applier is at work in a database.
  private volatile Predicate<String> isTailing = _ -> false;

  // All below: guarded by this.
  /// By database.
  private final Map<String, SyncJob> running = new HashMap<>();

  private final Deque<SyncProgress> finished = new ArrayDeque<>();

  private int runningMax = Integer.MAX_VALUE;
  private String runningMaxSetting = "";
  private long refused;
  private boolean isClosed;

  /// Reads which synchronizations an earlier process has left, and removes the half-built copies of
  /// those that it has not.
  public ReplicationFollower(
      DocumentStore store,
      LeaderConnector connector,
      FollowerSettings settings,
      InstantSource time,
      Backoff backoff) {
    this.store = store;
    this.connector = connector;
    this.settings = settings;
    this.time = time;
    this.backoff = backoff;
    this.history = new SyncHistory(store.syncJobRecords(), time, settings.finishedJobsKept());
    history
        .load()
        .forEach((number, stored) -> {
          StoredSync.End end = stored.end();
          if (end != null) {
            finished.addLast(end.progress());
            if (!stored.request().owner().isEmpty()) {
              endedBefore.add(
                  new EndedSync(
                      stored.request().jobId(),
                      stored.request().owner(),
                      end.time(),
                      end.progress(),
                      stored.result()));
            }
          }
        });
    store.discardLoads(owner -> !history.underWay().containsKey(owner));
  }

  public ReplicationFollower(
      DocumentStore store,
      LeaderConnector connector,
      FollowerSettings settings,
      InstantSource time) {
    this(store, connector, settings, time, Backoff.SYSTEM);
  }

  /// Tells which databases appliers are at work in; no other synchronization begins there.
  public void tailing(Predicate<String> databases) {
    isTailing = databases;
  }

  /// Limits how many synchronizations run at once, all databases together.
  ///
  /// @param setting what operators call the limit
  public synchronized void runAtMost(int count, String setting) {
    runningMax = count;
    runningMaxSetting = setting;
  }

  /// Synchronizations so far that did not begin because of that limit.
  public synchronized long refused() {
    return refused;
  }

  /// Synchronizes; returns when it is done. If this server ends before, the next process goes on
  /// with it, see [#interrupted].
  ///
  /// @param started told the job before it does anything, to cancel it or to watch it
  /// @throws LockstepException 1411 while an applier works in this database, 28 while another
  ///   synchronization does; otherwise whatever ended it
  public SyncResult sync(SyncRequest request, Consumer<SyncJob> started)
      throws InterruptedException {
    if (isTailing.test(request.database())) {
      throw new LockstepException(ErrorNumber.REPLICATION_RUNNING);
    }
    return run(begin(request, true), started);
  }

  /// As [#sync], on behalf of the database's applier, who begins anew by itself after a restart,
  /// and who has reached its leader before: as long as `maxConnectRetries` allows it is waited for.
  ///
  /// @throws LockstepException 28 while another synchronization works in this database; otherwise
  ///   whatever ended it
  public SyncResult syncForApplier(SyncRequest request, Consumer<SyncJob> started)
      throws InterruptedException {
    return run(begin(request, false), started);
  }

  private SyncJob begin(SyncRequest request, boolean isKept) {
    long number = request.jobId() == 0 ? store.newId() : request.jobId();
    synchronized (this) {
      requireIdle(request.database());
      requireFewEnough();
      StoredSync begun =
          isKept ? history.begin(number, request) : StoredSync.begun(request, time.instant());
      return enter(number, begun, !isKept);
    }
  }

  /// Under the lock.
  private void requireIdle(String database) {
    if (isClosed) {
      throw new LockstepException(ErrorNumber.REPLICATION_APPLIER_STOPPED);
    }
    if (running.containsKey(database)) {
      throw new LockstepException(ErrorNumber.LOCKED);
    }
  }

  /// Under the lock. Those that go on after a restart have been let in before.
  private void requireFewEnough() {
    if (running.size() >= runningMax) {
      refused++;
      throw new LimitExceededException(
          ErrorNumber.RESOURCE_LIMIT,
          runningMaxSetting,
          runningMax,
          "as many synchronizations as are allowed are running; wait until one ends");
    }
  }

  /// Under the lock.
  private SyncJob enter(long number, StoredSync begun, boolean isLeaderKnown) {
    String id = Long.toUnsignedString(number);
    SyncJob job =
        new SyncJob(
            id,
            begun,
            isLeaderKnown,
            store,
            connector,
            settings,
            backoff,
            history,
            leaders,
            new JobRecord(id, begun, time));
    running.put(job.database(), job);
    return job;
  }

  private SyncResult run(SyncJob job, Consumer<SyncJob> started) throws InterruptedException {
    SyncResult result = null;
    try {
      started.accept(job);
      result = job.run();
      return result;
    } finally {
      end(job, result);
    }
  }

  private void end(SyncJob job, @Nullable SyncResult result) {
    long number = Long.parseUnsignedLong(job.id());
    SyncPhase phase = job.progress().phase();
    if (phase == SyncPhase.DONE || !job.isSuspended()) {
      history.end(number, job.progress(), result);
      if (phase == SyncPhase.CANCELED) {
        // Also what an earlier process had begun and this one has not come to.
        store.discardLoads(owner -> owner == number);
      }
    }
    synchronized (this) {
      running.remove(job.database());
      finished.addLast(job.progress());
      while (finished.size() > settings.finishedJobsKept()) {
        finished.removeFirst();
      }
    }
  }

  /// Synchronizations that an earlier process has left unfinished, to be gone on with by [#resume].
  public List<InterruptedSync> interrupted() {
    List<InterruptedSync> all = new ArrayList<>();
    history
        .underWay()
        .forEach((number, stored) -> {
          if (stored.restarts() > 0) {
            all.add(new InterruptedSync(Long.toUnsignedString(number), stored.request()));
          }
        });
    return all;
  }

  /// What asynchronous synchronizations have come to that ended in an earlier process.
  public List<EndedSync> ended() {
    return List.copyOf(endedBefore);
  }

  /// Goes on with one; returns when it is done.
  ///
  /// @param started told the job before it does anything
  /// @throws LockstepException 28 while another synchronization works in its database, 404 if there
  ///   is nothing to go on with; otherwise whatever ended it
  public SyncResult resume(String id, Consumer<SyncJob> started) throws InterruptedException {
    long number = Long.parseUnsignedLong(id);
    SyncJob job;
    synchronized (this) {
      StoredSync stored = history.underWay().get(number);
      if (stored == null || stored.restarts() == 0) {
        throw new LockstepException(ErrorNumber.HTTP_NOT_FOUND);
      }
      requireIdle(stored.request().database());
      job = enter(number, stored, true);
    }
    history.advance(number, stored -> stored);
    LOG.info("synchronization {} of database '{}' goes on", id, job.database());
    return run(job, started);
  }

  /// Jobs at work first, then finished ones, the latest first.
  public synchronized List<SyncProgress> jobs() {
    List<SyncProgress> all = new ArrayList<>(running.size() + finished.size());
    running.values().forEach(job -> all.add(job.progress()));
    finished.descendingIterator().forEachRemaining(all::add);
    return all;
  }

  /// A job at work or recently finished; null if there is none of that id.
  public @Nullable SyncProgress job(String id) {
    return jobs().stream().filter(job -> job.id().equals(id)).findFirst().orElse(null);
  }

  /// Ends a job at its next step; it then fails with 410/21, and what it has not finished is as it
  /// was before. A job that is over stays as it is. Does not wait.
  ///
  /// @return its progress, perhaps not yet over; null if there is none of that id
  public @Nullable SyncProgress cancel(String id) {
    synchronized (this) {
      running.values().stream()
          .filter(job -> job.id().equals(id))
          .findFirst()
          .ifPresent(SyncJob::cancel);
    }
    return job(id);
  }

  /// Stops all jobs; they fail with 1412. None can begin afterwards. Does not wait for them.
  @Override
  public void close() {
    List<SyncJob> jobs;
    synchronized (this) {
      isClosed = true;
      jobs = List.copyOf(running.values());
    }
    jobs.forEach(SyncJob::stopReplication);
  }
}
