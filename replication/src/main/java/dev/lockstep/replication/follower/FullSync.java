package dev.lockstep.replication.follower;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.collection.ReplicatedCollection;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.replication.protocol.CollectionTotals;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies a collection as a whole into a new generation, builds its indexes, counts, and puts it in
/// the place of the old one in a single step. Until then clients cannot write to the old one. A
/// copy that a lost batch, a leader out of reach or the end of this process has left half-built is
/// completed by comparing it with the leader's new state, by this synchronization or a later one;
/// one that failed for good or was canceled is removed. Decision:
/// `docs/decisions/0010-resuming-synchronizations.md`.
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
    LostBatches lostBatches = new LostBatches();
    while (true) {
      try {
        return copyOnce(replaced);
      } catch (LeaderSession.RestartNeededException e) {
        task = lostBatches.replace(task, e);
        source = task.source();
      }
    }
  }

  private CollectionDefinition copyOnce(ReplacedCollections replaced) throws InterruptedException {
    GenerationLoad load = open();
    try {
      if (load.count() == 0 || !complete(load)) {
        load = begunAnew(load);
        transfer(load);
      }
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
    } catch (LeaderSession.RestartNeededException e) {
      load.suspend();
      throw e;
    } catch (LockstepException | InterruptedException e) {
      if (stop.isServerEnding() || e instanceof LeaderUnavailableException) {
        load.suspend();
      }
      throw e;
    } finally {
      load.close();
    }
  }

  /// What an earlier batch, or an earlier process, has left half-built, or nothing yet.
  private GenerationLoad open() {
    record.say("looking for a half-built copy of collection '" + source.name() + "'");
    return task.database()
        .resumeLoad(
            new ReplicatedCollection(
                source.properties(), task.globallyUniqueId(), source.indexes()),
            Long.parseUnsignedLong(task.jobId()));
  }

  private GenerationLoad begunAnew(GenerationLoad load) {
    if (load.count() == 0) {
      return load;
    }
    load.close();
    return open();
  }

  /// Brings a half-built copy to the state of this batch.
  ///
  /// @return false if it is of no use
  private boolean complete(GenerationLoad load) throws InterruptedException {
    LOG.info(
        "collection '{}': a half-built copy with {} documents is gone on with",
        source.name(),
        load.count());
    record.beginCollection(source.name(), SyncMethod.FULL);
    return new Comparison(task, new HalfBuiltReplica(load)).run();
  }

  private void transfer(GenerationLoad load) throws InterruptedException {
    record.beginCollection(source.name(), SyncMethod.FULL);
    record.transition(SyncPhase.COPYING, "copying collection '" + source.name() + "'");
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
