package dev.lockstep.server.http;

import java.util.ArrayList;
import java.util.List;

/// A request's path, taken apart while still encoded, so that an encoded slash stays inside its
/// segment.
///
/// @param database from the `/_db/<name>` prefix, `_system` without one
/// @param segments after that prefix, decoded, without empty ones
record RequestPath(String database, List<String> segments) {
  /// @param raw the encoded path
  /// @throws dev.lockstep.core.LockstepException 400/400 if it does not decode
  static RequestPath parse(String raw) {
    List<String> segments = new ArrayList<>(8);
    int start = 0;
    while (start <= raw.length()) {
      int slash = raw.indexOf('/', start);
      int end = slash < 0 ? raw.length() : slash;
      if (end > start) {
        segments.add(PercentEncoding.decode(raw.substring(start, end), false));
      }
      start = end + 1;
    }
    if (segments.size() >= 2 && segments.getFirst().equals("_db")) {
      return new RequestPath(segments.get(1), List.copyOf(segments.subList(2, segments.size())));
    }
    return new RequestPath("_system", List.copyOf(segments));
  }

  /// For messages: decoded, without the database.
  String text() {
    return "/" + String.join("/", segments);
  }
}
