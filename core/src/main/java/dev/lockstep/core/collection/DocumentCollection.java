package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeCodec;
import dev.lockstep.core.collection.UnreachableStorage.Kind;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentChecksum;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionSummaryEditor;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A collection's handle. Stays valid over renaming, truncation and full synchronization; after the
/// collection was dropped every call fails with 1203. Thread-safe. Writers of one collection wait
/// for each other, readers never wait.
public final class DocumentCollection {
  private static final IndexDefinition PRIMARY =
      new IndexDefinition(
          0, "primary", IndexType.PRIMARY, List.of("_key"), true, false, false, true, null, null);

  private static final long EDGE_INDEX_ID = 1;

  private static final IndexDefinition EDGE =
      new IndexDefinition(
          EDGE_INDEX_ID,
          "edge",
          IndexType.EDGE,
          List.of("_from", "_to"),
          false,
          false,
          false,
          true,
          null,
          null);

  private static final int INDEX_ID_ATTEMPTS_MAX = 1000;
  private static final int TREE_ATTEMPTS_MAX = 3;

  /// The order in which everybody takes several collections' locks.
  static final Comparator<DocumentCollection> LOCKING =
      Comparator.comparing(collection -> collection.lockingRank, Long::compareUnsigned);

  private final DocumentStore store;
  private final Database database;
  private final LatestView view;

  /// Held by whoever writes documents or changes the definition.
  private final ReentrantLock lock = new ReentrantLock();

  /// Written under the lock, after the commit that makes it true.
  private volatile CollectionState state;

  /// Written under the lock, after the commit that makes it true.
  private volatile CollectionProgress progress;

  /// Written under the lock.
  private volatile @Nullable CollectionHold hold;

  /// What the schema was compiled to when it was first needed; read and written under the lock.
  private @Nullable CollectionSchema schema;

  /// The id it came into being with. It stays, whatever id the collection gets.
  private final long lockingRank;

  /// Used under the lock.
  private final RevisionCeiling ceiling = new RevisionCeiling();

  DocumentCollection(
      DocumentStore store, Database database, CollectionState state, CollectionProgress progress) {
    this.lockingRank = state.id();
    this.store = store;
    this.database = database;
    this.state = state;
    this.progress = progress;
    this.view = new LatestView(this, store);
  }

  public CollectionDefinition definition() {
    return state().definition(progress.lastKeyValue());
  }

  public String name() {
    return state().name();
  }

  /// Another one after a copy of a collection with another globally unique id has taken its place.
  public long id() {
    return state.id();
  }

  public CollectionType type() {
    return state().properties().type();
  }

  public Database database() {
    return database;
  }

  /// Number of documents.
  public long count() {
    return view.count();
  }

  /// The revision of the newest change, removals and truncation included.
  public Revision revision() {
    state();
    return new Revision(progress.newestRevision());
  }

  /// Null if there is none.
  public @Nullable Document document(String key) {
    return view.document(key);
  }

  /// The documents of `keys` in their order, null where there is none.
  public List<@Nullable Document> documents(List<String> keys) {
    List<@Nullable Document> documents = new ArrayList<>(keys.size());
    for (String key : keys) {
      documents.add(document(key));
    }
    return documents;
  }

  /// Carries the operations out in order, under one lock; each sees the effects of those before it.
  /// Results come in the same order. A refusal does not stop the following operations unless
  /// `options.atomic()`, or unless the storage refuses a commit.
  ///
  /// @throws LockstepException 1203, 1004 while the server takes no writes, 18 when another writer
  ///   takes too long; nothing was written then
  public List<WriteResult> write(List<DocumentWrite> operations, WriteOptions options) {
    requireWritable(options.origin());
    store.gate().checkOpen();
    if (operations.isEmpty()) {
      state();
      return List.of();
    }
    List<WriteResult> results;
    boolean sync;
    CollectionState current = lockForChange();
    try {
      // Once more: a hold may have begun while this writer waited.
      requireWritable(options.origin());
      WriteSession session = session(current, options, operations.size(), null);
      try {
        results = session.run(operations);
      } finally {
        progress = session.progress();
      }
      sync =
          session.wrote()
              && (options.durability() == Durability.POWER_LOSS
                  || current.properties().waitForSync());
    } finally {
      unlock();
    }
    if (sync) {
      // Not under the lock: writers that wait for the disk share one sync.
      store.gate().sync();
    }
    return results;
  }

  /// Under the lock.
  ///
  /// @param shared see [WriteSession]
  WriteSession session(
      CollectionState current, WriteOptions options, int operations, @Nullable WriteBatch shared) {
    return new WriteSession(
        store, current, schema(current, options), progress, ceiling, options, operations, shared);
  }

  /// What judges the documents of a write; null if nothing does. Under the lock.
  private @Nullable CollectionSchema schema(CollectionState current, WriteOptions options) {
    byte[] source = current.properties().schema();
    if (source == null || options.origin() != Origin.CLIENT) {
      return null;
    }
    CollectionSchema compiled = schema;
    if (compiled == null || compiled.source() != source) {
      compiled = CollectionSchema.ofStored(source, current.name(), store.settings().rules());
      schema = compiled;
    }
    return compiled.isActive() ? compiled : null;
  }

  /// @throws LockstepException 1004
  private void requireWritable(Origin origin) {
    if (origin != Origin.CLIENT) {
      return;
    }
    if (store.isReadOnly()) {
      throw new LockstepException(
          ErrorNumber.READ_ONLY, "read only: the server is in read-only mode");
    }
    CollectionHold current = hold;
    if (current != null && current.refusesClients()) {
      throw new LockstepException(
          ErrorNumber.READ_ONLY,
          "read only: collection '" + state.name() + "' " + current.reason());
    }
  }

  /// Refuses clients' document writes until the hold is closed.
  ///
  /// @param reason as the rest of a sentence that begins with the collection's name
  /// @throws LockstepException 28 if there is a hold already, 1203 after the drop
  public CollectionHold hold(String reason) {
    return hold(reason, CollectionHold.ClientWrites.REFUSED);
  }

  /// As [#hold(String)], but clients' writes may pass.
  public CollectionHold hold(String reason, CollectionHold.ClientWrites clientWrites) {
    lockForChange();
    try {
      CollectionHold current = hold;
      if (current != null) {
        throw new LockstepException(
            ErrorNumber.LOCKED, "locked: collection '" + state.name() + "' " + current.reason());
      }
      CollectionHold begun = new CollectionHold(this, reason, clientWrites);
      hold = begun;
      return begun;
    } finally {
      unlock();
    }
  }

  /// Whether somebody holds it.
  boolean isHeld() {
    return hold != null;
  }

  void endHold(CollectionHold ended) {
    lock.lock();
    try {
      if (hold == ended) {
        hold = null;
      }
    } finally {
      lock.unlock();
    }
  }

  public WriteResult write(DocumentWrite operation, WriteOptions options) {
    return write(List.of(operation), options).getFirst();
  }

  /// Removes every document at once, by a new generation. The key generator goes on where it was.
  ///
  /// @throws LockstepException 1203, 1004 while the collection takes no writes
  public void truncate(Durability durability) {
    truncate(durability, Origin.CLIENT, null);
  }

  /// As [#truncate(Durability)], because a leader did it.
  ///
  /// @param applied stored in the same commit
  public void truncateAsLeader(AppliedPosition applied) {
    truncate(Durability.PROCESS_CRASH, Origin.REPLICATION, applied);
  }

  void truncate(Durability durability, Origin origin, @Nullable AppliedPosition applied) {
    requireWritable(origin);
    CollectionState current = lockForChange();
    long oldGeneration = current.generation();
    try {
      requireWritable(origin);
      long generation = store.newId();
      List<StoredIndex> indexes = emptyCopies(current, generation);
      CollectionState truncated = current.withGeneration(generation, indexes);
      CollectionProgress now =
          progress.withNewestRevision(store.clock().next().value()).withApplied(applied);
      store.trees().begin(generation, new RevisionSummaryEditor());
      try (WriteBatch batch = store.engine().newBatch()) {
        putDefinition(batch, truncated);
        batch.put(Keyspace.CATALOG, CatalogKey.of(CatalogKey.PROGRESS, current.id()), now.encode());
        if (!indexes.isEmpty()) {
          UnreachableStorage.revoke(batch, generation);
        }
        UnreachableStorage.declare(batch, oldGeneration, Kind.GENERATION);
        batch.appendChange(
            ChangeCodec.encode(
                new Change.Truncated(current.databaseId(), current.id(), generation)));
        store.gate().commitOrThrow(batch, durability);
      }
      progress = now;
      publish(truncated);
    } finally {
      unlock();
    }
    store.unreachable().purgeLater(oldGeneration, Kind.GENERATION);
  }

  /// The same indexes for a new generation, already in the catalog under its still unreachable
  /// name.
  private List<StoredIndex> emptyCopies(CollectionState current, long generation) {
    if (current.indexes().isEmpty()) {
      return List.of();
    }
    List<StoredIndex> copies = new ArrayList<>();
    for (StoredIndex index : current.indexes()) {
      copies.add(new StoredIndex(index.definition(), store.newId(), store.indexKeyBytesMax()));
    }
    store.unreachable().declare(generation, Kind.GENERATION);
    putIndexes(store, generation, copies);
    return copies;
  }

  /// Writes the catalog rows of a generation's indexes, in as many commits as it takes.
  static void putIndexes(DocumentStore store, long generation, List<StoredIndex> indexes) {
    for (StoredIndex index : indexes) {
      try (WriteBatch batch = store.engine().newBatch()) {
        putIndex(batch, generation, index);
        store.gate().commitOrThrow(batch, Durability.PROCESS_CRASH);
      }
    }
  }

  private static void putIndex(WriteBatch batch, long generation, StoredIndex index) {
    batch.put(
        Keyspace.CATALOG,
        CatalogKey.of(CatalogKey.INDEX, generation, index.definition().id()),
        CatalogRows.index(index));
  }

  static void putDefinition(WriteBatch batch, CollectionState state) {
    batch.put(
        Keyspace.CATALOG,
        CatalogKey.of(CatalogKey.COLLECTION, state.id()),
        CatalogRows.collection(state));
  }

  /// Creates an index, or finds the existing one of the same definition. Writers of the collection
  /// wait until it is built; readers do not.
  ///
  /// @throws dev.lockstep.core.LockstepException 10 for an impossible definition, 1208 for an
  ///   illegal name, 1005 when id or name belong to another index, 1210 with the key when documents
  ///   violate it
  public EnsuredIndex ensureIndex(IndexDefinition wanted) {
    IndexDefinition completed = IndexRules.completed(wanted);
    CollectionState current = lockForChange();
    try {
      IndexDefinition same = IndexRules.same(completed, current.indexes());
      if (same != null) {
        return new EnsuredIndex(same, false);
      }
      IndexRules.requireRoom(completed, current.indexes());
      IndexDefinition definition =
          completed.withIdAndName(
              completed.id() == 0 ? unusedIndexId(current) : completed.id(),
              completed.name().isEmpty()
                  ? "idx_" + Long.toUnsignedString(store.clock().next().value())
                  : completed.name());
      StoredIndex index = new StoredIndex(definition, store.newId(), store.indexKeyBytesMax());
      create(current, index);
      return new EnsuredIndex(definition, true);
    } finally {
      unlock();
    }
  }

  private long unusedIndexId(CollectionState current) {
    // Ids that came from a leader may lie ahead of the local counter.
    for (int attempt = 0; attempt < INDEX_ID_ATTEMPTS_MAX; attempt++) {
      long id = store.newId();
      if (id > EDGE_INDEX_ID
          && current.indexes().stream().noneMatch(index -> index.definition().id() == id)) {
        return id;
      }
    }
    throw new IllegalStateException("no unused index id in collection '" + current.name() + "'");
  }

  private void create(CollectionState current, StoredIndex index) {
    boolean filled = index.isMaintained();
    if (filled) {
      store.unreachable().declare(index.objectId(), Kind.INDEX);
    }
    boolean created = false;
    try {
      if (filled) {
        new IndexBuild(store, current.generation(), List.of(index)).run((done, total) -> {}, 0);
      }
      List<StoredIndex> indexes = new ArrayList<>(current.indexes());
      indexes.add(index);
      sortById(indexes);
      try (WriteBatch batch = store.engine().newBatch()) {
        putIndex(batch, current.generation(), index);
        if (filled) {
          UnreachableStorage.revoke(batch, index.objectId());
        }
        batch.appendChange(
            ChangeCodec.encode(
                new Change.IndexCreated(
                    current.databaseId(),
                    current.id(),
                    index.definition().id(),
                    CatalogRows.index(index))));
        store.gate().commitOrThrow(batch, Durability.POWER_LOSS);
      }
      created = true;
      publish(current.withIndexes(indexes));
    } finally {
      if (filled && !created) {
        store.unreachable().purge(new UnreachableStorage.Item(index.objectId(), Kind.INDEX));
      }
    }
  }

  /// @return false if there is no such index
  /// @throws LockstepException 11 for the primary and the edge index
  public boolean dropIndex(long id) {
    CollectionState current = lockForChange();
    StoredIndex dropped = null;
    try {
      if (id == PRIMARY.id()
          || id == EDGE_INDEX_ID && current.properties().type() == CollectionType.EDGE) {
        throw new LockstepException(
            ErrorNumber.FORBIDDEN,
            "forbidden: the "
                + (id == PRIMARY.id() ? "primary" : "edge")
                + " index cannot be dropped");
      }
      List<StoredIndex> rest = new ArrayList<>();
      for (StoredIndex index : current.indexes()) {
        if (index.definition().id() == id) {
          dropped = index;
        } else {
          rest.add(index);
        }
      }
      if (dropped == null) {
        return false;
      }
      try (WriteBatch batch = store.engine().newBatch()) {
        batch.delete(Keyspace.CATALOG, CatalogKey.of(CatalogKey.INDEX, current.generation(), id));
        if (dropped.isMaintained()) {
          UnreachableStorage.declare(batch, dropped.objectId(), Kind.INDEX);
        }
        batch.appendChange(
            ChangeCodec.encode(new Change.IndexDropped(current.databaseId(), current.id(), id)));
        store.gate().commitOrThrow(batch, Durability.POWER_LOSS);
      }
      publish(current.withIndexes(rest));
    } finally {
      unlock();
    }
    if (dropped.isMaintained()) {
      store.unreachable().purgeLater(dropped.objectId(), Kind.INDEX);
    }
    return true;
  }

  /// Makes room for a leader's documents and indexes. Dropped are the indexes that have the name or
  /// the definition of a leader's index but are not exactly the same, and unique ones that the
  /// leader does not have, for they could forbid what it allows. A local index that only has the id
  /// of a leader's index gets another id. What is left are the leader's and local ones that forbid
  /// nothing.
  ///
  /// @param leaders the leader's indexes, without primary and edge index
  /// @return what was dropped
  public List<IndexDefinition> dropIndexesAgainst(List<IndexDefinition> leaders) {
    List<IndexDefinition> dropped = new ArrayList<>();
    for (StoredIndex index : state().indexes()) {
      switch (IndexRules.relation(index, leaders)) {
        case COMPATIBLE -> {}
        case SAME_ID -> changeIndexId(index.definition().id());
        case CONTRADICTORY -> {
          if (dropIndex(index.definition().id())) {
            dropped.add(index.definition());
          }
        }
      }
    }
    return dropped;
  }

  private void changeIndexId(long id) {
    CollectionState current = lockForChange();
    try {
      List<StoredIndex> indexes = new ArrayList<>();
      StoredIndex changed = null;
      for (StoredIndex index : current.indexes()) {
        IndexDefinition definition = index.definition();
        if (definition.id() == id) {
          changed =
              new StoredIndex(
                  definition.withIdAndName(unusedIndexId(current), definition.name()),
                  index.objectId(),
                  store.indexKeyBytesMax());
        } else {
          indexes.add(index);
        }
      }
      if (changed == null) {
        return;
      }
      indexes.add(changed);
      sortById(indexes);
      try (WriteBatch batch = store.engine().newBatch()) {
        batch.delete(Keyspace.CATALOG, CatalogKey.of(CatalogKey.INDEX, current.generation(), id));
        putIndex(batch, current.generation(), changed);
        batch.appendChange(
            ChangeCodec.encode(new Change.IndexDropped(current.databaseId(), current.id(), id)));
        batch.appendChange(
            ChangeCodec.encode(
                new Change.IndexCreated(
                    current.databaseId(),
                    current.id(),
                    changed.definition().id(),
                    CatalogRows.index(changed))));
        store.gate().commitOrThrow(batch, Durability.POWER_LOSS);
      }
      publish(current.withIndexes(indexes));
    } finally {
      unlock();
    }
  }

  private static void sortById(List<StoredIndex> indexes) {
    indexes.sort(Comparator.comparing(stored -> stored.definition().id(), Long::compareUnsigned));
  }

  /// Creates an index with a leader's id and name, unless exactly this one exists.
  ///
  /// @throws LockstepException 1005 if id or name belong to another index, 1210 with the key when
  ///   documents violate it
  public void ensureReplicatedIndex(IndexDefinition wanted) {
    CollectionState current = lockForChange();
    try {
      IndexDefinition definition = IndexRules.replicated(wanted, wanted.id());
      for (StoredIndex index : current.indexes()) {
        if (index.definition().equals(definition)) {
          return;
        }
      }
      IndexRules.requireRoom(definition, current.indexes());
      create(current, new StoredIndex(definition, store.newId(), store.indexKeyBytesMax()));
    } finally {
      unlock();
    }
  }

  /// Takes over what a leader says of its collection, but for name, type and key generator, which
  /// stay. A schema is kept as it is.
  public void adoptProperties(CollectionProperties leaders) {
    CollectionState current = lockForChange();
    try {
      CollectionProperties old = current.properties();
      change(
          current,
          new CollectionProperties(
              old.name(),
              old.type(),
              old.isSystem(),
              leaders.waitForSync(),
              old.keyOptions(),
              leaders.schema(),
              leaders.cacheEnabled(),
              leaders.syncByRevision(),
              leaders.usesRevisionsAsDocumentIds()));
    } finally {
      unlock();
    }
  }

  /// Makes the key generator go on after a number, even if no document has it.
  ///
  /// @param lastKeyValue the leader's [CollectionDefinition#lastKeyValue], unsigned
  public void continueKeysAfter(long lastKeyValue) {
    CollectionState current = lockForChange();
    try {
      boolean isUuid = current.properties().keyOptions().type() == KeyGeneratorType.UUID;
      if (isUuid || Long.compareUnsigned(lastKeyValue, progress.lastKeyValue()) <= 0) {
        return;
      }
      commitProgress(current, progress.withLastKeyValue(lastKeyValue));
    } finally {
      unlock();
    }
  }

  /// Up to where a leader's changes are contained; null where none was ever followed.
  public @Nullable AppliedPosition appliedPosition() {
    return progress.applied();
  }

  /// Notes that all of a leader's changes up to a position are contained.
  public void setAppliedPosition(AppliedPosition applied) {
    CollectionState current = lockForChange();
    try {
      commitProgress(current, progress.withApplied(applied));
    } finally {
      unlock();
    }
  }

  /// Under the lock.
  private void commitProgress(CollectionState current, CollectionProgress next) {
    try (WriteBatch batch = store.engine().newBatch()) {
      batch.put(Keyspace.CATALOG, CatalogKey.of(CatalogKey.PROGRESS, current.id()), next.encode());
      store.gate().commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
    progress = next;
  }

  /// Primary index first (id 0), then for edge collections the edge index (id 1), then the others.
  public List<IndexDefinition> indexesWithPrimary() {
    CollectionState current = state();
    List<IndexDefinition> definitions = new ArrayList<>();
    definitions.add(PRIMARY);
    if (current.properties().type() == CollectionType.EDGE) {
      definitions.add(EDGE);
    }
    for (StoredIndex index : current.indexes()) {
      definitions.add(index.definition());
    }
    return definitions;
  }

  /// Changes what can be changed.
  ///
  /// @param waitForSync null: as before
  /// @param cacheEnabled null: as before
  /// @param schema counts only if `schemaGiven`; null or an empty object: none. It holds for later
  ///   writes; documents that are there are not judged
  /// @throws dev.lockstep.core.LockstepException 1621 for a schema that cannot be used
  public void changeProperties(
      @Nullable Boolean waitForSync,
      @Nullable Boolean cacheEnabled,
      byte @Nullable [] schema,
      boolean schemaGiven) {
    // Not under the lock: writers need not wait for the compiler.
    byte[] accepted =
        schemaGiven ? CollectionSchema.accepted(schema, store.settings().rules()) : null;
    CollectionState current = lockForChange();
    try {
      CollectionProperties old = current.properties();
      CollectionProperties changed =
          new CollectionProperties(
              old.name(),
              old.type(),
              old.isSystem(),
              waitForSync == null ? old.waitForSync() : waitForSync,
              old.keyOptions(),
              schemaGiven ? accepted : old.schema(),
              cacheEnabled == null ? old.cacheEnabled() : cacheEnabled,
              old.syncByRevision(),
              old.usesRevisionsAsDocumentIds());
      change(current, changed);
    } finally {
      unlock();
    }
  }

  /// Under the lock.
  private void change(CollectionState current, CollectionProperties changed) {
    if (changed.equals(current.properties())) {
      return;
    }
    CollectionState next = current.withProperties(changed);
    try (WriteBatch batch = store.engine().newBatch()) {
      putDefinition(batch, next);
      batch.appendChange(
          ChangeCodec.encode(
              new Change.PropertiesChanged(
                  current.databaseId(), current.id(), CatalogRows.collection(next))));
      store.gate().commitOrThrow(batch, Durability.POWER_LOSS);
    }
    publish(next);
  }

  /// Reads every document. Unsigned 64 bits.
  public long checksum(boolean withRevisions, boolean withData) {
    DocumentChecksum checksum = new DocumentChecksum(withRevisions, withData);
    try (DocumentCursor cursor = view.byRevisionOnce(Revision.NONE)) {
      while (cursor.next()) {
        checksum.add(cursor.document().slice());
      }
    }
    return checksum.value();
  }

  /// The newest committed state; for short scans.
  public CollectionView view() {
    return view;
  }

  /// Counts the documents anew and repairs the stored count and fingerprint. Writers wait.
  ///
  /// @return the true count
  public long recalculateCount() {
    CollectionState current = lockForChange();
    try {
      long generation = current.generation();
      GenerationTotals found = new GenerationTotals();
      GenerationReader reader =
          new GenerationReader(store.engine(), store.documentRows(), generation);
      try (KeyCursor cursor = reader.byKey(null, null)) {
        while (cursor.next()) {
          found.inserted(cursor.key(), cursor.revision().value());
        }
      }
      GenerationTotals missing = found.minus(reader.count(), reader.fingerprint());
      if (missing.count() != 0 || missing.fingerprint() != 0) {
        try (WriteBatch batch = store.engine().newBatch()) {
          missing.addTo(batch, generation);
          store.gate().commitOrThrow(batch, Durability.PROCESS_CRASH);
        }
      }
      return found.count();
    } finally {
      unlock();
    }
  }

  /// Builds the revision tree anew from the data; writers go on meanwhile. Where all documents are
  /// replaced meanwhile, the new ones bring their tree along.
  ///
  /// @throws RevisionTreeException if no tree can take the revisions
  /// @throws LockstepException 1203 after the drop, 28 if so much was written meanwhile that it was
  ///   given up; a later attempt is made by itself
  public void rebuildRevisionTree() {
    for (int attempt = 0; attempt < TREE_ATTEMPTS_MAX; attempt++) {
      CollectionState seen = state();
      RevisionTrees.Rebuilt rebuilt;
      try {
        rebuilt = store.trees().rebuild(seen.generation());
      } catch (RevisionTreeException impossible) {
        if (isCurrent(seen)) {
          throw impossible;
        }
        rebuilt = RevisionTrees.Rebuilt.OBSOLETE;
      }
      if (!isCurrent(seen)) {
        // It may have been forgotten before it was built.
        store.trees().forget(seen.generation());
        state();
        return;
      }
      if (rebuilt == RevisionTrees.Rebuilt.DONE) {
        return;
      }
    }
    throw new LockstepException(
        ErrorNumber.LOCKED,
        "locked: collection '"
            + state.name()
            + "' was written to too much while its revision tree was built; it will be built in the"
            + " background");
  }

  /// @throws LockstepException 1203 after the drop
  CollectionState state() {
    return requireNotDropped(state);
  }

  /// The state even after the drop.
  CollectionState lastState() {
    return state;
  }

  private static CollectionState requireNotDropped(CollectionState state) {
    if (state.dropped()) {
      throw Database.notFound(state.name());
    }
    return state;
  }

  /// Whether the documents are still where `seen` says; false also after the drop, and then
  /// [#state] fails.
  boolean isCurrent(CollectionState seen) {
    CollectionState current = state;
    return current.generation() == seen.generation() && !current.dropped();
  }

  CollectionProgress progress() {
    return progress;
  }

  /// Takes the lock; the caller must [#unlock] unless this throws.
  ///
  /// @throws LockstepException 1203 after the drop, 18 when the lock is not to be had in time
  CollectionState lockForChange() {
    if (!lock.tryLock() && !awaitLock()) {
      throw new LockstepException(
          ErrorNumber.LOCK_TIMEOUT,
          "lock timeout: another writer has kept collection '"
              + state.name()
              + "' for "
              + store.settings().lockWaitMax().toSeconds()
              + " s");
    }
    CollectionState current = state;
    if (current.dropped()) {
      lock.unlock();
    }
    return requireNotDropped(current);
  }

  private boolean awaitLock() {
    try {
      return lock.tryLock(store.settings().lockWaitMax().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LockstepException(
          ErrorNumber.REQUEST_CANCELED,
          "canceled request: interrupted while waiting for another writer of collection '"
              + state.name()
              + "'",
          e);
    }
  }

  void unlock() {
    lock.unlock();
  }

  /// Under the lock, after the commit.
  void progressed(WriteSession session) {
    progress = session.progress();
  }

  /// Under the lock, after the commit.
  void publish(CollectionState next) {
    state = next;
  }

  /// Under the lock, after the commit.
  void publish(CollectionState next, CollectionProgress nextProgress) {
    progress = nextProgress;
    state = next;
  }
}
