package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.replication.follower.Reconciliation.Outcome;
import dev.lockstep.replication.protocol.CollectionTotals;
import org.jspecify.annotations.Nullable;

/// What both ways of comparing ask of the collection here.
final class LocalCollection {
  private LocalCollection() {}

  /// The collection in a frozen state.
  ///
  /// @throws LockstepException 1203 if it was dropped meanwhile
  static CollectionView in(StoreSnapshot snapshot, DocumentCollection collection) {
    CollectionView view =
        snapshot.collection(
            collection.database().name(), collection.definition().globallyUniqueId());
    if (view == null) {
      throw new LockstepException(
          ErrorNumber.COLLECTION_NOT_FOUND,
          "collection or view not found: " + collection.name() + " was dropped here meanwhile");
    }
    return view;
  }

  /// Compares what the documents add up to, after stored totals that are wrong have been repaired.
  ///
  /// @param count the leader's number of documents
  /// @param totals the leader's, if it tells them
  static Outcome totalsAre(
      DocumentCollection collection, long count, @Nullable CollectionTotals totals) {
    if (!isAsExpected(collection, count, totals)) {
      collection.recalculateCount();
    }
    if (isAsExpected(collection, count, totals)) {
      return new Outcome.Equal();
    }
    CollectionTotals ours = CollectionTotals.of(collection.view());
    return new Outcome.Unequal(
        totals == null
            ? "the leader has " + count + " documents, here are " + ours.count()
            : "the leader has " + totals + ", here are " + ours);
  }

  private static boolean isAsExpected(
      DocumentCollection collection, long count, @Nullable CollectionTotals totals) {
    CollectionTotals ours = CollectionTotals.of(collection.view());
    return ours.count() == count && (totals == null || totals.equals(ours));
  }
}
