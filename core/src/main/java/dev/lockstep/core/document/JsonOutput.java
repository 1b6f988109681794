package dev.lockstep.core.document;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A growing buffer for JSON text; with a stream behind it, the buffer is emptied into it from time
/// to time and stays small. Not thread-safe.
final class JsonOutput {
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /// Buffered text goes to the stream from this size on.
  private static final int STREAM_CHUNK_SIZE = 32 << 10;

  /// Longest text of a number: a double, `-1.2345678901234567E-308`.
  private static final int NUMBER_LENGTH_MAX = 32;

  private final @Nullable OutputStream out;
  private byte[] text;
  private int size;

  JsonOutput(@Nullable OutputStream out) {
    this.out = out;
    this.text = new byte[512];
  }

  byte[] buffer() {
    return text;
  }

  int size() {
    return size;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(text, size);
  }

  /// Hands what is left to the stream.
  void finish() throws IOException {
    if (out != null && size > 0) {
      out.write(text, 0, size);
      size = 0;
    }
  }

  /// Makes room for `more` bytes.
  private void ensure(int more) throws IOException {
    if (more > text.length - size) {
      makeRoom(more);
    }
  }

  private void makeRoom(int more) throws IOException {
    if (size >= STREAM_CHUNK_SIZE) {
      finish();
    }
    long needed = (long) size + more;
    if (needed > text.length) {
      if (needed > Integer.MAX_VALUE - 64) {
        throw new VPackTooLargeException(Integer.MAX_VALUE - 64);
      }
      text =
          Arrays.copyOf(
              text, (int) Math.min(Math.max(needed, 2L * text.length), Integer.MAX_VALUE - 64));
    }
  }

  void put(char ascii) throws IOException {
    ensure(1);
    text[size++] = (byte) ascii;
  }

  void ascii(String ascii) throws IOException {
    int length = ascii.length();
    ensure(length);
    for (int i = 0; i < length; i++) {
      text[size + i] = (byte) ascii.charAt(i);
    }
    size += length;
  }

  /// Writes any value.
  void value(byte[] b, int o) throws IOException {
    int head = b[o] & 0xff;
    switch (VPackLayout.type(b, o)) {
      case STRING -> string(b, VPackLayout.textOffset(b, o), VPackLayout.textLength(b, o));
      case INTEGER -> integer(b, o);
      case DOUBLE -> number(VPackLayout.number(b, o));
      case OBJECT -> object(b, o, head);
      case ARRAY -> array(b, o, head);
      case BOOLEAN -> ascii(head == VPackLayout.HEAD_TRUE ? "true" : "false");
      case NULL -> ascii("null");
      case BINARY -> ascii("\"(non-representable type binary)\"");
      case UTC_DATE -> ascii("\"(non-representable type utc-date)\"");
      case MIN_KEY -> ascii("\"(non-representable type min-key)\"");
      case MAX_KEY -> ascii("\"(non-representable type max-key)\"");
      case CUSTOM -> ascii("\"(non-representable type custom)\"");
      case NONE, ILLEGAL, EXTERNAL, BCD, TAGGED ->
          throw new IllegalStateException("no JSON for VelocyPack type 0x%02x".formatted(head));
    }
  }

  private void object(byte[] b, int o, int head) throws IOException {
    put('{');
    if (head != VPackLayout.HEAD_EMPTY_OBJECT) {
      int count = VPackLayout.count(b, o);
      int at = VPackLayout.firstItem(b, o);
      for (int i = 0; i < count; i++) {
        if (i > 0) {
          put(',');
        }
        at = member(b, at);
      }
    }
    put('}');
  }

  /// Writes name and value of the member at `o`.
  ///
  /// @return where the next one starts
  int member(byte[] b, int o) throws IOException {
    int value = name(b, o);
    put(':');
    value(b, value);
    return value + VPackLayout.byteSize(b, value);
  }

  /// Writes the name at `o`.
  ///
  /// @return where its value starts
  private int name(byte[] b, int o) throws IOException {
    int nameHead = b[o] & 0xff;
    if (VPackLayout.isTranslatedName(nameHead)) {
      byte[] name = VPackLayout.translatedNameBytes(nameHead);
      string(name, 0, name.length);
      return o + 1;
    }
    int nameText = VPackLayout.textOffset(b, o);
    int nameLength = VPackLayout.textLength(b, o);
    string(b, nameText, nameLength);
    return nameText + nameLength;
  }

  private void array(byte[] b, int o, int head) throws IOException {
    put('[');
    if (head != VPackLayout.HEAD_EMPTY_ARRAY) {
      int count = VPackLayout.count(b, o);
      int at = VPackLayout.firstItem(b, o);
      for (int i = 0; i < count; i++) {
        if (i > 0) {
          put(',');
        }
        value(b, at);
        at += VPackLayout.byteSize(b, at);
      }
    }
    put(']');
  }

  /// Writes UTF-8 text in quotes, with escapes where JSON demands them.
  void string(byte[] b, int from, int length) throws IOException {
    put('"');
    int at = from;
    int end = from + length;
    while (true) {
      int plain = plainEnd(b, at, end);
      copy(b, at, plain);
      if (plain == end) {
        break;
      }
      escape(b[plain]);
      at = plain + 1;
    }
    put('"');
  }

  /// Writes text without escapes; large text in pieces when there is a stream.
  private void copy(byte[] b, int from, int to) throws IOException {
    int length = to - from;
    if (out != null && length > STREAM_CHUNK_SIZE) {
      finish();
      out.write(b, from, length);
      return;
    }
    ensure(length);
    System.arraycopy(b, from, text, size, length);
    size += length;
  }

  /// First byte from `at` that needs an escape, or `end`.
  private static int plainEnd(byte[] b, int at, int end) {
    int i = at;
    while (end - i >= 8) {
      long word = (long) VPackLayout.LONG_LE.get(b, i);
      long quote = word ^ ONES * '"';
      long backslash = word ^ ONES * '\\';
      // The lowest bit that is set marks the first byte below 0x20, quote or backslash; higher ones
      // may be false.
      long found =
          (((word - ONES * 0x20) & ~word)
                  | ((quote - ONES) & ~quote)
                  | ((backslash - ONES) & ~backslash))
              & HIGH_BITS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >> 3);
      }
      i += 8;
    }
    while (i < end) {
      byte c = b[i];
      if (c == '"' || c == '\\' || (c >= 0 && c < 0x20)) {
        return i;
      }
      i++;
    }
    return end;
  }

  private void escape(byte c) throws IOException {
    ensure(6);
    text[size++] = '\\';
    switch (c) {
      case '"', '\\' -> text[size++] = c;
      case '\n' -> text[size++] = 'n';
      case '\r' -> text[size++] = 'r';
      case '\t' -> text[size++] = 't';
      case '\b' -> text[size++] = 'b';
      case '\f' -> text[size++] = 'f';
      default -> {
        text[size++] = 'u';
        text[size++] = '0';
        text[size++] = '0';
        text[size++] = HEX[c >> 4];
        text[size++] = HEX[c & 15];
      }
    }
  }

  private void integer(byte[] b, int o) throws IOException {
    long value = VPackLayout.integer(b, o);
    if (value < 0 && VPackLayout.isBeyondLong(b, o)) {
      ascii(Long.toUnsignedString(value));
    } else {
      integer(value);
    }
  }

  private void integer(long value) throws IOException {
    if (value == Long.MIN_VALUE) {
      ascii("-9223372036854775808");
      return;
    }
    ensure(NUMBER_LENGTH_MAX);
    long rest = value;
    if (rest < 0) {
      text[size++] = '-';
      rest = -rest;
    }
    int digits = 1;
    for (long power = 10; digits < 19 && rest >= power; power *= 10) {
      digits++;
    }
    for (int i = size + digits - 1; i >= size; i--) {
      text[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    size += digits;
  }

  /// The shortest text that reads as the same double, always with a fraction or an exponent.
  private void number(double value) throws IOException {
    ascii(Double.isFinite(value) ? Double.toString(value) : "null");
  }
}
