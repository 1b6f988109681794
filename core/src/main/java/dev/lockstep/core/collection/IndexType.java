package dev.lockstep.core.collection;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The kinds of indexes a peer or client may name. Only some do anything here: see [#isEnforced]
/// and [#isUsed].
public enum IndexType {
  PRIMARY,
  EDGE,
  PERSISTENT,
  HASH,
  SKIPLIST,
  /// Its documents expire.
  TTL,
  GEO,
  GEO1,
  GEO2,
  FULLTEXT,
  INVERTED,
  ZKD,
  MDI;

  /// The wire's spelling.
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The type of a wire name, null if there is none.
  public static @Nullable IndexType ofWireName(String name) {
    for (IndexType type : values()) {
      if (type.wireName().equals(name)) {
        return type;
      }
    }
    return null;
  }

  /// Whether entries are kept by attribute values and `unique` is enforced: persistent, hash and
  /// skiplist.
  public boolean isEnforced() {
    return this == PERSISTENT || this == HASH || this == SKIPLIST;
  }

  /// Whether the index has any effect. Definitions of others are kept verbatim for peers and
  /// clients, and nothing else.
  public boolean isUsed() {
    return isEnforced() || this == TTL || this == PRIMARY;
  }
}
