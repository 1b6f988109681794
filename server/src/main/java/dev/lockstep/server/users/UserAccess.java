package dev.lockstep.server.users;

/// What an account's grants allow.
final class UserAccess extends Access {
  private final Permissions permissions;

  UserAccess(Permissions permissions, String database, boolean serverReadOnly) {
    super(database, serverReadOnly);
    this.permissions = permissions;
  }

  @Override
  public AccessLevel databaseLevel(String name) {
    return permissions.databaseLevel(name);
  }

  @Override
  public AccessLevel collectionLevel(String databaseName, String collection) {
    return permissions.collectionLevel(databaseName, collection);
  }
}
