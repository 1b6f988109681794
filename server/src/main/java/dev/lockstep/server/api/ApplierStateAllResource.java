package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_api/replication/applier-state-all`, in `_system` only: the appliers of all databases.
final class ApplierStateAllResource implements Resource {
  private final Appliers appliers;

  ApplierStateAllResource(Appliers appliers) {
    this.appliers = appliers;
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
    boolean withLag = request.isLockstepClient();
    return ApiResponse.object(
        200,
        members ->
            appliers
                .states()
                .forEach((database, state) -> {
                  members.key(database);
                  state.render(members, withLag);
                }));
  }
}
