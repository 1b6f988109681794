package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.replication.follower.LeaderSession.RestartNeededException;
import dev.lockstep.replication.follower.Reconciliation.Outcome;
import dev.lockstep.replication.protocol.CollectionTotals;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings an existing collection to the leader's state by taking over the differences only. Each
/// way of comparing checks its own result; one that does not arrive at the leader's state is
/// followed by the next, slower and surer: revision trees, keys, a full copy. Decision:
/// `docs/decisions/0009-incremental-sync.md`.
final class IncrementalSync implements CollectionSync {
  private static final Logger LOG = LoggerFactory.getLogger(IncrementalSync.class);

  /// With the revision tree as it is, and once more after it has been built anew from the data.
  private static final int TREE_ATTEMPTS = 2;

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

  private boolean reconcile(CollectionHold hold) throws InterruptedException {
    CollectionTotals theirs = task.source().totals();
    if (theirs != null && theirs.equals(CollectionTotals.of(collection.view()))) {
      record.transition(SyncPhase.COMPARING, "collection '" + name + "' has the leader's totals");
      record.transition(SyncPhase.CHECKING, "nothing differs in collection '" + name + "'");
      return true;
    }
    boolean mayHaveTree =
        task.leader().hasRevisionTrees() && task.source().properties().syncByRevision();
    return mayHaveTree && byRevisionTree(hold) || byKeys(hold);
  }

  /// @return false if it did not arrive at the leader's state, or is not possible
  private boolean byRevisionTree(CollectionHold hold) throws InterruptedException {
    for (int attempt = 1; attempt <= TREE_ATTEMPTS; attempt++) {
      switch (run(
          SyncMethod.REVISION_TREE, () -> new RevisionTreeReconciliation(task, collection), hold)) {
        case Outcome.Equal _ -> {
          return true;
        }
        case Outcome.NotComparable(String why) -> {
          LOG.info("collection '{}' is compared by keys: {}", name, why);
          return false;
        }
        case Outcome.Unequal(String why) -> {
          unequal(
              why,
              attempt < TREE_ATTEMPTS
                  ? "the local revision tree is built anew"
                  : "its keys are compared");
          if (attempt < TREE_ATTEMPTS && !rebuildTree()) {
            return false;
          }
        }
      }
    }
    return false;
  }

  /// @return false if there can be no tree for what is here
  private boolean rebuildTree() {
    try {
      collection.rebuildRevisionTree();
      return true;
    } catch (RevisionTreeException impossible) {
      LOG.info("collection '{}' can have no revision tree: {}", name, impossible.getMessage());
      return false;
    }
  }

  private boolean byKeys(CollectionHold hold) throws InterruptedException {
    Outcome outcome =
        run(SyncMethod.KEYS, () -> new KeyChunkReconciliation(task, collection), hold);
    if (outcome instanceof Outcome.Unequal(String why)) {
      unequal(why, "it is copied as a whole");
    }
    return outcome instanceof Outcome.Equal;
  }

  private void unequal(String why, String remedy) {
    record.warn("collection '" + name + "' is not yet the leader's: " + why + "; " + remedy);
  }

  /// On new batches, if the old ones are lost; what was taken over is not fetched again.
  private Outcome run(
      SyncMethod method, Supplier<Reconciliation> reconciliation, CollectionHold hold)
      throws InterruptedException {
    for (int restarts = 0; ; restarts++) {
      record.compareBy(method);
      record.transition(SyncPhase.COMPARING, "comparing collection '" + name + "'");
      try {
        return reconciliation.get().run(hold);
      } catch (RestartNeededException e) {
        task.stop().throwIfStopped();
        if (restarts >= task.settings().restartsMax()) {
          throw e.why();
        }
        LOG.warn(
            "comparison of collection '{}' goes on with a new batch, attempt {} of {}: {}",
            name,
            restarts + 2,
            task.settings().restartsMax() + 1,
            e.why().getMessage());
        record.transition(
            SyncPhase.REOPENING,
            "opening a new batch for collection '" + name + "': " + e.why().getMessage());
        task.leader().reopen();
        task = task.inNewBatch();
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
