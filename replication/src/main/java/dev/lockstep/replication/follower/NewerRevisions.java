package dev.lockstep.replication.follower;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.replication.protocol.CollectionTotals;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.RevisionPage;
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
    Revision newest;
    try (Replica.Frozen frozen = replica.freeze()) {
      newest = frozen.view().newestRevision();
    }
    if (theirs.count() == 0 || newest.compareTo(Revision.GREATEST) >= 0) {
      return NOTHING_NEWER;
    }
    RevisionRange newer = new RevisionRange(new Revision(newest.value() + 1), Revision.GREATEST);
    return mayHoldAny(newer) && takeOver(newer) ? check() : NOTHING_NEWER;
  }

  /// Asks how much is to be expected, where the leader can tell without a look at its documents.
  private boolean mayHoldAny(RevisionRange newer) throws InterruptedException {
    if (!task.leader().hasRevisionBlocks()) {
      return true;
    }
    long count =
        task.leader()
            .revisionBlocks(task.collectionOnLeader(), List.of(newer), Long.MAX_VALUE)
            .count();
    task.record().expecting(count);
    return count > 0;
  }

  /// @return false if there was nothing
  private boolean takeOver(RevisionRange newer) throws InterruptedException {
    JobRecord record = task.record();
    ComparisonSettings settings = task.settings().comparison();
    ReplicaWriter writer = new ReplicaWriter(replica, settings, record);
    try (Background background = new Background(settings.isAhead())) {
      RevisionPages pages =
          new RevisionPages(
              task.leader(),
              task.collectionOnLeader(),
              List.of(newer),
              settings.rangesMax(),
              background);
      DocumentFetcher fetcher = new DocumentFetcher(task, writer, background);
      RevisionPage page = pages.next();
      if (page == null || page.revisions().length == 0 && page.resume() == null) {
        return false;
      }
      record.transition(
          SyncPhase.UPDATING,
          "collection '" + task.source().name() + "' has newer documents on the leader");
      for (; page != null; page = pages.next()) {
        for (long revision : page.revisions()) {
          fetcher.want(revision);
        }
        record.compared(page.revisions().length, 0);
        task.stop().throwIfStopped();
      }
      fetcher.finish();
      writer.flush();
    }
    return true;
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
