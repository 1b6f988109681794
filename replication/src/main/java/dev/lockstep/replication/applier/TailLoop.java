package dev.lockstep.replication.applier;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.follower.Backoff;
import dev.lockstep.replication.protocol.ApplierOptions;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderMismatchException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LeaderVersion;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailPosition;
import dev.lockstep.replication.protocol.TailRequest;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fetches a leader's log, page after page, and gets over losing the leader for a while. Runs on a
/// thread of its own; others only [#stop] it.
final class TailLoop {
  private static final Logger LOG = LoggerFactory.getLogger(TailLoop.class);

  /// As stock followers stretch their pauses: after so many idle rounds, that many times the
  /// shortest one.
  private static final int[][] STRETCHES = {{60, 5}, {30, 3}, {15, 2}};

  private final LeaderClient leader;
  private final SyncOptions options;
  private final ApplierSettings settings;
  private final ApplierProgress progress;
  private final PageHandover handover;
  private final boolean isGlobal;
  private final long ownServerId;
  private final Tick begin;

  private Tick from;
  private Tick lastScanned = Tick.NONE;
  private ServerIdentity server;
  private int idleRounds;
  private boolean hasWarnedOfGap;
  private volatile boolean isStopped;

  /// @param server what the leader said it is; must stay the same
  /// @param begin the last tick that is here
  TailLoop(
      LeaderClient leader,
      ServerIdentity server,
      SyncOptions options,
      ApplierSettings settings,
      ApplierProgress progress,
      PageHandover handover,
      boolean isGlobal,
      long ownServerId,
      Tick begin) {
    this.leader = leader;
    this.server = server;
    this.options = options;
    this.settings = settings;
    this.progress = progress;
    this.handover = handover;
    this.isGlobal = isGlobal;
    this.ownServerId = ownServerId;
    this.begin = begin;
    this.from = begin;
  }

  /// Asks a leader who it is, and insists that it can be followed.
  ///
  /// @throws LockstepException 1403 for an unknown version, 1405 if it is this server
  static LoggerState identify(LeaderClient leader, long ownServerId) throws InterruptedException {
    LoggerState state = leader.loggerState();
    LeaderVersion version = LeaderVersion.parse(state.server().version());
    if (version == null || !version.isSupported()) {
      throw LeaderMismatchException.incompatibleVersion(
          leader.endpoint(), state.server().version());
    }
    if (state.server().serverId() == ownServerId) {
      throw LeaderMismatchException.sameServer(leader.endpoint(), state.server().serverIdText());
    }
    return state;
  }

  static boolean isLegacy(ServerIdentity server) {
    LeaderVersion version = LeaderVersion.parse(server.version());
    return version != null && !version.hasServerLog();
  }

  /// Hands pages over until it is stopped or fails for good.
  void run() {
    boolean goesOn = true;
    while (goesOn) {
      goesOn = step();
    }
  }

  /// Hands one page over, and waits after it if there is reason to.
  ///
  /// @return false if that was the last one
  boolean step() {
    try {
      if (isStopped) {
        return false;
      }
      long start = System.nanoTime();
      TailPage page = fetch();
      TailPosition position = page.position();
      progress.fetched(position.lastTick(), Duration.ofNanos(System.nanoTime() - start));
      requireNoGap(position);
      advance(position);
      if (!handover.put(page)) {
        return false;
      }
      boolean isEmpty = page.body().length == 0;
      idleRounds = isEmpty ? idleRounds + 1 : 0;
      return !isEmpty || position.hasMore() || canWait() || pause(idlePause(idleRounds));
    } catch (InterruptedException _) {
      // Stopped.
      return false;
    } catch (RuntimeException e) {
      if (!isStopped) {
        handover.fail(e);
      }
      return false;
    }
  }

  /// @throws LockstepException 1414 if changes after `from` are missing and that is not accepted
  private void requireNoGap(TailPosition position) {
    boolean isBehindUs = position.lastTick().compareTo(from) < 0;
    // A leader before 3.3 says "not present" also when there is nothing newer.
    boolean isGap =
        isLegacy(server)
            ? !position.isFromPresent() && !isBehindUs && !from.equals(position.lastTick())
            : !position.isFromPresent() || isBehindUs;
    if (!isGap) {
      return;
    }
    String sentence =
        "start tick not present: the log of the leader at "
            + leader.endpoint()
            + (isBehindUs
                ? " ends at tick "
                    + position.lastTick()
                    + ", before tick "
                    + from
                    + " that is here: it lost changes, or was restored from a backup"
                : " does not reach back to tick "
                    + from
                    + " any more; its newest is "
                    + position.lastTick());
    if (options.applier().requireFromPresent() || isBehindUs) {
      throw new LockstepException(
          ErrorNumber.REPLICATION_START_TICK_NOT_PRESENT,
          sentence
              + ". Synchronize again (incrementally) and start the applier at its 'lastLogTick',"
              + " or configure 'autoResync'");
    }
    if (!hasWarnedOfGap) {
      hasWarnedOfGap = true;
      LOG.warn("{}; it goes on with that gap, as configured ('requireFromPresent')", sentence);
    }
  }

  private void advance(TailPosition position) {
    boolean isLockstep = !leader.capabilities().isEmpty();
    Tick next = isLockstep ? position.lastScanned() : position.lastIncluded();
    if (next.compareTo(from) > 0) {
      from = next;
    }
    lastScanned = position.lastScanned();
  }

  private boolean canWait() {
    return leader.capabilities().contains(Capability.TAIL_WAIT);
  }

  private TailRequest request() {
    Duration half = options.requestTimeout().dividedBy(2);
    Duration longest = half.compareTo(settings.waitMax()) < 0 ? half : settings.waitMax();
    return new TailRequest(
        isGlobal,
        from,
        null,
        lastScanned,
        begin,
        options.chunkSize() == 0 ? settings.chunkSize() : options.chunkSize(),
        options.includeSystem(),
        options.includeFoxxQueues(),
        form(),
        canWait() ? longest : Duration.ZERO,
        isLegacy(server),
        "");
  }

  private MarkerForm form() {
    return leader.capabilities().contains(Capability.TAIL_STORED)
        ? MarkerForm.STORED
        : MarkerForm.JSON;
  }

  /// One page, however long the leader has to be waited for.
  private TailPage fetch() throws InterruptedException {
    ApplierOptions applier = options.applier();
    boolean isLost = false;
    for (int failures = 0; ; failures++) {
      try {
        if (isLost) {
          requireSame(identify(leader, ownServerId).server());
        }
        TailPage page = leader.tail(request());
        if (isLost) {
          progress.message(
              "following the leader at " + leader.endpoint() + " again, from tick " + from);
        }
        return page;
      } catch (LeaderUnavailableException e) {
        if (isStopped || failures >= applier.maxConnectRetries()) {
          throw e;
        }
        isLost = true;
        Duration pause = retryPause(settings, failures, applier);
        LOG.info(
            "leader not reached, attempt {} of {} follows in {} ms: {}",
            failures + 2,
            applier.maxConnectRetries() + 1,
            pause.toMillis(),
            e.getMessage());
        progress.failedConnect(
            "waiting for the leader, attempt "
                + (failures + 2)
                + " of "
                + (applier.maxConnectRetries() + 1)
                + ": "
                + e.getMessage());
        if (!pause(pause)) {
          throw e;
        }
      }
    }
  }

  /// Whoever comes back must be the one that went away: ticks of others mean nothing here.
  private void requireSame(ServerIdentity now) {
    if (now.serverId() != server.serverId()) {
      throw LeaderMismatchException.otherServer(
          leader.endpoint(), now.serverIdText(), server.serverIdText());
    }
    server = now;
  }

  /// @param failures in a row so far, from 0 on
  static Duration retryPause(ApplierSettings settings, int failures, ApplierOptions options) {
    Duration longest = Duration.ofMillis(Math.max(1, options.connectionRetryWaitTime().toMillis()));
    return Backoff.SYSTEM.before(failures + 1, settings.retryPauseFirst(), longest);
  }

  private Duration idlePause(int idleRounds) {
    Duration pause = options.applier().idleMinWaitTime();
    if (options.applier().adaptivePolling()) {
      for (int[] stretch : STRETCHES) {
        if (idleRounds > stretch[0]) {
          pause = pause.multipliedBy(stretch[1]);
          break;
        }
      }
      Duration longest = options.applier().idleMaxWaitTime();
      pause = pause.compareTo(longest) > 0 ? longest : pause;
    }
    if (pause.compareTo(settings.pauseMin()) < 0) {
      return settings.pauseMin();
    }
    return pause.compareTo(settings.pauseMax()) > 0 ? settings.pauseMax() : pause;
  }

  private boolean pause(Duration duration) throws InterruptedException {
    return handover.pause(duration.toNanos());
  }

  /// Ends the loop; also a request under way, since the caller closes the client.
  void stop() {
    isStopped = true;
    handover.close();
  }
}
