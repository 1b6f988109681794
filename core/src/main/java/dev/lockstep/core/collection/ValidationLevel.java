package dev.lockstep.core.collection;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Which writes a collection's schema judges.
enum ValidationLevel {
  NONE,

  /// Only documents with a new key.
  NEW,

  /// All but changes of a document that breaks the rule already.
  MODERATE,
  STRICT;

  /// All names, for messages.
  static final String NAMES =
      Arrays.stream(values()).map(ValidationLevel::wireName).collect(Collectors.joining(", "));

  String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Null for an unknown name.
  static @Nullable ValidationLevel ofWireName(String name) {
    for (ValidationLevel level : values()) {
      if (level.wireName().equals(name)) {
        return level;
      }
    }
    return null;
  }
}
