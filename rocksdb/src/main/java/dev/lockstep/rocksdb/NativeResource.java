package dev.lockstep.rocksdb;

/// Something native that is used from outside the engine and may still be open when the engine
/// closes.
interface NativeResource {
  /// Frees the native objects. Called once, and only where nobody can be using them: inside the
  /// gate by the one thread that closes the resource, or by the engine after its gate is shut.
  void free();
}
