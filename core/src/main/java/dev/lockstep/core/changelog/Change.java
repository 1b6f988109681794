package dev.lockstep.core.changelog;

import dev.lockstep.core.document.Revision;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One entry of the change log, without its tick. Immutable; byte arrays are not modified by
/// anyone.
public sealed interface Change {
  /// The database it happened in.
  long databaseId();

  /// A document was inserted or replaced.
  ///
  /// @param generation where the body is found while it has not been replaced again
  /// @param previous the revision it replaced; [Revision#NONE] for an insert
  record DocumentWritten(
      long databaseId,
      long collectionId,
      long generation,
      Revision revision,
      Revision previous,
      String key)
      implements Change {}

  /// A document was removed.
  ///
  /// @param revision a new revision that stands for the removal; the wire's markers carry it
  /// @param previous the revision that was removed
  record DocumentRemoved(
      long databaseId,
      long collectionId,
      long generation,
      Revision revision,
      Revision previous,
      String key)
      implements Change {}

  /// A collection was created.
  ///
  /// @param definition its definition as the catalog stores it
  record CollectionCreated(long databaseId, long collectionId, byte[] definition)
      implements Change {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof CollectionCreated that
          && databaseId == that.databaseId
          && collectionId == that.collectionId
          && Arrays.equals(definition, that.definition);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(collectionId);
    }
  }

  /// A collection was dropped.
  ///
  /// @param globallyUniqueId what followers know it by; it is in no catalog any more
  record CollectionDropped(long databaseId, long collectionId, String globallyUniqueId)
      implements Change {}

  /// A collection was renamed.
  ///
  /// @param globallyUniqueId what followers know it by, for when it is in no catalog any more;
  ///   empty in entries of servers that did not write it down
  record CollectionRenamed(
      long databaseId, long collectionId, String globallyUniqueId, String oldName, String newName)
      implements Change {}

  /// Changeable properties were changed.
  ///
  /// @param definition the whole definition after the change, as the catalog stores it
  record PropertiesChanged(long databaseId, long collectionId, byte[] definition)
      implements Change {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof PropertiesChanged that
          && databaseId == that.databaseId
          && collectionId == that.collectionId
          && Arrays.equals(definition, that.definition);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(collectionId);
    }
  }

  /// All documents were removed at once; later changes are in `newGeneration`.
  record Truncated(long databaseId, long collectionId, long newGeneration) implements Change {}

  /// A synchronization replaced all documents at once. They are not in the log: whoever follows
  /// this server must synchronize this collection again.
  record GenerationSwapped(long databaseId, long collectionId, long newGeneration)
      implements Change {}

  /// @param indexId 0 in entries of kind 9, which do not tell it
  /// @param definition the index as the catalog stores it
  record IndexCreated(long databaseId, long collectionId, long indexId, byte[] definition)
      implements Change {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof IndexCreated that
          && databaseId == that.databaseId
          && collectionId == that.collectionId
          && indexId == that.indexId
          && Arrays.equals(definition, that.definition);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(indexId);
    }
  }

  record IndexDropped(long databaseId, long collectionId, long indexId) implements Change {}

  record DatabaseCreated(long databaseId, String name) implements Change {}

  record DatabaseDropped(long databaseId, String name) implements Change {}

  /// The following changes up to [TransactionCommitted] become visible together.
  record TransactionBegun(long databaseId, long transactionId) implements Change {}

  record TransactionCommitted(long databaseId, long transactionId) implements Change {}
}
