package dev.lockstep.replication.follower;

import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderMismatchException;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LeaderVersion;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import dev.lockstep.replication.protocol.ReplicationException;
import dev.lockstep.replication.protocol.ServerIdentity;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One job's dealings with its leader: which version it is, the batch and its lease, and what may
/// be repeated. Opened once; [#dump] belongs to the fetching thread, everything else to the job's.
final class LeaderSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderSession.class);

  private final LeaderClient leader;
  private final RetryPolicy retries;
  private final FollowerSettings settings;
  private LeaderVersion version = new LeaderVersion(0, 0, 0, "");
  private ServerIdentity server = new ServerIdentity("", 0, "");

  /// What the result reports; of the first batch, so that whoever tails from here misses nothing
  /// that a later batch did not contain either.
  private Tick lastLogTick = Tick.NONE;

  private volatile @Nullable BatchLease lease;

  LeaderSession(LeaderClient leader, RetryPolicy retries, FollowerSettings settings) {
    this.leader = leader;
    this.retries = retries;
    this.settings = settings;
  }

  /// Asks who the leader is, and opens a batch.
  ///
  /// @param ownServerId unsigned
  /// @throws ReplicationException if it cannot be reached or is none we may follow
  void open(long ownServerId) throws InterruptedException {
    // First the state, then the batch: leaders before 3.4 do not tell the batch's tick, and a tick
    // that is too old only makes tailing repeat what is there already.
    LoggerState state =
        retries.perform(settings.firstContactRetries(), _ -> true, leader::loggerState);
    server = state.server();
    LeaderVersion parsed = LeaderVersion.parse(server.version());
    if (parsed == null || !parsed.isSupported()) {
      throw LeaderMismatchException.incompatibleVersion(leader.endpoint(), server.version());
    }
    version = parsed;
    if (server.serverId() == ownServerId) {
      throw LeaderMismatchException.sameServer(leader.endpoint(), server.serverIdText());
    }
    BatchOpened batch = openBatch();
    lastLogTick = batch.lastTick() == null ? state.lastLogTick() : batch.lastTick();
    if (lastLogTick.equals(Tick.NONE)) {
      throw ProtocolViolationException.inResponse(leader.endpoint(), "leader tick is 0");
    }
  }

  /// Gives up the batch, if there is one, and opens another.
  void reopen() throws InterruptedException {
    closeBatch();
    openBatch();
  }

  private BatchOpened openBatch() throws InterruptedException {
    BatchOpened batch = repeating(() -> leader.openBatch(settings.batchLease()));
    lease = new BatchLease(leader, batch.id(), settings.batchLease());
    return batch;
  }

  private <T> T repeating(RetryPolicy.Call<T> call) throws InterruptedException {
    return retries.perform(settings.retriesMax(), _ -> true, call);
  }

  private String batchId() {
    BatchLease current = lease;
    if (current == null) {
      throw new IllegalStateException("no batch is open");
    }
    return current.batchId();
  }

  String endpoint() {
    return leader.endpoint();
  }

  ServerIdentity server() {
    return server;
  }

  Tick lastLogTick() {
    return lastLogTick;
  }

  /// @param onlyCollection the one collection of interest; empty = all
  Inventory inventory(boolean includeSystem, boolean includeFoxxQueues, String onlyCollection)
      throws InterruptedException {
    String restriction = version.restrictsInventory() || isLockstep() ? onlyCollection : "";
    return repeating(
        () -> leader.inventory(batchId(), includeSystem, includeFoxxQueues, restriction));
  }

  private boolean isLockstep() {
    return !leader.capabilities().isEmpty();
  }

  /// The best form this leader can dump in.
  DumpForm dumpForm() {
    if (leader.capabilities().contains(Capability.DUMP_STORED)) {
      return DumpForm.STORED;
    }
    return version.dumpsVelocyPack() ? DumpForm.VELOCYPACK : DumpForm.JSON;
  }

  /// Reads the next part of a collection.
  ///
  /// @throws RestartNeededException if an answer was lost and this leader cannot give it again, or
  ///   if the batch is gone
  DumpPage dump(String collection, long from, long chunkSize, boolean includeSystem)
      throws InterruptedException {
    boolean isFirst = from == 0;
    // A leader that keeps the position itself would go on behind the lost part, and nobody would
    // notice. The first part of a collection is no exception: the position has moved then, too.
    boolean canReplay = leader.capabilities().contains(Capability.DUMP_REPLAY);
    DumpRequest request =
        new DumpRequest(
            batchId(),
            collection,
            dumpForm(),
            from,
            LeaderClient.dumpLimit(lastLogTick),
            chunkSize,
            includeSystem,
            isFirst && version.mayNeedFlush());
    try {
      return retries.perform(
          settings.retriesMax(),
          failure -> canReplay || failure.isRequestUnseen(),
          () -> leader.dump(request));
    } catch (LeaderUnavailableException e) {
      if (canReplay || e.isRequestUnseen()) {
        throw e;
      }
      throw new RestartNeededException(e);
    } catch (LeaderRefusedException e) {
      BatchLease current = lease;
      if (e.status() == 404 || (current != null && current.isLost())) {
        throw new RestartNeededException(e);
      }
      throw e;
    }
  }

  /// The copy of the collection must begin anew, on a new batch.
  static final class RestartNeededException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ReplicationException why;

    RestartNeededException(ReplicationException why) {
      super(why);
      this.why = why;
    }

    /// What is thrown if it must not begin anew once more.
    ReplicationException why() {
      return why;
    }
  }

  /// Ends the batch. A failure is noted only: the lease ends it as well.
  void closeBatch() {
    BatchLease ending = lease;
    if (ending == null) {
      return;
    }
    lease = null;
    ending.close();
    boolean wasInterrupted = Thread.interrupted();
    try {
      // Once, and past the stop signal: a stopped job shall not leave its batch behind, nor wait
      // for
      // a leader that is gone.
      leader.closeBatch(ending.batchId());
    } catch (InterruptedException _) {
      wasInterrupted = true;
    } catch (RuntimeException e) {
      LOG.info("batch {} was not deleted on the leader: {}", ending.batchId(), e.getMessage());
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    try {
      closeBatch();
    } finally {
      leader.close();
    }
  }
}
