package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.replication.follower.LeaderSession.RestartNeededException;

/// Brings an existing collection to the leader's state by taking over the differences only; where
/// that does not lead to the leader's state, by a full copy. Decision:
/// `docs/decisions/0009-incremental-sync.md`.
final class IncrementalSync implements CollectionSync {
  private CollectionTask task;
  private final DocumentCollection collection;
  private final JobRecord record;
  private final String name;

  /// @param collection the local one, of the same globally unique id and type
  IncrementalSync(CollectionTask task, DocumentCollection collection) {
    this.task = task;
    this.collection = collection;
    this.record = task.record();
    this.name = task.source().name();
  }

  @Override
  public CollectionDefinition run() throws InterruptedException {
    record.beginCollection(name, SyncMethod.FINGERPRINT);
    try (CollectionHold hold = task.hold(collection)) {
      prepare();
      if (reconcile(hold)) {
        return finish();
      }
    }
    record.warn("collection '" + name + "' is copied as a whole");
    return new FullSync(task).run();
  }

  /// Properties and indexes as far as they must not contradict documents that come in.
  private void prepare() {
    if (!collection.name().equals(name)) {
      task.database().renameCollection(collection, name);
    }
    collection.adoptProperties(task.source().properties());
    for (IndexDefinition dropped : collection.dropIndexesAgainst(task.source().indexes())) {
      record.warn(
          "index '"
              + dropped.name()
              + "' of collection '"
              + name
              + "' was dropped here: the leader has "
              + (isAtLeader(dropped)
                  ? "it with another definition or name"
                  : "no such index, and a unique one could contradict its documents"));
    }
  }

  private boolean isAtLeader(IndexDefinition index) {
    return task.source().indexes().stream()
        .anyMatch(theirs ->
            theirs.id() == index.id()
                || theirs.name().equals(index.name())
                || theirs.type() == index.type() && theirs.fields().equals(index.fields()));
  }

  /// On new batches, if the old ones are lost; what was taken over is not fetched again.
  private boolean reconcile(CollectionHold hold) throws InterruptedException {
    LostBatches lostBatches = new LostBatches();
    Replica replica = new LivingReplica(task.store(), hold);
    while (true) {
      try {
        return new Comparison(task, replica).run();
      } catch (RestartNeededException e) {
        task = lostBatches.replace(task, e);
        // The new state may have other properties and fewer indexes, too.
        prepare();
      }
    }
  }

  private CollectionDefinition finish() {
    record.transition(SyncPhase.INDEXING, "creating indexes for collection '" + name + "'");
    for (IndexDefinition index : task.source().indexes()) {
      task.stop().throwIfStopped();
      collection.ensureReplicatedIndex(index);
    }
    collection.continueKeysAfter(task.source().lastKeyValue());
    AppliedPosition position = task.leader().position();
    if (position != null && !position.equals(collection.appliedPosition())) {
      collection.setAppliedPosition(position);
    }
    task.store().sync();
    return collection.definition();
  }
}
