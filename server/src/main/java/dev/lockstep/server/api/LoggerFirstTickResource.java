package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_api/replication/logger-first-tick`: the oldest change a follower can still ask for.
final class LoggerFirstTickResource implements Resource {
  private final DocumentStore store;

  LoggerFirstTickResource(DocumentStore store) {
    this.store = store;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    Tick first = store.changeLog().firstAvailable();
    return ApiResponse.object(200, members -> members.member("firstTick", first.toString()));
  }
}
