package dev.lockstep.server.users;

import dev.lockstep.core.document.VPackSlice;
import org.jspecify.annotations.Nullable;

/// One user as the `_users` collection describes them. Immutable.
public final class Account {
  private final String name;
  private final String key;
  private final boolean active;
  private final StoredPassword password;
  private final Permissions permissions;
  private final VPackSlice document;

  private Account(
      String name,
      String key,
      boolean active,
      StoredPassword password,
      Permissions permissions,
      VPackSlice document) {
    this.name = name;
    this.key = key;
    this.active = active;
    this.password = password;
    this.permissions = permissions;
    this.document = document;
  }

  /// Null if the document describes no local user.
  static @Nullable Account parse(String key, VPackSlice document) {
    VPackSlice user = document.get("user");
    VPackSlice source = document.get("source");
    VPackSlice authData = document.get("authData");
    if (user == null || !user.isString() || user.asString().isEmpty()) {
      return null;
    }
    if (source != null && source.isString() && !source.asString().equals("LOCAL")) {
      return null;
    }
    VPackSlice active = authData != null && authData.isObject() ? authData.get("active") : null;
    return new Account(
        user.asString(),
        key,
        active != null && active.isBoolean() && active.asBoolean(),
        password(authData),
        Permissions.parse(document.get("databases")),
        document);
  }

  private static StoredPassword password(@Nullable VPackSlice authData) {
    VPackSlice simple = authData != null && authData.isObject() ? authData.get("simple") : null;
    if (simple == null || !simple.isObject()) {
      return StoredPassword.NONE;
    }
    return new StoredPassword(
        text(simple.get("method")), text(simple.get("hash")), text(simple.get("salt")));
  }

  private static String text(@Nullable VPackSlice value) {
    return value != null && value.isString() ? value.asString() : "";
  }

  public String name() {
    return name;
  }

  /// Key of its document.
  String key() {
    return key;
  }

  /// Whether the user may log in.
  public boolean isActive() {
    return active;
  }

  StoredPassword password() {
    return password;
  }

  public Permissions permissions() {
    return permissions;
  }

  /// What was stored with the user beside everything else, null if nothing.
  public @Nullable VPackSlice extra() {
    return document.get("userData");
  }

  /// The whole stored document.
  VPackSlice document() {
    return document;
  }
}
