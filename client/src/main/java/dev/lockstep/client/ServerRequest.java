package dev.lockstep.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One HTTP request. Credentials are the connection's affair and must not be among the headers.
///
/// @param method verb in capitals
/// @param pathAndQuery begins with `/`; already percent-encoded ([PercentEncoding]); sent as it
///   stands
/// @param headers in the order they are sent
/// @param body what it carries
/// @param idleTimeout overrides [ConnectionSettings#idleTimeout()] if not null
public record ServerRequest(
    String method,
    String pathAndQuery,
    List<Header> headers,
    RequestBody body,
    @Nullable Duration idleTimeout) {

  /// One header line.
  public record Header(String name, String value) {
    /// @throws IllegalArgumentException if name or value would break out of its line
    public Header {
      if (name.isEmpty() || !isOneLine(name) || !isOneLine(value)) {
        throw new IllegalArgumentException("header '" + name + "' is empty or holds a line break");
      }
    }

    private static boolean isOneLine(String text) {
      return text.indexOf('\r') < 0 && text.indexOf('\n') < 0 && text.indexOf('\0') < 0;
    }
  }

  /// @throws IllegalArgumentException if the path does not begin with a slash or holds blanks or
  ///   control characters
  public ServerRequest {
    if (!pathAndQuery.startsWith("/")
        || pathAndQuery.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
      throw new IllegalArgumentException("not an encoded path: '" + pathAndQuery + "'");
    }
    headers = List.copyOf(headers);
  }

  public static ServerRequest of(String method, String pathAndQuery) {
    return new ServerRequest(method, pathAndQuery, List.of(), new RequestBody.None(), null);
  }

  public static ServerRequest get(String pathAndQuery) {
    return of("GET", pathAndQuery);
  }

  public ServerRequest withHeader(String name, String value) {
    List<Header> more = new ArrayList<>(headers);
    more.add(new Header(name, value));
    return new ServerRequest(method, pathAndQuery, more, body, idleTimeout);
  }

  public ServerRequest withBody(String contentType, byte[] content) {
    return withBody(contentType, new RequestBody.Bytes(content));
  }

  public ServerRequest withBody(String contentType, RequestBody value) {
    return new ServerRequest(method, pathAndQuery, headers, value, idleTimeout)
        .withHeader("Content-Type", contentType);
  }

  public ServerRequest withIdleTimeout(Duration value) {
    return new ServerRequest(method, pathAndQuery, headers, body, value);
  }
}
