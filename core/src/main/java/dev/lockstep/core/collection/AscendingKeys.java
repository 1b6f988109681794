package dev.lockstep.core.collection;

import org.jspecify.annotations.Nullable;

/// Tells whether keys come in an ascending order, so that none can have come before: by their
/// characters, or shorter ones first, which is how decimal numbers ascend. One thread.
final class AscendingKeys {
  private @Nullable String last;
  private boolean isByCharacters = true;
  private boolean isByLength = true;

  /// Whether the key exceeds all before, in the same order as they did. Once it does not, no other
  /// will.
  boolean add(String key) {
    String before = last;
    last = key;
    if (before != null) {
      boolean exceeds = key.compareTo(before) > 0;
      int longer = key.length() - before.length();
      isByCharacters &= exceeds;
      isByLength &= longer > 0 || longer == 0 && exceeds;
    }
    return isEveryOneNew();
  }

  /// What [#add] said last.
  boolean isEveryOneNew() {
    return isByCharacters || isByLength;
  }

  /// Gives up: whoever asks from now on is told no.
  void end() {
    isByCharacters = false;
    isByLength = false;
  }
}
