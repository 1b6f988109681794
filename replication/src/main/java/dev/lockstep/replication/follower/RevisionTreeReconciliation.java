package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import java.util.List;

/// Compares revision trees, then lists and merges the revisions of both sides where they differ,
/// and fetches what is missing here.
///
/// Source: `docs/protocol.md`, "Revision trees" and "Revision ranges".
final class RevisionTreeReconciliation implements Reconciliation {
  private final CollectionTask task;
  private final Replica replica;
  private final LeaderSession leader;
  private final JobRecord record;

  RevisionTreeReconciliation(CollectionTask task, Replica replica) {
    this.task = task;
    this.replica = replica;
    this.leader = task.leader();
    this.record = task.record();
  }

  @Override
  public Outcome run() throws InterruptedException {
    String name = task.source().name();
    record.say("fetching leader collection revision tree for collection '" + name + "'");
    RevisionTree theirs;
    try {
      theirs = leader.revisionTree(task.collectionOnLeader());
    } catch (LeaderRefusedException e) {
      return Outcome.NotComparable.of(e);
    }
    if (theirs.count() == 0) {
      task.clear(replica);
      return check(theirs);
    }
    try (Replica.Frozen frozen = replica.freeze()) {
      CollectionView ours = frozen.view();
      List<RevisionRange> ranges;
      try {
        ranges = RevisionTree.differences(ours.revisionTree(), theirs);
      } catch (RevisionTreeException e) {
        return Outcome.NotComparable.of(e);
      }
      if (!ranges.isEmpty()) {
        record.transition(
            SyncPhase.UPDATING,
            "collection '" + name + "' differs in " + ranges.size() + " ranges of revisions");
        record.expecting(theirs.countWithin(ranges));
        new RevisionMerge(task, replica).takeOver(ours, ranges);
      }
    }
    return check(theirs);
  }

  private Outcome check(RevisionTree theirs) {
    record.transition(
        SyncPhase.CHECKING, "comparing collection '" + task.source().name() + "' as a whole");
    RevisionTree ours = replica.revisionTree();
    if (!ours.sameRevisions(theirs)) {
      return new Outcome.Unequal(
          "the revision trees still differ: the leader has "
              + theirs.count()
              + " documents with hash "
              + Long.toUnsignedString(theirs.hash())
              + ", here are "
              + ours.count()
              + " with hash "
              + Long.toUnsignedString(ours.hash()));
    }
    return replica.totalsAre(theirs.count(), task.source().totals());
  }
}
