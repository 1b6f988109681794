package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `PUT /_admin/wal/flush`: with `waitForSync` everything written before survives power loss when
/// this is answered; otherwise nothing needs doing.
public final class WalResource implements Resource {
  private final DocumentStore store;

  public WalResource(DocumentStore store) {
    this.store = store;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    if (!request.segments().isEmpty()) {
      throw request.unknownPath();
    }
    if (request.verb() != HttpVerb.PUT) {
      throw request.verbNotSupported();
    }
    request.access().requireAdmin();
    if (request.query().bool("waitForSync", false)) {
      store.engine().sync();
    }
    return ApiResponse.success(200, builder -> {});
  }
}
