package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.WriteBatch;

/// The one source of ids. Reserves them in blocks: what a block holds when the process ends is
/// skipped, never given out twice. Thread-safe.
final class IdCounter {
  /// One synced commit per that many ids; so many are lost by a restart, of 2^64.
  static final long BLOCK = 1 << 16;

  private final StorageEngine engine;
  private final CommitGate gate;

  /// Both guarded by `this`; next <= reserved.
  private long next;

  private long reserved;

  /// @param next the first id not reserved by anyone before
  IdCounter(StorageEngine engine, CommitGate gate, long next) {
    this.engine = engine;
    this.gate = gate;
    this.next = next;
    this.reserved = next;
  }

  /// Where a counter goes on, from the catalog.
  static long firstUnreserved(StorageEngine engine) {
    byte[] row = engine.get(Keyspace.CATALOG, CatalogKey.of(CatalogKey.NEXT_ID));
    return row == null ? 1 : Keys.longAt(row, 0);
  }

  synchronized long next() {
    if (next == reserved) {
      try (WriteBatch batch = engine.newBatch()) {
        batch.put(Keyspace.CATALOG, CatalogKey.of(CatalogKey.NEXT_ID), Keys.of(reserved + BLOCK));
        gate.commitOrThrow(batch, Durability.POWER_LOSS);
      }
      reserved += BLOCK;
    }
    return next++;
  }
}
