package dev.lockstep.replication.applier;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.protocol.LeaderConnector;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.SyncResult;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All appliers of this server: one per database and one for all of them together. Those of single
/// databases and the one for all exclude each other. Thread-safe.
public final class Appliers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Appliers.class);

  private final ApplierContext context;
  private final Applier global;

  /// Those that are being started, as often as somebody does it: they are not active yet, but the
  /// others must keep out already. Guarded by itself.
  private final List<Applier> starting = new ArrayList<>();

  /// How many synchronizations of all databases are under way. Guarded by [#starting].
  private int synchronizing;

  /// By database id: a database of the same name that comes later has nothing to do with it.
  private final Map<Long, Applier> byDatabase = new ConcurrentHashMap<>();

  /// @param server this one, as it shows itself
  public Appliers(
      DocumentStore store,
      LeaderConnector connector,
      ReplicationFollower follower,
      ServerIdentity server,
      InstantSource time,
      ApplierSettings settings) {
    this.context =
        new ApplierContext(
            store, connector, follower, server, time, settings, ApplierThreads.VIRTUAL);
    this.global = new Applier(context, ApplierScope.GLOBAL);
    follower.tailing(this::isTailing);
  }

  /// Starts those that are configured to start by themselves.
  public void start() {
    if (global.startsByItself()) {
      startQuietly(global, "all databases");
    }
    for (Database database : context.store().databases()) {
      Applier applier = of(database.name());
      if (applier.startsByItself()) {
        startQuietly(applier, database.name());
      }
    }
  }

  private void startQuietly(Applier applier, String name) {
    try {
      start(applier, null);
    } catch (LockstepException e) {
      LOG.error("applier of {} was not started: {}", name, e.getMessage());
    }
  }

  /// The applier of a database.
  ///
  /// @throws LockstepException 1228
  public Applier of(String database) {
    long id = context.store().requireDatabase(database).id();
    return byDatabase.computeIfAbsent(id, _ -> new Applier(context, new ApplierScope(database)));
  }

  /// The applier for all databases.
  public Applier global() {
    return global;
  }

  /// By database, sorted.
  public Map<String, ApplierState> states() {
    Map<String, ApplierState> states = new TreeMap<>();
    for (Database database : context.store().databases()) {
      states.put(database.name(), of(database.name()).state());
    }
    return states;
  }

  /// Those that have a configuration, by database; the one for all databases as `*`.
  public Map<String, ApplierState> configured() {
    Map<String, ApplierState> states = new TreeMap<>();
    if (global.isConfigured()) {
      states.put("*", global.state());
    }
    for (Database database : context.store().databases()) {
      Applier applier = of(database.name());
      if (applier.isConfigured()) {
        states.put(database.name(), applier.state());
      }
    }
    return states;
  }

  /// Begins to follow.
  ///
  /// @param from the last tick that is here already; null: where it stopped
  /// @throws LockstepException 1410 without configuration, 1411 while the other kind of applier
  ///   works, or all databases are synchronized
  public ApplierState start(Applier applier, @Nullable Tick from) {
    reserve(applier);
    try {
      return applier.start(from);
    } finally {
      release(applier);
    }
  }

  /// Follows a leader from scratch: forgets what was followed, synchronizes, and then tails.
  /// Returns when tailing has begun, or the synchronization has failed: the state says which.
  ///
  /// @throws LockstepException 1411 while the other kind of applier works, or all databases are
  ///   synchronized
  public ApplierState setUp(Applier applier, SyncOptions options) throws InterruptedException {
    Thread begun;
    reserve(applier);
    try {
      begun = applier.beginSetUp(options);
    } finally {
      release(applier);
    }
    return applier.awaitSetUp(begun);
  }

  /// Keeps the others from starting until this one is active, or has failed to start.
  private void reserve(Applier applier) {
    synchronized (starting) {
      if (synchronizing > 0) {
        throw running("all databases are being synchronized; wait until that is over");
      }
      if (applier == global ? isAnySingleActive() : isActive(global)) {
        throw running(
            applier == global
                ? "an applier of a single database is running; stop it first"
                : "the applier of all databases is running; stop it first");
      }
      starting.add(applier);
    }
  }

  private void release(Applier applier) {
    synchronized (starting) {
      starting.remove(applier);
    }
  }

  private static LockstepException running(String what) {
    return new LockstepException(
        ErrorNumber.REPLICATION_RUNNING,
        ErrorNumber.REPLICATION_RUNNING.defaultMessage() + ": " + what);
  }

  private boolean isAnySingleActive() {
    return byDatabase.values().stream().anyMatch(this::isActive);
  }

  private boolean isActive(Applier applier) {
    synchronized (starting) {
      return applier.isActive() || starting.contains(applier);
    }
  }

  /// Whether an applier writes into a database.
  public boolean isTailing(String database) {
    if (global.isActive()) {
      return true;
    }
    Database found = context.store().database(database);
    Applier applier = found == null ? null : byDatabase.get(found.id());
    return applier != null && applier.isActive();
  }

  /// Synchronizes all databases of a leader, one after the other; makes those that are missing
  /// here.
  ///
  /// @param onCancel told, as it goes on, what there is to be run to cancel it
  /// @return what was done, and the oldest of the ticks
  /// @throws LockstepException 1411 while an applier works; otherwise whatever ended it
  public SyncResult synchronizeAll(SyncOptions options, Consumer<Runnable> onCancel)
      throws InterruptedException {
    synchronized (starting) {
      if (isActive(global) || isAnySingleActive()) {
        throw running("an applier is running; stop it first");
      }
      synchronizing++;
    }
    CancellablePause pause = new CancellablePause();
    onCancel.accept(pause::cancel);
    LeaderAccess access = new LeaderAccess(context, ApplierScope.GLOBAL, options);
    try (var leader = access.connect()) {
      return access.synchronizeAll(
          leader,
          TailLoop.identify(leader, context.store().serverId()),
          options.incremental(),
          false,
          job -> onCancel.accept(job::cancel),
          LOG::info,
          pause);
    } catch (LeaderUnavailableException e) {
      pause.throwIfCancelled();
      throw e;
    } finally {
      synchronized (starting) {
        synchronizing--;
      }
    }
  }

  /// Stops all of them.
  @Override
  public void close() {
    try {
      global.stop();
      for (Applier applier : byDatabase.values()) {
        applier.stop();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LockstepException e) {
      LOG.warn("{}", e.getMessage());
    }
  }
}
