package dev.lockstep.core.document;

import org.jspecify.annotations.Nullable;

/// A document's `_id`: the name of its collection and its key.
public record DocumentHandle(String collection, String key) {
  /// Reads `collection/key`; null if there is not exactly one slash with text on both sides, or the
  /// key is no valid key.
  public static @Nullable DocumentHandle parse(String handle) {
    int slash = handle.indexOf('/');
    if (slash <= 0 || slash == handle.length() - 1) {
      return null;
    }
    String key = handle.substring(slash + 1);
    return DocumentKey.isValid(key) ? new DocumentHandle(handle.substring(0, slash), key) : null;
  }

  /// `collection/key`
  @Override
  public String toString() {
    return collection + '/' + key;
  }
}
