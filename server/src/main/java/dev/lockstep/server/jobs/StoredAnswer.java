package dev.lockstep.server.jobs;

import java.util.List;
import java.util.Map;

/// The rendered answer of a finished job. The body is never changed.
///
/// @param contentType empty if there is no body
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StoredAnswer(
    int status, List<Map.Entry<String, String>> headers, String contentType, byte[] body) {
  public StoredAnswer {
    headers = List.copyOf(headers);
  }
}
