package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Small records, found by a number, that somebody above the store keeps in its catalog. Their form
/// is their owner's matter. All are in memory, too. Thread-safe.
public abstract sealed class CatalogRecords permits ApplierRecords, SyncJobRecords {
  private final DocumentStore store;
  private final byte kind;
  private final Map<Long, byte[]> records = new ConcurrentHashMap<>();

  /// @param kind of the catalog's rows
  CatalogRecords(DocumentStore store, byte kind) {
    this.store = store;
    this.kind = kind;
  }

  /// @param stored as read when the store was opened
  void load(Map<Long, byte[]> stored) {
    records.putAll(stored);
  }

  /// By number, ascending. Nobody changes the arrays.
  public Map<Long, byte[]> all() {
    return new TreeMap<>(records);
  }

  /// @return null if there is none
  public byte @Nullable [] get(long number) {
    return records.get(number);
  }

  /// Stores a record in place of the former one.
  public void put(long number, byte[] record, Durability durability) {
    try (WriteBatch batch = store.engine().newBatch()) {
      batch.put(Keyspace.CATALOG, CatalogKey.of(kind, number), record);
      store.gate().commitOrThrow(batch, durability);
    }
    records.put(number, record);
  }

  /// Forgets a record; one that is not there is fine.
  public void remove(long number) {
    try (WriteBatch batch = store.engine().newBatch()) {
      batch.delete(Keyspace.CATALOG, CatalogKey.of(kind, number));
      store.gate().commitOrThrow(batch, Durability.POWER_LOSS);
    }
    records.remove(number);
  }
}
