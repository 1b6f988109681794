package dev.lockstep.server.users;

import org.jspecify.annotations.Nullable;

/// What a user may do with a database or a collection; a later constant includes the earlier ones.
public enum AccessLevel {
  NONE("none"),
  RO("ro"),
  RW("rw");

  private final String wireName;

  AccessLevel(String wireName) {
    this.wireName = wireName;
  }

  /// `none`, `ro` or `rw`.
  public String wireName() {
    return wireName;
  }

  public boolean includes(AccessLevel wanted) {
    return compareTo(wanted) >= 0;
  }

  /// The level of that wire name, or null if there is none.
  public static @Nullable AccessLevel ofWireName(String name) {
    for (AccessLevel level : values()) {
      if (level.wireName.equals(name)) {
        return level;
      }
    }
    return null;
  }
}
