package dev.lockstep.server.api;

import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;

/// `/_api/replication/barrier`: followers before 3.4 ask for one so that the leader keeps its log.
/// A batch keeps here what they need, so barriers are acknowledged and have no effect.
final class BarrierResource implements Resource {
  private final ReplicationLeader leader;

  BarrierResource(ReplicationLeader leader) {
    this.leader = leader;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    return switch (request.verb()) {
      case POST -> {
        ReplicationParameters.requireSegments(request, 0);
        yield ApiResponse.object(
            200, members -> members.member("id", leader.lastTick().toString()));
      }
      case PUT, DELETE -> {
        ReplicationParameters.requireSegments(request, 1);
        yield ApiResponse.empty(204);
      }
      case GET -> {
        ReplicationParameters.requireSegments(request, 0);
        yield ApiResponse.value(200, builder -> builder.openArray().close());
      }
      default -> throw request.verbNotSupported();
    };
  }
}
