package dev.lockstep.server.api;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;

/// `GET /_api/version[?details=true]`: what every client asks first. Lockstep peers find the
/// capabilities here, in a header and among the details; stock ones ignore both.
public final class VersionResource implements Resource {
  private final ServerIdentity identity;

  public VersionResource(ServerIdentity identity) {
    this.identity = identity;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    if (request.verb() != HttpVerb.GET && request.verb() != HttpVerb.HEAD) {
      throw request.verbNotSupported();
    }
    if (!request.segments().isEmpty()) {
      throw request.unknownPath();
    }
    boolean details = request.query().bool("details", false);
    return ApiResponse.object(
            200,
            builder -> {
              builder
                  .member("server", "arango")
                  .member("license", "community")
                  .member("version", identity.advertisedVersion());
              if (details) {
                builder.key("details").openObject();
                writeDetails(builder);
                builder.close();
              }
            })
        .header(ApiRequest.CAPABILITIES_HEADER, identity.capabilitiesHeader());
  }

  private void writeDetails(VPackBuilder builder) {
    builder
        .member("architecture", "64bit")
        .member("mode", "server")
        .member("role", "SINGLE")
        .member("server-version", identity.advertisedVersion())
        .member("platform", "linux")
        .member("host", identity.hostName())
        .member("lockstep-version", identity.productVersion())
        .member("lockstep-capabilities", identity.capabilitiesHeader())
        .member("jvm", System.getProperty("java.vm.version", ""));
  }
}
