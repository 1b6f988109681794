package dev.lockstep.core.collection;

import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.document.Document;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What entries of the change log leave out: the documents, and what the bytes of a definition
/// mean. Thread-safe.
public final class ChangeLookup {
  private final DocumentStore store;

  ChangeLookup(DocumentStore store) {
    this.store = store;
  }

  /// The document that was written; null if it has been replaced or removed since, by a change that
  /// comes later in the log. What a transaction wrote is found even then, unless all documents of
  /// the collection have gone at once since, or the transaction replaced very much itself.
  public @Nullable Document document(Change.DocumentWritten written) {
    long generation = written.generation();
    long revision = written.revision().value();
    Document document = store.documentRows().read(store.engine(), generation, revision);
    // In this order: it is kept in the commit that takes it from its place.
    return document == null ? store.superseded().read(generation, revision) : document;
  }

  /// The collection as it was created, without indexes.
  public CollectionDefinition created(Change.CollectionCreated created) {
    return definition(created.collectionId(), created.definition());
  }

  /// The collection after its properties were changed, without indexes.
  public CollectionDefinition changed(Change.PropertiesChanged changed) {
    return definition(changed.collectionId(), changed.definition());
  }

  private static CollectionDefinition definition(long id, byte[] row) {
    return CatalogRows.collection(id, row, List.of()).definition(0);
  }

  /// The index as it was created; its id is 0 if the entry does not tell it.
  public IndexDefinition created(Change.IndexCreated created) {
    return CatalogRows.index(created.indexId(), created.definition(), store.indexKeyBytesMax())
        .definition();
  }
}
