package dev.lockstep.server.users;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;

/// What one user may do, seen from one database. A snapshot taken when the request began: later
/// grants and revocations do not touch it. Thread-safe.
///
/// The `require` methods throw [LockstepException] with [ErrorNumber#FORBIDDEN] (403/11), and with
/// [ErrorNumber#READ_ONLY] (403/1004) where the whole server is read-only and the level asked for
/// is [AccessLevel#RW].
public abstract class Access {
  /// Everything, everywhere: superuser tokens and servers without authentication.
  public static Access unrestricted(String database, boolean serverReadOnly) {
    return new Access(database, serverReadOnly) {
      @Override
      public AccessLevel databaseLevel(String name) {
        return AccessLevel.RW;
      }

      @Override
      public AccessLevel collectionLevel(String databaseName, String collection) {
        return AccessLevel.RW;
      }
    };
  }

  private final String database;
  private final boolean serverReadOnly;

  /// @param database the one the request addresses
  protected Access(String database, boolean serverReadOnly) {
    this.database = database;
    this.serverReadOnly = serverReadOnly;
  }

  /// The user's level for any database, read-only mode left aside.
  public abstract AccessLevel databaseLevel(String name);

  /// The user's level for a collection (by name) of any database, read-only mode left aside.
  public abstract AccessLevel collectionLevel(String databaseName, String collection);

  /// The name of the database the request addresses.
  public final String database() {
    return database;
  }

  /// Whether the whole server refuses writes of clients (`/_admin/server/mode`).
  public final boolean serverReadOnly() {
    return serverReadOnly;
  }

  /// For this request's database.
  public final AccessLevel databaseLevel() {
    return databaseLevel(database);
  }

  /// For a collection, by name, of this request's database.
  public final AccessLevel collectionLevel(String collection) {
    return collectionLevel(database, collection);
  }

  /// Creating, dropping, renaming and changing collections and indexes need [AccessLevel#RW],
  /// everything else [AccessLevel#RO].
  public final void requireDatabase(AccessLevel wanted) {
    if (!databaseLevel().includes(wanted)) {
      throw new LockstepException(
          ErrorNumber.FORBIDDEN,
          "not enough permissions: '"
              + wanted.wireName()
              + "' on database '"
              + database
              + "' is needed");
    }
    requireWritableServer(wanted);
  }

  /// Includes [AccessLevel#RO] on the database.
  ///
  /// @param collection its name, neither id nor globally unique id
  public final void requireCollection(String collection, AccessLevel wanted) {
    if (!databaseLevel().includes(AccessLevel.RO)
        || !collectionLevel(collection).includes(wanted)) {
      throw new LockstepException(
          ErrorNumber.FORBIDDEN,
          "not enough permissions: '"
              + wanted.wireName()
              + "' on collection '"
              + collection
              + "' is needed");
    }
    requireWritableServer(wanted);
  }

  /// A server administrator has [AccessLevel#RW] on `_system`; read-only mode does not matter.
  public final void requireAdmin() {
    if (!isAdmin()) {
      throw new LockstepException(
          ErrorNumber.FORBIDDEN, "not enough permissions: only server administrators may do this");
    }
  }

  public final boolean isAdmin() {
    return databaseLevel("_system").includes(AccessLevel.RW);
  }

  private void requireWritableServer(AccessLevel wanted) {
    if (wanted == AccessLevel.RW && serverReadOnly) {
      throw new LockstepException(ErrorNumber.READ_ONLY, "server is in read-only mode");
    }
  }
}
