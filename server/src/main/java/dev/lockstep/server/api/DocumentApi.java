package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.server.http.Router;
import java.util.random.RandomGenerator;

/// Registers the resources that read and write collections, documents and indexes.
public final class DocumentApi {
  private DocumentApi() {}

  /// @param creatorGrant asked after every creation of a collection
  /// @param cursors closed by the caller, before the store
  /// @param random chooses random documents; thread-safe
  public static void route(
      Router router,
      DocumentStore store,
      CollectionResource.CreatorGrant creatorGrant,
      CursorRegistry cursors,
      RandomGenerator random) {
    router
        .route("/_api/collection", new CollectionResource(store, creatorGrant))
        .route("/_api/document", new DocumentResource(store))
        .route("/_api/index", new IndexResource(store))
        .route("/_api/import", new ImportResource(store))
        .route("/_api/simple", new SimpleQueryResource(store, cursors, random))
        .route("/_api/cursor", new CursorResource(cursors))
        .route("/_api/edges", new EdgesResource(store));
  }
}
