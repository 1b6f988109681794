package dev.lockstep.replication.applier;

import dev.lockstep.core.collection.ApplierRecords;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentStore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an applier follows into: one database, or all of them.
///
/// @param name of the local database; null for all
record ApplierScope(@Nullable String name) {
  static final ApplierScope GLOBAL = new ApplierScope(null);

  boolean isGlobal() {
    return name == null;
  }

  /// The one that receives everything; null for all.
  ///
  /// @throws dev.lockstep.core.LockstepException 1228 if it was dropped
  @Nullable Database database(DocumentStore store) {
    return name == null ? null : store.requireDatabase(name);
  }

  /// Those that there are now.
  List<Database> databases(DocumentStore store) {
    Database only = database(store);
    return only == null ? store.databases() : List.of(only);
  }

  long recordId(DocumentStore store) {
    Database only = database(store);
    return only == null ? ApplierRecords.ALL_DATABASES : only.id();
  }

  /// The name that the wire shows.
  String shownDatabase() {
    return name == null ? DocumentStore.SYSTEM : name;
  }

  @Override
  public String toString() {
    return name == null ? "all databases" : "database '" + name + "'";
  }
}
