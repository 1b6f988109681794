package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.follower.SyncProgress;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.util.List;

/// `GET /_api/replication/jobs` and `/_api/replication/jobs/<id>`: what synchronizations are doing
/// or have done. `DELETE /_api/replication/jobs/<id>` cancels one and answers as `GET`; one that is
/// over stays as it is, so that the request may be repeated. The id is the one of the asynchronous
/// job where the synchronization runs as one, and is listed. For administrators only.
final class SyncJobsResource implements Resource {
  private final ReplicationFollower follower;

  SyncJobsResource(ReplicationFollower follower) {
    this.follower = follower;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 1);
    boolean isList = request.segments().isEmpty();
    boolean isCancel = request.verb() == HttpVerb.DELETE && !isList;
    if (request.verb() != HttpVerb.GET && !isCancel) {
      throw request.verbNotSupported();
    }
    request.access().requireAdmin();
    if (isList) {
      List<SyncProgress> jobs = follower.jobs();
      return ApiResponse.json(
          200,
          builder -> {
            builder.openArray();
            jobs.forEach(job -> job.render(builder));
            builder.close();
          });
    }
    String id = ReplicationParameters.segment(request, 0);
    SyncProgress progress = isCancel ? follower.cancel(id) : follower.job(id);
    if (progress == null) {
      throw new LockstepException(
          ErrorNumber.HTTP_NOT_FOUND, "there is no synchronization of the id '" + id + "'");
    }
    return ApiResponse.json(200, progress::render);
  }
}
