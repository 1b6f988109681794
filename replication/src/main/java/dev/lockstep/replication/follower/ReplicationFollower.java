package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
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

/// This server's follower role: runs synchronizations, one per database at a time, and knows what
/// they are doing. Thread-safe.
public final class ReplicationFollower implements AutoCloseable {
  private final DocumentStore store;
  private final LeaderConnector connector;
  private final FollowerSettings settings;
  private final InstantSource time;

  /// Whether an applier is at work in a database.
  private volatile Predicate<String> isTailing = _ -> false;

  // All below: guarded by this.
  /// By database.
  private final Map<String, SyncJob> running = new HashMap<>();

  private final Deque<SyncJob> finished = new ArrayDeque<>();
  private boolean isClosed;

  public ReplicationFollower(
      DocumentStore store,
      LeaderConnector connector,
      FollowerSettings settings,
      InstantSource time) {
    this.store = store;
    this.connector = connector;
    this.settings = settings;
    this.time = time;
  }

  /// Tells which databases appliers are at work in; no other synchronization begins there.
  public void tailing(Predicate<String> databases) {
    isTailing = databases;
  }

  /// Synchronizes; returns when it is done.
  ///
  /// @param started told the job before it does anything, to cancel it or to watch it
  /// @throws LockstepException 1411 while an applier works in this database, 28 while another
  ///   synchronization does; otherwise whatever ended it
  public SyncResult sync(SyncRequest request, Consumer<SyncJob> started)
      throws InterruptedException {
    if (isTailing.test(request.database())) {
      throw new LockstepException(ErrorNumber.REPLICATION_RUNNING);
    }
    return syncForApplier(request, started);
  }

  /// As [#sync], on behalf of the database's applier.
  ///
  /// @throws LockstepException 28 while another synchronization works in this database; otherwise
  ///   whatever ended it
  public SyncResult syncForApplier(SyncRequest request, Consumer<SyncJob> started)
      throws InterruptedException {
    SyncJob job = begin(request);
    try {
      started.accept(job);
      return job.run();
    } finally {
      end(job);
    }
  }

  private SyncJob begin(SyncRequest request) {
    String id = Long.toUnsignedString(request.jobId() == 0 ? store.newId() : request.jobId());
    SyncJob job =
        new SyncJob(
            id,
            request,
            store,
            connector,
            settings,
            new JobRecord(
                id,
                request.database(),
                request.options().incremental(),
                time,
                request.options().verbose()));
    synchronized (this) {
      if (isClosed) {
        throw new LockstepException(ErrorNumber.REPLICATION_APPLIER_STOPPED);
      }
      if (running.containsKey(request.database())) {
        throw new LockstepException(ErrorNumber.LOCKED);
      }
      running.put(request.database(), job);
    }
    return job;
  }

  private synchronized void end(SyncJob job) {
    running.remove(job.database());
    finished.addLast(job);
    while (finished.size() > settings.finishedJobsKept()) {
      finished.removeFirst();
    }
  }

  /// Jobs at work first, then finished ones, the latest first.
  public synchronized List<SyncProgress> jobs() {
    List<SyncProgress> all = new ArrayList<>(running.size() + finished.size());
    running.values().forEach(job -> all.add(job.progress()));
    finished.descendingIterator().forEachRemaining(job -> all.add(job.progress()));
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
