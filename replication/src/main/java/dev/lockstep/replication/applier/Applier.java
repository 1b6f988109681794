package dev.lockstep.replication.applier;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.SyncOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows a leader into one database, or into all of them: configured, started and stopped by
/// users, and found again after a restart. Thread-safe.
public final class Applier {
  private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

  /// What a stop waits for: the changes that are being applied, or a synchronization's next step.
  private static final Duration STOP_WAIT_MAX = Duration.ofSeconds(60);

  /// How often the end of a synchronization is looked for.
  private static final Duration INITIAL_POLL = Duration.ofMillis(20);

  private final ApplierContext context;
  private final ApplierScope scope;
  private final ApplierProgress progress;

  /// One command at a time; not held while a run works.
  private final Object commands = new Object();

  private volatile @Nullable ApplierRun run;
  private volatile @Nullable Thread thread;

  Applier(ApplierContext context, ApplierScope scope) {
    this.context = context;
    this.scope = scope;
    this.progress =
        new ApplierProgress(context.time(), scope.isGlobal() ? "" : scope.shownDatabase());
    ApplierRecord stored = record();
    if (stored != null) {
      progress.at(stored);
    }
  }

  private @Nullable ApplierRecord record() {
    byte[] stored = context.store().applierRecords().get(scope.recordId(context.store()));
    return stored == null ? null : ApplierRecord.decode(stored);
  }

  private void store(ApplierRecord record) {
    context
        .store()
        .applierRecords()
        .put(scope.recordId(context.store()), record.encode(), Durability.POWER_LOSS);
  }

  public ApplierState state() {
    ApplierRecord stored = record();
    return progress.state(
        context.server(), stored == null ? "" : stored.options().endpoint(), scope.shownDatabase());
  }

  /// Asks the leader, within seconds, whether it has changes that are not here.
  ///
  /// @return null without configuration
  public @Nullable LeaderCheck checkLeader() throws InterruptedException {
    ApplierRecord stored = record();
    return stored == null
        ? null
        : new LeaderAccess(context, scope, stored.options()).check(stored, state().here());
  }

  /// Whether a run is under way, whatever it does.
  public boolean isActive() {
    return run != null;
  }

  /// Whether it has a configuration.
  public boolean isConfigured() {
    return record() != null;
  }

  /// Whether it is to be started with the server.
  boolean startsByItself() {
    ApplierRecord stored = record();
    return stored != null && stored.options().applier().autoStart();
  }

  /// The configuration; the defaults, without endpoint, where there is none.
  public SyncOptions configuration() {
    ApplierRecord stored = record();
    return stored == null ? SyncOptions.unconfigured() : stored.options();
  }

  /// Changes the configuration: what `changes` does not name stays as it is.
  ///
  /// @throws LockstepException 1411 while it runs, 400 or 1410 for what cannot be
  public SyncOptions configure(VPackSlice changes, SyncOptions.UnknownOptions unknownOptions) {
    synchronized (commands) {
      if (isActive()) {
        throw new LockstepException(ErrorNumber.REPLICATION_RUNNING);
      }
      ApplierRecord stored = record();
      VPackSlice whole = stored == null ? changes : merged(stored.options(), changes);
      SyncOptions options = SyncOptions.parse(whole, unknownOptions).options();
      store(stored == null ? ApplierRecord.configured(options) : stored.withOptions(options));
      return options;
    }
  }

  private static VPackSlice merged(SyncOptions options, VPackSlice changes) {
    VPackBuilder present = new VPackBuilder().openObject();
    options.renderWithSecrets(present);
    Map<String, VPackSlice> members = new LinkedHashMap<>();
    for (VPackMember member : present.close().toSlice().members()) {
      members.put(member.name(), member.value());
    }
    for (VPackMember member : changes.members()) {
      members.put(member.name(), member.value());
    }
    VPackBuilder merged = new VPackBuilder().openObject();
    members.forEach(merged::member);
    return merged.close().toSlice();
  }

  /// Begins to follow; one that does already goes on.
  ///
  /// @param from the last tick that is here already; null: where it stopped
  /// @throws LockstepException 1410 without configuration
  public ApplierState start(@Nullable Tick from) {
    synchronized (commands) {
      ApplierRecord stored = record();
      if (stored == null) {
        throw new LockstepException(
            ErrorNumber.REPLICATION_INVALID_APPLIER_CONFIGURATION,
            ErrorNumber.REPLICATION_INVALID_APPLIER_CONFIGURATION.defaultMessage()
                + ": no leader is configured for "
                + scope);
      }
      if (!isActive()) {
        begin(stored, from == null ? new ApplierRun.Start.Resume() : new ApplierRun.Start.At(from));
      }
      return state();
    }
  }

  /// Begins to follow a leader from scratch: forgets what was followed, synchronizes, and then
  /// tails.
  ///
  /// @return to be given to [#awaitSetUp]
  Thread beginSetUp(SyncOptions options) throws InterruptedException {
    synchronized (commands) {
      stop();
      ApplierRecord record = ApplierRecord.configured(options);
      store(record);
      return begin(record, new ApplierRun.Start.Initial());
    }
  }

  /// Returns when tailing has begun, or the synchronization has failed: the state says which.
  ApplierState awaitSetUp(Thread begun) throws InterruptedException {
    while (begun.isAlive() && progress.phase() == ApplierPhase.INITIAL) {
      begun.join(INITIAL_POLL);
    }
    return state();
  }

  private Thread begin(ApplierRecord record, ApplierRun.Start start) {
    ApplierRun begun = new ApplierRun(context, scope, record, progress);
    progress.started();
    progress.at(record);
    progress.phase(ApplierPhase.INITIAL, "applier starts");
    run = begun;
    Thread started = Thread.ofVirtual().name("applier-" + scope).start(() -> follow(begun, start));
    thread = started;
    return started;
  }

  private void follow(ApplierRun begun, ApplierRun.Start start) {
    String message = "applier shut down";
    try {
      begun.run(start);
    } catch (LockstepException e) {
      LOG.error("applier of {} has stopped: {}", scope, e.getMessage());
      progress.failed(e);
      message = "applier stopped by an error";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("applier of {} has failed", scope, e);
      progress.failed(
          new LockstepException(ErrorNumber.INTERNAL, "internal error: " + e.getClass().getName()));
      message = "applier stopped by an internal error";
    } finally {
      run = null;
      progress.phase(ApplierPhase.INACTIVE, message);
    }
  }

  /// Ends the run, if there is one, and waits for it.
  ///
  /// @throws LockstepException 1412 if it does not end in time; it ends later then
  public ApplierState stop() throws InterruptedException {
    synchronized (commands) {
      ApplierRun running = run;
      Thread ending = thread;
      if (running != null && ending != null) {
        progress.phase(ApplierPhase.SHUTDOWN, "applier is stopping");
        running.stop();
        if (!ending.join(STOP_WAIT_MAX)) {
          throw new LockstepException(
              ErrorNumber.REPLICATION_APPLIER_STOPPED,
              "replication stopped: the applier of "
                  + scope
                  + " is still applying after "
                  + STOP_WAIT_MAX.toSeconds()
                  + " s; it ends after that");
        }
      }
      return state();
    }
  }

  /// Ends the run and removes configuration and position.
  public ApplierState forget() throws InterruptedException {
    synchronized (commands) {
      stop();
      context.store().applierRecords().remove(scope.recordId(context.store()));
      progress.forgotten();
      return state();
    }
  }
}
