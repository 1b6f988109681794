package dev.lockstep.core.collection;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/// Sorts by documents' keys as the storage does: by their characters, which are all ASCII.
///
/// @param <T> what has a key
final class KeyOrder<T> {
  /*
   * Objects are compared by following references, which for many of them is most of the time. So a
   * few characters of each key and its place make a number, numbers are sorted, and only keys that
   * have these characters in common are looked at again, from the next character on.
   */

  private static final int CHARACTERS = 5;
  private static final int PLACE_BITS = Long.SIZE - 1 - CHARACTERS * Byte.SIZE;

  private final List<T> sorted;
  private final Function<T, String> keyOf;

  private KeyOrder(List<T> sorted, Function<T, String> keyOf) {
    this.sorted = sorted;
    this.keyOf = keyOf;
  }

  /// Elements of the same key stay in the order they come in.
  static <T> List<T> sorted(Collection<T> elements, Function<T, String> keyOf) {
    List<T> sorted = new ArrayList<>(elements);
    if (sorted.size() > 1 << PLACE_BITS) {
      sorted.sort(Comparator.comparing(keyOf));
    } else {
      new KeyOrder<>(sorted, keyOf).sort(0, sorted.size(), 0);
    }
    return sorted;
  }

  /// @param from,to a part whose keys' first characters are the same
  /// @param offset how many these are
  private void sort(int from, int to, int offset) {
    // Keys that have also the end in common are the same.
    if (to - from < 2 || offset > keyOf.apply(sorted.get(from)).length()) {
      return;
    }
    List<T> part = sorted.subList(from, to);
    List<T> unsorted = List.copyOf(part);
    int common = common(part, offset);
    long[] numbers = new long[part.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = characters(keyOf.apply(unsorted.get(i)), common) << PLACE_BITS | i;
    }
    Arrays.sort(numbers);
    int sameFrom = 0;
    for (int i = 0; i < numbers.length; i++) {
      part.set(i, unsorted.get((int) (numbers[i] & (1 << PLACE_BITS) - 1)));
      if (numbers[i] >>> PLACE_BITS != numbers[sameFrom] >>> PLACE_BITS) {
        sort(from + sameFrom, from + i, common + CHARACTERS);
        sameFrom = i;
      }
    }
    sort(from + sameFrom, to, common + CHARACTERS);
  }

  /// Up to which character all keys are the same.
  private int common(List<T> part, int offset) {
    String first = keyOf.apply(part.getFirst());
    int common = first.length();
    for (int i = 1; i < part.size() && common > offset; i++) {
      String other = keyOf.apply(part.get(i));
      int length = Math.min(common, other.length());
      int same = offset;
      while (same < length && other.charAt(same) == first.charAt(same)) {
        same++;
      }
      common = same;
    }
    return common;
  }

  /// The end of a key comes before any character.
  private static long characters(String key, int offset) {
    long characters = 0;
    int end = Math.min(key.length(), offset + CHARACTERS);
    for (int at = offset; at < offset + CHARACTERS; at++) {
      characters = characters << Byte.SIZE | (at < end ? key.charAt(at) & 0xFF : 0);
    }
    return characters;
  }
}
