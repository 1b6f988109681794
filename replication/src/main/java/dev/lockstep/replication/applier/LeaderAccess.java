package dev.lockstep.replication.applier;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.follower.SyncJob;
import dev.lockstep.replication.follower.SyncRequest;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderMismatchException;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.ReplicationException;
import dev.lockstep.replication.protocol.Restriction;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.SyncResult;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailPosition;
import dev.lockstep.replication.protocol.TailRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an applier asks of its leader besides the log: who it is, and synchronizations. Used by one
/// run.
final class LeaderAccess {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderAccess.class);
  private static final Duration BATCH_LEASE = Duration.ofMinutes(1);

  /// For one question that somebody is waiting for.
  private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);

  /// The least that leaders take; whether there is anything is all that matters.
  private static final long CHECK_BYTES = 16 << 10;

  /// How long one waits between attempts.
  interface Pause {
    /// @return false if there is no time left
    boolean pause(Duration duration) throws InterruptedException;
  }

  private final ApplierContext context;
  private final ApplierScope scope;
  private final SyncOptions options;

  LeaderAccess(ApplierContext context, ApplierScope scope, SyncOptions options) {
    this.context = context;
    this.scope = scope;
    this.options = options;
  }

  /// @throws LockstepException 1410 if the endpoint is none
  LeaderClient connect() {
    return connect(scope.isGlobal() ? DocumentStore.SYSTEM : remoteDatabase(scope.shownDatabase()));
  }

  private String remoteDatabase(String local) {
    return options.database() == null || scope.isGlobal() ? local : options.database();
  }

  private LeaderClient connect(String database) {
    return context.connector().connect(address(database));
  }

  private LeaderAddress address(String database) {
    return new LeaderAddress(
            options.endpoint(),
            database,
            options.credentials(),
            Long.toUnsignedString(context.store().serverId()),
            options.connectTimeout(),
            options.requestTimeout(),
            options.maxPacketSize(),
            options.sslProtocol())
        .withTransfer(options.transfer())
        .withExtensions(options.useExtensions());
  }

  /// Asks the leader, once and within seconds, whether it has changes that are not here.
  ///
  /// @param record what is followed
  /// @param here the leader's last change that is here
  LeaderCheck check(ApplierRecord record, Tick here) throws InterruptedException {
    String database =
        scope.isGlobal() ? DocumentStore.SYSTEM : remoteDatabase(scope.shownDatabase());
    LeaderAddress address = address(database);
    try (LeaderClient leader =
        context
            .connector()
            .connect(
                address.withTimeouts(
                    shorter(address.connectTimeout()), shorter(address.silenceMax())))) {
      ServerIdentity server = TailLoop.identify(leader, context.store().serverId()).server();
      if (record.leaderId() != 0 && server.serverId() != record.leaderId()) {
        throw LeaderMismatchException.otherServer(
            leader.endpoint(), server.serverIdText(), Long.toUnsignedString(record.leaderId()));
      }
      // Newest changes alone say little: they may be of what is not followed.
      TailPage page =
          leader.tail(
              new TailRequest(
                  scope.isGlobal(),
                  here,
                  null,
                  here,
                  here,
                  CHECK_BYTES,
                  options.includeSystem(),
                  options.includeFoxxQueues(),
                  MarkerForm.JSON,
                  Duration.ZERO,
                  TailLoop.isLegacy(server),
                  ""));
      TailPosition position = page.position();
      boolean isComplete =
          record.leaderId() != 0
              && page.body().length == 0
              && !position.hasMore()
              // Leaders before 3.3 say "not present" also when there is nothing newer.
              && (position.isFromPresent() || TailLoop.isLegacy(server))
              && position.lastTick().compareTo(here) >= 0;
      return new LeaderCheck.Answered(position.lastTick(), isComplete);
    } catch (LockstepException e) {
      return new LeaderCheck.Failed(e);
    }
  }

  private static Duration shorter(Duration configured) {
    return configured.compareTo(CHECK_TIMEOUT) < 0 ? configured : CHECK_TIMEOUT;
  }

  /// Asks who the leader is, as often as the configuration allows.
  LoggerState identifying(LeaderClient leader, ApplierProgress progress, Pause pause)
      throws InterruptedException {
    return repeating(
        () -> TailLoop.identify(leader, context.store().serverId()),
        progress::failedConnect,
        pause);
  }

  /// What is asked of a leader; may be asked as often as one likes.
  @FunctionalInterface
  private interface Question<T> {
    T ask() throws InterruptedException;
  }

  private <T> T repeating(Question<T> question, Consumer<String> note, Pause pause)
      throws InterruptedException {
    int retries = options.applier().maxConnectRetries();
    for (int failures = 0; ; failures++) {
      try {
        return question.ask();
      } catch (LeaderUnavailableException e) {
        if (failures >= retries) {
          throw e;
        }
        note.accept(
            "waiting for the leader, attempt "
                + (failures + 2)
                + " of "
                + (retries + 1)
                + ": "
                + e.getMessage());
        if (!pause.pause(TailLoop.retryPause(context.settings(), failures, options.applier()))) {
          throw e;
        }
      }
    }
  }

  /// Brings everything that is followed to one state per database.
  ///
  /// @param before what the leader has just said: a database that is made after they are listed is
  ///   in the log from there on
  /// @param isFollowing whether what the leader has dropped since it was followed is dropped here
  /// @param started told each job before it does anything
  /// @param note told why a request is repeated
  /// @return what was done, and the tick from which tailing misses nothing
  SyncResult synchronizeAll(
      LeaderClient leader,
      LoggerState before,
      boolean isIncremental,
      boolean isFollowing,
      Consumer<SyncJob> started,
      Consumer<String> note,
      Pause pause)
      throws InterruptedException {
    SyncOptions wish = scope.isGlobal() ? options.withDatabase(null) : options;
    Tick oldest = scope.isGlobal() ? before.lastLogTick() : null;
    List<SyncResult.Collection> done = new ArrayList<>();
    for (String database : databases(leader, note, pause)) {
      SyncResult result =
          context
              .follower()
              .syncForApplier(
                  new SyncRequest(
                      database,
                      wish.withIncremental(isIncremental),
                      SyncRequest.Caller.STOCK,
                      List.of(),
                      0),
                  started);
      if (isFollowing) {
        dropGone(context.store().requireDatabase(database), before.server().serverId(), result);
      }
      done.addAll(result.collections());
      Tick tick = result.lastLogTick();
      oldest = oldest == null || tick.compareTo(oldest) < 0 ? tick : oldest;
    }
    if (oldest == null) {
      throw new LockstepException(
          ErrorNumber.REPLICATION_NO_START_TICK, "no start tick: the leader has no database");
    }
    return new SyncResult(done, oldest);
  }

  /// Drops what came from this leader and is not there any more: the log that told of its end was
  /// missed. Not where only some collections are followed: it may have got another name there.
  private void dropGone(Database database, long leaderId, SyncResult result) {
    if (options.skipCreateDrop() || !(options.restriction() instanceof Restriction.Everything)) {
      return;
    }
    Set<String> present =
        result.collections().stream()
            .map(SyncResult.Collection::name)
            .collect(Collectors.toUnmodifiableSet());
    for (DocumentCollection collection : database.collections()) {
      AppliedPosition position = collection.appliedPosition();
      boolean isGone =
          position != null
              && position.leaderId() == leaderId
              && position.tick().compareTo(result.lastLogTick()) < 0
              && !collection.definition().properties().isSystem()
              && !present.contains(collection.name());
      if (isGone) {
        LOG.info(
            "collection '{}' of database '{}' is dropped: the leader has dropped it",
            collection.name(),
            database.name());
        database.dropCollection(collection, false);
      }
    }
  }

  /// The databases to synchronize. Those that only the leader has are made; those that only this
  /// server has are left alone: what is in them was never the leader's.
  private List<String> databases(LeaderClient leader, Consumer<String> note, Pause pause)
      throws InterruptedException {
    if (!scope.isGlobal()) {
      return List.of(scope.shownDatabase());
    }
    List<String> names = new ArrayList<>(repeating(leader::databases, note, pause));
    for (String name : names) {
      if (context.store().database(name) == null) {
        context.store().createDatabase(name);
      }
    }
    return names;
  }

  /// Brings one collection to a later state; see [MarkerApplication.Resynchronizer].
  void synchronizeOne(
      LeaderClient leader,
      Database database,
      DocumentCollection collection,
      Consumer<SyncJob> started,
      ApplierProgress progress,
      Pause pause)
      throws InterruptedException {
    String guid = collection.definition().globallyUniqueId();
    String remote = remoteDatabase(database.name());
    String name =
        repeating(() -> nameAtLeader(remote, guid), progress::failedConnect, pause).orElse(null);
    if (name == null) {
      LOG.info(
          "collection '{}' is not compared: the leader at {} has dropped it",
          collection.name(),
          leader.endpoint());
      return;
    }
    SyncOptions wish =
        (scope.isGlobal() ? options.withDatabase(null) : options)
            .withIncremental(true)
            .withRestriction(new Restriction.Only(Set.of(name)));
    context
        .follower()
        .syncForApplier(
            new SyncRequest(database.name(), wish, SyncRequest.Caller.STOCK, List.of(), 0),
            started);
  }

  private static void release(LeaderClient client, String batchId) throws InterruptedException {
    try {
      client.closeBatch(batchId);
    } catch (ReplicationException e) {
      LOG.info("a batch could not be ended, the leader does so itself: {}", e.getMessage());
    }
  }

  /// @throws LeaderUnavailableException also where the leader has lost the batch, as after a
  ///   restart
  private Optional<String> nameAtLeader(String database, String guid) throws InterruptedException {
    try (LeaderClient client = connect(database)) {
      BatchOpened batch = client.openBatch(BATCH_LEASE);
      try {
        return client
            .inventory(batch.id(), options.includeSystem(), options.includeFoxxQueues(), "")
            .collections()
            .stream()
            .filter(found -> found.globallyUniqueId().equals(guid) && !found.isDeleted())
            .map(InventoryCollection::name)
            .findFirst();
      } catch (LeaderRefusedException e) {
        throw e.status() == 404 ? LeaderUnavailableException.batchLost(e) : e;
      } finally {
        release(client, batch.id());
      }
    }
  }
}
