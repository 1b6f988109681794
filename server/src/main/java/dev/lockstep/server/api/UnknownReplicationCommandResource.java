package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;

/// Everything below `/_api/replication` that nobody knows.
final class UnknownReplicationCommandResource implements Resource {
  @Override
  public ApiResponse handle(ApiRequest request) {
    throw new LockstepException(
        ErrorNumber.HTTP_BAD_PARAMETER,
        "invalid command '" + ReplicationParameters.segment(request, 0) + "'");
  }
}
