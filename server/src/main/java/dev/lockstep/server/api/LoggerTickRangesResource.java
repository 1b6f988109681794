package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_api/replication/logger-tick-ranges`: which changes are still there. The wire lists log
/// files; our log is one range.
final class LoggerTickRangesResource implements Resource {
  private final DocumentStore store;

  LoggerTickRangesResource(DocumentStore store) {
    this.store = store;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    ReplicationParameters.requireSegments(request, 0);
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    Tick first = store.changeLog().firstAvailable();
    Tick last = store.changeLog().lastTick();
    return ApiResponse.value(
        200,
        builder -> {
          builder.openArray();
          if (first.compareTo(last) <= 0) {
            builder
                .openObject()
                .member("datafile", "changes")
                .member("status", "open")
                .member("tickMin", first.toString())
                .member("tickMax", last.toString())
                .close();
          }
          builder.close();
        });
  }
}
