package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.collection.ReplicatedCollection;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.replication.protocol.CollectionTotals;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies a collection as a whole into a new generation, builds its indexes, counts, and puts it in
/// the place of the old one in a single step. Until then clients cannot write to the old one.
final class FullSync implements CollectionSync {
  private static final Logger LOG = LoggerFactory.getLogger(FullSync.class);

  private CollectionTask task;
  private InventoryCollection source;
  private final LeaderSession leader;
  private final StopSignal stop;
  private final JobRecord record;

  FullSync(CollectionTask task) {
    this.task = task;
    this.source = task.source();
    this.leader = task.leader();
    this.stop = task.stop();
    this.record = task.record();
  }

  @Override
  public CollectionDefinition run() throws InterruptedException {
    try (ReplacedCollections replaced = ReplacedCollections.hold(task)) {
      return copy(replaced);
    }
  }

  private CollectionDefinition copy(ReplacedCollections replaced) throws InterruptedException {
    for (int restarts = 0; ; restarts++) {
      record.beginCollection(source.name(), SyncMethod.FULL);
      record.transition(SyncPhase.COPYING, "copying collection '" + source.name() + "'");
      try {
        return copyOnce(replaced);
      } catch (LeaderSession.RestartNeededException e) {
        stop.throwIfStopped();
        if (restarts >= task.settings().restartsMax()) {
          throw e.why();
        }
        LOG.warn(
            "copy of collection '{}' begins anew, attempt {} of {}: {}",
            source.name(),
            restarts + 2,
            task.settings().restartsMax() + 1,
            e.why().getMessage());
        record.transition(
            SyncPhase.REOPENING,
            "opening a new batch for collection '" + source.name() + "': " + e.why().getMessage());
        leader.reopen();
        task = task.inNewBatch();
        source = task.source();
      }
    }
  }

  private CollectionDefinition copyOnce(ReplacedCollections replaced) throws InterruptedException {
    var target =
        new ReplicatedCollection(source.properties(), task.globallyUniqueId(), source.indexes());
    try (GenerationLoad load = task.database().beginLoad(target)) {
      DumpTransfer.Outcome outcome =
          new DumpTransfer(
                  leader,
                  task.collectionOnLeader(),
                  task.options().includeSystem(),
                  task.options().chunkSize(),
                  task.settings(),
                  stop,
                  record.dumpObserver(source))
              .into(load);
      check(outcome, load);
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
      AppliedPosition position = leader.position();
      if (position != null) {
        load.appliedUpTo(position);
      }
      return load.swap(Durability.POWER_LOSS, replaced::mayReplace);
    }
  }

  /// What arrived must be what is there, and what the leader says it has.
  private void check(DumpTransfer.Outcome outcome, GenerationLoad load) {
    long written = load.count();
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
    CollectionTotals here = new CollectionTotals(written, load.fingerprint());
    CollectionTotals there = source.totals();
    if (there != null && !there.equals(here)) {
      throw ProtocolViolationException.inResponse(
          leader.endpoint(),
          "collection '"
              + source.name()
              + "': the leader has "
              + there
              + ", but "
              + here
              + " arrived; nothing was changed here");
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
