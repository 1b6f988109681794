package dev.lockstep.replication.follower;

/// Told when data changed beneath what a server keeps in memory. Called on the job's thread, after
/// the change is visible and durable; must be quick.
@FunctionalInterface
public interface SyncListener {
  /// A collection was replaced by a leader's.
  void collectionReplaced(String database, String collection);
}
