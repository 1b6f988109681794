package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.IndexDefinition;
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

/// The shortest synchronization, of one collection: the leader's answer to the first request shows
/// that it is here already, in the leader's state, or its change log tells what is missing. Spares
/// the batch and all that follows; wherever there is a doubt, these find out. Decisions:
/// `docs/decisions/0009-incremental-sync.md`,
/// `docs/decisions/0015-incremental-from-the-change-log.md`.
final class BatchlessSync {
  /// How often the leader may have gone on in the meantime.
  private static final int ROUNDS_MAX = 3;

  private final DocumentStore store;
  private final DocumentCollection collection;
  private final SyncOptions options;
  private final FollowerSettings settings;
  private final StopSignal stop;
  private final JobRecord record;
  private final String jobId;

  private BatchlessSync(
      DocumentStore store,
      DocumentCollection collection,
      SyncOptions options,
      FollowerSettings settings,
      StopSignal stop,
      JobRecord record,
      String jobId) {
    this.store = store;
    this.collection = collection;
    this.options = options;
    this.settings = settings;
    this.stop = stop;
    this.record = record;
    this.jobId = jobId;
  }

  /// What there is to look at; null if the synchronization is of another kind, or if the collection
  /// is not here.
  ///
  /// @param announced what the leader is known to be able to
  static @Nullable BatchlessSync candidate(
      DocumentStore store,
      Database database,
      SyncOptions options,
      Set<Capability> announced,
      FollowerSettings settings,
      StopSignal stop,
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
        ? new BatchlessSync(store, local, options, settings, stop, record, jobId)
        : null;
  }

  /// What to ask the leader about.
  String name() {
    return collection.name();
  }

  /// Ends the synchronization if the collection is what the leader's is, or can be brought there
  /// through the change log.
  ///
  /// @param state the leader's, with the digest of [#name] if it has told one
  /// @return null if there is more to do; what was taken over then stays
  @Nullable SyncResult finish(LeaderSession leader, LoggerState state) throws InterruptedException {
    CollectionDigest digest = digest(leader, state);
    if (digest == null) {
      return null;
    }
    try (CollectionHold hold = CollectionTask.hold(collection, leader, settings, jobId)) {
      if (isReached(leader, digest)) {
        record.beginCollection(name(), SyncMethod.FINGERPRINT);
        return finish(leader, digest);
      }
      return catchUp(hold, leader, digest);
    }
  }

  /// Null if the leader has told none.
  private static @Nullable CollectionDigest digest(LeaderSession leader, LoggerState state) {
    // Whoever has not announced digests may mean something else by the member.
    return leader.announced().contains(Capability.COLLECTION_DIGEST) ? state.collection() : null;
  }

  private boolean isReached(LeaderSession leader, CollectionDigest digest) {
    return digest.matches(leader.server().serverId(), collection.view());
  }

  /// @param told the leader's, another one than that of the collection here
  /// @return null if that does not lead there
  private @Nullable SyncResult catchUp(
      CollectionHold hold, LeaderSession leader, CollectionDigest told)
      throws InterruptedException {
    // A document takes the place of those it contradicts. That must not be so by an index which the
    // leader does not have: a batch's inventory would tell.
    if (collection.definition().indexes().stream().anyMatch(IndexDefinition::unique)) {
      return null;
    }
    LoggedChanges changes =
        new LoggedChanges(
            leader,
            new LivingReplica(store, hold),
            collection.definition().globallyUniqueId(),
            options,
            settings.comparison(),
            stop,
            record);
    CollectionDigest digest = told;
    for (int round = 0; round < ROUNDS_MAX && changes.isWorthwhile(digest.tick()); round++) {
      if (round == 0) {
        record.beginCollection(name(), SyncMethod.CHANGE_LOG);
        record.transition(
            SyncPhase.UPDATING, "taking over the leader's changes of collection '" + name() + "'");
      }
      if (!changes.takeOver(digest.tick())) {
        return null;
      }
      if (isReached(leader, digest)) {
        return finish(leader, digest);
      }
      CollectionDigest next = digest(leader, leader.state(name()));
      if (next == null) {
        return null;
      }
      digest = next;
    }
    return null;
  }

  private SyncResult finish(LeaderSession leader, CollectionDigest digest) {
    String name = collection.name();
    record.planned(1);
    SyncPlan.warnOfEdges(collection.definition().properties(), options, record);
    record.transition(
        SyncPhase.FINISHING,
        "nothing differs in collection '" + name + "': the leader's digest is the same");
    collection.continueKeysAfter(digest.lastKeyValue());
    AppliedPosition position = new AppliedPosition(leader.server().serverId(), digest.tick());
    if (!position.equals(collection.appliedPosition())) {
      collection.setAppliedPosition(position);
    }
    store.sync();
    record.collectionDone();
    return new SyncResult(List.of(new SyncResult.Collection(digest.id(), name)), digest.tick());
  }
}
