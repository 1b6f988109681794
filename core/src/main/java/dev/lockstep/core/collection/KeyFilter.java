package dev.lockstep.core.collection;

import java.util.ArrayList;
import java.util.List;

/// Remembers hashes of keys roughly: says "never seen" only if that is so. Spares a load the
/// look-up of nearly every key. One thread.
final class KeyFilter {
  /*
   * Blocked Bloom filters [1], each eight times as large as the one before, asked all, filled one
   * after the other. The last one, once it has reached the limit, takes whatever comes; it then
   * errs more often, which costs look-ups and nothing else.
   *
   * [1] F. Putze, P. Sanders, J. Singler, Cache-, Hash- and Space-Efficient Bloom Filters, 2007
   */
  private static final int WORDS_PER_BLOCK = 8;
  private static final int BITS_PER_KEY = 16;
  private static final int PROBES = 4;
  private static final int FIRST_WORDS = 1 << 10;
  private static final int GROWTH = 8;

  /// 8 MiB: about four million keys with hardly an error.
  private static final int LAST_WORDS = 1 << 20;

  private final List<long[]> filters = new ArrayList<>();
  private long room;

  /// Adds a hash; answers whether it, or one that cannot be told from it, was added before.
  boolean add(long hash) {
    boolean seen = false;
    for (int i = 0; i < filters.size() && !seen; i++) {
      seen = contains(filters.get(i), hash);
    }
    if (seen) {
      return true;
    }
    if (room == 0) {
      grow();
    }
    room--;
    set(filters.getLast(), hash);
    return false;
  }

  private void grow() {
    int words = filters.isEmpty() ? FIRST_WORDS : filters.getLast().length * GROWTH;
    if (words > LAST_WORDS) {
      room = Long.MAX_VALUE;
      return;
    }
    filters.add(new long[words]);
    room = (long) words * Long.SIZE / BITS_PER_KEY;
  }

  private static int block(long[] filter, long hash) {
    int blocks = filter.length / WORDS_PER_BLOCK;
    return (int) ((hash >>> 40) % blocks) * WORDS_PER_BLOCK;
  }

  private static boolean contains(long[] filter, long hash) {
    int block = block(filter, hash);
    long rest = hash;
    for (int probe = 0; probe < PROBES; probe++, rest >>>= 9) {
      if ((filter[block + (int) (rest >>> 6 & 7)] & 1L << rest) == 0) {
        return false;
      }
    }
    return true;
  }

  private static void set(long[] filter, long hash) {
    int block = block(filter, hash);
    long rest = hash;
    for (int probe = 0; probe < PROBES; probe++, rest >>>= 9) {
      filter[block + (int) (rest >>> 6 & 7)] |= 1L << rest;
    }
  }
}
