package dev.lockstep.core.revision;

import dev.lockstep.core.document.Revision;

/// Builds and changes a tree and blocks of the same revisions in place. One thread at a time.
public final class RevisionSummaryEditor {
  private final RevisionTreeEditor tree;
  private final RevisionBlocksEditor blocks;

  /// Starts with the summary of an empty collection.
  public RevisionSummaryEditor() {
    this.tree = new RevisionTreeEditor();
    this.blocks = new RevisionBlocksEditor();
  }

  /// Starts from a tree and blocks of the same revisions.
  public RevisionSummaryEditor(RevisionTree tree, RevisionBlockList blocks) {
    this.tree = new RevisionTreeEditor(tree);
    this.blocks = new RevisionBlocksEditor(blocks);
  }

  /// Number of revisions held.
  public long count() {
    return tree.count();
  }

  /// Freezes the present state, in O(1).
  public RevisionSummary toSummary() {
    return new RevisionSummary(tree.toTree(), blocks.toBlocks());
  }

  /// Adds a revision. Adding one twice is not noticed.
  ///
  /// @throws RevisionTreeException when no tree can cover it
  public void insert(Revision revision) {
    tree.insert(revision);
    blocks.insert(revision);
  }

  /// Takes a revision out. Taking out an absent one is not noticed in all cases.
  ///
  /// @throws RevisionTreeException if it cannot have been there; this is of no use any more then
  public void remove(Revision revision) {
    tree.remove(revision);
    blocks.remove(revision);
  }
}
