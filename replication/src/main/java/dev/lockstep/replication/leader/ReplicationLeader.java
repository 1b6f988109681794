package dev.lockstep.replication.leader;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LimitExceededException;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.CollectionDigest;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.ReplicatedNames;
import dev.lockstep.replication.protocol.ServerIdentity;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everything a follower may ask of this server. Thread-safe. Permissions are the caller's matter.
public final class ReplicationLeader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicationLeader.class);

  /// How often the newest tick is noted: how long followers are behind is known as precisely.
  private static final Duration NOTE_INTERVAL = Duration.ofSeconds(1);

  /// Notes until leases are looked at when nobody opens a batch, and the change log is shortened: a
  /// dead follower's snapshot outlives its lease by this at most.
  private static final int NOTES_PER_COLLECTION = 10;

  private final DocumentStore store;
  private final InstantSource time;
  private final LeaderSettings settings;
  private final ServerIdentity identity;
  private final ReplicationBatches batches;
  private final Followers followers;
  private final TickTimes times = new TickTimes();
  private final ChangePruning pruning;

  /// One permit per answer with documents or revisions in memory.
  private final Semaphore dumpsInFlight;

  private @Nullable Thread collector;

  public ReplicationLeader(DocumentStore store, InstantSource time, LeaderSettings settings) {
    this.store = store;
    this.time = time;
    this.settings = settings;
    this.identity = new ServerIdentity(settings.version(), store.serverId(), ServerIdentity.ENGINE);
    this.batches = new ReplicationBatches(store, time, settings);
    this.followers = new Followers(time, settings.followerTtl(), settings.followersMax());
    this.pruning =
        new ChangePruning(store, settings.retention(), time, times, this::oldestTickNeeded);
    this.dumpsInFlight = new Semaphore(settings.dumpsInFlightMax(), true);
  }

  /// Starts the thread that ends leases that ran out and shortens the change log.
  public synchronized void start() {
    if (collector == null) {
      collector = Thread.ofVirtual().name("replication-upkeep").start(this::collect);
    }
  }

  private void collect() {
    try {
      for (long round = 1; true; round++) {
        Thread.sleep(NOTE_INTERVAL);
        noteTick();
        if (round % NOTES_PER_COLLECTION == 0) {
          batches.collectExpired();
          pruneChanges();
        }
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  /// Remembers that the newest tick is the newest now.
  void noteTick() {
    times.note(store.engine().closedTick(), time.instant());
  }

  private void pruneChanges() {
    try {
      pruning.run();
    } catch (StorageException e) {
      LOG.error("the change log could not be shortened", e);
    }
  }

  /// See [LeaderSettings#quickKeysMax()].
  public long quickKeysMax() {
    return settings.quickKeysMax();
  }

  public ServerIdentity identity() {
    return identity;
  }

  /// The newest change; never 0, which followers take for an answer without sense. It survives
  /// power loss: a tick that a follower knows must never be assigned again, to another change.
  public Tick lastTick() {
    Tick tick = store.engine().closedTick();
    store.engine().sync();
    return atLeastOne(tick);
  }

  private static Tick atLeastOne(Tick tick) {
    return tick.equals(Tick.NONE) ? tick.next() : tick;
  }

  public LoggerState loggerState(FollowerIdentity follower) {
    followers.seen(follower);
    return loggerState();
  }

  /// As [#loggerState(FollowerIdentity)], with what a collection is in the same state, and without
  /// the list of clients. The follower may tail from there, as from the state of a batch.
  ///
  /// @param collection its name; there need not be one
  public LoggerState loggerState(FollowerIdentity follower, String collection) {
    CollectionDigest digest;
    Tick tick;
    try (StoreSnapshot snapshot = store.snapshot()) {
      tick = atLeastOne(snapshot.tick());
      CollectionView view = snapshot.collection(follower.database(), collection);
      digest =
          view == null || !view.definition().name().equals(collection)
              ? null
              : CollectionDigest.of(store.serverId(), tick, view);
    }
    followers.batchOpened(follower, tick);
    return new LoggerState(lastTick(), time.instant(), identity, List.of(), digest);
  }

  /// As told to nobody in particular.
  public LoggerState loggerState() {
    Tick tick = lastTick();
    return new LoggerState(tick, time.instant(), identity, followers.list(times));
  }

  /// The smallest tick a known follower may still ask for; null if none is known. The change log is
  /// kept from there.
  @Nullable Tick oldestTickNeeded() {
    return followers.oldestNeeded();
  }

  /// Opens a batch.
  ///
  /// @param withState whether the answer carries the logger state
  /// @throws LockstepException 32 if too many are open
  public BatchOpened openBatch(FollowerIdentity follower, Duration ttl, boolean withState) {
    ReplicationBatch batch = batches.open(ttl);
    // What a follower copies must not be lost here, for the same reason.
    store.engine().sync();
    Tick tick = atLeastOne(batch.tick());
    followers.batchOpened(follower, tick);
    LoggerState state =
        withState ? new LoggerState(tick, time.instant(), identity, followers.list(times)) : null;
    return new BatchOpened(batch.idText(), tick, state);
  }

  /// Prolongs a batch; see [ReplicationBatches].
  ///
  /// @throws LockstepException 404/1600 if there is no such batch
  public void extendBatch(FollowerIdentity follower, String id, Duration ttl) {
    batches.extend(id, ttl);
    followers.seen(follower);
  }

  /// @throws LockstepException 404/1600 if there is no such batch
  public void deleteBatch(FollowerIdentity follower, String id) {
    batches.delete(id);
    followers.seen(follower);
  }

  /// The open batches.
  public ReplicationBatches batches() {
    return batches;
  }

  /// Lists a database's collections in the state of a batch.
  ///
  /// @param onlyCollection name of the one to list; empty = all
  /// @throws LockstepException 404/1600 if there is no such batch
  public Inventory inventory(
      FollowerIdentity follower,
      String batchId,
      String database,
      boolean includeSystem,
      boolean includeFoxxQueues,
      String onlyCollection) {
    try (ReplicationBatches.Use use = batches.use(batchId)) {
      followers.seen(follower);
      return inventory(
          use.batch().snapshot(), database, includeSystem, includeFoxxQueues, onlyCollection);
    }
  }

  /// Lists the collections of all databases, by name of the database.
  public SortedMap<String, Inventory> inventoryOfAll(
      FollowerIdentity follower, String batchId, boolean includeSystem, boolean includeFoxxQueues) {
    try (ReplicationBatches.Use use = batches.use(batchId)) {
      followers.seen(follower);
      StoreSnapshot snapshot = use.batch().snapshot();
      SortedMap<String, Inventory> all = new TreeMap<>();
      for (String database : snapshot.databaseNames()) {
        all.put(database, inventory(snapshot, database, includeSystem, includeFoxxQueues, ""));
      }
      return all;
    }
  }

  private static Inventory inventory(
      StoreSnapshot snapshot,
      String database,
      boolean includeSystem,
      boolean includeFoxxQueues,
      String onlyCollection) {
    List<InventoryCollection> collections =
        snapshot.views(database).stream()
            .filter(view -> isListed(view, includeSystem, includeFoxxQueues, onlyCollection))
            .map(InventoryCollection::of)
            .sorted(Inventory.ORDER)
            .toList();
    return new Inventory(collections, 0, atLeastOne(snapshot.tick()));
  }

  private static boolean isListed(
      CollectionView view,
      boolean includeSystem,
      boolean includeFoxxQueues,
      String onlyCollection) {
    String name = view.definition().name();
    return (onlyCollection.isEmpty() || name.equals(onlyCollection))
        && ReplicatedNames.isReplicated(name, includeSystem, includeFoxxQueues);
  }

  /// Which collection of a batch a follower means.
  ///
  /// @param collection globally unique id, name or decimal id
  /// @return null if there is none
  /// @throws LockstepException 404/1600 if there is no such batch
  public @Nullable CollectionDefinition collection(
      String batchId, String database, String collection) {
    try (ReplicationBatches.Use use = batches.use(batchId)) {
      CollectionView view = use.batch().snapshot().collection(database, collection);
      return view == null ? null : view.definition();
    }
  }

  /// Answers a question about one collection in the state of a batch, which stays open meanwhile.
  /// Takes part in the limit of answers in memory.
  ///
  /// @param collection globally unique id, name or decimal id
  /// @throws LockstepException 404/1600 if there is no such batch, 404/1203 for an unknown
  ///   collection, 503 if too many answers are under way for longer than the settings allow
  public <T> T inBatch(
      FollowerIdentity follower,
      String batchId,
      String database,
      String collection,
      Function<CollectionView, T> question)
      throws InterruptedException {
    try (ReplicationBatches.Use use = batches.use(batchId)) {
      followers.seen(follower);
      CollectionView view = use.batch().snapshot().collection(database, collection);
      if (view == null) {
        throw new LockstepException(
            ErrorNumber.COLLECTION_NOT_FOUND, "collection or view not found: " + collection);
      }
      acquireAnswer();
      try {
        return question.apply(view);
      } finally {
        dumpsInFlight.release();
      }
    }
  }

  private void acquireAnswer() throws InterruptedException {
    if (!dumpsInFlight.tryAcquire(settings.dumpWaitMax().toMillis(), TimeUnit.MILLISECONDS)) {
      throw new LimitExceededException(
          ErrorNumber.HTTP_SERVICE_UNAVAILABLE,
          LeaderSettings.DUMPS_MAX_OPTION,
          settings.dumpsInFlightMax(),
          "as many dumps as are allowed are being sent already; try again later");
    }
  }

  /// An answer on its way; takes part in the limit of answers in memory until it is closed. Not
  /// thread-safe.
  ///
  /// @param <P> what is answered
  public final class InFlight<P> implements AutoCloseable {
    private final P part;
    private boolean isOver;

    private InFlight(P part) {
      this.part = part;
    }

    public P part() {
      return part;
    }

    /// Repeating is harmless.
    @Override
    public void close() {
      if (!isOver) {
        isOver = true;
        dumpsInFlight.release();
      }
    }
  }

  /// Reads the part of a collection that follows `parameters.from()`. Repeating a request gives the
  /// same part again. The caller closes the answer once it is sent.
  ///
  /// @param collection globally unique id, name or decimal id
  /// @throws LockstepException 404/1600 if there is no such batch, 400/400 for an unknown
  ///   collection or part, 503 if too many dumps are under way for longer than the settings allow
  public InFlight<DumpPart> dump(
      FollowerIdentity follower,
      String batchId,
      String database,
      String collection,
      DumpParameters parameters)
      throws InterruptedException {
    try (ReplicationBatches.Use use = batches.use(batchId)) {
      followers.seen(follower);
      CollectionView view = use.batch().snapshot().collection(database, collection);
      if (view == null) {
        throw new LockstepException(
            ErrorNumber.HTTP_BAD_PARAMETER, "replication dump - bad parameter");
      }
      acquireAnswer();
      boolean isDone = false;
      try {
        InFlight<DumpPart> inFlight =
            new InFlight<>(use.batch().cursor(view).read(parameters, settings.dumpPageBytesMax()));
        isDone = true;
        return inFlight;
      } finally {
        if (!isDone) {
          dumpsInFlight.release();
        }
      }
    }
  }

  /// Tells what happened after a tick. With a wait: as soon as there is something to tell.
  ///
  /// @throws LockstepException 1228 for an unknown database, 503 if too many answers are under way
  ///   for longer than the settings allow
  public InFlight<TailPart> tail(FollowerIdentity follower, TailParameters parameters)
      throws InterruptedException {
    if (parameters.form() == MarkerForm.DOCUMENTS) {
      // Of a synchronization, whose place is its batch's; an applier's may be another.
      followers.seen(follower);
    } else {
      followers.served(follower, atLeastOne(parameters.done()));
    }
    long end = System.nanoTime() + parameters.waitMax().toNanos();
    ChangeTail tail = new ChangeTail(store, parameters, settings.dumpPageBytesMax());
    while (true) {
      Tick last = store.publishedTick();
      // Before it is read: what a follower knows must not be lost here.
      store.engine().sync();
      acquireAnswer();
      boolean isKept = false;
      try {
        TailPart part = tail.read(last, atLeastOne(last));
        Duration left = Duration.ofNanos(end - System.nanoTime());
        boolean isOver =
            part.body().length() > 0
                || part.position().hasMore()
                || !part.position().isFromPresent()
                || !left.isPositive()
                || store.changeLog().isEnding();
        if (isOver) {
          isKept = true;
          return new InFlight<>(part);
        }
      } finally {
        if (!isKept) {
          dumpsInFlight.release();
        }
      }
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      store.changeLog().awaitAfter(last, left);
    }
  }

  /// Makes tails that wait answer now: the server ends.
  public void endTails() {
    store.changeLog().endWaiting();
  }

  /// Ends all batches and the thread.
  @Override
  public synchronized void close() {
    if (collector != null) {
      collector.interrupt();
      collector = null;
    }
    batches.close();
  }
}
