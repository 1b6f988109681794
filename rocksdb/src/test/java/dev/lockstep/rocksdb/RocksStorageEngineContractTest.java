package dev.lockstep.rocksdb;

import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageEngineContract;
import java.nio.file.Path;

class RocksStorageEngineContractTest extends StorageEngineContract {
  @Override
  protected StorageEngine open(Path directory) {
    return RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
  }

  @Override
  protected StorageEngine reopen(StorageEngine closed, Path directory) {
    return RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
  }
}
