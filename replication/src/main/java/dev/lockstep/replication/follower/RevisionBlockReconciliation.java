package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionBlockList.Differences;
import dev.lockstep.core.revision.RevisionBlocks;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.replication.protocol.CollectionTotals;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import java.util.ArrayList;
import java.util.List;

/// Compares blocks of revisions, first large ones, then smaller ones of where they differ, until
/// listing the revisions costs less than another look; then merges both sides' lists and fetches
/// what is missing here. What is asked for follows the difference, whatever the number of documents
/// and however close together their revisions are.
///
/// Source: `docs/protocol.md`, "Revision blocks". Decision:
/// `docs/decisions/0014-revision-blocks.md`.
final class RevisionBlockReconciliation implements Reconciliation {
  /// Blocks to begin with, roughly: some 12 kB.
  private static final int FIRST_BLOCKS = 1024;

  /// Blocks that one that differs is looked at in.
  private static final int SPLIT = 8;

  /// With so few revisions to a range on average these are listed.
  private static final int LISTED_PER_RANGE = 32;

  /// Where a look told that at least this part of what it looked at differs, another one would tell
  /// the same.
  private static final double DENSE = 0.9;

  /// Each look divides by [#SPLIT]: 8^12 documents are more than anybody has.
  private static final int LOOKS_MAX = 12;

  private final CollectionTask task;
  private final Replica replica;
  private final CollectionTotals theirs;

  RevisionBlockReconciliation(CollectionTask task, Replica replica, CollectionTotals theirs) {
    this.task = task;
    this.replica = replica;
    this.theirs = theirs;
  }

  @Override
  public Outcome run() throws InterruptedException {
    JobRecord record = task.record();
    String name = task.source().name();
    if (theirs.count() == 0) {
      task.clear(replica);
      return check();
    }
    try (Replica.Frozen frozen = replica.freeze()) {
      CollectionView ours = frozen.view();
      Differences found = differences(ours.revisionBlocks());
      if (!found.ranges().isEmpty()) {
        record.transition(
            SyncPhase.UPDATING,
            "collection '" + name + "' differs in " + found.ranges().size() + " blocks");
        record.expecting(found.count());
        new RevisionMerge(task, replica).takeOver(ours, found.ranges());
      }
    } catch (LeaderRefusedException e) {
      return Outcome.NotComparable.of(e);
    } catch (RevisionTreeException e) {
      return Outcome.NotComparable.of(e);
    }
    return check();
  }

  private Differences differences(RevisionBlocks ours) throws InterruptedException {
    Differences found =
        new Differences(
            List.of(new RevisionRange(new Revision(1), Revision.GREATEST)), theirs.count());
    int blocks = FIRST_BLOCKS;
    for (int look = 1; look <= LOOKS_MAX; look++) {
      task.record()
          .say(
              "comparing blocks of revisions of collection '"
                  + task.source().name()
                  + "', look "
                  + look
                  + ": "
                  + found.count()
                  + " documents in "
                  + found.ranges().size()
                  + " ranges");
      Differences closer = look(ours, found.ranges(), Math.max(1, found.count() / blocks));
      boolean isFine = closer.count() <= (long) LISTED_PER_RANGE * closer.ranges().size();
      boolean isDense = look > 1 && closer.count() > DENSE * found.count();
      found = closer;
      if (isFine || isDense) {
        break;
      }
      blocks = SPLIT * found.ranges().size();
    }
    return found;
  }

  private Differences look(RevisionBlocks ours, List<RevisionRange> ranges, long countMax)
      throws InterruptedException {
    int rangesMax = task.settings().comparison().rangesMax();
    List<RevisionRange> differing = new ArrayList<>();
    long count = 0;
    for (int from = 0; from < ranges.size(); from += rangesMax) {
      task.stop().throwIfStopped();
      List<RevisionRange> asked = ranges.subList(from, Math.min(ranges.size(), from + rangesMax));
      RevisionBlockList told =
          task.leader().revisionBlocks(task.collectionOnLeader(), asked, countMax);
      Differences found = RevisionBlockList.differences(ours.within(asked), told);
      differing.addAll(found.ranges());
      count += found.count();
    }
    return new Differences(differing, count);
  }

  private Outcome check() {
    task.record()
        .transition(
            SyncPhase.CHECKING,
            "comparing the totals of collection '" + task.source().name() + "'");
    return replica.totalsAre(theirs.count(), theirs);
  }
}
