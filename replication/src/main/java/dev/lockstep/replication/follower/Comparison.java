package dev.lockstep.replication.follower;

import dev.lockstep.replication.follower.Reconciliation.Outcome;
import dev.lockstep.replication.protocol.CollectionTotals;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings documents that are here to the leader's state by taking over what differs. Each way of
/// comparing checks its own result; one that does not arrive at the leader's state is followed by
/// the next, slower and surer: what the change log tells, what is newer than everything here,
/// revisions in blocks or trees, keys. Decision: `docs/decisions/0009-incremental-sync.md`.
final class Comparison {
  private static final Logger LOG = LoggerFactory.getLogger(Comparison.class);

  /// With the revision tree as it is, and once more after it has been built anew from the data.
  private static final int TREE_ATTEMPTS = 2;

  private final CollectionTask task;
  private final Replica replica;
  private final JobRecord record;
  private final String name;

  Comparison(CollectionTask task, Replica replica) {
    this.task = task;
    this.replica = replica;
    this.record = task.record();
    this.name = task.source().name();
  }

  /// Does it. What was taken over when it fails stays; another comparison then has less to do.
  ///
  /// @return false if the leader's state was not arrived at
  /// @throws LeaderSession.RestartNeededException if the batch is gone
  boolean run() throws InterruptedException {
    CollectionTotals theirs = task.source().totals();
    if (theirs != null && theirs.equals(replica.totals())) {
      record.transition(SyncPhase.COMPARING, "collection '" + name + "' has the leader's totals");
      record.transition(SyncPhase.CHECKING, "nothing differs in collection '" + name + "'");
      return true;
    }
    boolean isByRevision =
        task.leader().hasRevisionTrees() && task.source().properties().syncByRevision();
    return theirs != null && byChangeLog(theirs)
        || isByRevision && (theirs != null && byNewerRevisions(theirs) || byRevisions(theirs))
        || byKeys();
  }

  /// @return false if there is no way through the log, or if more differs
  private boolean byChangeLog(CollectionTotals theirs) throws InterruptedException {
    return run(SyncMethod.CHANGE_LOG, new ChangeLogReconciliation(task, replica, theirs))
        instanceof Outcome.Equal;
  }

  /// @return false if more differs, as may well be
  private boolean byNewerRevisions(CollectionTotals theirs) throws InterruptedException {
    return run(SyncMethod.NEWER_REVISIONS, new NewerRevisions(task, replica, theirs))
        instanceof Outcome.Equal;
  }

  /// @return false if it did not arrive at the leader's state, or is not possible
  private boolean byRevisions(@Nullable CollectionTotals theirs) throws InterruptedException {
    for (int attempt = 1; attempt <= TREE_ATTEMPTS; attempt++) {
      Outcome outcome =
          theirs != null && task.leader().hasRevisionBlocks()
              ? run(
                  SyncMethod.REVISION_BLOCKS,
                  new RevisionBlockReconciliation(task, replica, theirs))
              : run(SyncMethod.REVISION_TREE, new RevisionTreeReconciliation(task, replica));
      switch (outcome) {
        case Outcome.Equal _ -> {
          return true;
        }
        case Outcome.NotComparable(String why) -> {
          LOG.info("collection '{}' is compared by keys: {}", name, why);
          return false;
        }
        case Outcome.Unequal(String why) -> {
          unequal(
              why,
              attempt < TREE_ATTEMPTS
                  ? "the local revision tree is built anew"
                  : "its keys are compared");
          if (attempt < TREE_ATTEMPTS && !replica.rebuildTree()) {
            return false;
          }
        }
      }
    }
    return false;
  }

  private boolean byKeys() throws InterruptedException {
    Outcome outcome = run(SyncMethod.KEYS, new KeyChunkReconciliation(task, replica));
    if (outcome instanceof Outcome.Unequal(String why)) {
      unequal(why, "it is copied as a whole");
    }
    return outcome instanceof Outcome.Equal;
  }

  private Outcome run(SyncMethod method, Reconciliation reconciliation)
      throws InterruptedException {
    record.compareBy(method);
    record.transition(SyncPhase.COMPARING, "comparing collection '" + name + "'");
    return reconciliation.run();
  }

  private void unequal(String why, String remedy) {
    record.warn("collection '" + name + "' is not yet the leader's: " + why + "; " + remedy);
  }
}
