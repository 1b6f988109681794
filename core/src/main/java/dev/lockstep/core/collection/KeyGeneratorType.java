package dev.lockstep.core.collection;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How a document without `_key` gets one.
public enum KeyGeneratorType {
  /// Decimal numbers from the server's one id counter ([DocumentStore#newId]): ascending, with
  /// gaps.
  TRADITIONAL,
  /// `offset + n * increment`, decimal.
  AUTOINCREMENT,
  /// 16 hexadecimal digits, ascending in number and in byte order.
  PADDED,
  /// Random version 4 UUIDs.
  UUID;

  /// The wire's spelling.
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The type of a wire name, null if there is none.
  public static @Nullable KeyGeneratorType ofWireName(String name) {
    for (KeyGeneratorType type : values()) {
      if (type.wireName().equals(name)) {
        return type;
      }
    }
    return null;
  }
}
