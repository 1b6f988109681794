package dev.lockstep.rocksdb;

import dev.lockstep.core.collection.CollectionSchemaContract;
import dev.lockstep.core.storage.StorageEngine;
import java.nio.file.Path;

class RocksCollectionSchemaTest extends CollectionSchemaContract {
  @Override
  protected StorageEngine open(Path directory) {
    return RocksStorageEngine.open(directory, RocksSettings.DEFAULT);
  }
}
