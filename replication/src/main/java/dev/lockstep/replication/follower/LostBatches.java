package dev.lockstep.replication.follower;

import dev.lockstep.replication.follower.LeaderSession.RestartNeededException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens new batches in place of those that the leader has lost, as long as that leads anywhere:
/// documents that have come between two losses allow as many further ones as the first. For the
/// work at one collection; one thread.
final class LostBatches {
  private static final Logger LOG = LoggerFactory.getLogger(LostBatches.class);

  /// Whatever comes between: the sync of a collection ends.
  private static final int LOSSES_MAX = 1000;

  private int losses;
  private int inVain;
  private long fetchedBefore = -1;

  /// @return the task in the state of a new batch
  /// @throws dev.lockstep.replication.protocol.ReplicationException why the batch was lost, if that
  ///   has happened too often
  CollectionTask replace(CollectionTask task, RestartNeededException lost)
      throws InterruptedException {
    JobRecord record = task.record();
    String name = task.source().name();
    RestartNeededException why = lost;
    while (true) {
      task.stop().throwIfStopped();
      long fetched = record.documentsFetched();
      inVain = fetched > fetchedBefore ? 1 : inVain + 1;
      fetchedBefore = fetched;
      if (++losses > LOSSES_MAX || inVain > task.settings().restartsMax()) {
        throw why.why();
      }
      LOG.warn(
          "collection '{}' goes on with a new batch, attempt {} of {}: {}",
          name,
          inVain + 1,
          task.settings().restartsMax() + 1,
          why.why().getMessage());
      record.transition(
          SyncPhase.REOPENING,
          "opening a new batch for collection '" + name + "': " + why.why().getMessage());
      try {
        task.leader().reopen();
        return task.inNewBatch();
      } catch (RestartNeededException e) {
        why = e;
      }
    }
  }
}
