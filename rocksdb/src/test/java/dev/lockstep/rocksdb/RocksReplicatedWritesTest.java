package dev.lockstep.rocksdb;

import dev.lockstep.core.collection.ReplicatedWritesContract;
import dev.lockstep.core.storage.StorageEngine;
import java.nio.file.Path;

class RocksReplicatedWritesTest extends ReplicatedWritesContract {
  @Override
  protected StorageEngine open(Path directory) {
    return RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
  }
}
