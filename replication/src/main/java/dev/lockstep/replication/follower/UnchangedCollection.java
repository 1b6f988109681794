package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.CollectionDigest;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.ReplicatedNames;
import dev.lockstep.replication.protocol.Restriction;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.SyncResult;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The shortest synchronization: the leader's answer to the first request shows that the one
/// collection that is wanted is here already, in the leader's state. Spares the batch and all that
/// follows; wherever there is a doubt, these find out. Decision:
/// `docs/decisions/0009-incremental-sync.md`.
final class UnchangedCollection {
  private final DocumentStore store;
  private final DocumentCollection collection;
  private final SyncOptions options;
  private final FollowerSettings settings;
  private final JobRecord record;
  private final String jobId;

  private UnchangedCollection(
      DocumentStore store,
      DocumentCollection collection,
      SyncOptions options,
      FollowerSettings settings,
      JobRecord record,
      String jobId) {
    this.store = store;
    this.collection = collection;
    this.options = options;
    this.settings = settings;
    this.record = record;
    this.jobId = jobId;
  }

  /// What there is to look at; null if the synchronization is of another kind, or if the collection
  /// is not here.
  ///
  /// @param announced what the leader is known to be able to
  static @Nullable UnchangedCollection candidate(
      DocumentStore store,
      Database database,
      SyncOptions options,
      Set<Capability> announced,
      FollowerSettings settings,
      JobRecord record,
      String jobId) {
    if (!options.incremental()
        || !options.useExtensions()
        || !announced.contains(Capability.COLLECTION_DIGEST)
        || !(options.restriction() instanceof Restriction.Only(Set<String> names))
        || names.size() != 1) {
      return null;
    }
    String name = names.iterator().next();
    DocumentCollection local = database.collection(name);
    if (local == null || !local.name().equals(name) || local.count() == 0) {
      return null;
    }
    return ReplicatedNames.isReplicated(name, options.includeSystem(), options.includeFoxxQueues())
        ? new UnchangedCollection(store, local, options, settings, record, jobId)
        : null;
  }

  /// What to ask the leader about.
  String name() {
    return collection.name();
  }

  /// Ends the synchronization if the collection is what the leader's is.
  ///
  /// @param state the leader's, with the digest of [#name] if it has told one
  /// @return null if there is more to do; nothing has happened then
  @Nullable SyncResult finish(LeaderSession leader, LoggerState state) {
    CollectionDigest digest = state.collection();
    // Whoever has not announced digests may mean something else by the member.
    if (digest == null || !leader.announced().contains(Capability.COLLECTION_DIGEST)) {
      return null;
    }
    try (CollectionHold _ = CollectionTask.hold(collection, leader, settings, jobId)) {
      if (!digest.matches(state.server().serverId(), collection.view())) {
        return null;
      }
      String name = collection.name();
      record.planned(1);
      SyncPlan.warnOfEdges(collection.definition().properties(), options, record);
      record.beginCollection(name, SyncMethod.FINGERPRINT);
      record.transition(
          SyncPhase.FINISHING,
          "nothing differs in collection '" + name + "': the leader's digest is the same");
      collection.continueKeysAfter(digest.lastKeyValue());
      AppliedPosition position = new AppliedPosition(state.server().serverId(), digest.tick());
      if (!position.equals(collection.appliedPosition())) {
        collection.setAppliedPosition(position);
      }
      store.sync();
      record.collectionDone();
      return new SyncResult(List.of(new SyncResult.Collection(digest.id(), name)), digest.tick());
    }
  }
}
