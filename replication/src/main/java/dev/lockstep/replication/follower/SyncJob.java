package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderConnector;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.Restriction;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.SyncResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One synchronization from beginning to end. Runs on the thread that calls [#run]; everything else
/// may be called by any thread at any time.
public final class SyncJob {
  private static final Logger LOG = LoggerFactory.getLogger(SyncJob.class);

  private final String id;
  private final SyncRequest request;
  private final DocumentStore store;
  private final LeaderConnector connector;
  private final FollowerSettings settings;
  private final Backoff backoff;
  private final StoredSync begun;
  private final boolean isLeaderKnown;
  private final SyncHistory history;
  private final KnownLeaders leaders;
  private final JobRecord record;
  private final StopSignal stop = new StopSignal();

  /// @param begun what an earlier process has done of it, or nothing yet
  /// @param isLeaderKnown whether it has been reached before: then it is waited for
  /// @param history told how far it is, if it knows the job
  /// @param leaders asked and told what leaders can do
  SyncJob(
      String id,
      StoredSync begun,
      boolean isLeaderKnown,
      DocumentStore store,
      LeaderConnector connector,
      FollowerSettings settings,
      Backoff backoff,
      SyncHistory history,
      KnownLeaders leaders,
      JobRecord record) {
    this.id = id;
    this.begun = begun;
    this.isLeaderKnown = isLeaderKnown;
    this.request = begun.request();
    this.backoff = backoff;
    this.history = history;
    this.leaders = leaders;
    this.store = store;
    this.connector = connector;
    this.settings = settings;
    this.record = record;
    request.warnings().forEach(record::warn);
  }

  /// Decimal, unique on this server.
  public String id() {
    return id;
  }

  public String database() {
    return request.database();
  }

  public SyncProgress progress() {
    return record.progress();
  }

  /// Whether it ended, or was never gone on with, only because this server ends.
  boolean isSuspended() {
    return stop.isServerEnding();
  }

  /// Ends the job at its next step; it then fails with 410/21. What is finished stays.
  public void cancel() {
    stop.stop(ErrorNumber.REQUEST_CANCELED);
  }

  /// Ends the job because this server ends; it then fails with 500/1412, and the next process goes
  /// on with it.
  void stopReplication() {
    stop.stop(ErrorNumber.REPLICATION_APPLIER_STOPPED);
  }

  /// Does the work. Collections that are finished stay so when a later one fails.
  SyncResult run() throws InterruptedException {
    try {
      SyncResult result = synchronize();
      record.transition(SyncPhase.DONE, "synchronization finished");
      return result;
    } catch (LockstepException e) {
      boolean isStopped =
          e.number() == ErrorNumber.REQUEST_CANCELED
              || e.number() == ErrorNumber.REPLICATION_APPLIER_STOPPED;
      LOG.info("synchronization {} of database '{}' failed: {}", id, database(), e.getMessage());
      record.failed(isStopped ? SyncPhase.CANCELED : SyncPhase.FAILED, e);
      throw e;
    } catch (InterruptedException e) {
      record.failed(
          SyncPhase.CANCELED, new LockstepException(ErrorNumber.REPLICATION_APPLIER_STOPPED));
      throw e;
    } catch (RuntimeException e) {
      record.failed(
          SyncPhase.FAILED,
          new LockstepException(ErrorNumber.INTERNAL, "internal error: " + e.getClass().getName()));
      throw e;
    }
  }

  private SyncResult synchronize() throws InterruptedException {
    SyncOptions options = request.options();
    Database database = store.requireDatabase(request.database());
    LeaderClient client = connector.connect(address(options));
    record.leaderAt(client.endpoint());
    client.warnings().forEach(record::warn);
    RetryPolicy retries =
        new RetryPolicy(stop, backoff, settings, options.applier(), record::retrying);
    try (LeaderSession leader =
        new LeaderSession(
            client,
            retries,
            settings,
            stop,
            options.incremental(),
            (batch, tick) -> history.advance(number(), stored -> stored.inBatch(batch, tick)))) {
      record.countTransfer(leader::transferred);
      record.transition(SyncPhase.CONNECTING, "connecting to leader at " + client.endpoint());
      BatchlessSync candidate =
          begun.restarts() > 0
              ? null
              : BatchlessSync.candidate(
                  store,
                  database,
                  options,
                  leaders.announcedBy(options.endpoint()),
                  settings,
                  stop,
                  record,
                  id);
      LoggerState state =
          leader.meet(store.serverId(), isLeaderKnown, candidate == null ? "" : candidate.name());
      record.leaderVersion(leader.server().version());
      if (options.useExtensions()) {
        leaders.announce(options.endpoint(), leader.announced());
      }
      SyncResult result = candidate == null ? null : candidate.finish(leader, state);
      if (result != null) {
        return result;
      }
      leader.open(begun.batchId());
      record.transition(SyncPhase.LISTING, "fetching leader inventory from " + client.endpoint());
      SyncPlan plan =
          SyncPlan.make(
              inventory(leader), leader.server(), client.endpoint(), request, database, record);
      record.planned(plan.items().size());
      List<SyncResult.Collection> done = new ArrayList<>();
      for (SyncPlan.Item item : plan.items()) {
        stop.throwIfStopped();
        var collection = new SyncResult.Collection(item.source().id(), item.source().name());
        if (!begun.isDone(collection)) {
          sync(item, database, leader).run();
          history.advance(number(), stored -> stored.with(collection));
        }
        record.collectionDone();
        done.add(collection);
      }
      record.transition(SyncPhase.FINISHING, "ending the batch on the leader");
      leader.closeBatch();
      return new SyncResult(
          SyncResult.Collection.inOrder(done),
          begun.lastLogTick().equals(Tick.NONE) ? leader.lastLogTick() : begun.lastLogTick());
    }
  }

  private long number() {
    return Long.parseUnsignedLong(id);
  }

  private Inventory inventory(LeaderSession leader) throws InterruptedException {
    SyncOptions options = request.options();
    for (int restarts = 0; ; restarts++) {
      try {
        return leader.inventory(
            options.includeSystem(), options.includeFoxxQueues(), only(options));
      } catch (LeaderSession.RestartNeededException e) {
        stop.throwIfStopped();
        if (restarts >= settings.restartsMax()) {
          throw e.why();
        }
        String why = String.valueOf(e.why().getMessage());
        record.retrying("opening a new batch: " + why, why);
        leader.reopen();
      }
    }
  }

  private CollectionSync sync(SyncPlan.Item item, Database database, LeaderSession leader)
      throws InterruptedException {
    CollectionTask planned =
        new CollectionTask(
            store,
            database,
            item.source(),
            item.globallyUniqueId(),
            leader,
            request.options(),
            settings,
            stop,
            record,
            id);
    CollectionTask task = leader.isReopened() ? inNewBatch(planned) : planned;
    DocumentCollection comparable = item.comparable();
    return comparable == null ? new FullSync(task) : new IncrementalSync(task, comparable);
  }

  private static CollectionTask inNewBatch(CollectionTask planned) throws InterruptedException {
    try {
      return planned.inNewBatch();
    } catch (LeaderSession.RestartNeededException e) {
      return new LostBatches().replace(planned, e);
    }
  }

  private LeaderAddress address(SyncOptions options) {
    String database = options.database() == null ? request.database() : options.database();
    return new LeaderAddress(
            options.endpoint(),
            database,
            options.credentials(),
            Long.toUnsignedString(store.serverId()),
            options.connectTimeout(),
            options.requestTimeout(),
            options.maxPacketSize(),
            options.sslProtocol())
        .withTransfer(options.transfer())
        .withExtensions(options.useExtensions());
  }

  private static String only(SyncOptions options) {
    return options.restriction() instanceof Restriction.Only(Set<String> names) && names.size() == 1
        ? names.iterator().next()
        : "";
  }
}
