package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeCodec;
import dev.lockstep.core.changelog.ChangeLog;
import dev.lockstep.core.collection.UnreachableStorage.Kind;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/// Everything one server stores, above one [StorageEngine]. Thread-safe.
public final class DocumentStore implements AutoCloseable {
  /*
   * Locks, in the order they are taken: a collection's lock (writes, and changes of its definition),
   * then the catalog's (names of databases and collections). Readers take none. A change of the
   * catalog is committed first and published to the maps and states afterwards, so that nobody acts
   * on what a crash would undo.
   */

  /// The database that always exists.
  public static final String SYSTEM = "_system";

  private static final List<String> SYSTEM_COLLECTIONS =
      List.of(
          "_analyzers",
          "_appbundles",
          "_apps",
          "_aqlfunctions",
          "_frontend",
          "_graphs",
          "_jobs",
          "_queues");

  /// In the system database only.
  private static final List<String> SERVER_COLLECTIONS =
      List.of("_statistics", "_statistics15", "_statisticsRaw", "_users");

  private final StorageEngine engine;
  private final HybridLogicalClock clock;
  private final StoreSettings settings;
  private final ChangeLog changeLog;
  private final CommitGate gate;
  private final StoreIdentity identity;
  private final IdCounter ids;
  private final DocumentRows documentRows;
  private final LargeDocuments largeDocuments;
  private final SupersededDocuments superseded;
  private final UnreachableStorage unreachable;
  private final DocumentExpiry expiry;
  private final RevisionTrees trees;
  private final ApplierRecords applierRecords;
  private final SyncJobRecords syncJobRecords;

  /// Guards names of databases and collections.
  private final ReentrantLock catalogLock = new ReentrantLock();

  private final Map<String, Database> databasesByName = new ConcurrentHashMap<>();
  private final Map<Long, Database> databasesById = new ConcurrentHashMap<>();
  private volatile boolean readOnly;

  private DocumentStore(
      StorageEngine engine,
      HybridLogicalClock clock,
      StoreSettings settings,
      ChangeLog changeLog,
      CommitGate gate,
      StoreIdentity identity) {
    this.engine = engine;
    this.clock = clock;
    this.settings = settings;
    this.changeLog = changeLog;
    this.gate = gate;
    this.identity = identity;
    this.ids = new IdCounter(engine, gate, IdCounter.firstUnreserved(engine));
    this.documentRows = new DocumentRows(identity.chunkBytes());
    this.largeDocuments = new LargeDocuments(engine, gate, documentRows);
    this.superseded = new SupersededDocuments(engine, gate, identity.chunkBytes());
    this.unreachable =
        new UnreachableStorage(engine, gate, identity.indexKeyBytes(), this::forgetTree);
    this.expiry = new DocumentExpiry(this);
    this.trees = new RevisionTrees(engine, gate);
    this.applierRecords = new ApplierRecords(this);
    this.syncJobRecords = new SyncJobRecords(this);
  }

  /// Opens what the engine holds, or founds it: server id, `_system`, system collections. Purges
  /// what a crash left half-built. Starts no threads.
  ///
  /// @param engine closed by the caller, after this store
  /// @param clock the only source of revisions; later revisions exceed all stored ones
  /// @throws dev.lockstep.core.LockstepException if the format is newer than this program
  public static DocumentStore open(
      StorageEngine engine, HybridLogicalClock clock, StoreSettings settings) {
    ChangeLog changeLog = new ChangeLog(engine);
    CommitGate gate = new CommitGate(engine, changeLog);
    StoreIdentity identity = StoreIdentity.readOrFound(engine, gate, settings.random());
    DocumentStore store = new DocumentStore(engine, clock, settings, changeLog, gate, identity);
    store.load();
    return store;
  }

  private void load() {
    CatalogImage image = CatalogImage.read(engine, identity.indexKeyBytes());
    for (long[] rows : image.largeDocuments) {
      largeDocuments.removeChunks(rows[0], rows[1]);
    }
    unreachable.loadHalfBuilt(image.halfBuilt);
    for (UnreachableStorage.Item item : image.unreachable) {
      unreachable.purge(item);
    }
    image.databases.forEach((id, name) -> publish(new Database(this, id, name)));
    for (CollectionState state : image.collections.values()) {
      CollectionProgress progress = image.progressOf(state);
      clock.observe(new Revision(progress.newestRevision()));
      Database database = databasesById.get(state.databaseId());
      if (database == null) {
        // The database was dropped, and then its collections not all.
        purgeOrphan(state);
      } else {
        database.publish(new DocumentCollection(this, database, state, progress));
      }
    }
    applierRecords.load(image.appliers);
    syncJobRecords.load(image.syncJobs);
    Map<Long, Long> generations = generationsByCollection(image);
    trees.purgeUnknown(new HashSet<>(generations.values()));
    trees.load(changeLog, generations);
    boolean founding = databasesByName.isEmpty();
    if (founding) {
      commitDatabase(newId(), SYSTEM);
    }
    boolean complete = true;
    for (Database database : databases()) {
      complete &= !createSystemCollections(database);
    }
    if (!complete) {
      gate.sync();
    }
  }

  private void purgeOrphan(CollectionState state) {
    try (WriteBatch batch = engine.newBatch()) {
      Database.deleteRows(batch, state);
      gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
    unreachable.purge(new UnreachableStorage.Item(state.generation(), Kind.GENERATION));
  }

  /// Whether any had been missing.
  private boolean createSystemCollections(Database database) {
    boolean created = false;
    for (String name : SYSTEM_COLLECTIONS) {
      created |= createIfMissing(database, name);
    }
    if (database.isSystem()) {
      for (String name : SERVER_COLLECTIONS) {
        created |= createIfMissing(database, name);
      }
    }
    return created;
  }

  private static boolean createIfMissing(Database database, String name) {
    if (database.collection(name) != null) {
      return false;
    }
    database.create(
        CollectionProperties.of(name, CollectionType.DOCUMENT), Durability.PROCESS_CRASH);
    return true;
  }

  /// Random, 48 bits, never 0, the same for the life of the data.
  public long serverId() {
    return identity.serverId();
  }

  /// An id that was never given out before and never will be again: ids of collections, indexes,
  /// databases, jobs and batches and traditional keys come from this one counter.
  public long newId() {
    return ids.next();
  }

  public HybridLogicalClock clock() {
    return clock;
  }

  public StorageEngine engine() {
    return engine;
  }

  public ChangeLog changeLog() {
    return changeLog;
  }

  /// Forgets every change up to and including `upTo`, with what was kept for it. Ticks are not
  /// assigned again. One thread at a time.
  ///
  /// @throws LockstepException if the storage does not take it. Some may have gone then; the next
  ///   call goes on
  public void pruneChanges(Tick upTo) {
    changeLog.prune(upTo);
    superseded.prune(upTo);
  }

  /// The newest change; everything that was created or dropped up to it can be looked up here, or
  /// not, accordingly. Without this a reader of the log could meet a collection that is committed
  /// but not published yet, and take it for one that was dropped.
  public Tick publishedTick() {
    catalogLock.lock();
    try {
      return engine.closedTick();
    } finally {
      catalogLock.unlock();
    }
  }

  /// Makes readable what is in the change log.
  public ChangeLookup changeLookup() {
    return new ChangeLookup(this);
  }

  /// Of this server's follower role.
  public ApplierRecords applierRecords() {
    return applierRecords;
  }

  /// Of this server's follower role.
  public SyncJobRecords syncJobRecords() {
    return syncJobRecords;
  }

  /// Removes the half-built copies, see [Database#resumeLoad], of owners that will not complete
  /// them. None of them may be under construction.
  ///
  /// @param isGone whether an owner has no use for its copies any more
  public void discardLoads(LongPredicate isGone) {
    for (HalfBuilt known : unreachable.halfBuilt()) {
      if (isGone.test(known.owner())) {
        unreachable.purge(new UnreachableStorage.Item(known.generation(), Kind.HALF_BUILT));
      }
    }
  }

  /// Sorted by name.
  public List<Database> databases() {
    return databasesByName.values().stream().sorted(Comparator.comparing(Database::name)).toList();
  }

  /// Null if there is none.
  public @Nullable Database database(String name) {
    return databasesByName.get(name);
  }

  /// @throws dev.lockstep.core.LockstepException 1228
  public Database requireDatabase(String name) {
    Database database = database(name);
    if (database == null) {
      throw new LockstepException(ErrorNumber.DATABASE_NOT_FOUND, "database not found: " + name);
    }
    return database;
  }

  /// Null if there is none.
  public @Nullable Database databaseById(long id) {
    return databasesById.get(id);
  }

  /// Creates a database and its system collections.
  ///
  /// @throws dev.lockstep.core.LockstepException 1207 for an existing name, 1229 for an illegal one
  public Database createDatabase(String name) {
    NameRules.requireDatabaseName(name);
    catalogLock.lock();
    try {
      if (database(name) != null) {
        throw new LockstepException(
            ErrorNumber.DUPLICATE_NAME, "duplicate name: database '" + name + "' exists already");
      }
      Database database = commitDatabase(newId(), name);
      createSystemCollections(database);
      gate.sync();
      return database;
    } finally {
      catalogLock.unlock();
    }
  }

  private Database commitDatabase(long id, String name) {
    try (WriteBatch batch = engine.newBatch()) {
      batch.put(
          Keyspace.CATALOG, CatalogKey.of(CatalogKey.DATABASE, id), CatalogRows.database(name));
      batch.appendChange(ChangeCodec.encode(new Change.DatabaseCreated(id, name)));
      gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
    Database database = new Database(this, id, name);
    publish(database);
    return database;
  }

  private void publish(Database database) {
    databasesById.put(database.id(), database);
    databasesByName.put(database.name(), database);
  }

  /// @throws dev.lockstep.core.LockstepException 1228, or 11 for `_system`
  public void dropDatabase(String name) {
    Database database = requireDatabase(name);
    if (database.isSystem()) {
      throw new LockstepException(
          ErrorNumber.FORBIDDEN, "forbidden: the database " + SYSTEM + " cannot be dropped");
    }
    catalogLock.lock();
    try {
      if (databasesByName.get(name) != database) {
        throw new LockstepException(ErrorNumber.DATABASE_NOT_FOUND, "database not found: " + name);
      }
      try (WriteBatch batch = engine.newBatch()) {
        batch.delete(Keyspace.CATALOG, CatalogKey.of(CatalogKey.DATABASE, database.id()));
        batch.appendChange(ChangeCodec.encode(new Change.DatabaseDropped(database.id(), name)));
        gate.commitOrThrow(batch, Durability.POWER_LOSS);
      }
      databasesByName.remove(name);
      databasesById.remove(database.id());
      database.markDropped();
    } finally {
      catalogLock.unlock();
    }
    // Without the database's row nobody can see them; what a crash leaves, the next open drops.
    for (DocumentCollection collection : database.collections()) {
      try {
        database.dropCollection(collection, true);
      } catch (LockstepException e) {
        if (e.number() != ErrorNumber.COLLECTION_NOT_FOUND) {
          throw e;
        }
      }
    }
  }

  /// Writes into several collections of one database in one commit, as a leader's transaction did.
  /// Readers see all of it or nothing; in the change log it is a transaction, too.
  ///
  /// @param parts at least one, one per collection
  /// @param options its origin must be [Origin#REPLICATION]
  /// @throws LockstepException 32 if it does not fit into one commit; otherwise as
  ///   [DocumentCollection#write] or the first refusal. Nothing was written then
  public void writeTogether(List<CollectionWrites> parts, WriteOptions options) {
    if (options.origin() != Origin.REPLICATION || !options.atomic()) {
      throw new IllegalArgumentException("only a leader's transactions are written together");
    }
    gate.checkOpen();
    new JointWrite(this, parts, options).run();
  }

  /// One consistent state of everything. The caller closes it.
  public StoreSnapshot snapshot() {
    return trees.freeze((snapshot, frozen) ->
        new StoreSnapshot(snapshot, documentRows, identity.indexKeyBytes(), frozen));
  }

  /// Makes everything committed so far survive power loss.
  ///
  /// @throws LockstepException 1004 if the disk does not confirm it
  public void sync() {
    gate.sync();
  }

  /// Whether clients' document writes are refused with 1004.
  public boolean isReadOnly() {
    return readOnly;
  }

  /// Switches the server's read-only mode; it does not survive a restart. Operations on the catalog
  /// are the caller's to refuse.
  public void setReadOnly(boolean readOnly) {
    this.readOnly = readOnly;
  }

  /// Starts the threads that purge what nobody needs any more and remove expired documents.
  public void start() {
    unreachable.start();
    expiry.start();
    trees.start(this::generations);
  }

  /// Stops the threads. Leaves the engine open. What still waited for being purged is purged by the
  /// next open.
  @Override
  public void close() {
    try {
      expiry.stop();
      trees.stop();
      unreachable.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    trees.storeAll();
  }

  private static Map<Long, Long> generationsByCollection(CatalogImage image) {
    Map<Long, Long> generations = new HashMap<>();
    for (CollectionState state : image.collections.values()) {
      generations.put(state.id(), state.generation());
    }
    return generations;
  }

  /// Of all collections.
  private Collection<Long> generations() {
    List<Long> generations = new ArrayList<>();
    for (Database database : databases()) {
      for (DocumentCollection collection : database.collections()) {
        generations.add(collection.lastState().generation());
      }
    }
    return generations;
  }

  private void forgetTree(long generation) {
    trees.forget(generation);
  }

  RevisionTrees trees() {
    return trees;
  }

  StoreSettings settings() {
    return settings;
  }

  CommitGate gate() {
    return gate;
  }

  DocumentRows documentRows() {
    return documentRows;
  }

  LargeDocuments largeDocuments() {
    return largeDocuments;
  }

  SupersededDocuments superseded() {
    return superseded;
  }

  UnreachableStorage unreachable() {
    return unreachable;
  }

  DocumentExpiry expiry() {
    return expiry;
  }

  ReentrantLock catalogLock() {
    return catalogLock;
  }

  int indexKeyBytesMax() {
    return identity.indexKeyBytes();
  }
}
