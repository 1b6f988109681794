package dev.lockstep.core.storage;

/// One frozen, consistent state of all keyspaces: exactly the commits up to [#tick]. Thread-safe.
/// Pins storage until closed, at most for [EngineLimits#snapshotAgeMax]; reading an expired or
/// closed one fails with [StorageException]. A cursor opened before the close stays usable.
public interface Snapshot extends StorageView, AutoCloseable {
  /// The last tick whose commit this snapshot contains; it contains every smaller one too.
  Tick tick();

  @Override
  void close();
}
