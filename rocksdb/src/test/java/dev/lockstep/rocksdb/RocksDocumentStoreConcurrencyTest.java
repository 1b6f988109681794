package dev.lockstep.rocksdb;

import dev.lockstep.core.collection.DocumentStoreConcurrencyContract;
import dev.lockstep.core.storage.StorageEngine;
import java.nio.file.Path;

class RocksDocumentStoreConcurrencyTest extends DocumentStoreConcurrencyContract {
  @Override
  protected StorageEngine open(Path directory) {
    return RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
  }
}
