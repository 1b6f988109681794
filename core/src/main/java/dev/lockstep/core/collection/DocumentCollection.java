package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Durability;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A collection's handle. Stays valid over renaming, truncation and full synchronization; after the
/// collection was dropped every call fails with 1203. Thread-safe. Writers of one collection wait
/// for each other, readers never wait.
public final class DocumentCollection {
  DocumentCollection() {}

  public CollectionDefinition definition() {
    throw new UnsupportedOperationException();
  }

  public String name() {
    return definition().name();
  }

  public long id() {
    return definition().id();
  }

  public CollectionType type() {
    return definition().properties().type();
  }

  /// Number of documents.
  public long count() {
    throw new UnsupportedOperationException();
  }

  /// The revision of the newest change, removals and truncation included.
  public Revision revision() {
    throw new UnsupportedOperationException();
  }

  /// Null if there is none.
  public @Nullable Document document(String key) {
    throw new UnsupportedOperationException();
  }

  /// The documents of `keys` in their order, null where there is none.
  public List<@Nullable Document> documents(List<String> keys) {
    throw new UnsupportedOperationException();
  }

  /// Carries the operations out in order, under one lock; each sees the effects of those before it.
  /// Results come in the same order. A refusal does not stop the following operations unless
  /// `options.atomic()`.
  public List<WriteResult> write(List<DocumentWrite> operations, WriteOptions options) {
    throw new UnsupportedOperationException();
  }

  public WriteResult write(DocumentWrite operation, WriteOptions options) {
    throw new UnsupportedOperationException();
  }

  /// Removes every document at once, by a new generation. The key generator goes on where it was.
  public void truncate(Durability durability) {
    throw new UnsupportedOperationException();
  }

  /// Creates an index, or finds the existing one of the same definition. Writers of the collection
  /// wait until it is built; readers do not.
  ///
  /// @throws dev.lockstep.core.LockstepException 10 for an impossible definition, 1208 for an
  ///   illegal name, 1005 when id or name belong to another index, 1210 with the key when documents
  ///   violate it
  public EnsuredIndex ensureIndex(IndexDefinition wanted) {
    throw new UnsupportedOperationException();
  }

  /// @return false if there is no such index; primary and edge index cannot be dropped
  public boolean dropIndex(long id) {
    throw new UnsupportedOperationException();
  }

  /// Primary index first (id 0), then for edge collections the edge index (id 1), then the others.
  public List<IndexDefinition> indexesWithPrimary() {
    throw new UnsupportedOperationException();
  }

  /// Changes what can be changed.
  ///
  /// @param waitForSync null: as before
  /// @param cacheEnabled null: as before
  /// @param schema counts only if `schemaGiven`; null: none
  /// @throws dev.lockstep.core.LockstepException 9 for a schema: it would not be enforced
  public void changeProperties(
      @Nullable Boolean waitForSync,
      @Nullable Boolean cacheEnabled,
      byte @Nullable [] schema,
      boolean schemaGiven) {
    throw new UnsupportedOperationException();
  }

  /// Reads every document. Unsigned 64 bits.
  public long checksum(boolean withRevisions, boolean withData) {
    throw new UnsupportedOperationException();
  }

  /// The newest committed state; for short scans.
  public CollectionView view() {
    throw new UnsupportedOperationException();
  }

  /// Counts the documents anew and repairs the stored count. Writers wait.
  ///
  /// @return the true count
  public long recalculateCount() {
    throw new UnsupportedOperationException();
  }
}
