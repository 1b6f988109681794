package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.time.InstantSource;

/// `GET /_api/replication/applier-state-all`, in `_system` only: the appliers of all databases.
final class ApplierStateAllResource implements Resource {
  private final DocumentStore store;
  private final ServerIdentity server;
  private final InstantSource time;

  ApplierStateAllResource(DocumentStore store, ServerIdentity server, InstantSource time) {
    this.store = store;
    this.server = server;
    this.time = time;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    request.access().requireAdmin();
    if (!request.database().equals(DocumentStore.SYSTEM)) {
      throw new LockstepException(
          ErrorNumber.FORBIDDEN, "this is allowed in the database '_system' only");
    }
    return ApiResponse.json(
        200,
        builder -> {
          builder.openObject();
          store
              .databases()
              .forEach(database -> {
                builder.key(database.name());
                ApplierStateRendering.inactive(builder, server, database.name(), time);
              });
          builder.close();
        });
  }
}
