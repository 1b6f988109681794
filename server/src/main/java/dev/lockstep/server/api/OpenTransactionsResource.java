package dev.lockstep.server.api;

import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_api/replication/determine-open-transactions`: none, since only complete ones are in our
/// log.
final class OpenTransactionsResource implements Resource {
  @Override
  public ApiResponse handle(ApiRequest request) {
    request.access().requireAdmin();
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return ApiResponse.value(200, builder -> builder.openArray().close())
        .header("x-arango-replication-frompresent", "true")
        .header("x-arango-replication-lasttick", "0");
  }
}
