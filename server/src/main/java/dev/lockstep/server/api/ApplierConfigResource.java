package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_api/replication/applier-config`: the defaults, as there is no applier to configure yet.
final class ApplierConfigResource implements Resource {
  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    request.access().requireAdmin();
    ReplicationParameters.isGlobal(request);
    if (request.verb() == HttpVerb.PUT) {
      throw new LockstepException(
          ErrorNumber.NOT_IMPLEMENTED,
          "not implemented: Lockstep does not have an applier to configure yet");
    }
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    SyncOptions defaults = SyncOptions.unconfigured();
    return ApiResponse.json(
        200,
        builder -> {
          builder.openObject();
          defaults.render(builder);
          builder.close();
        });
  }
}
