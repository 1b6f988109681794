package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionDefinition;

/// A way of bringing one collection to the leader's state. Whatever happens, readers of the local
/// collection see either all of the old state or all of the new one. One thread; used once.
sealed interface CollectionSync permits FullSync {
  /// Does it.
  ///
  /// @return the definition now in force
  CollectionDefinition run() throws InterruptedException;
}
