package dev.lockstep.server.api;

import dev.lockstep.replication.leader.FollowerIdentity;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.CollectionDigest;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.users.AccessLevel;

/// `GET /_api/replication/logger-state`: what this server is and how far its change log goes; with
/// `collectionDigest=NAME` also what a collection is in the same state.
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
    LoggerState state = state(request);
    return ApiResponse.value(200, target -> state.render(target, request.isLockstepClient()));
  }

  private LoggerState state(ApiRequest request) {
    FollowerIdentity follower = ReplicationParameters.follower(request);
    String collection = request.query().string(CollectionDigest.PARAMETER, "");
    boolean isReadable =
        !collection.isEmpty()
            && request.access().collectionLevel(collection).includes(AccessLevel.RO);
    return isReadable ? leader.loggerState(follower, collection) : leader.loggerState(follower);
  }
}
