package dev.lockstep.core.collection;

import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.nio.file.Path;

class TinyLimitsCollectionSchemaTest extends CollectionSchemaContract {
  @Override
  protected StorageEngine open(Path directory) {
    return MemoryStorageEngine.tinyLimits();
  }
}
