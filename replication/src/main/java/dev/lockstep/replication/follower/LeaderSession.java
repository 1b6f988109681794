package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.KeyChunk;
import dev.lockstep.replication.protocol.KeyChunkPart;
import dev.lockstep.replication.protocol.KeyRevision;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderMismatchException;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LeaderVersion;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import dev.lockstep.replication.protocol.ReplicationException;
import dev.lockstep.replication.protocol.RevisionBlocksRequest;
import dev.lockstep.replication.protocol.RevisionDocumentsRequest;
import dev.lockstep.replication.protocol.RevisionForm;
import dev.lockstep.replication.protocol.RevisionPage;
import dev.lockstep.replication.protocol.RevisionRangesRequest;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailRequest;
import dev.lockstep.replication.protocol.Transferred;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One job's dealings with its leader: which version it is, the batch and its lease, and what may
/// be repeated. Opened once. The calls inside a batch may be made by several threads at a time, but
/// [#dump] by one; opening, reopening and closing belong to the job's thread.
final class LeaderSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderSession.class);

  /// Keeps arithmetic on durations far from overflow.
  private static final long KEYS_DOCUMENTS_MAX = 1L << 40;

  private final LeaderClient leader;
  private final RetryPolicy retries;
  private final FollowerSettings settings;
  private final StopSignal stop;

  /// Whether an old leader is to empty its log before a batch is opened: a list of keys does not
  /// see what is in it. A dump does that by itself.
  private final boolean flushesFirst;

  private final BiConsumer<String, Tick> batchOpened;

  private LeaderVersion version = new LeaderVersion(0, 0, 0, "");
  private ServerIdentity server = new ServerIdentity("", 0, "");

  /// What the result reports; of the first batch, so that whoever tails from here misses nothing
  /// that a later batch did not contain either. Before it is opened: of the leader's state.
  private Tick lastLogTick = Tick.NONE;

  private volatile @Nullable BatchLease lease;

  /// Of the open batch; null where the leader does not tell it.
  private @Nullable Tick batchTick;

  private boolean isReopened;

  /// @param batchOpened told the id of each batch, and the tick that the result reports
  LeaderSession(
      LeaderClient leader,
      RetryPolicy retries,
      FollowerSettings settings,
      StopSignal stop,
      boolean flushesFirst,
      BiConsumer<String, Tick> batchOpened) {
    this.leader = leader;
    this.retries = retries;
    this.settings = settings;
    this.stop = stop;
    this.flushesFirst = flushesFirst;
    this.batchOpened = batchOpened;
  }

  /// Asks who the leader is.
  ///
  /// @param ownServerId unsigned
  /// @param isKnown whether it has been reached before: then it will come back, else a wrong
  ///   address is to be told soon
  /// @param collection that its digest is of interest of; empty = none
  /// @throws ReplicationException if it cannot be reached or is none we may follow
  LoggerState meet(long ownServerId, boolean isKnown, String collection)
      throws InterruptedException {
    LoggerState state =
        retries.perform(
            isKnown
                ? retries.retriesMax()
                : Math.min(settings.firstContactRetries(), retries.retriesMax()),
            _ -> true,
            () -> leader.loggerState(collection));
    server = state.server();
    LeaderVersion parsed = LeaderVersion.parse(server.version());
    if (parsed == null || !parsed.isSupported()) {
      throw LeaderMismatchException.incompatibleVersion(leader.endpoint(), server.version());
    }
    version = parsed;
    if (server.serverId() == ownServerId) {
      throw LeaderMismatchException.sameServer(leader.endpoint(), server.serverIdText());
    }
    lastLogTick = state.lastLogTick();
    return state;
  }

  /// Asks for the leader's state again, after [#meet].
  ///
  /// @param collection that its digest is of interest of
  /// @throws LeaderMismatchException if another server has taken its place
  LoggerState state(String collection) throws InterruptedException {
    LoggerState state = repeating(() -> leader.loggerState(collection));
    requireSame(state.server());
    return state;
  }

  /// Ticks of others mean nothing. Where there is a batch, they do not know it.
  private void requireSame(ServerIdentity now) {
    if (now.serverId() != server.serverId()) {
      throw LeaderMismatchException.otherServer(
          leader.endpoint(), now.serverIdText(), server.serverIdText());
    }
  }

  /// Reads what the change log tells about one collection between two ticks, in documents; needs no
  /// batch. For leaders with [Capability#TAIL_DOCUMENTS].
  ///
  /// @throws LeaderMismatchException if the leader was away, and another server is in its place
  TailPage changes(String collection, Tick from, Tick to, long chunkSize)
      throws InterruptedException {
    TailRequest request =
        new TailRequest(
            false,
            from,
            to,
            from,
            from,
            chunkSize,
            true,
            true,
            MarkerForm.DOCUMENTS,
            Duration.ZERO,
            false,
            collection);
    boolean[] isRepeated = {false};
    return repeating(() -> {
      if (isRepeated[0]) {
        requireSame(leader.loggerState().server());
      }
      isRepeated[0] = true;
      return leader.tail(request);
    });
  }

  /// Opens a batch, after [#meet]: leaders before 3.4 do not tell the batch's tick, and a tick that
  /// is too old only makes tailing repeat what is there already.
  ///
  /// @param leftBatch a batch that an earlier process has left open; empty = none. Ended here: its
  ///   snapshot keeps what the leader removes, and takes one of the places it has for batches
  /// @throws ReplicationException if the leader does not open one
  void open(String leftBatch) throws InterruptedException {
    if (!leftBatch.isEmpty()) {
      deleteBatch(leftBatch);
    }
    BatchOpened batch = openBatch();
    Tick told = batch.lastTick();
    if (told != null) {
      lastLogTick = told;
    }
    if (lastLogTick.equals(Tick.NONE)) {
      throw ProtocolViolationException.inResponse(leader.endpoint(), "leader tick is 0");
    }
    batchOpened.accept(batch.id(), lastLogTick);
  }

  /// Gives up the batch, if there is one, and opens another.
  void reopen() throws InterruptedException {
    closeBatch();
    batchOpened.accept(openBatch().id(), lastLogTick);
    isReopened = true;
  }

  /// Whether the batch is another than at the beginning, so that an earlier inventory is not of its
  /// state.
  boolean isReopened() {
    return isReopened;
  }

  private BatchOpened openBatch() throws InterruptedException {
    if (flushesFirst && version.mayNeedFlush()) {
      repeating(() -> {
        leader.flushLog();
        return true;
      });
    }
    BatchOpened batch = repeating(() -> leader.openBatch(settings.batchLease()));
    batchTick = batch.lastTick();
    lease = new BatchLease(leader, batch.id(), settings.batchLease());
    return batch;
  }

  private <T> T repeating(RetryPolicy.Call<T> call) throws InterruptedException {
    return retries.perform(retries.retriesMax(), _ -> true, call);
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

  /// Which changes of the leader the open batch contains; null where that is not told, or where the
  /// order of its log does not say it.
  @Nullable AppliedPosition position() {
    Tick tick = batchTick;
    return tick == null || !server.engine().equals(ServerIdentity.ENGINE)
        ? null
        : new AppliedPosition(server.serverId(), tick);
  }

  /// @param onlyCollection the one collection of interest; empty = all
  ///
  /// @throws RestartNeededException if the batch is gone
  Inventory inventory(boolean includeSystem, boolean includeFoxxQueues, String onlyCollection)
      throws InterruptedException {
    String restriction = version.restrictsInventory() || isLockstep() ? onlyCollection : "";
    return inBatch(
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
          retries.retriesMax(),
          failure -> canReplay || failure.isRequestUnseen(),
          () -> leader.dump(request));
    } catch (LeaderUnavailableException e) {
      if (canReplay || e.isRequestUnseen()) {
        throw e;
      }
      throw new RestartNeededException(e);
    } catch (LeaderRefusedException e) {
      throw lostBatchOr(e);
    }
  }

  /// What a refusal means: that the batch is gone, or what it says.
  private RuntimeException lostBatchOr(LeaderRefusedException refusal) {
    BatchLease current = lease;
    return refusal.status() == 404 || (current != null && current.isLost())
        ? new RestartNeededException(refusal)
        : refusal;
  }

  /// Performs a request that may be repeated as often as one likes.
  ///
  /// @throws RestartNeededException if the batch is gone
  private <T> T inBatch(RetryPolicy.Call<T> call) throws InterruptedException {
    try {
      return repeating(call);
    } catch (LeaderRefusedException e) {
      throw lostBatchOr(e);
    }
  }

  /// What the leader has announced; empty before the first answer.
  Set<Capability> announced() {
    return leader.capabilities();
  }

  /// Whether this leader may have revision trees.
  boolean hasRevisionTrees() {
    return version.hasRevisionTrees();
  }

  /// How many requests for documents the leader takes at a time.
  int documentRequestsMax() {
    return version.takesParallelDocumentRequests() || isLockstep()
        ? settings.comparison().documentRequestsMax()
        : 1;
  }

  /// @throws RestartNeededException if the batch is gone
  /// @throws LeaderRefusedException with status 501 if the collection has none
  RevisionTree revisionTree(String collection) throws InterruptedException {
    return inBatch(() -> leader.revisionTree(batchId(), collection));
  }

  /// Whether [#revisionBlocks] may be asked for.
  boolean hasRevisionBlocks() {
    return leader.capabilities().contains(Capability.REVISION_BLOCKS)
        && leader.capabilities().contains(Capability.COMPACT_REVISIONS);
  }

  /// @throws RestartNeededException if the batch is gone
  /// @throws LeaderRefusedException with status 501 if the collection has none
  RevisionBlockList revisionBlocks(String collection, List<RevisionRange> ranges, long countMax)
      throws InterruptedException {
    RevisionBlocksRequest request =
        new RevisionBlocksRequest(batchId(), collection, ranges, countMax);
    return inBatch(() -> leader.revisionBlocks(request));
  }

  private RevisionForm revisionForm() {
    if (leader.capabilities().contains(Capability.COMPACT_REVISIONS)) {
      return RevisionForm.COMPACT;
    }
    return version.listsVelocyPack() ? RevisionForm.VELOCYPACK : RevisionForm.JSON;
  }

  /// @throws RestartNeededException if the batch is gone
  RevisionPage revisionRanges(String collection, List<RevisionRange> ranges, Revision resume)
      throws InterruptedException {
    RevisionRangesRequest request =
        new RevisionRangesRequest(
            batchId(), collection, ranges, resume, version.listsHlc(), revisionForm());
    return inBatch(() -> leader.revisionRanges(request));
  }

  /// @throws RestartNeededException if the batch is gone
  FetchedDocuments revisionDocuments(String collection, long[] revisions, long chunkSize)
      throws InterruptedException {
    RevisionDocumentsRequest request =
        new RevisionDocumentsRequest(
            batchId(),
            collection,
            revisions,
            chunkSize,
            version.listsHlc(),
            revisionForm() == RevisionForm.COMPACT);
    return inBatch(() -> leader.revisionDocuments(request));
  }

  /// Has the leader make a list of a collection's keys, and waits for it.
  ///
  /// @param waitMax what the user allows; see [#waitMax]
  /// @throws RestartNeededException if the batch is gone
  KeysAnswer.Ready openKeys(String collection, Duration waitMax) throws InterruptedException {
    Tick to = LeaderClient.dumpLimit(lastLogTick);
    KeysAnswer.Ready quick =
        ready(inBatch(() -> leader.openKeys(batchId(), collection, to, true)), waitMax(waitMax, 0));
    return quick.id().isEmpty()
        ? ready(
            inBatch(() -> leader.openKeys(batchId(), collection, to, false)),
            waitMax(waitMax, quick.count()))
        : quick;
  }

  /// A short limit by the user must not fail what takes the leader long by nature: as stock
  /// followers, 80 µs a document.
  private Duration waitMax(Duration wanted, long documents) {
    Duration needed = Duration.ofNanos(Math.min(documents, KEYS_DOCUMENTS_MAX) * 80_000);
    Duration usual = settings.comparison().keysWaitLeast();
    Duration least = needed.compareTo(usual) > 0 ? needed : usual;
    return wanted.compareTo(least) > 0 ? wanted : least;
  }

  private KeysAnswer.Ready ready(KeysAnswer first, Duration waitMax) throws InterruptedException {
    KeysAnswer answer = first;
    Duration waited = Duration.ZERO;
    while (answer instanceof KeysAnswer.Pending pending) {
      if (waited.compareTo(waitMax) >= 0) {
        throw LeaderUnavailableException.jobTakesTooLong(leader.endpoint(), waitMax);
      }
      Duration pause = pollPause(waited);
      stop.pause(pause);
      waited = waited.plus(pause);
      answer = inBatch(() -> leader.pollKeys(pending));
    }
    return switch (answer) {
      case KeysAnswer.Ready ready -> ready;
      case KeysAnswer.Gone _ ->
          throw new RestartNeededException(LeaderUnavailableException.jobGone(leader.endpoint()));
      case KeysAnswer.Pending _ -> throw new IllegalStateException("still pending");
    };
  }

  /// Frequent at first, so that a small collection does not wait; as stock followers do.
  private static Duration pollPause(Duration waited) {
    long millis = waited.toMillis();
    return Duration.ofMillis(
        millis < 1000
            ? 100
            : millis < 5000 ? 200 : millis < 20_000 ? 500 : millis < 60_000 ? 1000 : 2000);
  }

  /// @throws RestartNeededException if the batch is gone
  List<KeyChunk> keyChunks(String keysId, String collection, int chunkSize)
      throws InterruptedException {
    return inBatch(() -> leader.keyChunks(keysId, collection, chunkSize));
  }

  /// @throws RestartNeededException if the batch is gone
  List<KeyRevision> chunkKeys(KeyChunkPart part) throws InterruptedException {
    return inBatch(() -> leader.chunkKeys(part));
  }

  /// @throws RestartNeededException if the batch is gone
  FetchedDocuments chunkDocuments(KeyChunkPart part, int[] positions, int offset)
      throws InterruptedException {
    return inBatch(() -> leader.chunkDocuments(part, positions, offset));
  }

  /// Ends a list of keys. A failure is noted only: it ends with the batch as well.
  void closeKeys(String keysId, String collection) throws InterruptedException {
    try {
      leader.closeKeys(keysId, collection);
    } catch (ReplicationException e) {
      LOG.info("keys {} were not deleted on the leader: {}", keysId, e.getMessage());
    }
  }

  /// What went over the wire so far.
  Transferred transferred() {
    return leader.transferred();
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
      // Past the stop signal: a stopped job shall not leave its batch behind.
      deleteBatch(ending.batchId());
    } catch (InterruptedException _) {
      wasInterrupted = true;
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// Once, so that nobody waits for a leader that is gone.
  private void deleteBatch(String id) throws InterruptedException {
    try {
      leader.closeBatch(id);
    } catch (RuntimeException e) {
      LOG.info("batch {} was not deleted on the leader: {}", id, e.getMessage());
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
