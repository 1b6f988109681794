package dev.lockstep.core.storage;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A half-open range of keys in bytewise unsigned order.
///
/// @param from first key included; never modified by its owner afterwards
/// @param to first key excluded; `null` = to the end of the keyspace
public record KeyRange(byte[] from, byte @Nullable [] to) {
  private static final byte[] FIRST = {};

  /// Every key of the keyspace.
  public static KeyRange all() {
    return new KeyRange(FIRST, null);
  }

  /// Every key that starts with `prefix`.
  public static KeyRange prefix(byte[] prefix) {
    return new KeyRange(prefix, successor(prefix));
  }

  /// The smallest key greater than every key starting with `prefix`; `null` when there is none (all
  /// bytes 0xff).
  public static byte @Nullable [] successor(byte[] prefix) {
    for (int last = prefix.length - 1; last >= 0; last--) {
      if (prefix[last] != (byte) 0xff) {
        byte[] next = Arrays.copyOf(prefix, last + 1);
        next[last]++;
        return next;
      }
    }
    return null;
  }

  public boolean contains(byte[] key) {
    return Arrays.compareUnsigned(key, from) >= 0
        && (to == null || Arrays.compareUnsigned(key, to) < 0);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyRange range
        && Arrays.equals(from, range.from)
        && Arrays.equals(to, range.to);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(from) + Arrays.hashCode(to);
  }
}
