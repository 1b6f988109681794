package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What the follower role keeps about appliers, one record per database. The form of a record is
/// its owner's matter. Thread-safe.
public final class ApplierRecords {
  /// The record of an applier that follows all databases.
  public static final long ALL_DATABASES = 0;

  private final DocumentStore store;
  private final Map<Long, byte[]> records = new ConcurrentHashMap<>();

  ApplierRecords(DocumentStore store) {
    this.store = store;
  }

  /// @param stored as read when the store was opened
  void load(Map<Long, byte[]> stored) {
    records.putAll(stored);
  }

  /// By database id. Nobody changes the arrays.
  public Map<Long, byte[]> all() {
    return new TreeMap<>(records);
  }

  /// @return null if there is none
  public byte @Nullable [] get(long databaseId) {
    return records.get(databaseId);
  }

  /// Stores a record in place of the former one.
  public void put(long databaseId, byte[] record, Durability durability) {
    try (WriteBatch batch = store.engine().newBatch()) {
      batch.put(Keyspace.CATALOG, CatalogKey.of(CatalogKey.APPLIER, databaseId), record);
      store.gate().commitOrThrow(batch, durability);
    }
    records.put(databaseId, record);
  }

  /// Forgets a record; one that is not there is fine.
  public void remove(long databaseId) {
    try (WriteBatch batch = store.engine().newBatch()) {
      batch.delete(Keyspace.CATALOG, CatalogKey.of(CatalogKey.APPLIER, databaseId));
      store.gate().commitOrThrow(batch, Durability.POWER_LOSS);
    }
    records.remove(databaseId);
  }
}
