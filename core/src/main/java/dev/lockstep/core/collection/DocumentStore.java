package dev.lockstep.core.collection;

import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.storage.StorageEngine;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Everything one server stores, above one [StorageEngine]. Thread-safe.
public final class DocumentStore implements AutoCloseable {
  /// The database that always exists.
  public static final String SYSTEM = "_system";

  private DocumentStore() {}

  /// Opens what the engine holds, or founds it: server id, `_system`, system collections. Purges
  /// what a crash left half-built. Starts no threads.
  ///
  /// @param engine closed by the caller, after this store
  /// @param clock the only source of revisions; later revisions exceed all stored ones
  /// @throws dev.lockstep.core.LockstepException if the format is newer than this program
  public static DocumentStore open(
      StorageEngine engine, HybridLogicalClock clock, StoreSettings settings) {
    throw new UnsupportedOperationException();
  }

  /// Random, 48 bits, never 0, the same for the life of the data.
  public long serverId() {
    throw new UnsupportedOperationException();
  }

  /// An id that was never given out before and never will be again: ids of collections, indexes,
  /// databases, jobs and batches and traditional keys come from this one counter.
  public long newId() {
    throw new UnsupportedOperationException();
  }

  public HybridLogicalClock clock() {
    throw new UnsupportedOperationException();
  }

  public StorageEngine engine() {
    throw new UnsupportedOperationException();
  }

  /// Sorted by name.
  public List<Database> databases() {
    throw new UnsupportedOperationException();
  }

  /// Null if there is none.
  public @Nullable Database database(String name) {
    throw new UnsupportedOperationException();
  }

  /// @throws dev.lockstep.core.LockstepException 1228
  public Database requireDatabase(String name) {
    throw new UnsupportedOperationException();
  }

  /// Null if there is none.
  public @Nullable Database databaseById(long id) {
    throw new UnsupportedOperationException();
  }

  /// Creates a database and its system collections.
  ///
  /// @throws dev.lockstep.core.LockstepException 1207 for an existing name, 1229 for an illegal one
  public Database createDatabase(String name) {
    throw new UnsupportedOperationException();
  }

  /// @throws dev.lockstep.core.LockstepException 1228, or 11 for `_system`
  public void dropDatabase(String name) {
    throw new UnsupportedOperationException();
  }

  /// One consistent state of everything. The caller closes it.
  public StoreSnapshot snapshot() {
    throw new UnsupportedOperationException();
  }

  /// Whether clients' document writes are refused with 1004.
  public boolean isReadOnly() {
    throw new UnsupportedOperationException();
  }

  /// Switches the server's read-only mode; it does not survive a restart. Operations on the catalog
  /// are the caller's to refuse.
  public void setReadOnly(boolean readOnly) {
    throw new UnsupportedOperationException();
  }

  /// Starts the threads that purge what nobody needs any more and remove expired documents.
  public void start() {
    throw new UnsupportedOperationException();
  }

  /// Stops the threads. Leaves the engine open.
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
