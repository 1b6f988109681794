package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.replication.follower.Reconciliation.Outcome;
import dev.lockstep.replication.protocol.CollectionTotals;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Documents here that are compared with a leader's collection and brought to its state: a living
/// collection, or a half-built copy that nobody sees yet. One thread.
sealed interface Replica permits LivingReplica, HalfBuiltReplica {
  /// One state of it, whatever is written later.
  interface Frozen extends AutoCloseable {
    CollectionView view();

    @Override
    void close();
  }

  /// @param written documents, those that were there already included
  record Applied(int written, int removed) {}

  Frozen freeze();

  /// Of the newest state.
  ///
  /// @throws dev.lockstep.core.revision.RevisionTreeException if it can have none
  RevisionTree revisionTree();

  /// Of the newest state.
  CollectionTotals totals();

  /// Repairs stored totals.
  void recount();

  /// Builds the revision tree anew.
  ///
  /// @return false if that is not possible, or would lead to the same one
  boolean rebuildTree();

  /// Removes all documents.
  void clear();

  /// Performs puts and removals of a leader's; a removal of what is not there does nothing.
  ///
  /// @throws dev.lockstep.core.LockstepException why the store refused one
  Applied write(List<DocumentWrite> operations);

  /// Up to where changes of a leader are contained; null where that is not known.
  @Nullable AppliedPosition position();

  /// Notes that changes are contained up to a later position of the same leader's.
  void advance(AppliedPosition position);

  /// Compares what the documents add up to, after stored totals that are wrong have been repaired.
  ///
  /// @param count the leader's number of documents
  /// @param theirs the leader's totals, if it tells them
  default Outcome totalsAre(long count, @Nullable CollectionTotals theirs) {
    if (!hasTotals(count, theirs)) {
      recount();
    }
    if (hasTotals(count, theirs)) {
      return new Outcome.Equal();
    }
    return new Outcome.Unequal(
        theirs == null
            ? "the leader has " + count + " documents, here are " + totals().count()
            : "the leader has " + theirs + ", here are " + totals());
  }

  private boolean hasTotals(long count, @Nullable CollectionTotals theirs) {
    CollectionTotals ours = totals();
    return ours.count() == count && (theirs == null || theirs.equals(ours));
  }
}
