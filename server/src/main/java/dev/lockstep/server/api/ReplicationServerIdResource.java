package dev.lockstep.server.api;

import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_api/replication/server-id`
final class ReplicationServerIdResource implements Resource {
  private final ReplicationLeader leader;

  ReplicationServerIdResource(ReplicationLeader leader) {
    this.leader = leader;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return ApiResponse.object(
        200, members -> members.member("serverId", leader.identity().serverIdText()));
  }
}
