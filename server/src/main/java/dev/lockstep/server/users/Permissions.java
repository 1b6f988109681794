package dev.lockstep.server.users;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What one user was granted: per database and per collection of a database, with `*` for those
/// without a grant of their own. Immutable.
///
/// A grant on a database says nothing about its collections' documents: those need grants of their
/// own, usually on `*`.
public final class Permissions {
  /// Stands for every database or collection without a grant of its own.
  public static final String WILDCARD = "*";

  /// @param level null: only collections were granted
  record DatabaseGrant(@Nullable AccessLevel level, Map<String, AccessLevel> collections) {
    DatabaseGrant {
      collections = Map.copyOf(collections);
    }
  }

  static final Permissions EMPTY = new Permissions(Map.of());

  /// Everything, as `root` has it.
  static final Permissions ALL =
      EMPTY
          .withDatabase(WILDCARD, AccessLevel.RW)
          .withCollection(WILDCARD, WILDCARD, AccessLevel.RW);

  private final Map<String, DatabaseGrant> grants;

  private Permissions(Map<String, DatabaseGrant> grants) {
    this.grants = Map.copyOf(grants);
  }

  /// Reads the `databases` member of a `_users` document; what has another shape grants nothing.
  static Permissions parse(@Nullable VPackSlice databases) {
    Map<String, DatabaseGrant> grants = new TreeMap<>();
    if (databases != null && databases.isObject()) {
      for (VPackMember database : databases.members()) {
        if (!database.value().isObject()) {
          continue;
        }
        Map<String, AccessLevel> collections = new TreeMap<>();
        VPackSlice listed = database.value().get("collections");
        if (listed != null && listed.isObject()) {
          for (VPackMember collection : listed.members()) {
            AccessLevel level =
                collection.value().isObject() ? level(collection.value().get("permissions")) : null;
            if (level != null) {
              collections.put(collection.name(), level);
            }
          }
        }
        grants.put(
            database.name(),
            new DatabaseGrant(level(database.value().get("permissions")), collections));
      }
    }
    return new Permissions(grants);
  }

  private static @Nullable AccessLevel level(@Nullable VPackSlice permissions) {
    if (permissions == null || !permissions.isObject()) {
      return null;
    }
    if (isTrue(permissions.get("write"))) {
      return AccessLevel.RW;
    }
    if (isTrue(permissions.get("read"))) {
      return AccessLevel.RO;
    }
    boolean undefined = isTrue(permissions.get("undefined"));
    return undefined ? null : AccessLevel.NONE;
  }

  private static boolean isTrue(@Nullable VPackSlice value) {
    return value != null && value.isBoolean() && value.asBoolean();
  }

  /// Writes the `databases` value of a `_users` document.
  void write(VPackBuilder builder) {
    builder.openObject();
    new TreeMap<>(grants)
        .forEach((database, grant) -> {
          builder.key(database).openObject();
          if (grant.level() != null) {
            write(builder, grant.level());
          }
          builder.key("collections").openObject();
          new TreeMap<>(grant.collections())
              .forEach((collection, level) -> {
                builder.key(collection).openObject();
                write(builder, level);
                builder.close();
              });
          builder.close().close();
        });
    builder.close();
  }

  private static void write(VPackBuilder builder, AccessLevel level) {
    builder
        .key("permissions")
        .openObject()
        .member("read", level.includes(AccessLevel.RO))
        .member("write", level == AccessLevel.RW)
        .close();
  }

  /// @param level null takes the grant back
  Permissions withDatabase(String database, @Nullable AccessLevel level) {
    DatabaseGrant before = grants.get(database);
    return with(
        database, new DatabaseGrant(level, before == null ? Map.of() : before.collections()));
  }

  /// @param level null takes the grant back
  Permissions withCollection(String database, String collection, @Nullable AccessLevel level) {
    DatabaseGrant before = grants.get(database);
    Map<String, AccessLevel> collections =
        new TreeMap<>(before == null ? Map.of() : before.collections());
    if (level == null) {
      collections.remove(collection);
    } else {
      collections.put(collection, level);
    }
    return with(database, new DatabaseGrant(before == null ? null : before.level(), collections));
  }

  private Permissions with(String database, DatabaseGrant grant) {
    Map<String, DatabaseGrant> changed = new TreeMap<>(grants);
    if (grant.level() == null && grant.collections().isEmpty()) {
      changed.remove(database);
    } else {
      changed.put(database, grant);
    }
    return new Permissions(changed);
  }

  /// The level that counts for a database: its own grant, else that of `*`, else none.
  public AccessLevel databaseLevel(String database) {
    AccessLevel own = grantedDatabaseLevel(database);
    if (own != null) {
      return own;
    }
    AccessLevel wildcard = grantedDatabaseLevel(WILDCARD);
    return wildcard == null ? AccessLevel.NONE : wildcard;
  }

  /// The level that counts for a collection: its own grant, else the database's `*`, else that of
  /// `*` in database `*`, else none. System collections follow their database; `_users`, which
  /// holds the password hashes, is for server administrators only.
  public AccessLevel collectionLevel(String database, String collection) {
    if (collection.startsWith("_")) {
      if (collection.equals("_users") && !databaseLevel("_system").includes(AccessLevel.RW)) {
        return AccessLevel.NONE;
      }
      return databaseLevel(database);
    }
    AccessLevel own = grantedCollectionLevel(database, collection);
    if (own == null) {
      own = grantedCollectionLevel(database, WILDCARD);
    }
    if (own == null) {
      own = grantedCollectionLevel(WILDCARD, WILDCARD);
    }
    return own == null ? AccessLevel.NONE : own;
  }

  /// Exactly what was granted, null if nothing was.
  public @Nullable AccessLevel grantedDatabaseLevel(String database) {
    DatabaseGrant grant = grants.get(database);
    return grant == null ? null : grant.level();
  }

  /// Exactly what was granted, null if nothing was.
  public @Nullable AccessLevel grantedCollectionLevel(String database, String collection) {
    DatabaseGrant grant = grants.get(database);
    return grant == null ? null : grant.collections().get(collection);
  }
}
