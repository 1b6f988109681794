package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_admin/server/availability`: for load balancers, without authentication.
public final class AvailabilityResource implements Resource {
  private final DocumentStore store;

  public AvailabilityResource(DocumentStore store) {
    this.store = store;
  }

  @Override
  public boolean isPublic() {
    return true;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    if (request.verb() != HttpVerb.GET && request.verb() != HttpVerb.HEAD) {
      throw request.verbNotSupported();
    }
    return ApiResponse.success(
        200, builder -> builder.member("mode", store.isReadOnly() ? "readonly" : "default"));
  }
}
