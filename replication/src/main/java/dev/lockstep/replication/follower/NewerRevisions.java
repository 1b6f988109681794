package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.replication.protocol.CollectionTotals;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import java.util.List;

/// Takes over every document of the leader's that is newer than all documents here, and sees
/// whether that was all. It is wherever the leader has only inserted and replaced documents since,
/// and nobody has written here; the cost is that of these documents, however many others there are
/// and however close together their revisions are. Where it was not all, nothing was in vain: a
/// document with a revision that is not here has to come in any case.
///
/// For leaders that tell totals, without which a removal would go unnoticed.
final class NewerRevisions implements Reconciliation {
  private static final Outcome NOTHING_NEWER =
      new Outcome.NotComparable("the leader has nothing newer");

  private final CollectionTask task;
  private final Replica replica;
  private final CollectionTotals theirs;

  NewerRevisions(CollectionTask task, Replica replica, CollectionTotals theirs) {
    this.task = task;
    this.replica = replica;
    this.theirs = theirs;
  }

  @Override
  public Outcome run() throws InterruptedException {
    try {
      return runOrBeRefused();
    } catch (LeaderRefusedException e) {
      return Outcome.NotComparable.of(e);
    }
  }

  private Outcome runOrBeRefused() throws InterruptedException {
    try (Replica.Frozen frozen = replica.freeze()) {
      CollectionView ours = frozen.view();
      Revision newest = ours.newestRevision();
      if (theirs.count() == 0 || newest.compareTo(Revision.GREATEST) >= 0) {
        return NOTHING_NEWER;
      }
      List<RevisionRange> newer =
          List.of(new RevisionRange(new Revision(newest.value() + 1), Revision.GREATEST));
      long expected = countMax(newer);
      if (expected == 0) {
        return NOTHING_NEWER;
      }
      JobRecord record = task.record();
      record.transition(
          SyncPhase.UPDATING,
          "collection '" + task.source().name() + "' may have newer documents on the leader");
      record.expecting(expected);
      new RevisionMerge(task, replica).takeOver(ours, newer);
    }
    return check();
  }

  /// How many documents there may be, told without a look at them where the leader can do that.
  private long countMax(List<RevisionRange> newer) throws InterruptedException {
    return task.leader().hasRevisionBlocks()
        ? task.leader().revisionBlocks(task.collectionOnLeader(), newer, Long.MAX_VALUE).count()
        : theirs.count();
  }

  private Outcome check() {
    task.record()
        .transition(
            SyncPhase.CHECKING,
            "comparing the totals of collection '" + task.source().name() + "'");
    CollectionTotals ours = replica.totals();
    return theirs.equals(ours)
        ? new Outcome.Equal()
        : new Outcome.Unequal("the leader has " + theirs + ", here are " + ours);
  }
}
