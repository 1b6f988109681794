package dev.lockstep.core.collection;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A database's handle; after the database was dropped its collections fail with 1203. Thread-safe.
public final class Database {
  Database() {}

  public long id() {
    throw new UnsupportedOperationException();
  }

  public String name() {
    throw new UnsupportedOperationException();
  }

  /// Whether this is `_system`.
  public boolean isSystem() {
    throw new UnsupportedOperationException();
  }

  /// Sorted by name.
  public List<DocumentCollection> collections() {
    throw new UnsupportedOperationException();
  }

  /// Null if there is none.
  public @Nullable DocumentCollection collection(String nameOrIdOrGuid) {
    throw new UnsupportedOperationException();
  }

  /// @throws dev.lockstep.core.LockstepException 1203
  public DocumentCollection requireCollection(String nameOrIdOrGuid) {
    throw new UnsupportedOperationException();
  }

  /// @throws dev.lockstep.core.LockstepException 1207 for an existing name, 1208 for an illegal
  ///   one, 9 for a schema: it would not be enforced
  public DocumentCollection createCollection(CollectionProperties properties) {
    throw new UnsupportedOperationException();
  }

  /// @throws dev.lockstep.core.LockstepException 11 for a system collection unless `allowSystem`
  public void dropCollection(DocumentCollection collection, boolean allowSystem) {
    throw new UnsupportedOperationException();
  }

  /// @throws dev.lockstep.core.LockstepException 11 for a system collection, 1207, 1208
  public void renameCollection(DocumentCollection collection, String newName) {
    throw new UnsupportedOperationException();
  }

  /// Starts a full copy of a leader's collection; it replaces nothing before [GenerationLoad#swap].
  public GenerationLoad beginLoad(ReplicatedCollection target) {
    throw new UnsupportedOperationException();
  }
}
