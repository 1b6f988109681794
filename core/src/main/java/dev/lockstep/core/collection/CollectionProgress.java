package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Tick;
import org.jspecify.annotations.Nullable;

/// What moves with every write and must survive it: written in the same commit.
///
/// @param lastKeyValue greatest number the key generator has given or seen, unsigned
/// @param newestRevision greatest revision ever stored or given to a removal, unsigned
/// @param applied how far a leader is followed; null if it never was
record CollectionProgress(
    long lastKeyValue, long newestRevision, @Nullable AppliedPosition applied) {
  /// Before the first write: no key yet, and a revision that says no more than how old the
  /// collection is among others.
  static CollectionProgress initial(long collectionId) {
    return new CollectionProgress(0, collectionId, null);
  }

  static CollectionProgress decode(byte[] row) {
    return new CollectionProgress(
        Keys.longAt(row, 0),
        Keys.longAt(row, Long.BYTES),
        row.length == 2 * Long.BYTES
            ? null
            : new AppliedPosition(
                Keys.longAt(row, 2 * Long.BYTES), new Tick(Keys.longAt(row, 3 * Long.BYTES))));
  }

  byte[] encode() {
    return applied == null
        ? Keys.of(lastKeyValue, newestRevision)
        : Keys.of(
            lastKeyValue,
            Keys.of(newestRevision, Keys.of(applied.leaderId(), applied.tick().value())));
  }

  CollectionProgress atLeast(CollectionProgress other) {
    return new CollectionProgress(
        max(lastKeyValue, other.lastKeyValue), max(newestRevision, other.newestRevision), applied);
  }

  CollectionProgress withLastKeyValue(long value) {
    return new CollectionProgress(value, newestRevision, applied);
  }

  CollectionProgress withNewestRevision(long value) {
    return new CollectionProgress(lastKeyValue, value, applied);
  }

  /// @param position null: as before
  CollectionProgress withApplied(@Nullable AppliedPosition position) {
    return position == null ? this : new CollectionProgress(lastKeyValue, newestRevision, position);
  }

  static long max(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }
}
