package dev.lockstep.shell.bench;

/// Where in the collection the changed documents are.
public enum ChangeSpread {
  /// Everywhere, at equal distances.
  UNIFORM,
  /// Side by side.
  CLUSTERED
}
