package dev.lockstep.server.api;

import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.http.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// `/_admin/echo[/...]`: the request as the server saw it. The `Authorization` header is not
/// repeated.
public final class EchoResource implements Resource {
  /// A mirror needs no more; it bounds what a request can make us build.
  private static final int BODY_BYTES_MAX = 1 << 20;

  @Override
  public ApiResponse handle(ApiRequest request) throws IOException {
    ApiRequest.Connection connection = request.connection();
    byte[] body = request.bodyBytes(BODY_BYTES_MAX);
    return ApiResponse.success(
        200,
        builder -> {
          builder
              .member("authorized", true)
              .member("user", request.userName())
              .member("isAdminUser", request.access().isAdmin())
              .member("database", request.database())
              .member(
                  "url",
                  request.path()
                      + (request.query().raw().isEmpty() ? "" : "?" + request.query().raw()))
              .member("protocol", connection.tls() ? "https" : "http")
              .member("portType", "tcp/ip")
              .member("path", request.path())
              .member("prefix", "/_admin/echo")
              .member("requestType", request.verb().name())
              .key("internals")
              .openObject()
              .close()
              .key("cookies")
              .openObject()
              .close();
          builder
              .key("server")
              .openObject()
              .member("address", connection.localAddress())
              .member("port", connection.localPort())
              .member(
                  "endpoint",
                  (connection.tls() ? "ssl://" : "tcp://")
                      + connection.localAddress()
                      + ":"
                      + connection.localPort())
              .close();
          builder
              .key("client")
              .openObject()
              .member("address", connection.remoteAddress())
              .member("port", connection.remotePort())
              .member("id", "")
              .close();
          writeHeaders(request, builder);
          writeBody(request, body, builder);
          builder.key("parameters").openObject();
          for (String name : request.query().names()) {
            builder.member(name, request.query().string(name, ""));
          }
          builder.close();
          writeSegments("suffix", request.segments(), builder);
          writeSegments("rawSuffix", request.segments(), builder);
        });
  }

  private static void writeHeaders(ApiRequest request, VPackBuilder builder) {
    builder.key("headers").openObject();
    request
        .headers()
        .all()
        .forEach((name, values) -> {
          if (!name.equalsIgnoreCase("authorization")) {
            builder.member(name, String.join(", ", values));
          }
        });
    builder.close();
  }

  private static void writeBody(ApiRequest request, byte[] body, VPackBuilder builder) {
    String text = new String(body, StandardCharsets.UTF_8);
    builder.key("requestBody");
    if (body.length > 0 && !request.hasVelocyPackBody()) {
      try {
        builder.slice(JsonToVPack.parse(body, request.limits().jsonValue()));
      } catch (InvalidJsonException e) {
        builder.value(text);
      }
    } else {
      builder.value(text);
    }
    builder.key("rawRequestBody").openArray();
    for (byte b : body) {
      builder.value(b & 0xff);
    }
    builder.close();
  }

  private static void writeSegments(String name, List<String> segments, VPackBuilder builder) {
    builder.key(name).openArray();
    segments.forEach(builder::value);
    builder.close();
  }
}
