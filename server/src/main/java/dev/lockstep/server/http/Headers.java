package dev.lockstep.server.http;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Header fields of a request, names case-insensitive. Immutable.
public final class Headers {
  public static final Headers NONE = of(Map.of());

  private final TreeMap<String, List<String>> fields;

  private Headers(TreeMap<String, List<String>> fields) {
    this.fields = fields;
  }

  /// @param fields every value of a name in the order received
  public static Headers of(Map<String, List<String>> fields) {
    TreeMap<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    fields.forEach((name, values) -> copy.put(name, List.copyOf(values)));
    return new Headers(copy);
  }

  /// The first value of that name, or null.
  public @Nullable String get(String name) {
    List<String> values = fields.get(name);
    return values == null || values.isEmpty() ? null : values.getFirst();
  }

  public boolean has(String name) {
    return fields.containsKey(name);
  }

  /// All fields, for mirrors such as `/_admin/echo`.
  public Map<String, List<String>> all() {
    return Collections.unmodifiableMap(fields);
  }
}
