package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.leader.FollowerIdentity;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import java.io.IOException;

/// `POST /_api/replication/batch`, `PUT` and `DELETE /_api/replication/batch/<id>`: leased
/// snapshots.
final class ReplicationBatchResource implements Resource {
  private final ReplicationLeader leader;

  ReplicationBatchResource(ReplicationLeader leader) {
    this.leader = leader;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    FollowerIdentity follower = ReplicationParameters.follower(request);
    return switch (request.verb()) {
      case POST -> {
        ReplicationParameters.requireSegments(request, 0);
        yield ApiResponse.value(
            200,
            leader.openBatch(
                    follower,
                    ReplicationParameters.ttl(request),
                    request.query().bool("state", false))
                ::render);
      }
      case PUT -> {
        leader.extendBatch(follower, id(request), ReplicationParameters.ttl(request));
        yield ApiResponse.empty(204);
      }
      case DELETE -> {
        leader.deleteBatch(follower, id(request));
        yield ApiResponse.empty(204);
      }
      default -> throw request.verbNotSupported();
    };
  }

  private static String id(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 1);
    String id = ReplicationParameters.segment(request, 0);
    if (id.isEmpty()) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER, "expecting the id of a batch in the path");
    }
    return id;
  }
}
