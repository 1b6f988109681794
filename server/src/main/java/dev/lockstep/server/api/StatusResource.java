package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_admin/status`: version, process and mode at a glance.
public final class StatusResource implements Resource {
  private final DocumentStore store;
  private final ServerIdentity identity;

  public StatusResource(DocumentStore store, ServerIdentity identity) {
    this.store = store;
    this.identity = identity;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    boolean readOnly = store.isReadOnly();
    return ApiResponse.object(
        200,
        builder ->
            builder
                .member("server", "arango")
                .member("license", "community")
                .member("version", identity.advertisedVersion())
                .member("mode", "server")
                .member("operationMode", "server")
                .member("foxxApi", false)
                .member("host", identity.hostName())
                .member("hostname", identity.hostName())
                .member("pid", ProcessHandle.current().pid())
                .key("serverInfo")
                .openObject()
                .member("role", "SINGLE")
                .member("writeOpsEnabled", !readOnly)
                .member("readOnly", readOnly)
                .member("maintenance", false)
                .key("progress")
                .openObject()
                .member("phase", "in wait")
                .member("feature", "")
                .member("recoveryTick", 0)
                .close()
                .close());
  }
}
