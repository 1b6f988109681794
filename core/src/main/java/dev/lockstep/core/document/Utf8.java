package dev.lockstep.core.document;

/// Checks of UTF-8 text in byte arrays.
final class Utf8 {
  private static final long HIGH_BITS = 0x8080808080808080L;

  private Utf8() {}

  /// Offset of the first byte that is not part of well-formed UTF-8 (no overlong forms, no
  /// surrogates, nothing above U+10FFFF), or -1.
  static int firstInvalid(byte[] b, int from, int to) {
    return isAscii(b, from, to) ? -1 : firstInvalidSlowly(b, from, to);
  }

  private static boolean isAscii(byte[] b, int from, int to) {
    int length = to - from;
    if (length >= 8) {
      int lastWord = to - 8;
      for (int i = from; i < lastWord; i += 8) {
        if (((long) VPackLayout.LONG_LE.get(b, i) & HIGH_BITS) != 0) {
          return false;
        }
      }
      return ((long) VPackLayout.LONG_LE.get(b, lastWord) & HIGH_BITS) == 0;
    }
    if (b.length - from >= 8) {
      // The bytes behind the text are in the upper part of the word, which the shift drops.
      return length == 0
          || ((long) VPackLayout.LONG_LE.get(b, from) << (64 - 8 * length) & HIGH_BITS) == 0;
    }
    for (int i = from; i < to; i++) {
      if (b[i] < 0) {
        return false;
      }
    }
    return true;
  }

  private static int firstInvalidSlowly(byte[] b, int from, int to) {
    int i = from;
    while (true) {
      while (to - i >= 8 && ((long) VPackLayout.LONG_LE.get(b, i) & HIGH_BITS) == 0) {
        i += 8;
      }
      while (i < to && b[i] >= 0) {
        i++;
      }
      if (i >= to) {
        return -1;
      }
      int size = sequenceSize(b, i, to);
      if (size == 0) {
        return i;
      }
      i += size;
    }
  }

  /// Size of the well-formed sequence of two to four bytes at `i`, or 0.
  private static int sequenceSize(byte[] b, int i, int to) {
    int lead = b[i] & 0xff;
    if (lead < 0xc2 || lead > 0xf4) {
      return 0;
    }
    int size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (to - i < size) {
      return 0;
    }
    int second = b[i + 1] & 0xff;
    int secondMin =
        switch (lead) {
          case 0xe0 -> 0xa0;
          case 0xf0 -> 0x90;
          default -> 0x80;
        };
    int secondMax =
        switch (lead) {
          case 0xed -> 0x9f;
          case 0xf4 -> 0x8f;
          default -> 0xbf;
        };
    if (second < secondMin || second > secondMax) {
      return 0;
    }
    for (int k = 2; k < size; k++) {
      if ((b[i + k] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return size;
  }
}
