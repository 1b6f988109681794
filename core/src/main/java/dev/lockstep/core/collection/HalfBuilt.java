package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.StorageException;
import java.nio.charset.StandardCharsets;

/// A generation under construction that outlives a crash, so that its owner can complete it.
///
/// @param generation that no definition leads to
/// @param owner who is to complete it: a job's id
/// @param globallyUniqueId of the collection it is to become
record HalfBuilt(long generation, long owner, long databaseId, String globallyUniqueId) {
  private static final int GUID_AT = 1 + 2 * Long.BYTES;

  /// @param row what [#encode] has made
  static HalfBuilt decode(long generation, byte[] row) {
    if (row.length < GUID_AT) {
      throw new StorageException("the catalog's row of a half-built generation is too short");
    }
    return new HalfBuilt(
        generation,
        Keys.longAt(row, 1),
        Keys.longAt(row, 1 + Long.BYTES),
        new String(row, GUID_AT, row.length - GUID_AT, StandardCharsets.UTF_8));
  }

  HalfBuilt ownedBy(long other) {
    return new HalfBuilt(generation, other, databaseId, globallyUniqueId);
  }

  byte[] encode() {
    byte[] guid = globallyUniqueId.getBytes(StandardCharsets.UTF_8);
    byte[] row = new byte[GUID_AT + guid.length];
    row[0] = UnreachableStorage.Kind.HALF_BUILT.code();
    Keys.putLong(row, 1, owner);
    Keys.putLong(row, 1 + Long.BYTES, databaseId);
    System.arraycopy(guid, 0, row, GUID_AT, guid.length);
    return row;
  }
}
