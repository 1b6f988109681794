package dev.lockstep.server.http;

import dev.lockstep.server.settings.Limit;
import dev.lockstep.server.settings.TransportSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/// Renders what Jetty refuses before [ApiHandler] sees it (malformed requests, headers too large)
/// with our error body.
final class TransportErrorHandler extends ErrorHandler {
  private final TransportSettings settings;
  private final RequestStatistics statistics;

  TransportErrorHandler(TransportSettings settings, RequestStatistics statistics) {
    this.settings = settings;
    this.statistics = statistics;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    int status = response.getStatus();
    if (request.getAttribute(ERROR_STATUS) instanceof Integer given) {
      status = given;
    }
    if (status < 400) {
      status = 500;
    }
    Object message = request.getAttribute(ERROR_MESSAGE);
    byte[] body = body(status, withLimit(status, message instanceof String t ? t : "bad request"));
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.SERVER, "ArangoDB");
    response.getHeaders().put("x-content-type-options", "nosniff");
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, ApiResponse.JSON);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }

  /// Jetty holds the request's line and its headers in one buffer, and says which did not fit.
  private String withLimit(int status, String message) {
    return switch (status) {
      case 414 -> withLimit(Limit.URL_SIZE, settings.urlBytesMax(), message);
      case 431 -> withLimit(Limit.HEADER_SIZE, settings.headerBytesMax(), message);
      default -> message;
    };
  }

  private String withLimit(Limit limit, int value, String message) {
    statistics.countRefusal(limit.setting());
    return message + " (" + limit.setting() + " is " + value + ")";
  }

  private static byte[] body(int status, String message) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      RenderedBody.of(ApiResponse.error(status, status, message, members -> {}).body(), false)
          .writer()
          .writeTo(out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
