package dev.lockstep.core.document;

import org.jspecify.annotations.Nullable;

/// Rules of `_key`. Thread-safe: no state.
public final class DocumentKey {
  /// Most bytes of a key; keys are ASCII, so characters are bytes.
  public static final int LENGTH_MAX = 254;

  private static final boolean[] ALLOWED = new boolean[128];

  static {
    for (char c = '0'; c <= '9'; c++) {
      ALLOWED[c] = true;
    }
    for (char c = 'A'; c <= 'Z'; c++) {
      ALLOWED[c] = true;
      ALLOWED[c + 32] = true;
    }
    for (char c : "_-:.@()+,=;$!*'%".toCharArray()) {
      ALLOWED[c] = true;
    }
  }

  private DocumentKey() {}

  /// Why this cannot be a key, or null if it can.
  public static @Nullable String validate(String key) {
    if (key.isEmpty()) {
      return "a key must not be empty";
    }
    if (key.length() > LENGTH_MAX) {
      return "a key must not exceed " + LENGTH_MAX + " bytes";
    }
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c >= 128 || !ALLOWED[c]) {
        return "a key must not contain U+%04X (position %d)".formatted((int) c, i);
      }
    }
    return null;
  }

  public static boolean isValid(String key) {
    return validate(key) == null;
  }
}
