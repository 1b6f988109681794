package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.time.InstantSource;

/// `GET /_api/replication/applier-state`: of an applier that does not run, as there is none yet.
final class ApplierStateResource implements Resource {
  private final ServerIdentity server;
  private final InstantSource time;

  ApplierStateResource(ServerIdentity server, InstantSource time) {
    this.server = server;
    this.time = time;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    request.access().requireAdmin();
    String database = ReplicationParameters.isGlobal(request) ? "" : request.database();
    if (request.verb() == HttpVerb.DELETE) {
      throw new LockstepException(
          ErrorNumber.NOT_IMPLEMENTED,
          "not implemented: Lockstep does not have an applier to forget yet");
    }
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return ApiResponse.json(
        200, builder -> ApplierStateRendering.inactive(builder, server, database, time));
  }
}
