package dev.lockstep.server.api;

import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_api/replication/logger-state`: what this server is and how far its change log goes.
final class LoggerStateResource implements Resource {
  private final ReplicationLeader leader;

  LoggerStateResource(ReplicationLeader leader) {
    this.leader = leader;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    LoggerState state = leader.loggerState(ReplicationParameters.follower(request));
    return ApiResponse.value(200, target -> state.render(target, request.isLockstepClient()));
  }
}
