package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.SyncOptions;

/// Bringing one collection over, and what it is done with.
///
/// @param database the local one
/// @param source as the leader describes it
/// @param globallyUniqueId of the copy; the leader's, or made up for leaders that have none
/// @param leader with an open batch
/// @param jobId decimal, for messages
record CollectionTask(
    DocumentStore store,
    Database database,
    InventoryCollection source,
    String globallyUniqueId,
    LeaderSession leader,
    SyncOptions options,
    FollowerSettings settings,
    StopSignal stop,
    JobRecord record,
    String jobId) {

  /// The same task in the state of a new batch, after [LeaderSession#reopen].
  ///
  /// @throws LockstepException 404/1203 if the leader has dropped the collection meanwhile
  CollectionTask inNewBatch() throws InterruptedException {
    Inventory inventory =
        leader.inventory(options.includeSystem(), options.includeFoxxQueues(), source.name());
    for (InventoryCollection found : inventory.collections()) {
      boolean isSame =
          source.globallyUniqueId().isEmpty()
              ? found.id().equals(source.id())
              : found.globallyUniqueId().equals(source.globallyUniqueId());
      if (isSame && !found.isDeleted() && found.name().equals(source.name())) {
        return new CollectionTask(
            store,
            database,
            found,
            globallyUniqueId,
            leader,
            options,
            settings,
            stop,
            record,
            jobId);
      }
    }
    throw new LockstepException(
        ErrorNumber.COLLECTION_NOT_FOUND,
        "collection or view not found: "
            + source.name()
            + " was dropped or renamed on the leader at "
            + leader.endpoint()
            + " while it was being synchronized");
  }

  /// Keeps others from synchronizing a local collection, and clients from writing to it unless the
  /// settings let them: what they were told is done must not vanish.
  ///
  /// @throws LockstepException 28 if it is held by somebody else
  CollectionHold hold(DocumentCollection collection) {
    return hold(collection, leader, settings, jobId);
  }

  static CollectionHold hold(
      DocumentCollection collection,
      LeaderSession leader,
      FollowerSettings settings,
      String jobId) {
    return collection.hold(
        "is being synchronized with the leader at "
            + leader.endpoint()
            + " (job "
            + jobId
            + "); it takes writes again when that has ended",
        settings.clientWrites());
  }

  /// Empties a copy of what is empty on the leader.
  void clear(Replica replica) {
    long removed = replica.totals().count();
    if (removed > 0) {
      record.transition(
          SyncPhase.UPDATING, "the leader's collection '" + source.name() + "' is empty");
      replica.clear();
      record.applied(0, removed);
    }
  }

  /// How the leader is asked for the collection.
  String collectionOnLeader() {
    return source.globallyUniqueId().isEmpty() ? source.id() : source.globallyUniqueId();
  }
}
