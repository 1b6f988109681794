package dev.lockstep.core.document;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where an indexed value lies in a document: names joined by dots, of which one may end with `[*]`
/// to reach into every element of an array (`a.b[*].c`). Immutable.
public final class AttributePath {
  private static final String EXPANSION = "[*]";

  private final String path;
  private final byte[][] names;

  /// Position in `names` of the array to expand, -1 if none.
  private final int expandedName;

  private AttributePath(String path, byte[][] names, int expandedName) {
    this.path = path;
    this.names = names;
    this.expandedName = expandedName;
  }

  /// @throws IllegalArgumentException if the path is empty, has an empty name or more than one
  ///   expansion
  public static AttributePath parse(String path) {
    String[] parts = path.split("\\.", -1);
    byte[][] names = new byte[parts.length][];
    int expandedName = -1;
    for (int i = 0; i < parts.length; i++) {
      String name = parts[i];
      if (name.endsWith(EXPANSION)) {
        if (expandedName >= 0) {
          throw new IllegalArgumentException("attribute path '" + path + "' has more than one [*]");
        }
        expandedName = i;
        name = name.substring(0, name.length() - EXPANSION.length());
      }
      if (name.isEmpty() || name.contains(EXPANSION)) {
        throw new IllegalArgumentException(
            "attribute path '" + path + "' has an empty or malformed name");
      }
      names[i] = name.getBytes(StandardCharsets.UTF_8);
    }
    return new AttributePath(path, names, expandedName);
  }

  /// Whether one part of the path reaches into every element of an array.
  public boolean isExpanding() {
    return expandedName >= 0;
  }

  /// The value of a path, null if the document has none. With an expansion: the array it would
  /// expand.
  public @Nullable VPackSlice value(VPackSlice document) {
    byte[] b = document.buffer();
    int value = walk(b, document.offset(), 0, expandedName < 0 ? names.length : expandedName + 1);
    return value < 0 ? null : new VPackSlice(b, value);
  }

  /// All values the path reaches: at most one without expansion, one per element with. Elements
  /// that lack the rest of the path give a null value. Empty if there is no such value, or nothing
  /// to expand.
  public List<VPackSlice> values(VPackSlice document) {
    VPackSlice value = value(document);
    if (value == null) {
      return List.of();
    }
    if (expandedName < 0) {
      return List.of(value);
    }
    if (!value.isArray()) {
      return List.of();
    }
    List<VPackSlice> values = new ArrayList<>();
    for (VPackSlice element : value.elements()) {
      int reached = walk(element.buffer(), element.offset(), expandedName + 1, names.length);
      values.add(reached < 0 ? VPackSlice.NULL : new VPackSlice(element.buffer(), reached));
    }
    return values;
  }

  private int walk(byte[] b, int o, int from, int to) {
    int at = o;
    for (int i = from; i < to && at >= 0; i++) {
      at = VPackLayout.isObjectHead(b[at] & 0xff) ? VPackLayout.find(b, at, names[i]) : -1;
    }
    return at;
  }

  /// The path as given.
  @Override
  public String toString() {
    return path;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AttributePath that && path.equals(that.path);
  }

  @Override
  public int hashCode() {
    return path.hashCode();
  }
}
