package dev.lockstep.core.collection;

import dev.lockstep.core.document.Revision;

/// Walks revisions without reading documents. One thread at a time; pins storage until closed.
public interface RevisionCursor extends AutoCloseable {
  /// Moves to the next revision; false at the end.
  boolean next();

  Revision revision();

  @Override
  void close();
}
