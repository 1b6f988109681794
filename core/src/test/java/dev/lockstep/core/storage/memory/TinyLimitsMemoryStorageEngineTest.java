package dev.lockstep.core.storage.memory;

import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageEngineContract;
import java.nio.file.Path;

class TinyLimitsMemoryStorageEngineTest extends StorageEngineContract {
  @Override
  protected StorageEngine open(Path directory) {
    return MemoryStorageEngine.tinyLimits();
  }

  @Override
  protected StorageEngine reopen(StorageEngine closed, Path directory) {
    return ((MemoryStorageEngine) closed).reopen();
  }
}
