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
  /// comes later in the log.
  public @Nullable Document document(Change.DocumentWritten written) {
    return store
        .documentRows()
        .read(store.engine(), written.generation(), written.revision().value());
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
