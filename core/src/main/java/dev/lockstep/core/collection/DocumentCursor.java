package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;

/// Walks documents. Holds one document at a time. One thread at a time; pins storage until closed.
public interface DocumentCursor extends AutoCloseable {
  /// Moves to the next document; false at the end.
  ///
  /// @throws dev.lockstep.core.storage.StorageException when the engine cannot read; never taken
  ///   for the end
  boolean next();

  /// The current document, whole.
  Document document();

  @Override
  void close();
}
