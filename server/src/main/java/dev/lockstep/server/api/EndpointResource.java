package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import dev.lockstep.server.settings.ListenAddress;
import java.util.List;
import java.util.function.Supplier;

/// `GET /_api/endpoint`: where the server listens.
public final class EndpointResource implements Resource {
  private final Supplier<List<ListenAddress>> addresses;

  /// @param addresses asked on every request: ports may be chosen when the listener starts
  public EndpointResource(Supplier<List<ListenAddress>> addresses) {
    this.addresses = addresses;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    if (!request.database().equals("_system")) {
      throw new LockstepException(ErrorNumber.USE_SYSTEM_DATABASE);
    }
    return ApiResponse.value(
        200,
        builder -> {
          builder.openArray();
          for (ListenAddress address : addresses.get()) {
            String url =
                address.toString().replace("tcp://", "http://").replace("ssl://", "https://");
            builder.openObject().member("endpoint", url).close();
          }
          builder.close();
        });
  }
}
