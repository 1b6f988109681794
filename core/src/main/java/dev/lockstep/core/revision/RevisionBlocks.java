package dev.lockstep.core.revision;

import dev.lockstep.core.document.Revision;
import java.util.List;

/// One collection's revisions in blocks whose length follows the revisions: where many are close
/// together, as after a bulk load, blocks are short, and where there are few they are long. So two
/// collections can be compared at a cost that follows their difference, whatever the distribution
/// of revisions; a [RevisionTree], whose buckets are all of one length, cannot do that. Two equal
/// collections may have different blocks. Immutable and safe to share between threads; a
/// [RevisionBlocksEditor] shares its pages.
///
/// Decision: `docs/decisions/0014-revision-blocks.md`.
public final class RevisionBlocks {
  /*
   * Ascending, none empty. What a page begins with is all that is known of it from outside.
   */
  final Page[] pages;
  final int pageCount;
  private final int size;
  private final long count;
  private final long hash;

  RevisionBlocks(Page[] pages, int pageCount, int size, long count, long hash) {
    this.pages = pages;
    this.pageCount = pageCount;
    this.size = size;
    this.count = count;
    this.hash = hash;
  }

  /// Number of blocks.
  public int size() {
    return size;
  }

  /// Number of revisions held.
  public long count() {
    return count;
  }

  /// Exclusive-or of the hashes of all revisions held; unsigned 64-bit.
  public long hash() {
    return hash;
  }

  /// All blocks.
  public RevisionBlockList all() {
    return within(List.of(new RevisionRange(Revision.NONE, Revision.INVALID)));
  }

  /// The blocks that cover anything inside `ranges`.
  ///
  /// @param ranges ascending, disjoint
  public RevisionBlockList within(List<RevisionRange> ranges) {
    RevisionBlockList.Builder found = new RevisionBlockList.Builder();
    int page = 0;
    int block = 0;
    for (RevisionRange range : ranges) {
      long first = range.first().value();
      long last = range.last().value();
      // Never backwards: a block may reach into two ranges.
      int begin = Page.last(pages, pageCount, first);
      if (begin > page) {
        page = begin;
        block = 0;
      }
      while (page < pageCount) {
        Page current = pages[page];
        if (block == current.size) {
          page++;
          block = 0;
        } else if (Long.compareUnsigned(current.firsts[block], last) > 0) {
          break;
        } else {
          if (Long.compareUnsigned(current.lastOf(block), first) >= 0) {
            found.add(
                current.firsts[block],
                current.bits[block],
                current.counts[block],
                current.hashes[block]);
          }
          block++;
        }
      }
    }
    return found.build();
  }

  @Override
  public String toString() {
    return "RevisionBlocks[size="
        + size
        + ", count="
        + count
        + ", hash="
        + Long.toUnsignedString(hash)
        + "]";
  }

  /// Up to 256 blocks. Written only by the editor whose token it carries.
  static final class Page {
    static final int CAPACITY = 256;

    final Object owner;
    int size;
    final long[] firsts;
    final byte[] bits;
    final long[] counts;
    final long[] hashes;

    Page(Object owner) {
      this.owner = owner;
      this.firsts = new long[CAPACITY];
      this.bits = new byte[CAPACITY];
      this.counts = new long[CAPACITY];
      this.hashes = new long[CAPACITY];
    }

    Page(Object owner, Page other) {
      this.owner = owner;
      this.size = other.size;
      this.firsts = other.firsts.clone();
      this.bits = other.bits.clone();
      this.counts = other.counts.clone();
      this.hashes = other.hashes.clone();
    }

    long lastOf(int block) {
      return RevisionBlockList.lastOf(firsts[block], bits[block]);
    }

    /// The last block that does not begin beyond `value`; -1: all do.
    int last(long value) {
      int at = RevisionBlockList.lowerBound(firsts, 0, size, value);
      return at < size && firsts[at] == value ? at : at - 1;
    }

    /// The last page that does not begin beyond `value`; -1: all do.
    static int last(Page[] pages, int pageCount, long value) {
      int low = 0;
      int high = pageCount;
      while (low < high) {
        int middle = low + high >>> 1;
        if (Long.compareUnsigned(pages[middle].firsts[0], value) <= 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low - 1;
    }

    /// Makes room for a block in the place of `at`; there must be some.
    void open(int at) {
      move(at, this, at + 1, size - at);
      size++;
    }

    void remove(int at) {
      move(at + 1, this, at, size - at - 1);
      size--;
    }

    /// Moves everything from `at` on to an empty page.
    void split(int at, Page target) {
      move(at, target, 0, size - at);
      target.size = size - at;
      size = at;
    }

    private void move(int from, Page target, int to, int length) {
      System.arraycopy(firsts, from, target.firsts, to, length);
      System.arraycopy(bits, from, target.bits, to, length);
      System.arraycopy(counts, from, target.counts, to, length);
      System.arraycopy(hashes, from, target.hashes, to, length);
    }
  }
}
