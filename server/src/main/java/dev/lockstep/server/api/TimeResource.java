package dev.lockstep.server.api;

import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.http.Resource;
import java.time.Clock;

/// `GET /_admin/time`: seconds since 1970, with a fraction.
public final class TimeResource implements Resource {
  private final Clock clock;

  public TimeResource(Clock clock) {
    this.clock = clock;
  }

  @Override
  public ApiResponse handle(ApiRequest request) {
    if (request.verb() != HttpVerb.GET) {
      throw request.verbNotSupported();
    }
    return ApiResponse.success(
        200, builder -> builder.member("time", clock.instant().toEpochMilli() / 1000.0));
  }
}
