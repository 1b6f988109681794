package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.follower.SyncRequest;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.replication.protocol.SyncResult;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.io.IOException;

/// `PUT /_api/replication/sync`: makes this server fetch collections of a leader. Answers in JSON
/// in any case: the shells of stock servers ask for VelocyPack and cannot read it here. For
/// administrators only: it makes the server connect to an address that the request names.
final class SyncResource implements Resource {
  private final ReplicationFollower follower;
  private final Appliers appliers;

  SyncResource(ReplicationFollower follower, Appliers appliers) {
    this.follower = follower;
    this.appliers = appliers;
  }

  /// A lost connection to us shall not cost anybody the outcome of hours.
  @Override
  public boolean keepsAsyncAnswer() {
    return true;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    try {
      SyncResult result = synchronize(request);
      return ApiResponse.json(200, result::render);
    } catch (LockstepException e) {
      return ApiResponse.json(e.number().httpStatus(), SyncAnswers.failure(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LockstepException stopped = new LockstepException(ErrorNumber.REPLICATION_APPLIER_STOPPED);
      return ApiResponse.json(stopped.number().httpStatus(), SyncAnswers.failure(stopped));
    }
  }

  private SyncResult synchronize(ApiRequest request) throws IOException, InterruptedException {
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.PUT) {
      throw request.verbNotSupported();
    }
    request.access().requireAdmin();
    boolean isGlobal = ReplicationParameters.isGlobal(request);
    SyncOptions.Parsed parsed =
        SyncOptions.parse(request.bodyObject(), ReplicationParameters.unknownOptions(request));
    if (isGlobal) {
      return appliers.synchronizeAll(parsed.options(), request.cancellation()::onCancel);
    }
    SyncRequest wish =
        new SyncRequest(
            request.database(),
            parsed.options(),
            request.isLockstepClient() ? SyncRequest.Caller.LOCKSTEP : SyncRequest.Caller.STOCK,
            parsed.warnings(),
            request.cancellation().jobId(),
            request.cancellation().jobId() == 0 ? "" : request.userName());
    return follower.sync(wish, job -> request.cancellation().onCancel(job::cancel));
  }
}
