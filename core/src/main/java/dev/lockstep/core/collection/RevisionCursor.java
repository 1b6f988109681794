package dev.lockstep.core.collection;

import dev.lockstep.core.document.Revision;

/// Walks revisions without copying documents. One thread at a time; pins storage until closed.
public interface RevisionCursor extends AutoCloseable {
  /// Moves to the next revision; false at the end.
  boolean next();

  Revision revision();

  /// The key of the document that has [#revision]. Costs a copy of the document, or of its head if
  /// it is a large one, for each call.
  String key();

  @Override
  void close();
}
