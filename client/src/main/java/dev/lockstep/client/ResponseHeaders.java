package dev.lockstep.client;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The headers of a response; names are compared without regard to case. Immutable.
public final class ResponseHeaders {
  private final Map<String, List<String>> values;

  private ResponseHeaders(Map<String, List<String>> values) {
    this.values = values;
  }

  /// @param lines name and value of each header line, in order
  public static ResponseHeaders of(List<Map.Entry<String, String>> lines) {
    Map<String, List<String>> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Map.Entry<String, String> line : lines) {
      values.computeIfAbsent(line.getKey(), _ -> new ArrayList<>(1)).add(line.getValue());
    }
    values.replaceAll((_, list) -> List.copyOf(list));
    return new ResponseHeaders(Collections.unmodifiableMap(values));
  }

  /// The first value under this name, or null.
  public @Nullable String get(String name) {
    List<String> list = values.get(name);
    return list == null ? null : list.getFirst();
  }

  /// All values by name, in alphabetic order of the names.
  public Map<String, List<String>> asMap() {
    return values;
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
