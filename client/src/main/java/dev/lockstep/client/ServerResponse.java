package dev.lockstep.client;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A complete response, whatever its status: redirects are not followed and errors are not thrown.
///
/// @param status HTTP status code
/// @param reason the status line's text, may be empty
/// @param body the bytes as sent, never decompressed
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record ServerResponse(int status, String reason, ResponseHeaders headers, byte[] body) {
  /// The first header of this name, or null.
  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /// The body read as UTF-8.
  public String bodyText() {
    return new String(body, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "HTTP " + status + ", " + body.length + " bytes";
  }
}
