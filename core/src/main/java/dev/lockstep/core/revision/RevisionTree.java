package dev.lockstep.core.revision;

import dev.lockstep.core.document.Revision;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A Merkle tree over one collection's revisions, of the geometry stock servers from 3.8 on
/// exchange: two equal trees mean equal sets of revisions, up to collisions of a 64-bit hash.
/// Immutable and safe to share between threads; a [RevisionTreeEditor] shares its pages, so a tree
/// costs memory only where it differs from its neighbours in time.
///
/// Source: `docs/protocol.md`, "Revision trees".
public final class RevisionTree {
  /*
   * 262144 leaves cover equal ranges ("buckets") of revisions. A leaf holds how many revisions fall into it and the
   * exclusive-or of their hashes, so that inserting and removing are the same update, and their order does not matter
   * [1]. When a revision falls outside the covered range the range doubles and neighbouring leaves merge; since
   * bucket borders stay multiples of the bucket size away from initialRangeMin, the borders of any two trees that
   * started at the same place coincide, and trees of different history can be compared leaf by leaf. Inner levels are
   * neither stored nor sent; here they are 64 x 64 x 64 pages, only so that unequal versions share what is equal.
   *
   * [1] R. Merkle, A Digital Signature Based on a Conventional Encryption Function, 1987
   */

  /// Depth announced on the wire: eight children a node.
  public static final int DEPTH = 6;

  /// Number of leaves: 8^6.
  public static final int LEAVES = 1 << 18;

  static final int LEAF_BITS = 18;
  static final int FAN_BITS = 6;
  static final int FAN = 1 << FAN_BITS;

  /// Bucket size of a fresh tree: 64 revisions.
  static final int INITIAL_BUCKET_BITS = 6;

  private final long rangeMin;
  private final int bucketBits;
  private final long initialRangeMin;
  private final long count;
  private final long hash;
  final @Nullable Branch[] root;

  RevisionTree(
      long rangeMin,
      int bucketBits,
      long initialRangeMin,
      long count,
      long hash,
      @Nullable Branch[] root) {
    this.rangeMin = rangeMin;
    this.bucketBits = bucketBits;
    this.initialRangeMin = initialRangeMin;
    this.count = count;
    this.hash = hash;
    this.root = root;
  }

  /// The tree of a collection that never held a document.
  public static RevisionTree empty() {
    return new RevisionTreeEditor().toTree();
  }

  /// First revision covered, included.
  public Revision rangeMin() {
    return new Revision(rangeMin);
  }

  /// First revision beyond the range; unsigned.
  public Revision rangeMax() {
    return new Revision(rangeMin + width());
  }

  /// Where the range of this tree began before it ever grew; bucket borders are aligned to it.
  public Revision initialRangeMin() {
    return new Revision(initialRangeMin);
  }

  /// Revisions in one bucket; a power of two.
  public long bucketSize() {
    return 1L << bucketBits;
  }

  /// Number of revisions held.
  public long count() {
    return count;
  }

  /// Exclusive-or of the hashes of all revisions held; unsigned 64-bit.
  public long hash() {
    return hash;
  }

  /// Number of revisions in leaf `index`, 0 to [#LEAVES] - 1.
  public long leafCount(int index) {
    Page page = page(root, index);
    return page == null ? 0 : page.counts[index & FAN - 1];
  }

  /// Hash of leaf `index`.
  public long leafHash(int index) {
    Page page = page(root, index);
    return page == null ? 0 : page.hashes[index & FAN - 1];
  }

  /// Calls `visitor` for every leaf that is not (0, 0), in ascending order.
  public void forEachPopulatedLeaf(LeafVisitor visitor) {
    visitLeaves(root, visitor);
  }

  /// Tests whether both trees hold the same revisions: count and hash, whatever their ranges.
  public boolean sameRevisions(RevisionTree other) {
    return count == other.count && hash == other.hash;
  }

  /// The ranges in which `left` and `right` hold different revisions, ascending, disjoint,
  /// neighbours merged; empty when the trees are equal. Symmetric. Neither tree changes.
  ///
  /// @throws RevisionTreeException when the narrower tree cannot grow to the width of the other
  public static List<RevisionRange> differences(RevisionTree left, RevisionTree right) {
    if (left.bucketBits < right.bucketBits) {
      return differences(right, left);
    }
    if (left.bucketBits > right.bucketBits) {
      RevisionTreeEditor grown = new RevisionTreeEditor(right);
      grown.growRightTo(left.bucketBits);
      return differences(left, grown.toTree());
    }
    RevisionTree first = Long.compareUnsigned(left.rangeMin, right.rangeMin) <= 0 ? left : right;
    RevisionTree second = first == left ? right : left;
    int bits = first.bucketBits;
    // Trees far apart leave a gap without buckets of either; nothing can differ there.
    long offset = second.rangeMin - first.rangeMin >>> bits;
    List<RevisionRange> ranges = new ArrayList<>();
    for (long bucket = 0; bucket < LEAVES; bucket++) {
      if (differs(first, bucket, second, bucket - offset)) {
        append(ranges, first.rangeMin + (bucket << bits), bits);
      }
    }
    for (long bucket = Math.max(LEAVES, offset); bucket < offset + LEAVES; bucket++) {
      if (differs(first, bucket, second, bucket - offset)) {
        append(ranges, first.rangeMin + (bucket << bits), bits);
      }
    }
    return ranges;
  }

  /// How many revisions this tree holds in the buckets that begin inside `ranges`.
  ///
  /// @param ranges ascending, disjoint
  public long countWithin(List<RevisionRange> ranges) {
    long[] sum = {0};
    int[] at = {0};
    forEachPopulatedLeaf((index, leafCount, leafHash) -> {
      long begin = rangeMin + ((long) index << bucketBits);
      while (at[0] < ranges.size()
          && Long.compareUnsigned(ranges.get(at[0]).last().value(), begin) < 0) {
        at[0]++;
      }
      if (at[0] < ranges.size() && ranges.get(at[0]).contains(new Revision(begin))) {
        sum[0] += leafCount;
      }
    });
    return sum[0];
  }

  private static boolean differs(RevisionTree a, long bucketOfA, RevisionTree b, long bucketOfB) {
    long countOfA = inside(bucketOfA) ? a.leafCount((int) bucketOfA) : 0;
    long countOfB = inside(bucketOfB) ? b.leafCount((int) bucketOfB) : 0;
    long hashOfA = inside(bucketOfA) ? a.leafHash((int) bucketOfA) : 0;
    long hashOfB = inside(bucketOfB) ? b.leafHash((int) bucketOfB) : 0;
    return countOfA != countOfB || hashOfA != hashOfB;
  }

  private static boolean inside(long bucket) {
    return bucket >= 0 && bucket < LEAVES;
  }

  private static void append(List<RevisionRange> ranges, long from, int bits) {
    Revision last = new Revision(from + (1L << bits) - 1);
    if (!ranges.isEmpty()) {
      RevisionRange previous = ranges.getLast();
      if (previous.last().value() + 1 == from) {
        ranges.set(ranges.size() - 1, new RevisionRange(previous.first(), last));
        return;
      }
    }
    ranges.add(new RevisionRange(new Revision(from), last));
  }

  int bucketBits() {
    return bucketBits;
  }

  private long width() {
    return 1L << (bucketBits + LEAF_BITS);
  }

  static void visitLeaves(@Nullable Branch[] root, LeafVisitor visitor) {
    for (int branchIndex = 0; branchIndex < FAN; branchIndex++) {
      Branch branch = root[branchIndex];
      if (branch == null) {
        continue;
      }
      for (int pageIndex = 0; pageIndex < FAN; pageIndex++) {
        Page page = branch.pages[pageIndex];
        if (page == null) {
          continue;
        }
        for (int leaf = 0; leaf < FAN; leaf++) {
          if (page.counts[leaf] != 0 || page.hashes[leaf] != 0) {
            visitor.leaf(
                (branchIndex * FAN + pageIndex) * FAN + leaf, page.counts[leaf], page.hashes[leaf]);
          }
        }
      }
    }
  }

  static @Nullable Page page(@Nullable Branch[] root, int index) {
    Branch branch = root[index >>> 2 * FAN_BITS];
    return branch == null ? null : branch.pages[index >>> FAN_BITS & FAN - 1];
  }

  @Override
  public String toString() {
    return "RevisionTree["
        + rangeMin()
        + " .. "
        + rangeMax()
        + ", count="
        + count
        + ", hash="
        + Long.toUnsignedString(hash)
        + "]";
  }

  /// Receives the populated leaves of a tree.
  @FunctionalInterface
  public interface LeafVisitor {
    /// @param index 0 to [RevisionTree#LEAVES] - 1
    /// @param hash unsigned 64-bit
    void leaf(int index, long count, long hash);
  }

  /// 64 pages. Written only by the editor whose token it carries.
  static final class Branch {
    final Object owner;
    final @Nullable Page[] pages;

    Branch(Object owner, @Nullable Page[] pages) {
      this.owner = owner;
      this.pages = pages;
    }
  }

  /// 64 leaves. Written only by the editor whose token it carries.
  static final class Page {
    final Object owner;
    final long[] counts;
    final long[] hashes;

    Page(Object owner, long[] counts, long[] hashes) {
      this.owner = owner;
      this.counts = counts;
      this.hashes = hashes;
    }
  }
}
