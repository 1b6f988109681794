package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import org.jspecify.annotations.Nullable;

/// One operation on one document. Bodies are any VelocyPack objects that have been validated; `_id`
/// and `_rev` in them are ignored.
public sealed interface DocumentWrite {
  /// @param body with or without `_key`
  /// @param keepNull for [OverwriteMode#UPDATE], see [Update]
  /// @param mergeObjects for [OverwriteMode#UPDATE], see [Update]
  /// @param restoreRevision the revision to store; null: a new one
  record Insert(
      VPackSlice body,
      OverwriteMode mode,
      boolean keepNull,
      boolean mergeObjects,
      @Nullable Revision restoreRevision)
      implements DocumentWrite {
    /// A plain insert, refused when the key exists.
    public static Insert of(VPackSlice body) {
      return new Insert(body, OverwriteMode.CONFLICT, true, true, null);
    }
  }

  /// @param expected the revision the document must have; null: any
  record Replace(String key, VPackSlice body, @Nullable Revision expected)
      implements DocumentWrite {}

  /// @param expected the revision the document must have; null: any
  /// @param keepNull whether null attributes of the patch are stored rather than removed
  /// @param mergeObjects whether objects are merged rather than replaced
  record Update(
      String key,
      VPackSlice patch,
      @Nullable Revision expected,
      boolean keepNull,
      boolean mergeObjects)
      implements DocumentWrite {}

  /// @param expected the revision the document must have; null: any
  record Remove(String key, @Nullable Revision expected) implements DocumentWrite {}

  /// A leader's document, stored as it is: key, revision and bytes. It takes the place of the
  /// document of its key, and of every document that has its revision or a value of its in a unique
  /// index: the leader's documents do not contradict each other, so such a document is none of the
  /// leader's. Ignored if exactly this document is there already.
  ///
  /// Source: `docs/decisions/0009-incremental-sync.md`.
  record PutReplicated(Document document) implements DocumentWrite {}

  /// Removes a document because a leader does not have it; ignored, with no revision, if it is not
  /// there.
  ///
  /// @param expected only if it has this revision; null: whatever revision it has
  record RemoveReplicated(String key, @Nullable Revision expected) implements DocumentWrite {
    /// Whatever revision it has.
    public RemoveReplicated(String key) {
      this(key, null);
    }
  }

  /// Removes a document because a leader has done so, whose removal has a revision of its own;
  /// ignored, with no revision, if it is not there, or if it is younger: then it came after the
  /// removal.
  record RemoveOlder(String key, Revision removal) implements DocumentWrite {}

  /// Removes the document that has this revision now; refused with 1202 if none has. Where the key
  /// is known, [RemoveReplicated] costs less: here the document is read for it.
  record RemoveRevision(Revision revision) implements DocumentWrite {}
}
