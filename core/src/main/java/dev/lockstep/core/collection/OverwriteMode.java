package dev.lockstep.core.collection;

/// What an insert does when its key exists.
public enum OverwriteMode {
  /// Refuses with 1210.
  CONFLICT,
  /// Leaves the old document: [WriteResult.Ignored].
  IGNORE,
  REPLACE,
  /// Merges the new body into the old document.
  UPDATE
}
