package dev.lockstep.core.collection;

import dev.lockstep.core.storage.StorageView;

/// Tells of most revisions without a look-up that no document of a collection has them: they are
/// greater than all there are. Asks the storage once for each generation. Under the collection's
/// lock.
final class RevisionCeiling {
  /// What the rest is about; none has number 0.
  private long generation;

  /// Unsigned. Until [#isKnown] only of what was stored since.
  private long ceiling;

  private boolean isKnown;

  /// Whether a document may have this revision.
  ///
  /// @param view the newest state
  boolean covers(StorageView view, DocumentRows rows, long generation, long revision) {
    beAbout(generation);
    if (!isKnown) {
      raise(generation, new GenerationReader(view, rows, generation).newestRevision().value());
      isKnown = true;
    }
    return Long.compareUnsigned(revision, ceiling) <= 0;
  }

  /// Before a document with this revision is stored; that it is not stored then does no harm.
  void raise(long generation, long revision) {
    beAbout(generation);
    if (Long.compareUnsigned(revision, ceiling) > 0) {
      ceiling = revision;
    }
  }

  private void beAbout(long generation) {
    if (this.generation != generation) {
      this.generation = generation;
      ceiling = 0;
      isKnown = false;
    }
  }
}
