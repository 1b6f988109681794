package dev.lockstep.core.revision;

import dev.lockstep.core.document.Revision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Blocks of revisions in ascending order: how many revisions each holds, and the exclusive-or of
/// their hashes. A block covers a power of two of revisions and begins at a multiple of its length,
/// so that any two blocks, of whatever lists, are disjoint, or one lies inside the other; what no
/// block covers holds nothing. Immutable.
///
/// Source: `docs/protocol.md`, "Revision blocks".
public final class RevisionBlockList {
  /*
   * In columns: there may be a quarter of a million.
   */
  private final int size;
  private final long[] firsts;
  private final byte[] bits;
  private final long[] counts;
  private final long[] hashes;

  private RevisionBlockList(int size, long[] firsts, byte[] bits, long[] counts, long[] hashes) {
    this.size = size;
    this.firsts = firsts;
    this.bits = bits;
    this.counts = counts;
    this.hashes = hashes;
  }

  /// Number of blocks.
  public int size() {
    return size;
  }

  /// First revision covered by block `index`, 0 to [#size] - 1.
  public Revision first(int index) {
    return new Revision(firsts[index]);
  }

  /// Last revision covered by block `index`, included.
  public Revision last(int index) {
    return new Revision(lastValue(index));
  }

  private long lastValue(int index) {
    return lastOf(firsts[index], bits[index]);
  }

  static long lastOf(long first, int bits) {
    return first | (bits == Long.SIZE ? -1L : (1L << bits) - 1);
  }

  /// Binary logarithm of the number of revisions block `index` covers, 0 to 64.
  public int bits(int index) {
    return bits[index];
  }

  /// Number of revisions block `index` holds.
  public long count(int index) {
    return counts[index];
  }

  /// Hash of block `index`; unsigned.
  public long hash(int index) {
    return hashes[index];
  }

  /// Number of revisions in all blocks.
  public long count() {
    return countOf(0, size);
  }

  /// Exclusive-or of the hashes of all blocks.
  public long hash() {
    return hashOf(0, size);
  }

  /// Merges blocks into as few as possible that hold `countMax` revisions at most each; a block
  /// that holds more already stays as it is.
  public RevisionBlockList coarsened(long countMax) {
    return coarsened(countMax, Revision.INVALID.value());
  }

  /// As [#coarsened(long)].
  ///
  /// @param lastMax no block is made that covers more than this
  RevisionBlockList coarsened(long countMax, long lastMax) {
    return size == 0 ? this : new Coarsening(countMax, lastMax).run();
  }

  private final class Coarsening {
    private final long countMax;
    private final long lastMax;

    /// Revisions in all blocks before each.
    private final long[] before = new long[size + 1];

    private final Builder target = new Builder();

    Coarsening(long countMax, long lastMax) {
      this.countMax = countMax;
      this.lastMax = lastMax;
      for (int i = 0; i < size; i++) {
        before[i + 1] = before[i] + counts[i];
      }
    }

    RevisionBlockList run() {
      merge(0, size);
      return target.build();
    }

    /// At most 64 deep: each level halves what is covered.
    private void merge(int from, int to) {
      if (to - from == 1) {
        target.add(firsts[from], bits[from], counts[from], hashes[from]);
        return;
      }
      int coverBits = Long.SIZE - Long.numberOfLeadingZeros(firsts[from] ^ lastValue(to - 1));
      long first = coverBits == Long.SIZE ? 0 : firsts[from] >>> coverBits << coverBits;
      long count = before[to] - before[from];
      if (count <= countMax && Long.compareUnsigned(lastOf(first, coverBits), lastMax) <= 0) {
        long hash = 0;
        for (int i = from; i < to; i++) {
          hash ^= hashes[i];
        }
        target.add(first, coverBits, count, hash);
        return;
      }
      int middle = lowerBound(firsts, from, to, first | 1L << coverBits - 1);
      merge(from, middle);
      merge(middle, to);
    }
  }

  /// The first position whose value is not below `value`, unsigned.
  static int lowerBound(long[] values, int from, int to, long value) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = low + high >>> 1;
      if (Long.compareUnsigned(values[middle], value) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// What two lists do not agree on.
  ///
  /// @param ranges ascending, disjoint, neighbours merged
  /// @param count how many revisions they hold, in the list that has more of them in each
  public record Differences(List<RevisionRange> ranges, long count) {
    public Differences {
      ranges = List.copyOf(ranges);
    }
  }

  /// The ranges in which two lists hold different revisions, as exactly as the coarser of the two
  /// can tell; empty if they hold the same, up to collisions of a 64-bit hash. Symmetric.
  public static Differences differences(RevisionBlockList left, RevisionBlockList right) {
    List<RevisionRange> ranges = new ArrayList<>();
    long count = 0;
    int l = 0;
    int r = 0;
    while (l < left.size || r < right.size) {
      boolean isLeft = r == right.size || l < left.size && left.isOuter(l, right, r);
      RevisionBlockList outer = isLeft ? left : right;
      int block = isLeft ? l : r;
      long last = outer.lastValue(block);
      int leftEnd = left.endOf(l, last);
      int rightEnd = right.endOf(r, last);
      long leftCount = left.countOf(l, leftEnd);
      long rightCount = right.countOf(r, rightEnd);
      if (leftCount != rightCount || left.hashOf(l, leftEnd) != right.hashOf(r, rightEnd)) {
        append(ranges, outer.firsts[block], last);
        count += Math.max(leftCount, rightCount);
      }
      l = leftEnd;
      r = rightEnd;
    }
    return new Differences(ranges, count);
  }

  /// Whether a block begins before a block of another list, or contains it.
  private boolean isOuter(int block, RevisionBlockList other, int block2) {
    int order = Long.compareUnsigned(firsts[block], other.firsts[block2]);
    return order < 0 || order == 0 && bits[block] >= other.bits[block2];
  }

  /// The first block from `from` on that lies beyond `last`.
  private int endOf(int from, long last) {
    int end = from;
    while (end < size && Long.compareUnsigned(firsts[end], last) <= 0) {
      end++;
    }
    return end;
  }

  private long countOf(int from, int to) {
    long sum = 0;
    for (int i = from; i < to; i++) {
      sum += counts[i];
    }
    return sum;
  }

  private long hashOf(int from, int to) {
    long hash = 0;
    for (int i = from; i < to; i++) {
      hash ^= hashes[i];
    }
    return hash;
  }

  /// The last block may cover more than there can be.
  private static void append(List<RevisionRange> ranges, long first, long lastCovered) {
    Revision last =
        new Revision(lastCovered == Revision.INVALID.value() ? lastCovered - 1 : lastCovered);
    if (!ranges.isEmpty() && ranges.getLast().last().value() + 1 == first) {
      ranges.add(new RevisionRange(ranges.removeLast().first(), last));
    } else {
      ranges.add(new RevisionRange(new Revision(first), last));
    }
  }

  /// Gathers blocks. One thread; used once.
  public static final class Builder {
    private int size;
    private long[] firsts = new long[64];
    private byte[] bits = new byte[64];
    private long[] counts = new long[64];
    private long[] hashes = new long[64];

    /// Adds a block behind all others.
    ///
    /// @param first unsigned, a multiple of 2^`blockBits`
    /// @param blockBits 0 to 64
    /// @param hash unsigned
    /// @throws RevisionTreeException if there can be no such block, or not here
    public void add(long first, int blockBits, long count, long hash) {
      if (blockBits < 0
          || blockBits > Long.SIZE
          || first != 0 && Long.numberOfTrailingZeros(first) < blockBits
          || count < 0) {
        throw new RevisionTreeException(
            "no block of 2^"
                + blockBits
                + " revisions from "
                + Long.toUnsignedString(first)
                + " with "
                + count
                + " of them");
      }
      if (size > 0 && Long.compareUnsigned(first, lastOf(firsts[size - 1], bits[size - 1])) <= 0) {
        throw new RevisionTreeException(
            "a block from "
                + Long.toUnsignedString(first)
                + " on after one from "
                + Long.toUnsignedString(firsts[size - 1])
                + " on, which covers 2^"
                + bits[size - 1]
                + " revisions");
      }
      if (size == firsts.length) {
        firsts = Arrays.copyOf(firsts, 2 * size);
        bits = Arrays.copyOf(bits, 2 * size);
        counts = Arrays.copyOf(counts, 2 * size);
        hashes = Arrays.copyOf(hashes, 2 * size);
      }
      firsts[size] = first;
      bits[size] = (byte) blockBits;
      counts[size] = count;
      hashes[size++] = hash;
    }

    /// Number of blocks so far.
    public int size() {
      return size;
    }

    /// Hands out what was added; nothing can be added any more.
    public RevisionBlockList build() {
      return new RevisionBlockList(size, firsts, bits, counts, hashes);
    }
  }
}
