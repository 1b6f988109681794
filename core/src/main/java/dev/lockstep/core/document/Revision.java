package dev.lockstep.core.document;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A document's revision: an unsigned 64-bit hybrid logical clock value, milliseconds since 1970 in
/// the upper 44 bits, a counter below. Unique within a collection: revisions name documents in
/// storage and in revision trees.
public record Revision(long value) implements Comparable<Revision> {
  /// No revision (0).
  public static final Revision NONE = new Revision(0);

  /// 2021-01-01T00:00:00Z, where empty revision trees begin.
  public static final Revision LOWER_BOUND = new Revision(1609459200000L << 20);

  /// What unreadable text becomes: all ones.
  public static final Revision INVALID = new Revision(-1L);

  /// The greatest one there can be.
  public static final Revision GREATEST = new Revision(INVALID.value - 1);

  /// Values up to here are printed in decimal: they stem from servers that counted ticks instead of
  /// time.
  static final long DECIMAL_MAX = 1450656000000L;

  static final int COUNTER_BITS = 20;

  private static final int DIGITS_MAX = 11;
  private static final byte[] DIGITS =
      "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
          .getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DIGIT_VALUES = digitValues();

  private static byte[] digitValues() {
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < DIGITS.length; i++) {
      values[DIGITS[i]] = (byte) i;
    }
    return values;
  }

  /// Reads the printed form (`_rev` of a document). Lenient as the wire demands: what starts with
  /// `1`..`9` is taken as decimal without any check, everything else as base 64; text that is
  /// neither gives [#INVALID].
  public static Revision parse(String printed) {
    if (!printed.isEmpty() && printed.charAt(0) >= '1' && printed.charAt(0) <= '9') {
      long value = 0;
      for (int i = 0; i < printed.length(); i++) {
        value = value * 10 + (printed.charAt(i) - '0');
      }
      return new Revision(value);
    }
    return parseHlc(printed);
  }

  /// Reads the forced base-64 form, in which small values are not decimal. Empty text is 0.
  public static Revision parseHlc(String hlc) {
    if (hlc.length() > DIGITS_MAX) {
      return INVALID;
    }
    long value = 0;
    for (int i = 0; i < hlc.length(); i++) {
      char c = hlc.charAt(i);
      int digit = c < 128 ? DIGIT_VALUES[c] : -1;
      if (digit < 0) {
        return INVALID;
      }
      value = value << 6 | digit;
    }
    return new Revision(value);
  }

  /// Reads the form in which all revisions since 2004 are printed: eleven digits, the first one not
  /// zero.
  ///
  /// @return the value, or [#INVALID]'s if the text has another form
  static long parseCurrent(byte[] text, int from, int length) {
    if (length != DIGITS_MAX) {
      return INVALID.value;
    }
    long value = 0;
    for (int i = from; i < from + DIGITS_MAX; i++) {
      int digit = text[i] >= 0 ? DIGIT_VALUES[text[i]] : -1;
      // The first of eleven digits has room for four bits.
      if (digit < 0 || (i == from && (digit == 0 || digit > 15))) {
        return INVALID.value;
      }
      value = value << 6 | digit;
    }
    return value;
  }

  /// Whether this is a revision at all, not the mark of unreadable text.
  public boolean isValid() {
    return value != INVALID.value;
  }

  /// Milliseconds since 1970-01-01T00:00:00Z.
  public long timeMillis() {
    return value >>> COUNTER_BITS;
  }

  /// The forced base-64 form, without leading zero digits; empty for 0.
  public String toHlcString() {
    int digits = (64 - Long.numberOfLeadingZeros(value) + 5) / 6;
    byte[] text = new byte[digits];
    long rest = value;
    for (int i = digits - 1; i >= 0; i--) {
      text[i] = DIGITS[(int) (rest & 63)];
      rest >>>= 6;
    }
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  /// The printed form, as in `_rev`: decimal for small values, else base 64. Values of the years
  /// before 2005 do not all survive printing and parsing.
  @Override
  public String toString() {
    return Long.compareUnsigned(value, DECIMAL_MAX) <= 0 ? Long.toString(value) : toHlcString();
  }

  @Override
  public int compareTo(Revision other) {
    return Long.compareUnsigned(value, other.value);
  }
}
