package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.replication.protocol.CollectionTotals;

/// Takes over what the leader's change log tells, and sees whether that was all; see
/// [LoggedChanges]. It is wherever nobody has written here since the last time. What was written
/// here shows in the totals, so it is for leaders that tell them.
final class ChangeLogReconciliation implements Reconciliation {
  private final CollectionTask task;
  private final Replica replica;
  private final CollectionTotals theirs;

  ChangeLogReconciliation(CollectionTask task, Replica replica, CollectionTotals theirs) {
    this.task = task;
    this.replica = replica;
    this.theirs = theirs;
  }

  @Override
  public Outcome run() throws InterruptedException {
    LoggedChanges changes =
        new LoggedChanges(
            task.leader(),
            replica,
            task.collectionOnLeader(),
            task.options(),
            task.settings().comparison(),
            task.stop(),
            task.record());
    AppliedPosition batch = task.leader().position();
    if (batch == null || !changes.isWorthwhile(batch.tick())) {
      return new Outcome.NotComparable("it is not known what the log has to tell");
    }
    String name = task.source().name();
    task.record()
        .transition(SyncPhase.UPDATING, "taking over the leader's changes of '" + name + "'");
    boolean isAll = changes.takeOver(batch.tick());
    task.record()
        .transition(SyncPhase.CHECKING, "comparing the totals of collection '" + name + "'");
    CollectionTotals ours = replica.totals();
    if (theirs.equals(ours)) {
      return new Outcome.Equal();
    }
    return new Outcome.Unequal(
        isAll
            ? "the leader has " + theirs + ", here are " + ours
            : "the leader's log does not tell everything");
  }
}
