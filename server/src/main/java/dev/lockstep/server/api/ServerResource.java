package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.io.IOException;

/// `/_admin/server/role|mode|id`: a single server, which can be made read-only for its clients.
public final class ServerResource implements Resource {
  private final DocumentStore store;

  public ServerResource(DocumentStore store) {
    this.store = store;
  }

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    if (request.segments().size() != 1) {
      throw request.unknownPath();
    }
    return switch (request.segments().getFirst()) {
      case "role" -> role(request);
      case "mode" -> mode(request);
      case "id" -> id(request);
      default -> throw request.unknownPath();
    };
  }

  private ApiResponse role(ApiRequest request) {
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return ApiResponse.success(
        200,
        builder ->
            builder.member("role", "SINGLE").member("mode", modeName()).member("errorNum", 0));
  }

  private String modeName() {
    return store.isReadOnly() ? "readonly" : "default";
  }

  private ApiResponse mode(ApiRequest request) throws IOException {
    if (request.verb() == HttpVerb.PUT) {
      request.access().requireAdmin();
      VPackSlice mode = request.bodyObject().get("mode");
      String name = mode != null && mode.isString() ? mode.asString() : "";
      if (!name.equals("default") && !name.equals("readonly")) {
        throw new LockstepException(
            ErrorNumber.HTTP_BAD_PARAMETER,
            "invalid value "
                + (mode == null ? "(none)" : RequestObject.shown(mode))
                + " for attribute 'mode': expecting 'default' or 'readonly'");
      }
      store.setReadOnly(name.equals("readonly"));
    } else if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return ApiResponse.success(200, builder -> builder.member("mode", modeName()));
  }

  private static ApiResponse id(ApiRequest request) {
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return ApiResponse.error(ErrorNumber.HTTP_SERVER_ERROR, "only members of a cluster have an id");
  }
}
