package dev.lockstep.core.collection;

import dev.lockstep.core.document.Revision;

/// Walks keys in bytewise order with their revisions, without reading documents. One thread at a
/// time; pins storage until closed.
public interface KeyCursor extends AutoCloseable {
  /// Moves to the next key; false at the end.
  boolean next();

  String key();

  /// The revision of the document under [#key].
  Revision revision();

  @Override
  void close();
}
