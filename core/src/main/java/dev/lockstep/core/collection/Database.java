package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeCodec;
import dev.lockstep.core.collection.UnreachableStorage.Kind;
import dev.lockstep.core.revision.RevisionSummaryEditor;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A database's handle; after the database was dropped its collections fail with 1203. Thread-safe.
public final class Database {
  private final DocumentStore store;
  private final long id;
  private final String name;

  // Written under the catalog's lock.
  private final Map<String, DocumentCollection> byName = new ConcurrentHashMap<>();
  private final Map<String, DocumentCollection> byId = new ConcurrentHashMap<>();
  private final Map<String, DocumentCollection> byGuid = new ConcurrentHashMap<>();
  private volatile boolean dropped;

  Database(DocumentStore store, long id, String name) {
    this.store = store;
    this.id = id;
    this.name = name;
  }

  public long id() {
    return id;
  }

  public String name() {
    return name;
  }

  /// Whether this is `_system`.
  public boolean isSystem() {
    return name.equals(DocumentStore.SYSTEM);
  }

  /// Sorted by name.
  public List<DocumentCollection> collections() {
    return byName.values().stream()
        .sorted(Comparator.comparing(collection -> collection.lastState().name()))
        .toList();
  }

  /// Null if there is none.
  public @Nullable DocumentCollection collection(String nameOrIdOrGuid) {
    DocumentCollection collection = byName.get(nameOrIdOrGuid);
    if (collection == null) {
      collection = byGuid.get(nameOrIdOrGuid);
    }
    return collection == null ? byId.get(nameOrIdOrGuid) : collection;
  }

  /// @throws dev.lockstep.core.LockstepException 1203
  public DocumentCollection requireCollection(String nameOrIdOrGuid) {
    DocumentCollection collection = collection(nameOrIdOrGuid);
    if (collection == null) {
      throw notFound(nameOrIdOrGuid);
    }
    return collection;
  }

  static LockstepException notFound(String name) {
    return new LockstepException(
        ErrorNumber.COLLECTION_NOT_FOUND, "collection or view not found: " + name);
  }

  /// @throws dev.lockstep.core.LockstepException 1207 for an existing name, 1208 for an illegal
  ///   one, 1621 for a schema that cannot be used
  public DocumentCollection createCollection(CollectionProperties properties) {
    NameRules.requireCollectionName(properties.name(), properties.isSystem());
    byte[] schema = CollectionSchema.accepted(properties.schema(), store.settings().rules());
    return create(properties.withSchema(schema), Durability.POWER_LOSS);
  }

  DocumentCollection create(CollectionProperties properties, Durability durability) {
    store.catalogLock().lock();
    try {
      requireExists();
      requireFree(properties.name());
      long collectionId = store.newId();
      CollectionState state =
          new CollectionState(
              collectionId,
              id,
              globallyUniqueId(collectionId, properties),
              store.newId(),
              properties,
              List.of(),
              false);
      byte[] row = CatalogRows.collection(state);
      store.trees().begin(state.generation(), new RevisionSummaryEditor());
      try (WriteBatch batch = store.engine().newBatch()) {
        batch.put(Keyspace.CATALOG, CatalogKey.of(CatalogKey.COLLECTION, collectionId), row);
        batch.appendChange(ChangeCodec.encode(new Change.CollectionCreated(id, collectionId, row)));
        store.gate().commitOrThrow(batch, durability);
      }
      DocumentCollection collection =
          new DocumentCollection(store, this, state, CollectionProgress.initial(collectionId));
      publish(collection);
      return collection;
    } finally {
      store.catalogLock().unlock();
    }
  }

  String globallyUniqueId(long collectionId, CollectionProperties properties) {
    return properties.isSystem()
        ? properties.name()
        : "h"
            + Long.toHexString(store.serverId()).toUpperCase(Locale.ROOT)
            + "/"
            + Long.toUnsignedString(collectionId);
  }

  private void requireExists() {
    if (dropped) {
      throw new LockstepException(ErrorNumber.DATABASE_NOT_FOUND, "database not found: " + name);
    }
  }

  private void requireFree(String collectionName) {
    if (byName.containsKey(collectionName)) {
      throw new LockstepException(
          ErrorNumber.DUPLICATE_NAME,
          "duplicate name: collection '" + collectionName + "' exists already");
    }
  }

  /// @throws dev.lockstep.core.LockstepException 11 for a system collection unless `allowSystem`
  public void dropCollection(DocumentCollection collection, boolean allowSystem) {
    CollectionState state = collection.lockForChange();
    try {
      if (state.properties().isSystem() && !allowSystem) {
        throw new LockstepException(
            ErrorNumber.FORBIDDEN, "forbidden: '" + state.name() + "' is a system collection");
      }
      store.catalogLock().lock();
      try {
        try (WriteBatch batch = store.engine().newBatch()) {
          deleteRows(batch, state);
          batch.appendChange(
              ChangeCodec.encode(
                  new Change.CollectionDropped(id, state.id(), state.globallyUniqueId())));
          store.gate().commitOrThrow(batch, Durability.POWER_LOSS);
        }
        unpublish(state);
        collection.publish(state.asDropped());
      } finally {
        store.catalogLock().unlock();
      }
    } finally {
      collection.unlock();
    }
    store.unreachable().purgeLater(state.generation(), Kind.GENERATION);
  }

  /// Everything that leads to a collection.
  static void deleteRows(WriteBatch batch, CollectionState state) {
    batch.delete(Keyspace.CATALOG, CatalogKey.of(CatalogKey.COLLECTION, state.id()));
    batch.delete(Keyspace.CATALOG, CatalogKey.of(CatalogKey.PROGRESS, state.id()));
    UnreachableStorage.declare(batch, state.generation(), Kind.GENERATION);
  }

  /// @throws dev.lockstep.core.LockstepException 11 for a system collection, 1207, 1208
  public void renameCollection(DocumentCollection collection, String newName) {
    NameRules.requireCollectionName(newName, false);
    CollectionState state = collection.lockForChange();
    try {
      if (state.properties().isSystem()) {
        throw new LockstepException(
            ErrorNumber.FORBIDDEN, "forbidden: '" + state.name() + "' is a system collection");
      }
      store.catalogLock().lock();
      try {
        requireExists();
        if (newName.equals(state.name())) {
          return;
        }
        requireFree(newName);
        CollectionState renamed = state.withProperties(state.properties().withName(newName));
        try (WriteBatch batch = store.engine().newBatch()) {
          batch.put(
              Keyspace.CATALOG,
              CatalogKey.of(CatalogKey.COLLECTION, state.id()),
              CatalogRows.collection(renamed));
          batch.appendChange(
              ChangeCodec.encode(
                  new Change.CollectionRenamed(
                      id, state.id(), state.globallyUniqueId(), state.name(), newName)));
          store.gate().commitOrThrow(batch, Durability.POWER_LOSS);
        }
        collection.publish(renamed);
        republish(state, collection);
      } finally {
        store.catalogLock().unlock();
      }
    } finally {
      collection.unlock();
    }
  }

  /// Starts a full copy of a leader's collection; it replaces nothing before [GenerationLoad#swap].
  ///
  /// @throws dev.lockstep.core.LockstepException 1208 for an illegal collection name
  public GenerationLoad beginLoad(ReplicatedCollection target) {
    NameRules.requireCollectionName(target.properties().name(), target.properties().isSystem());
    requireExists();
    return GenerationLoad.begin(store, this, target);
  }

  /// As [#beginLoad], but what is built outlives this process until [GenerationLoad#close] or
  /// [DocumentStore#discardLoads]: a half-built copy that was left behind, be it by another owner,
  /// is gone on with, indexes excepted. Then [GenerationLoad#count] says what is there; it may be
  /// of an earlier state of the leader's, so it is to be compared, and completed with
  /// [GenerationLoad#replace]. What another load is at work at is left alone.
  ///
  /// @param owner not 0
  /// @throws dev.lockstep.core.LockstepException 1208 for an illegal collection name
  public GenerationLoad resumeLoad(ReplicatedCollection target, long owner) {
    NameRules.requireCollectionName(target.properties().name(), target.properties().isSystem());
    requireExists();
    return GenerationLoad.resume(store, this, target, owner);
  }

  /// Under the catalog's lock, or before anyone else knows the database.
  void publish(DocumentCollection collection) {
    CollectionState state = collection.lastState();
    byId.put(Long.toUnsignedString(state.id()), collection);
    byGuid.put(state.globallyUniqueId(), collection);
    byName.put(state.name(), collection);
  }

  /// Under the catalog's lock: the collection goes by another name, id or globally unique id now.
  /// It can be found all the time.
  void republish(CollectionState old, DocumentCollection collection) {
    publish(collection);
    CollectionState now = collection.lastState();
    if (!old.name().equals(now.name())) {
      byName.remove(old.name());
    }
    if (!old.globallyUniqueId().equals(now.globallyUniqueId())) {
      byGuid.remove(old.globallyUniqueId());
    }
    if (old.id() != now.id()) {
      byId.remove(Long.toUnsignedString(old.id()));
    }
  }

  /// Under the catalog's lock.
  void unpublish(CollectionState state) {
    byName.remove(state.name());
    byGuid.remove(state.globallyUniqueId());
    byId.remove(Long.toUnsignedString(state.id()));
  }

  /// Under the catalog's lock: from here on no collection comes into being.
  void markDropped() {
    dropped = true;
  }

  boolean isDropped() {
    return dropped;
  }

  @Nullable DocumentCollection byGuid(String guid) {
    return byGuid.get(guid);
  }

  @Nullable DocumentCollection byName(String collectionName) {
    return byName.get(collectionName);
  }
}
