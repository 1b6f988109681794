package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.collection.ReplicatedCollection;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies a collection as a whole into a new generation, builds its indexes, counts, and puts it in
/// the place of the old one in a single step.
final class FullSync implements CollectionSync {
  private static final Logger LOG = LoggerFactory.getLogger(FullSync.class);

  private final Database database;
  private final InventoryCollection source;
  private final String globallyUniqueId;
  private final LeaderSession leader;
  private final boolean includeSystem;
  private final long chunkSize;
  private final FollowerSettings settings;
  private final StopSignal stop;
  private final JobRecord record;

  /// @param globallyUniqueId of the copy; the leader's, or made up for leaders that have none
  /// @param chunkSize the user's choice; 0 = ours
  FullSync(
      Database database,
      InventoryCollection source,
      String globallyUniqueId,
      LeaderSession leader,
      boolean includeSystem,
      long chunkSize,
      FollowerSettings settings,
      StopSignal stop,
      JobRecord record) {
    this.database = database;
    this.source = source;
    this.globallyUniqueId = globallyUniqueId;
    this.leader = leader;
    this.includeSystem = includeSystem;
    this.chunkSize = chunkSize;
    this.settings = settings;
    this.stop = stop;
    this.record = record;
  }

  @Override
  public CollectionDefinition run() throws InterruptedException {
    for (int restarts = 0; ; restarts++) {
      record.beginCollection(source.name());
      record.transition(SyncPhase.COPYING, "copying collection '" + source.name() + "'");
      try {
        return copy();
      } catch (LeaderSession.RestartNeededException e) {
        stop.throwIfStopped();
        if (restarts >= settings.restartsMax()) {
          throw e.why();
        }
        LOG.warn(
            "copy of collection '{}' begins anew, attempt {} of {}: {}",
            source.name(),
            restarts + 2,
            settings.restartsMax() + 1,
            e.why().getMessage());
        record.transition(
            SyncPhase.REOPENING,
            "opening a new batch for collection '" + source.name() + "': " + e.why().getMessage());
        leader.reopen();
      }
    }
  }

  private CollectionDefinition copy() throws InterruptedException {
    CollectionProperties properties = source.properties();
    var target = new ReplicatedCollection(properties, globallyUniqueId, source.indexes());
    try (GenerationLoad load = database.beginLoad(target)) {
      DumpTransfer.Outcome outcome =
          new DumpTransfer(
                  leader,
                  source.globallyUniqueId().isEmpty() ? source.id() : source.globallyUniqueId(),
                  includeSystem,
                  chunkSize,
                  settings,
                  stop,
                  record.dumpObserver(source))
              .into(load);
      check(outcome, load.count());
      load.continueKeysAfter(source.lastKeyValue());
      stop.throwIfStopped();
      record.transition(
          SyncPhase.INDEXING, "creating indexes for collection '" + source.name() + "'");
      load.buildIndexes((done, total) -> {
        stop.throwIfStopped();
        record.indexed(source.name(), done, total);
      });
      stop.throwIfStopped();
      record.transition(
          SyncPhase.SWITCHING, "putting the new copy of '" + source.name() + "' in place");
      return load.swap(Durability.POWER_LOSS);
    }
  }

  /// What arrived must be what is there, and what the leader says it has.
  private void check(DumpTransfer.Outcome outcome, long written) {
    if (!outcome.isHistory() && outcome.documents() != written) {
      throw ProtocolViolationException.inResponse(
          leader.endpoint(),
          "collection '"
              + source.name()
              + "': "
              + outcome.documents()
              + " documents were sent, but they have only "
              + written
              + " different keys; nothing was changed here");
    }
    Long leaderCount = outcome.leaderCount();
    if (leaderCount != null && leaderCount != written) {
      throw ProtocolViolationException.inResponse(
          leader.endpoint(),
          "collection '"
              + source.name()
              + "': the leader has "
              + leaderCount
              + " documents, but "
              + written
              + " arrived; nothing was changed here");
    }
  }
}
