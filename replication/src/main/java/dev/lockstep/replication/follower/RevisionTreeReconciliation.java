package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.RevisionPage;
import java.util.List;

/// Compares revision trees, then lists and merges the revisions of both sides where they differ,
/// and fetches what is missing here.
///
/// Source: `docs/protocol.md`, "Revision trees" and "Revision ranges".
final class RevisionTreeReconciliation implements Reconciliation {
  /*
   * The local side of the merge is a snapshot from before the first write, so that what is written
   * meanwhile does not disturb it. A changed document shows as one revision missing here and one
   * surplus, perhaps in ranges far apart; it is replaced in place when the new one comes, and its
   * surplus revision then leads to nothing any more.
   */

  private static final int HTTP_NOT_IMPLEMENTED = 501;

  private final CollectionTask task;
  private final Replica replica;
  private final LeaderSession leader;
  private final StopSignal stop;
  private final JobRecord record;

  RevisionTreeReconciliation(CollectionTask task, Replica replica) {
    this.task = task;
    this.replica = replica;
    this.leader = task.leader();
    this.stop = task.stop();
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
      if (e.status() == HTTP_NOT_IMPLEMENTED) {
        return new Outcome.NotComparable("the leader has no revision tree for it");
      }
      throw e;
    }
    if (theirs.count() == 0) {
      long removed = replica.totals().count();
      if (removed > 0) {
        record.transition(SyncPhase.UPDATING, "the leader's collection '" + name + "' is empty");
        replica.clear();
        record.applied(0, removed);
      }
      return check(theirs);
    }
    try (Replica.Frozen frozen = replica.freeze()) {
      CollectionView ours = frozen.view();
      List<RevisionRange> ranges;
      try {
        ranges = RevisionTree.differences(ours.revisionTree(), theirs);
      } catch (RevisionTreeException e) {
        return new Outcome.NotComparable(
            "the revisions here fit into no revision tree: " + e.getMessage());
      }
      if (!ranges.isEmpty()) {
        record.transition(
            SyncPhase.UPDATING,
            "collection '" + name + "' differs in " + ranges.size() + " ranges of revisions");
        record.expecting(theirs.countWithin(ranges));
        update(ours, ranges);
      }
    }
    return check(theirs);
  }

  private void update(CollectionView ours, List<RevisionRange> ranges) throws InterruptedException {
    ComparisonSettings settings = task.settings().comparison();
    ReplicaWriter writer = new ReplicaWriter(replica, settings, record);
    SurplusRevisions surplus = new SurplusRevisions(writer, settings.surplusMax());
    try (Background background = new Background(settings.isAhead());
        LocalRevisions local = new LocalRevisions(ours, ranges)) {
      RevisionPages pages =
          new RevisionPages(
              leader, task.collectionOnLeader(), ranges, settings.rangesMax(), background);
      DocumentFetcher fetcher = new DocumentFetcher(task, writer, background);
      boolean hasLocal = local.next();
      for (RevisionPage page = pages.next(); page != null; page = pages.next()) {
        long equal = 0;
        for (long revision : page.revisions()) {
          while (hasLocal && Long.compareUnsigned(local.revision(), revision) < 0) {
            surplus.add(local.revision());
            hasLocal = local.next();
          }
          if (hasLocal && local.revision() == revision) {
            equal++;
            hasLocal = local.next();
          } else {
            fetcher.want(revision);
          }
        }
        record.compared(page.revisions().length, equal);
        stop.throwIfStopped();
      }
      while (hasLocal) {
        surplus.add(local.revision());
        hasLocal = local.next();
      }
      fetcher.finish();
      surplus.removeAll();
      writer.flush();
    }
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
