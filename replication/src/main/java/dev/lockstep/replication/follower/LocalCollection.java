package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.replication.follower.Reconciliation.Outcome;

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

  /// Compares the number of documents, after a stored number that is wrong has been repaired.
  static Outcome countIs(DocumentCollection collection, long expected) {
    long count = collection.count();
    if (count != expected) {
      count = collection.recalculateCount();
    }
    return count == expected
        ? new Outcome.Equal()
        : new Outcome.Unequal("the leader has " + expected + " documents, here are " + count);
  }
}
