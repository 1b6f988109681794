package dev.lockstep.core.collection;

/// On whose behalf a write happens.
public enum Origin {
  CLIENT,
  /// A leader's document: rules of keys, edges and read-only mode do not apply, for the leader has
  /// decided already.
  REPLICATION
}
