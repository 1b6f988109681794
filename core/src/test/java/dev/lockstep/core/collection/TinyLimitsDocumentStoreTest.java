package dev.lockstep.core.collection;

import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.nio.file.Path;

class TinyLimitsDocumentStoreTest extends DocumentStoreContract {
  @Override
  protected StorageEngine open(Path directory) {
    return MemoryStorageEngine.tinyLimits();
  }

  @Override
  protected StorageEngine reopen(StorageEngine closed, Path directory) {
    return ((MemoryStorageEngine) closed).reopen();
  }
}
