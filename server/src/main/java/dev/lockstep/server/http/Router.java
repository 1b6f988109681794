package dev.lockstep.server.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds the resource of a path: the one registered under the longest prefix of whole segments.
/// Registration happens before the listener starts; afterwards it is read by all request threads.
public final class Router {
  /// A resource and the segments after its prefix.
  record Match(Resource resource, String prefix, List<String> segments) {}

  private final Map<List<String>, Resource> resources = new HashMap<>();
  private int longestPrefix;

  /// @param prefix such as `/_api/document`; it covers everything below
  /// @throws IllegalArgumentException if the prefix is taken
  public Router route(String prefix, Resource resource) {
    if (!prefix.startsWith("/")) {
      throw new IllegalArgumentException("prefix does not start with a slash: " + prefix);
    }
    List<String> segments = split(prefix);
    if (resources.putIfAbsent(segments, resource) != null) {
      throw new IllegalArgumentException("prefix is registered already: " + prefix);
    }
    longestPrefix = Math.max(longestPrefix, segments.size());
    return this;
  }

  /// @param segments decoded, without empty ones
  @Nullable Match find(List<String> segments) {
    for (int length = Math.min(longestPrefix, segments.size()); length >= 0; length--) {
      Resource resource = resources.get(segments.subList(0, length));
      if (resource != null) {
        return new Match(
            resource,
            "/" + String.join("/", segments.subList(0, length)),
            segments.subList(length, segments.size()));
      }
    }
    return null;
  }

  private static List<String> split(String path) {
    List<String> segments = new ArrayList<>();
    for (String segment : path.split("/")) {
      if (!segment.isEmpty()) {
        segments.add(segment);
      }
    }
    return segments;
  }
}
