package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionDefinition;

/// A way of bringing one collection to the leader's state. One thread; used once.
sealed interface CollectionSync permits FullSync, IncrementalSync {
  /// Does it.
  ///
  /// @return the definition now in force
  CollectionDefinition run() throws InterruptedException;
}
