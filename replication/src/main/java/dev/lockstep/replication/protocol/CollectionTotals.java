package dev.lockstep.replication.protocol;

import dev.lockstep.core.collection.CollectionView;

/// What a collection's documents add up to in one state: two collections with equal totals hold the
/// same revisions of the same keys. Between Lockstep servers only.
///
/// @param fingerprint see [dev.lockstep.core.document.DocumentFingerprint]
public record CollectionTotals(long count, long fingerprint) {
  public static CollectionTotals of(CollectionView view) {
    return new CollectionTotals(view.count(), view.fingerprint());
  }

  @Override
  public String toString() {
    return count + " documents with fingerprint " + Long.toUnsignedString(fingerprint);
  }
}
