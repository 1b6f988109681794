package dev.lockstep.core.document;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where an indexed value lies in a document: names joined by dots, of which one may end with `[*]`
/// to reach into every element of an array (`a.b[*].c`). Immutable.
public final class AttributePath {
  private AttributePath() {}

  /// @throws IllegalArgumentException if the path is empty, has an empty name or more than one
  ///   expansion
  public static AttributePath parse(String path) {
    throw new UnsupportedOperationException();
  }

  /// Whether one part of the path reaches into every element of an array.
  public boolean isExpanding() {
    throw new UnsupportedOperationException();
  }

  /// The value of a path without expansion, null if the document has none.
  public @Nullable VPackSlice value(VPackSlice document) {
    throw new UnsupportedOperationException();
  }

  /// All values the path reaches: at most one without expansion, one per element with. Elements
  /// that lack the rest of the path give a null value.
  public List<VPackSlice> values(VPackSlice document) {
    throw new UnsupportedOperationException();
  }
}
