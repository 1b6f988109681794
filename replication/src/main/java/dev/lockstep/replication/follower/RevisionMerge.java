package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.replication.protocol.RevisionPage;
import java.util.List;

/// Lists and merges the revisions of both sides in ranges where they differ, fetches what is
/// missing here and removes what is surplus. One thread; used once.
final class RevisionMerge {
  /*
   * The local side of the merge is a snapshot from before the first write, so that what is written
   * meanwhile does not disturb it. A changed document shows as one revision missing here and one
   * surplus, perhaps in ranges far apart; it is replaced in place when the new one comes, and its
   * surplus revision is not its key's any more then.
   */

  private final CollectionTask task;
  private final Replica replica;
  private final LeaderSession leader;
  private final StopSignal stop;
  private final JobRecord record;

  RevisionMerge(CollectionTask task, Replica replica) {
    this.task = task;
    this.replica = replica;
    this.leader = task.leader();
    this.stop = task.stop();
    this.record = task.record();
  }

  /// @param ours as it was when it was compared
  /// @param ranges ascending, disjoint
  void takeOver(CollectionView ours, List<RevisionRange> ranges) throws InterruptedException {
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
            surplus.add(local.revision(), local.key());
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
        surplus.add(local.revision(), local.key());
        hasLocal = local.next();
      }
      fetcher.finish();
      surplus.removeAll();
      writer.flush();
    }
  }
}
