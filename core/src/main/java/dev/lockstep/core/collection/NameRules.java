package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;

/// Which names databases, collections and indexes may have.
final class NameRules {
  private static final int DATABASE_NAME_MAX = 64;
  private static final int NAME_MAX = 256;

  private NameRules() {}

  /// @throws LockstepException 1229
  static void requireDatabaseName(String name) {
    if (!isName(name, DATABASE_NAME_MAX, false)) {
      throw new LockstepException(
          ErrorNumber.DATABASE_NAME_INVALID,
          "database name invalid: '"
              + shortened(name)
              + "' must start with a letter and hold at most "
              + DATABASE_NAME_MAX
              + " letters, digits, '_' and '-'");
    }
  }

  /// @param isSystem whether the name may (not must) start with `_`
  /// @throws LockstepException 1208
  static void requireCollectionName(String name, boolean isSystem) {
    if (!isName(name, NAME_MAX, isSystem)) {
      throw illegal("collection", name, isSystem ? "a letter or '_'" : "a letter");
    }
  }

  /// @throws LockstepException 1208
  static void requireIndexName(String name) {
    if (!isName(name, NAME_MAX, false)) {
      throw illegal("index", name, "a letter");
    }
  }

  private static LockstepException illegal(String what, String name, String start) {
    return new LockstepException(
        ErrorNumber.ILLEGAL_NAME,
        "illegal name: the "
            + what
            + " name '"
            + shortened(name)
            + "' must start with "
            + start
            + " and hold at most "
            + NAME_MAX
            + " letters, digits, '_' and '-'");
  }

  private static String shortened(String name) {
    return name.length() <= NAME_MAX ? name : name.substring(0, NAME_MAX) + "...";
  }

  private static boolean isName(String name, int lengthMax, boolean underscoreFirst) {
    if (name.isEmpty() || name.length() > lengthMax) {
      return false;
    }
    char first = name.charAt(0);
    if (!isLetter(first) && !(underscoreFirst && first == '_')) {
      return false;
    }
    for (int i = 1; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!isLetter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }
}
