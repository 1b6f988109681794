package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Tick;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One consistent state of all databases and collections. Thread-safe. Pins storage until closed;
/// using it afterwards fails with [dev.lockstep.core.storage.StorageException].
public final class StoreSnapshot implements AutoCloseable {
  StoreSnapshot() {}

  /// The last change this state contains; it contains every earlier one.
  public Tick tick() {
    throw new UnsupportedOperationException();
  }

  /// Sorted.
  public List<String> databaseNames() {
    throw new UnsupportedOperationException();
  }

  /// Sorted by name; empty if there is no such database.
  public List<CollectionDefinition> collections(String database) {
    throw new UnsupportedOperationException();
  }

  /// Null if there is none.
  public @Nullable CollectionView collection(String database, String nameOrIdOrGuid) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
