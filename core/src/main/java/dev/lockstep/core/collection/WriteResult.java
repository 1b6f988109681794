package dev.lockstep.core.collection;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import org.jspecify.annotations.Nullable;

/// How one [DocumentWrite] ended.
public sealed interface WriteResult {
  /// @param revision the stored one; for a removal that of the removed document
  /// @param oldRevision of the document that was there before; null: there was none
  /// @param oldDocument null unless asked for and existing
  /// @param newDocument null unless asked for, and for removals
  record Written(
      String key,
      Revision revision,
      @Nullable Revision oldRevision,
      @Nullable Document oldDocument,
      @Nullable Document newDocument)
      implements WriteResult {}

  /// [OverwriteMode#IGNORE] met an existing document, or [DocumentWrite.PutReplicated] the very
  /// same, or [DocumentWrite.RemoveReplicated] none that it was to remove.
  ///
  /// @param revision of the existing document; [Revision#NONE] if there is none, and for removals
  record Ignored(String key, Revision revision) implements WriteResult {}

  /// Nothing was written.
  ///
  /// @param key null when the operation had no readable key
  /// @param current the revision of the existing document when a precondition failed, else null
  record Refused(LockstepException error, @Nullable String key, @Nullable Revision current)
      implements WriteResult {}
}
