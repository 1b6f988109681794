package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.document.DocumentHandle;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `GET /_api/edges/<collection>?vertex=<_id>[&direction=in|out|any]`: the edges at one vertex.
/// Without an edge index this reads the whole collection, and its statistics say so.
public final class EdgesResource implements Resource {
  private final ApiCollections collections;

  public EdgesResource(DocumentStore store) {
    this.collections = new ApiCollections(store);
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    if (request.segments().size() != 1) {
      throw request.unknownPath();
    }
    DocumentCollection collection =
        collections.require(request, request.segments().getFirst(), AccessLevel.RO);
    if (collection.type() != CollectionType.EDGE) {
      throw new LockstepException(
          ErrorNumber.COLLECTION_TYPE_INVALID,
          "collection type invalid: '" + collection.name() + "' is no edge collection");
    }
    String vertex = request.query().requiredString("vertex");
    if (DocumentHandle.parse(vertex) == null) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_HANDLE_BAD,
          "illegal document identifier: '" + vertex + "' is no _id of a vertex");
    }
    String direction = request.query().oneOf("direction", "any", List.of("in", "out", "any"));
    String name = collection.name();
    long read = 0;
    try (SpooledArray edges = SpooledArray.of(request);
        DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
      while (cursor.next()) {
        request.cancellation().throwIfCancelled();
        VPackSlice edge = cursor.document().slice();
        read++;
        boolean leaves = !direction.equals("in") && is(edge.get("_from"), vertex);
        boolean arrives = !direction.equals("out") && is(edge.get("_to"), vertex);
        if (leaves || arrives) {
          edges.addDocument(edge, name);
        }
      }
      long scanned = read;
      long filtered = read - edges.count();
      return edges.toResponse(
          200,
          "edges",
          members -> {
            members.member("error", false).member("code", 200);
            members.key("stats").openObject();
            members
                .member("scannedFull", scanned)
                .member("scannedIndex", 0)
                .member("filtered", filtered);
            members.close();
          });
    }
  }

  private static boolean is(@Nullable VPackSlice end, String vertex) {
    return end != null && end.isString() && end.asString().equals(vertex);
  }
}
