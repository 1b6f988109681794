package dev.lockstep.rocksdb;

import dev.lockstep.core.collection.DocumentStoreContract;
import dev.lockstep.core.storage.StorageEngine;
import java.nio.file.Path;

class RocksDocumentStoreTest extends DocumentStoreContract {
  @Override
  protected StorageEngine open(Path directory) {
    return RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
  }

  @Override
  protected StorageEngine reopen(StorageEngine closed, Path directory) {
    return RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
  }
}
