package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlocks;
import dev.lockstep.core.revision.RevisionTree;
import org.jspecify.annotations.Nullable;

/// Reads one collection: either in the frozen state of a [StoreSnapshot], or the newest committed
/// one ([DocumentCollection#view]); then each call sees a consistent state of its own moment.
/// Thread-safe; cursors are not. Cursors need constant memory, whatever the collection's size.
public interface CollectionView {
  CollectionDefinition definition();

  /// Number of documents.
  long count();

  /// The sum of the documents' [dev.lockstep.core.document.DocumentFingerprint]s; costs nothing.
  long fingerprint();

  /// Null if there is none.
  @Nullable Document document(String key);

  /// The document that has this revision now, null if there is none.
  @Nullable Document document(Revision revision);

  /// The revision tree of exactly this view's state. Costs nothing where it is in memory, else a
  /// pass over all keys.
  ///
  /// @throws dev.lockstep.core.revision.RevisionTreeException if the collection holds revisions no
  ///   tree can take (decimal ones from before revisions were times)
  RevisionTree revisionTree();

  /// The blocks of exactly this view's revisions; costs and errors as [#revisionTree].
  RevisionBlocks revisionBlocks();

  /// Whole documents in ascending order of revisions, which is storage order.
  ///
  /// @param fromExclusive [Revision#NONE] for all
  DocumentCursor byRevision(Revision fromExclusive);

  /// As [#byRevision], for whoever reads much of a collection and not soon again: what it reads
  /// does not push out of caches what others need.
  DocumentCursor byRevisionOnce(Revision fromExclusive);

  /// The greatest revision of a document here, [Revision#NONE] if there is none.
  Revision newestRevision();

  RevisionCursor revisions(Revision fromInclusive, Revision toInclusive);

  /// @param fromInclusive null: from the first key
  /// @param toInclusive null: to the last key
  KeyCursor byKey(@Nullable String fromInclusive, @Nullable String toInclusive);
}
