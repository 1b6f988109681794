package dev.lockstep.server.jobs;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.settings.JobSettings;
import dev.lockstep.server.settings.Limit;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Jobs of asynchronous requests: those that wait or run, each on a virtual thread of its own, and
/// the stored answers of those that ended. A job belongs to the user who started it; to everyone
/// else it does not exist. Bounded by [JobSettings] in every direction. Thread-safe.
public final class JobRegistry implements AutoCloseable {
  /// What [#take] and [#state] say of a job.
  public sealed interface Outcome {
    /// Waiting or running.
    record Pending() implements Outcome {}

    record Done(StoredAnswer answer) implements Outcome {}

    /// Never existed, somebody else's, expired, or its answer was fetched already.
    record Unknown() implements Outcome {}
  }

  private static final class Job {
    final long id;
    final String owner;
    final boolean keepsAnswer;
    final Instant created;
    final CancellationSignal cancellation;
    @Nullable StoredAnswer answer;
    @Nullable Instant ended;

    Job(long id, String owner, boolean keepsAnswer, Instant created) {
      this.id = id;
      this.cancellation = new CancellationSignal(id);
      this.owner = owner;
      this.keepsAnswer = keepsAnswer;
      this.created = created;
    }

    /// What it counts in memory, including the objects around the answer.
    long weight() {
      return answer == null ? 0 : answer.body().length + 512;
    }
  }

  private final JobSettings settings;
  private final LongSupplier ids;
  private final Clock clock;
  private final Semaphore running;

  /// Guards everything below.
  private final Object lock = new Object();

  /// Stored jobs by id, which is the order they were started in.
  private final TreeMap<Long, Job> jobs = new TreeMap<>();

  /// Signals of everything that waits or runs, stored or not.
  private final List<CancellationSignal> live = new ArrayList<>();

  private long answerBytes;
  private int answers;
  private boolean closed;

  /// @param ids a new id per call, increasing
  public JobRegistry(JobSettings settings, LongSupplier ids, Clock clock) {
    this.settings = settings;
    this.ids = ids;
    this.clock = clock;
    this.running = new Semaphore(settings.runningMax(), true);
  }

  /// Runs `work` later; nobody will ask for its answer.
  ///
  /// @param work must not throw
  ///
  /// @throws LockstepException 503/21003 if too many jobs wait
  public void submitDetached(Consumer<CancellationSignal> work) {
    CancellationSignal signal = new CancellationSignal();
    synchronized (lock) {
      admit(signal);
    }
    start("job", signal, () -> work.accept(signal));
  }

  /// Runs `work` later and keeps its answer.
  ///
  /// @param keepsAnswer whether the answer can be taken repeatedly
  /// @param work must not throw: failures are answers too
  /// @return the job's id
  /// @throws LockstepException 503/21003 if too many jobs wait
  public long submit(
      String owner, boolean keepsAnswer, Function<CancellationSignal, StoredAnswer> work) {
    return submit(ids.getAsLong(), owner, keepsAnswer, work);
  }

  private long submit(
      long id, String owner, boolean keepsAnswer, Function<CancellationSignal, StoredAnswer> work) {
    Job job;
    synchronized (lock) {
      job = new Job(id, owner, keepsAnswer, clock.instant());
      admit(job.cancellation);
      jobs.put(job.id, job);
    }
    start("job-" + job.id, job.cancellation, () -> store(job, work.apply(job.cancellation)));
    return job.id;
  }

  /// As [#submit], for a job that an earlier process has not ended; its answer can be taken
  /// repeatedly.
  ///
  /// @param id it had there
  public void resume(long id, String owner, Function<CancellationSignal, StoredAnswer> work) {
    submit(id, owner, true, work);
  }

  /// Brings back a job that ended in an earlier process; its answer can be taken repeatedly until
  /// it expires.
  ///
  /// @param id it had there
  /// @param ended when it did
  public void restore(long id, String owner, StoredAnswer answer, Instant ended) {
    synchronized (lock) {
      Job job = new Job(id, owner, true, ended);
      jobs.put(id, job);
      store(job, answer, ended);
      expire();
    }
  }

  private void admit(CancellationSignal signal) {
    if (closed) {
      throw new LockstepException(ErrorNumber.SHUTTING_DOWN, "shutdown in progress");
    }
    expire();
    if (live.size() >= settings.queueMax()) {
      throw Limit.QUEUE_SIZE.exceeded(
          ErrorNumber.QUEUE_FULL,
          settings.queueMax(),
          "queue is full: as many asynchronous requests as are allowed wait or run already; try"
              + " again");
    }
    live.add(signal);
  }

  private void start(String name, CancellationSignal signal, Runnable work) {
    Thread.ofVirtual()
        .name(name)
        .start(() -> {
          running.acquireUninterruptibly();
          try {
            work.run();
          } finally {
            running.release();
            synchronized (lock) {
              live.removeIf(other -> other == signal);
              lock.notifyAll();
            }
          }
        });
  }

  private void store(Job job, StoredAnswer answer) {
    store(job, answer, clock.instant());
  }

  private void store(Job job, StoredAnswer answer, Instant ended) {
    synchronized (lock) {
      // Deleted while it ran.
      if (jobs.get(job.id) != job) {
        return;
      }
      job.answer = answer;
      job.ended = ended;
      answers++;
      answerBytes += job.weight();
      Iterator<Job> oldest = jobs.values().iterator();
      while (oldest.hasNext()
          && (answers > settings.resultsMax() || answerBytes > settings.resultBytesMax())) {
        Job candidate = oldest.next();
        // The answer just stored stays even where it is larger than everything: its caller is about
        // to ask for it.
        if (candidate.answer != null && candidate != job) {
          forget(candidate);
          oldest.remove();
        }
      }
    }
  }

  private void forget(Job job) {
    if (job.answer != null) {
      answers--;
      answerBytes -= job.weight();
    }
  }

  private void expire() {
    Instant oldest = clock.instant().minus(settings.resultLifetime());
    removeEnded(job -> job.ended != null && job.ended.isBefore(oldest));
  }

  private void removeEnded(Predicate<Job> condition) {
    jobs.values()
        .removeIf(job -> {
          boolean removed = job.answer != null && condition.test(job);
          if (removed) {
            forget(job);
          }
          return removed;
        });
  }

  private @Nullable Job find(String owner, long id) {
    expire();
    Job job = jobs.get(id);
    return job == null || !job.owner.equals(owner) ? null : job;
  }

  /// What became of a job, without consuming its answer.
  public Outcome state(String owner, long id) {
    synchronized (lock) {
      Job job = find(owner, id);
      if (job == null) {
        return new Outcome.Unknown();
      }
      return job.answer == null ? new Outcome.Pending() : new Outcome.Done(job.answer);
    }
  }

  /// As [#state], and consumes the answer unless the job keeps it.
  public Outcome take(String owner, long id) {
    synchronized (lock) {
      Outcome outcome = state(owner, id);
      if (outcome instanceof Outcome.Done) {
        Job job = jobs.get(id);
        if (job != null && !job.keepsAnswer) {
          forget(job);
          jobs.remove(id);
        }
      }
      return outcome;
    }
  }

  /// Asks a job to end; its answer then says so. Has no effect on one that ended.
  ///
  /// @return false if the job is unknown
  public boolean cancel(String owner, long id) {
    Job job;
    synchronized (lock) {
      job = find(owner, id);
    }
    if (job == null) {
      return false;
    }
    job.cancellation.cancel();
    return true;
  }

  /// Removes a stored answer, or the interest in a job that has not ended (it runs on).
  ///
  /// @return false if the job is unknown
  public boolean delete(String owner, long id) {
    synchronized (lock) {
      Job job = find(owner, id);
      if (job == null) {
        return false;
      }
      forget(job);
      jobs.remove(id);
      return true;
    }
  }

  /// Removes every stored answer of that user.
  public void deleteAll(String owner) {
    synchronized (lock) {
      removeEnded(job -> job.owner.equals(owner));
    }
  }

  /// Removes the stored answers of jobs that user started before `stamp`.
  public void deleteStartedBefore(String owner, Instant stamp) {
    synchronized (lock) {
      removeEnded(job -> job.owner.equals(owner) && job.created.isBefore(stamp));
    }
  }

  /// Ids of the user's jobs, oldest first.
  ///
  /// @param done those that ended, otherwise those that have not
  /// @param countMax most ids to return
  public List<Long> ids(String owner, boolean done, int countMax) {
    synchronized (lock) {
      expire();
      return jobs.values().stream()
          .filter(job -> job.owner.equals(owner) && (job.answer != null) == done)
          .limit(countMax)
          .map(job -> job.id)
          .toList();
    }
  }

  /// Jobs waiting or running now.
  public int liveCount() {
    synchronized (lock) {
      return live.size();
    }
  }

  /// Most bytes of one stored answer.
  public int answerBytesMax() {
    return settings.resultBytesEachMax();
  }

  /// Bytes of all stored answers.
  public long answerBytes() {
    synchronized (lock) {
      return answerBytes;
    }
  }

  /// Refuses new jobs, cancels all others and waits for them, at most `grace`.
  ///
  /// @return whether all ended in time
  public boolean shutDown(Duration grace) {
    List<CancellationSignal> signals;
    synchronized (lock) {
      closed = true;
      signals = List.copyOf(live);
    }
    signals.forEach(CancellationSignal::cancel);
    long deadline = System.nanoTime() + grace.toNanos();
    synchronized (lock) {
      while (!live.isEmpty()) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        try {
          lock.wait(Math.max(1, left / 1_000_000));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      return true;
    }
  }

  @Override
  public void close() {
    shutDown(Duration.ZERO);
  }
}
