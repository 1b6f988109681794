package dev.lockstep.core.revision;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.RevisionHash;
import dev.lockstep.core.revision.RevisionTree.Branch;
import dev.lockstep.core.revision.RevisionTree.Page;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/// Builds and changes a revision tree in place. [#toTree] freezes the present state in O(1): later
/// changes copy the pages they touch. One thread at a time.
public final class RevisionTreeEditor {
  private long rangeMin;
  private int bucketBits;
  private final long initialRangeMin;
  private long count;
  private long hash;
  private @Nullable Branch[] root;

  /// Marks the pages only this editor can reach; replaced whenever a tree is handed out.
  private Object token = new Object();

  private boolean rootIsShared;

  /// Starts with the tree of an empty collection.
  public RevisionTreeEditor() {
    this(Revision.LOWER_BOUND.value());
  }

  private RevisionTreeEditor(long initialRangeMin) {
    this.initialRangeMin = initialRangeMin;
    this.rangeMin = initialRangeMin;
    this.bucketBits = RevisionTree.INITIAL_BUCKET_BITS;
    this.root = new @Nullable Branch[RevisionTree.FAN];
  }

  /// Starts from `tree`, which stays as it is.
  public RevisionTreeEditor(RevisionTree tree) {
    this.initialRangeMin = tree.initialRangeMin().value();
    this.rangeMin = tree.rangeMin().value();
    this.bucketBits = tree.bucketBits();
    this.count = tree.count();
    this.hash = tree.hash();
    this.root = tree.root;
    this.rootIsShared = true;
  }

  /// Rebuilds a tree from a description, as read from the wire or from storage.
  ///
  /// @param leaves called once with a sink that takes (index, count, hash) of each populated leaf,
  ///   ascending
  /// @throws RevisionTreeException when the geometry is impossible or the leaves do not add up to
  ///   `count` and `hash`
  public static RevisionTree describe(
      Revision rangeMin,
      Revision rangeMax,
      Revision initialRangeMin,
      long count,
      long hash,
      LeafSource leaves) {
    long width = rangeMax.value() - rangeMin.value();
    if (Long.bitCount(width) != 1
        || Long.compareUnsigned(rangeMax.value(), rangeMin.value()) <= 0) {
      throw new RevisionTreeException(
          "width of the range is no power of two: " + rangeMin + " .. " + rangeMax);
    }
    int bucketBits = Long.numberOfTrailingZeros(width) - RevisionTree.LEAF_BITS;
    if (bucketBits < 0) {
      throw new RevisionTreeException(
          "range narrower than the number of leaves: " + rangeMin + " .. " + rangeMax);
    }
    if ((initialRangeMin.value() - rangeMin.value() & (1L << bucketBits) - 1) != 0) {
      throw new RevisionTreeException(
          "initialRangeMin "
              + initialRangeMin
              + " is not a whole number of buckets away from rangeMin "
              + rangeMin);
    }
    RevisionTreeEditor editor = new RevisionTreeEditor(initialRangeMin.value());
    editor.rangeMin = rangeMin.value();
    editor.bucketBits = bucketBits;
    leaves.read(editor::addLeaf);
    if (editor.count != count || editor.hash != hash) {
      throw new RevisionTreeException(
          "leaves add up to count "
              + editor.count
              + " and hash "
              + Long.toUnsignedString(editor.hash)
              + ", expected "
              + count
              + " and "
              + Long.toUnsignedString(hash));
    }
    return editor.toTree();
  }

  /// Where the leaves of a described tree come from.
  @FunctionalInterface
  public interface LeafSource {
    void read(RevisionTree.LeafVisitor sink);
  }

  private void addLeaf(int index, long leafCount, long leafHash) {
    if (index < 0 || index >= RevisionTree.LEAVES) {
      throw new RevisionTreeException(
          "leaf " + index + " does not exist, a tree has " + RevisionTree.LEAVES);
    }
    Page page = ownPage(index);
    page.counts[index & RevisionTree.FAN - 1] += leafCount;
    page.hashes[index & RevisionTree.FAN - 1] ^= leafHash;
    count += leafCount;
    hash ^= leafHash;
  }

  public long count() {
    return count;
  }

  /// Freezes the present state.
  public RevisionTree toTree() {
    token = new Object();
    rootIsShared = true;
    return new RevisionTree(rangeMin, bucketBits, initialRangeMin, count, hash, root);
  }

  /// Adds a revision. Adding one twice is not noticed.
  ///
  /// @throws RevisionTreeException when no growth can cover it
  public void insert(Revision revision) {
    long value = revision.value();
    growLeftFor(value);
    growRightFor(value);
    apply(value, 1);
  }

  /// Adds several: grows left for the smallest first, then right for the largest, then adds, as
  /// stock servers do.
  public void insertAll(Collection<Revision> revisions) {
    if (revisions.isEmpty()) {
      return;
    }
    long[] values = values(revisions);
    long smallest = values[0];
    long largest = values[0];
    for (long value : values) {
      smallest = Long.compareUnsigned(value, smallest) < 0 ? value : smallest;
      largest = Long.compareUnsigned(value, largest) > 0 ? value : largest;
    }
    growLeftFor(smallest);
    growRightFor(largest);
    for (long value : values) {
      apply(value, 1);
    }
  }

  /// Takes a revision out. Taking an absent one out of a bucket that holds others is not noticed.
  ///
  /// @throws RevisionTreeException when its bucket is empty or outside the range; nothing has
  ///   changed then
  public void remove(Revision revision) {
    checkRemovable(revision.value());
    apply(revision.value(), -1);
  }

  /// Takes several out, all or none.
  ///
  /// @throws RevisionTreeException as [#remove]; nothing has changed then
  public void removeAll(Collection<Revision> revisions) {
    long[] values = values(revisions);
    for (int done = 0; done < values.length; done++) {
      try {
        checkRemovable(values[done]);
      } catch (RevisionTreeException impossible) {
        for (int undo = 0; undo < done; undo++) {
          apply(values[undo], 1);
        }
        throw impossible;
      }
      apply(values[done], -1);
    }
  }

  /// Forgets every revision; the range stays.
  public void clear() {
    root = new @Nullable Branch[RevisionTree.FAN];
    rootIsShared = false;
    count = 0;
    hash = 0;
  }

  private static long[] values(Collection<Revision> revisions) {
    return revisions.stream().mapToLong(Revision::value).toArray();
  }

  private void checkRemovable(long value) {
    if (!covers(value)) {
      throw new RevisionTreeException(
          "cannot remove revision "
              + new Revision(value)
              + ": outside of the tree's range "
              + new Revision(rangeMin)
              + " .. "
              + new Revision(rangeMax()));
    }
    int bucket = bucket(value);
    Page page = RevisionTree.page(root, bucket);
    if (page == null || page.counts[bucket & RevisionTree.FAN - 1] == 0) {
      throw new RevisionTreeException(
          "cannot remove revision " + new Revision(value) + ": its bucket is empty");
    }
  }

  private void apply(long value, int change) {
    int bucket = bucket(value);
    long revisionHash = RevisionHash.nodeHash(new Revision(value));
    Page page = ownPage(bucket);
    page.counts[bucket & RevisionTree.FAN - 1] += change;
    page.hashes[bucket & RevisionTree.FAN - 1] ^= revisionHash;
    count += change;
    hash ^= revisionHash;
  }

  private Page ownPage(int index) {
    if (rootIsShared) {
      root = root.clone();
      rootIsShared = false;
    }
    int branchIndex = index >>> 2 * RevisionTree.FAN_BITS;
    Branch branch = root[branchIndex];
    if (branch == null) {
      branch = new Branch(token, new @Nullable Page[RevisionTree.FAN]);
      root[branchIndex] = branch;
    } else if (branch.owner != token) {
      branch = new Branch(token, branch.pages.clone());
      root[branchIndex] = branch;
    }
    int pageIndex = index >>> RevisionTree.FAN_BITS & RevisionTree.FAN - 1;
    Page page = branch.pages[pageIndex];
    if (page == null) {
      page = new Page(token, new long[RevisionTree.FAN], new long[RevisionTree.FAN]);
      branch.pages[pageIndex] = page;
    } else if (page.owner != token) {
      page = new Page(token, page.counts.clone(), page.hashes.clone());
      branch.pages[pageIndex] = page;
    }
    return page;
  }

  private boolean covers(long value) {
    return Long.compareUnsigned(value, rangeMin) >= 0
        && Long.compareUnsigned(value, rangeMax()) < 0;
  }

  private long width() {
    return 1L << (bucketBits + RevisionTree.LEAF_BITS);
  }

  /// Never wraps: growth stops before it would.
  private long rangeMax() {
    return rangeMin + width();
  }

  private int bucket(long value) {
    return (int) (value - rangeMin >>> bucketBits);
  }

  private void growLeftFor(long value) {
    while (Long.compareUnsigned(value, rangeMin) < 0) {
      if (Long.compareUnsigned(width(), rangeMin) > 0) {
        throw new RevisionTreeException(
            "revision "
                + Long.toUnsignedString(value)
                + " is too old for a revision tree: the range cannot grow below "
                + new Revision(rangeMin));
      }
      growLeft();
    }
  }

  private void growRightFor(long value) {
    while (Long.compareUnsigned(value, rangeMax()) >= 0) {
      growRight();
    }
  }

  void growRightTo(int wantedBucketBits) {
    while (bucketBits < wantedBucketBits) {
      growRight();
    }
  }

  private boolean halvesWithoutShift() {
    return (initialRangeMin - rangeMin & (1L << bucketBits + 1) - 1) == 0;
  }

  /*
   * Doubling the bucket size keeps the borders aligned to initialRangeMin only if rangeMin is an even number of old
   * buckets away from it; otherwise the range starts one old bucket earlier.
   */
  private void growRight() {
    if (Long.compareUnsigned(width(), -1L - rangeMax()) > 0) {
      throw new RevisionTreeException(
          "revision tree cannot grow: its range "
              + new Revision(rangeMin)
              + " .. "
              + new Revision(rangeMax())
              + " would pass the largest revision");
    }
    if (halvesWithoutShift()) {
      mergeLeaves(0);
    } else {
      rangeMin -= 1L << bucketBits;
      mergeLeaves(1);
    }
    bucketBits++;
  }

  private void growLeft() {
    if (halvesWithoutShift()) {
      rangeMin -= width();
      mergeLeaves(RevisionTree.LEAVES);
    } else {
      rangeMin -= width() - (1L << bucketBits);
      mergeLeaves(RevisionTree.LEAVES - 1);
    }
    bucketBits++;
  }

  /// Leaf `i` becomes leaf `(i + offset) / 2`.
  private void mergeLeaves(int offset) {
    @Nullable Branch[] old = root;
    clear();
    RevisionTree.visitLeaves(
        old, (index, leafCount, leafHash) -> addLeaf(index + offset >>> 1, leafCount, leafHash));
  }
}
