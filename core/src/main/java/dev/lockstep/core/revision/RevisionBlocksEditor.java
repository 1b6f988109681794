package dev.lockstep.core.revision;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.RevisionHash;
import dev.lockstep.core.revision.RevisionBlocks.Page;
import java.util.Arrays;

/// Builds and changes blocks of revisions in place. [#toBlocks] freezes the present state in O(1):
/// later changes copy the pages they touch. Memory is bounded: about 7 MB, and 1.6 MB up to 4
/// million revisions; twice that where revisions come in no order, for pages are half full then,
/// and once more for a moment when blocks are merged. One thread at a time.
public final class RevisionBlocksEditor {
  /*
   * A revision that no block covers gets a block of its own. When there are too many, neighbours
   * are merged, ever more of them the more revisions there are; nothing is ever split, which would
   * need the revisions themselves. That does no harm because revisions come in ascending order
   * almost always: no block is made that covers what is yet to come, so what comes is always told
   * apart as finely as memory allows.
   */

  /// So many blocks are there at any time at most, whatever the number of revisions...
  private static final int BLOCKS_MOST = 1 << 18;

  /// ...and so many may always be there.
  private static final int BLOCKS_LEAST = 1 << 16;

  /// Between: revisions for each block allowed.
  private static final int REVISIONS_PER_BLOCK = 64;

  private final int blocksLeast;
  private Page[] pages;
  private int pageCount;
  private int size;
  private long count;
  private long hash;

  /// Marks the pages only this editor can reach; replaced whenever blocks are handed out.
  private Object token = new Object();

  private boolean isDirectoryShared;

  /// Starts with the blocks of an empty collection.
  public RevisionBlocksEditor() {
    this(BLOCKS_LEAST);
  }

  RevisionBlocksEditor(int blocksLeast) {
    this.blocksLeast = blocksLeast;
    this.pages = new Page[8];
  }

  /// Starts from `blocks`.
  public RevisionBlocksEditor(RevisionBlockList blocks) {
    this(BLOCKS_LEAST);
    fill(blocks);
    count = blocks.count();
    hash = blocks.hash();
  }

  private void fill(RevisionBlockList blocks) {
    pages = new Page[Math.max(8, 2 * (blocks.size() / Page.CAPACITY + 1))];
    pageCount = 0;
    isDirectoryShared = false;
    size = blocks.size();
    Page page = null;
    for (int i = 0; i < size; i++) {
      if (page == null || page.size == Page.CAPACITY) {
        page = new Page(token);
        pages[pageCount++] = page;
      }
      int at = page.size++;
      page.firsts[at] = blocks.first(i).value();
      page.bits[at] = (byte) blocks.bits(i);
      page.counts[at] = blocks.count(i);
      page.hashes[at] = blocks.hash(i);
    }
  }

  /// Number of revisions held.
  public long count() {
    return count;
  }

  /// Freezes the present state.
  public RevisionBlocks toBlocks() {
    token = new Object();
    isDirectoryShared = true;
    return new RevisionBlocks(pages, pageCount, size, count, hash);
  }

  /// Adds a revision. Adding one twice is not noticed.
  public void insert(Revision revision) {
    long value = revision.value();
    long revisionHash = RevisionHash.nodeHash(revision);
    int pageIndex = Page.last(pages, pageCount, value);
    int at = pageIndex < 0 ? -1 : pages[pageIndex].last(value);
    if (at >= 0 && Long.compareUnsigned(value, pages[pageIndex].lastOf(at)) <= 0) {
      Page page = own(pageIndex);
      page.counts[at]++;
      page.hashes[at] ^= revisionHash;
    } else {
      open(Math.max(pageIndex, 0), at + 1, value, revisionHash);
    }
    count++;
    hash ^= revisionHash;
    if (size > blocksMax()) {
      merge();
    }
  }

  private int blocksMax() {
    return Math.clamp(count / REVISIONS_PER_BLOCK, blocksLeast, BLOCKS_MOST);
  }

  /// A block for one revision.
  private void open(int pageIndex, int at, long value, long revisionHash) {
    int target = pageIndex;
    int position = at;
    if (pageCount == 0) {
      addPage(0);
    } else if (pages[pageIndex].size == Page.CAPACITY) {
      // What comes in ascending order leaves full pages behind.
      boolean isLast = pageIndex == pageCount - 1 && at == Page.CAPACITY;
      int stay = isLast ? Page.CAPACITY : Page.CAPACITY / 2;
      addPage(pageIndex + 1);
      if (!isLast) {
        own(pageIndex).split(stay, pages[pageIndex + 1]);
      }
      if (isLast || at > stay) {
        target = pageIndex + 1;
        position = at - stay;
      }
    }
    Page page = own(target);
    page.open(position);
    page.firsts[position] = value;
    page.bits[position] = 0;
    page.counts[position] = 1;
    page.hashes[position] = revisionHash;
    size++;
  }

  /// Takes a revision out. Taking an absent one out of a block that holds others is not noticed.
  ///
  /// @throws RevisionTreeException if no block covers it; nothing has changed then
  public void remove(Revision revision) {
    long value = revision.value();
    int pageIndex = Page.last(pages, pageCount, value);
    int at = pageIndex < 0 ? -1 : pages[pageIndex].last(value);
    if (at < 0
        || Long.compareUnsigned(value, pages[pageIndex].lastOf(at)) > 0
        || pages[pageIndex].counts[at] == 0) {
      throw new RevisionTreeException(
          "cannot remove revision " + revision + ": no block of revisions holds it");
    }
    long revisionHash = RevisionHash.nodeHash(revision);
    Page page = own(pageIndex);
    page.counts[at]--;
    page.hashes[at] ^= revisionHash;
    count--;
    hash ^= revisionHash;
    if (page.counts[at] == 0 && page.hashes[at] == 0) {
      page.remove(at);
      size--;
      if (page.size == 0) {
        removePage(pageIndex);
      }
    }
  }

  /// With what a merged block may hold from as much as there must be in a block on average.
  private void merge() {
    RevisionBlockList all = new RevisionBlocks(pages, pageCount, size, count, hash).all();
    long newest = all.last(all.size() - 1).value();
    long countMax = Math.max(2, count / blocksMax());
    RevisionBlockList merged = all.coarsened(countMax, newest);
    while (merged.size() > blocksMax() / 2 && countMax < count) {
      countMax *= 2;
      merged = all.coarsened(countMax, newest);
    }
    fill(merged);
  }

  private Page own(int pageIndex) {
    Page page = pages[pageIndex];
    if (page.owner != token) {
      ownDirectory();
      page = new Page(token, page);
      pages[pageIndex] = page;
    }
    return page;
  }

  private void ownDirectory() {
    if (isDirectoryShared) {
      pages = pages.clone();
      isDirectoryShared = false;
    }
  }

  private void addPage(int at) {
    ownDirectory();
    if (pageCount == pages.length) {
      pages = Arrays.copyOf(pages, 2 * pageCount);
    }
    System.arraycopy(pages, at, pages, at + 1, pageCount - at);
    pages[at] = new Page(token);
    pageCount++;
  }

  private void removePage(int at) {
    ownDirectory();
    System.arraycopy(pages, at + 1, pages, at, pageCount - at - 1);
    pageCount--;
  }
}
