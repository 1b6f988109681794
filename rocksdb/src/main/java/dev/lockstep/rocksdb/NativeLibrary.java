package dev.lockstep.rocksdb;

import dev.lockstep.core.storage.StorageException;
import org.rocksdb.RocksDB;

/// Loads RocksDB's native library, once per process. A copy found through `java.library.path`
/// (`librocksdbjni-linux64.so`, as it is named in the jar) is used as it is; without one, the jar's
/// is unpacked into the temporary folder, at every start.
final class NativeLibrary {
  private NativeLibrary() {}

  static void load() {
    try {
      RocksDB.loadLibrary();
    } catch (RuntimeException | LinkageError failure) {
      throw new StorageException(
          "cannot load RocksDB's native library on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + ": "
              + failure,
          failure);
    }
  }
}
