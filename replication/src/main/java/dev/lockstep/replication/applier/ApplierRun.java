package dev.lockstep.replication.applier;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.follower.SyncJob;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderMismatchException;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.Marker;
import dev.lockstep.replication.protocol.MarkerReader;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailPosition;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One run of an applier, from start to stop or failure. Its thread calls [#run]; any thread may
/// [#stop] it.
final class ApplierRun {
  private static final Logger LOG = LoggerFactory.getLogger(ApplierRun.class);

  /// How a run begins.
  sealed interface Start {
    /// With a synchronization of everything that is followed.
    record Initial() implements Start {}

    /// After a tick that the user names.
    record At(Tick tick) implements Start {}

    /// Where the last run stopped.
    record Resume() implements Start {}
  }

  private final ApplierContext context;
  private final ApplierScope scope;
  private final ApplierProgress progress;
  private final LeaderAccess access;
  private final LeaderClient leader;

  // Used by the run's thread only.
  private ApplierRecord record;
  private long persistedAt;

  /// Whether the next synchronization repairs what an earlier one brought: by differences then.
  private boolean isResync;

  private final Object monitor = new Object();

  // Guarded by the monitor.
  private boolean isStopped;
  private @Nullable TailLoop loop;
  private @Nullable SyncJob job;

  ApplierRun(
      ApplierContext context, ApplierScope scope, ApplierRecord record, ApplierProgress progress) {
    this.context = context;
    this.scope = scope;
    this.record = record;
    this.progress = progress;
    this.access = new LeaderAccess(context, scope, record.options());
    this.leader = access.connect();
  }

  private SyncOptions options() {
    return record.options();
  }

  /// Follows until it is stopped.
  ///
  /// @throws LockstepException what ended it, if it was not [#stop]
  void run(Start start) throws InterruptedException {
    try {
      follow(start);
    } catch (LockstepException e) {
      if (!isStopped()) {
        throw e;
      }
    } finally {
      leader.close();
    }
  }

  private void follow(Start start) throws InterruptedException {
    Start next = start;
    int quickRuns = 0;
    while (!isStopped()) {
      long began = System.nanoTime();
      try {
        begin(next);
        tail();
      } catch (LockstepException e) {
        if (isStopped() || !options().applier().autoResync() || !isGap(e)) {
          throw e;
        }
        boolean wasQuick = System.nanoTime() - began < context.settings().quickRun().toNanos();
        quickRuns = wasQuick ? quickRuns + 1 : 1;
        if (quickRuns > options().applier().autoResyncRetries()) {
          throw e;
        }
        LOG.warn(
            "applier of {} compares everything again, as configured ('autoResync'): {}",
            scope,
            e.getMessage());
        progress.resynced();
        progress.message("resynchronizing: " + e.getMessage());
        next = new Start.Initial();
        isResync = true;
      }
    }
  }

  /// Whether comparing everything again would help.
  private static boolean isGap(LockstepException e) {
    return switch (e.number()) {
      case REPLICATION_START_TICK_NOT_PRESENT,
          REPLICATION_NO_START_TICK,
          COLLECTION_NOT_FOUND,
          DATABASE_NOT_FOUND ->
          true;
      default -> false;
    };
  }

  private void begin(Start start) throws InterruptedException {
    switch (start) {
      case Start.Initial _ -> {
        progress.phase(
            ApplierPhase.INITIAL,
            "synchronizing everything that is followed with the leader at " + leader.endpoint());
        LoggerState before = identify();
        Tick tick =
            access
                .synchronizeAll(
                    leader,
                    before,
                    isResync || options().incremental(),
                    true,
                    this::adopt,
                    progress::failedConnect,
                    this::pause)
                .lastLogTick();
        record = record.startingAt(before.server().serverId(), tick);
        context.store().sync();
        persist(Durability.POWER_LOSS);
      }
      case Start.At(Tick tick) -> {
        record = record.startingAt(identify().server().serverId(), tick);
        persist(Durability.POWER_LOSS);
      }
      case Start.Resume _ -> {
        if (record.leaderId() == 0) {
          throw new LockstepException(
              ErrorNumber.REPLICATION_NO_START_TICK,
              "no start tick: nothing was followed yet; give the tick of a synchronization"
                  + " ('lastLogTick'), or set the replication up");
        }
      }
    }
    progress.at(record);
  }

  private LoggerState identify() throws InterruptedException {
    LoggerState state = access.identifying(leader, progress, this::pause);
    progress.contacted();
    return state;
  }

  private boolean pause(Duration duration) throws InterruptedException {
    synchronized (monitor) {
      long end = System.nanoTime() + duration.toNanos();
      while (!isStopped) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          break;
        }
        monitor.wait(left);
      }
      return !isStopped;
    }
  }

  /// A synchronization on the run's behalf begins; there is one at a time.
  private void adopt(SyncJob begun) {
    synchronized (monitor) {
      job = begun;
      if (isStopped) {
        begun.cancel();
      }
    }
  }

  // Tailing.

  private void tail() throws InterruptedException {
    LoggerState state = identify();
    ServerIdentity server = state.server();
    if (server.serverId() != record.leaderId()) {
      throw LeaderMismatchException.otherServer(
          leader.endpoint(), server.serverIdText(), Long.toUnsignedString(record.leaderId()));
    }
    boolean isLegacy = TailLoop.isLegacy(server);
    if (isLegacy && scope.isGlobal()) {
      throw new LockstepException(
          ErrorNumber.NOT_IMPLEMENTED,
          "not implemented: leaders before 3.3 (this is "
              + server.version()
              + ") can be followed"
              + " database by database only");
    }
    PageHandover handover = new PageHandover();
    TailLoop fetching =
        new TailLoop(
            leader,
            server,
            options(),
            context.settings(),
            progress,
            handover,
            scope.isGlobal(),
            context.store().serverId(),
            record.safeResume());
    synchronized (monitor) {
      if (isStopped) {
        return;
      }
      loop = fetching;
    }
    progress.phase(
        ApplierPhase.RUNNING,
        "following the leader at " + leader.endpoint() + " from tick " + record.safeResume());
    CollectionSelection selection = new CollectionSelection(options(), record.decided());
    try (ApplierThreads.Fetching pages =
            context.threads().fetch("applier-fetch-" + scope, fetching, handover);
        FollowedCollections followed =
            new FollowedCollections(leader.endpoint(), context.settings().clientWrites());
        MarkerApplication application =
            new MarkerApplication(
                context.store(),
                scope.database(context.store()),
                options(),
                context.settings(),
                record.leaderId(),
                !isLegacy && server.engine().equals(ServerIdentity.ENGINE),
                record.applied(),
                selection,
                followed,
                this::resynchronize,
                context.threads().writers())) {
      holdAll(followed, selection);
      while (true) {
        TailPage page = pages.take();
        if (page == null) {
          break;
        }
        apply(page, application, selection);
      }
      persist(Durability.PROCESS_CRASH);
    }
  }

  /// Those that another server's collection was copied to.
  private void holdAll(FollowedCollections followed, CollectionSelection selection) {
    for (Database database : scope.databases(context.store())) {
      for (DocumentCollection collection : database.collections()) {
        if (collection.appliedPosition() != null
            && selection.includes(collection.definition().globallyUniqueId(), collection.name())) {
          followed.hold(collection);
        }
      }
    }
  }

  private void apply(TailPage page, MarkerApplication application, CollectionSelection selection)
      throws InterruptedException {
    TailPosition position = page.position();
    long start = System.nanoTime();
    long documents = application.documents();
    long removals = application.removals();
    long excluded = application.excluded();
    long events = 0;
    Tick applied = record.applied();
    MarkerReader reader = new MarkerReader(leader.endpoint(), page);
    for (Marker marker = reader.next(); marker != null; marker = reader.next()) {
      if (isStopped()) {
        break;
      }
      application.apply(marker);
      events++;
      if (marker.tick().compareTo(applied) > 0) {
        applied = marker.tick();
      }
      if (application.takeCatalogChange()) {
        application.flush();
        moveTo(applied, applied, application, selection);
        persist(Durability.PROCESS_CRASH);
      }
    }
    application.flush();
    if (!isStopped()) {
      Tick processed = position.lastScanned();
      moveTo(
          applied, processed.compareTo(applied) > 0 ? processed : applied, application, selection);
    }
    if (events > 0) {
      progress.applied(
          events,
          application.documents() - documents,
          application.removals() - removals,
          application.excluded() - excluded,
          Duration.ofNanos(System.nanoTime() - start));
    }
    if (System.nanoTime() - persistedAt >= context.settings().persistInterval().toNanos()) {
      persist(Durability.PROCESS_CRASH);
    }
  }

  private void moveTo(
      Tick applied, Tick processed, MarkerApplication application, CollectionSelection selection) {
    // What was looked through and told nothing need not be looked through again; but an old
    // leader's transaction may have begun before it.
    record =
        record
            .at(applied, processed, application.safeResume(processed))
            .withDecided(selection.decided());
    progress.at(record);
  }

  private void resynchronize(Database database, DocumentCollection collection)
      throws InterruptedException {
    progress.message("comparing collection '" + collection.name() + "' with the leader's");
    access.synchronizeOne(leader, database, collection, this::adopt, progress, this::pause);
    progress.resynced();
  }

  private void persist(Durability durability) {
    byte[] encoded = record.encode();
    byte[] stored = context.store().applierRecords().get(scope.recordId(context.store()));
    if (stored == null || !Arrays.equals(stored, encoded)) {
      context.store().applierRecords().put(scope.recordId(context.store()), encoded, durability);
    }
    persistedAt = System.nanoTime();
  }

  private boolean isStopped() {
    synchronized (monitor) {
      return isStopped;
    }
  }

  /// Ends the run after what it is applying. Does not wait.
  void stop() {
    SyncJob running;
    synchronized (monitor) {
      isStopped = true;
      monitor.notifyAll();
      if (loop != null) {
        loop.stop();
      }
      running = job;
    }
    if (running != null) {
      // One that is over stays as it is.
      running.cancel();
    }
    leader.close();
  }
}
