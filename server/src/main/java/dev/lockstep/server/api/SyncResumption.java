package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.follower.EndedSync;
import dev.lockstep.replication.follower.InterruptedSync;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.server.jobs.CancellationSignal;
import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.jobs.StoredAnswer;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What becomes of synchronizations when the server is started again: those that were under way go
/// on, each under its id, and the answers of those that had ended can be fetched as before.
public final class SyncResumption {
  private static final Logger LOG = LoggerFactory.getLogger(SyncResumption.class);

  private final ReplicationFollower follower;
  private final JobRegistry jobs;

  public SyncResumption(ReplicationFollower follower, JobRegistry jobs) {
    this.follower = follower;
    this.jobs = jobs;
  }

  /// Does it. Returns at once; the work is done by jobs.
  public void start() {
    follower.ended().forEach(this::restore);
    follower.interrupted().forEach(this::resume);
  }

  private void restore(EndedSync ended) {
    int number = ended.progress().errorNum();
    StoredAnswer answer =
        ended.result() != null
            ? SyncAnswers.stored(ended.result())
            : SyncAnswers.stored(httpStatus(number), number, ended.progress().errorMessage());
    jobs.restore(ended.jobId(), ended.owner(), answer, ended.ended());
  }

  private static int httpStatus(int errorNum) {
    return Arrays.stream(ErrorNumber.values())
        .filter(known -> known.number() == errorNum)
        .findFirst()
        .orElse(ErrorNumber.INTERNAL)
        .httpStatus();
  }

  private void resume(InterruptedSync interrupted) {
    try {
      if (interrupted.request().owner().isEmpty()) {
        jobs.submitDetached(signal -> run(interrupted.id(), signal));
      } else {
        jobs.resume(
            interrupted.request().jobId(),
            interrupted.request().owner(),
            signal -> run(interrupted.id(), signal));
      }
    } catch (LockstepException e) {
      LOG.error(
          "synchronization {} is not gone on with before the next start: {}",
          interrupted.id(),
          e.getMessage());
    }
  }

  private StoredAnswer run(String id, CancellationSignal signal) {
    try {
      return SyncAnswers.stored(follower.resume(id, job -> signal.onCancel(job::cancel)));
    } catch (LockstepException e) {
      return SyncAnswers.stored(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return SyncAnswers.stored(new LockstepException(ErrorNumber.REPLICATION_APPLIER_STOPPED));
    } catch (RuntimeException e) {
      LOG.error("synchronization {} failed unexpectedly", id, e);
      return SyncAnswers.stored(
          new LockstepException(ErrorNumber.INTERNAL, "internal error: " + e.getClass().getName()));
    }
  }
}
