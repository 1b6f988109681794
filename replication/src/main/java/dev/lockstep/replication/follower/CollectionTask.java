package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentStore;
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

  /// How the leader is asked for the collection.
  String collectionOnLeader() {
    return source.globallyUniqueId().isEmpty() ? source.id() : source.globallyUniqueId();
  }
}
