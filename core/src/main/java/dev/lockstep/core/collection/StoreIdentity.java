package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.WriteBatch;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/// What is decided once, when a store is founded.
///
/// @param serverId 48 bits, not 0
/// @param chunkBytes documents above this are chunked, see [DocumentRows]
/// @param indexKeyBytes longer index keys are cut, see [StoredIndex]
record StoreIdentity(long serverId, int chunkBytes, int indexKeyBytes) {
  /// Format of everything above the engine. Raised when an older program would misread it.
  static final int FORMAT = 1;

  /// Index keys longer than this gain little and cost every comparison.
  private static final int INDEX_KEY_BYTES = 1024;

  private static final int SERVER_ID_BITS = 48;

  /// @throws LockstepException 4 if the format is newer than this program
  static StoreIdentity readOrFound(StorageEngine engine, CommitGate gate, RandomGenerator random) {
    byte[] key = CatalogKey.of(CatalogKey.IDENTITY);
    byte[] row = engine.get(Keyspace.CATALOG, key);
    if (row != null) {
      return decode(row);
    }
    EngineLimits limits = engine.limits();
    StoreIdentity identity =
        new StoreIdentity(
            1 + random.nextLong((1L << SERVER_ID_BITS) - 1),
            Math.min(EngineLimits.CHUNK_BYTES, limits.valueBytesMax()),
            // Object before, revision behind.
            Math.min(INDEX_KEY_BYTES, limits.keyBytesMax()) - 2 * Long.BYTES);
    try (WriteBatch batch = engine.newBatch()) {
      batch.put(Keyspace.CATALOG, key, identity.encode());
      gate.commitOrThrow(batch, Durability.POWER_LOSS);
    }
    return identity;
  }

  byte[] encode() {
    return ByteBuffer.allocate(3 * Integer.BYTES + Long.BYTES)
        .putInt(FORMAT)
        .putLong(serverId)
        .putInt(chunkBytes)
        .putInt(indexKeyBytes)
        .array();
  }

  static StoreIdentity decode(byte[] row) {
    int format = ByteBuffer.wrap(row).getInt();
    if (format != FORMAT) {
      throw new LockstepException(
          ErrorNumber.INTERNAL,
          "the data have format "
              + Integer.toUnsignedString(format)
              + ", this program reads and writes format "
              + FORMAT
              + ": start a newer version of the program on them");
    }
    return new StoreIdentity(
        Keys.longAt(row, Integer.BYTES),
        ByteBuffer.wrap(row).getInt(Integer.BYTES + Long.BYTES),
        ByteBuffer.wrap(row).getInt(2 * Integer.BYTES + Long.BYTES));
  }
}
