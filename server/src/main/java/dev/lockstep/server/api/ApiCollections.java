package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.users.AccessLevel;

/// Finds the collection a request means and checks the user's rights on it. Thread-safe.
final class ApiCollections {
  private final DocumentStore store;

  ApiCollections(DocumentStore store) {
    this.store = store;
  }

  Database database(ApiRequest request) {
    return store.requireDatabase(request.database());
  }

  /// @param given name, decimal id or globally unique id
  /// @throws LockstepException 404/1203, 403/11 or 403/1004
  DocumentCollection require(ApiRequest request, String given, AccessLevel wanted) {
    DocumentCollection collection = database(request).collection(given);
    if (collection == null) {
      request.access().requireDatabase(AccessLevel.RO);
      throw notFound(given);
    }
    // Rights hang on names, however the collection was addressed.
    request.access().requireCollection(collection.name(), wanted);
    return collection;
  }

  static LockstepException notFound(String given) {
    return new LockstepException(
        ErrorNumber.COLLECTION_NOT_FOUND, "collection or view not found: " + given);
  }

  /// Refuses to run inside a transaction that does not exist: otherwise its writes would silently
  /// not be part of it.
  static void refuseTransaction(ApiRequest request) {
    String transaction = request.header("x-arango-trx-id");
    if (transaction != null && !transaction.isEmpty()) {
      throw new LockstepException(
          ErrorNumber.TRANSACTION_NOT_FOUND,
          "transaction '" + transaction + "' not found: this server has none");
    }
  }
}
