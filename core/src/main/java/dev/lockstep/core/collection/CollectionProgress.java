package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Keys;

/// What moves with every write and must survive it: written in the same commit.
///
/// @param lastKeyValue greatest number the key generator has given or seen, unsigned
/// @param newestRevision greatest revision ever stored or given to a removal, unsigned
record CollectionProgress(long lastKeyValue, long newestRevision) {
  /// Before the first write: no key yet, and a revision that says no more than how old the
  /// collection is among others.
  static CollectionProgress initial(long collectionId) {
    return new CollectionProgress(0, collectionId);
  }

  static CollectionProgress decode(byte[] row) {
    return new CollectionProgress(Keys.longAt(row, 0), Keys.longAt(row, Long.BYTES));
  }

  byte[] encode() {
    return Keys.of(lastKeyValue, newestRevision);
  }

  CollectionProgress atLeast(CollectionProgress other) {
    return new CollectionProgress(
        max(lastKeyValue, other.lastKeyValue), max(newestRevision, other.newestRevision));
  }

  static long max(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }
}
