package dev.lockstep.core.document;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// What a JSON parser reads. Ends with [VPackTooLargeException] when one value takes more bytes
/// than allowed, before the parser buffers them; and cuts strings that are too long for the parser.
/// One thread.
final class ParserInput extends FilterInputStream {
  /*
   * Cutting a string: the parser asks for more input in the middle of a string only when it has consumed all it got, so
   * the next byte it gets is the next one of the string. Instead of it we hand out a quotation mark, which ends the
   * string for the parser, and read the rest up to the true one ourselves; then the parser goes on behind it. The cut
   * must not fall into an escape sequence, a surrogate pair or a UTF-8 sequence: until it does not, the parser gets
   * the string byte by byte.
   */

  /// Bytes the parser may have read beyond the value at hand: its own buffer.
  private static final int READ_AHEAD_MAX = 16 << 10;

  /// Longer strings are cut here, or a little later.
  private static final int PARSED_STRING_MAX = 1 << 20;

  private static final int BLOCK_SIZE = 64 << 10;

  /// Enough to judge whether a cut is possible: the longest unit is an escaped surrogate pair of
  /// twelve bytes.
  private static final int TAIL_SIZE = 16;

  private final int bytesMax;
  private long left;
  private boolean insideString;
  private long stringBytes;
  private boolean cut;

  /// The last bytes handed out, the newest one at the end.
  private final byte[] tail = new byte[TAIL_SIZE];

  /// Bytes read but not yet handed out: `blockFrom..blockTo`.
  private byte[] block = new byte[0];

  private int blockFrom;
  private int blockTo;

  /// @param bytesMax most bytes of one value
  ParserInput(InputStream in, int bytesMax) {
    super(in);
    this.bytesMax = bytesMax;
    allow(bytesMax);
  }

  /// Starts anew with this many bytes, plus what the parser may read ahead.
  void allow(int bytes) {
    left = (long) bytes + READ_AHEAD_MAX;
  }

  /// Says that what is read from now on belongs to one string.
  void stringBegins() {
    insideString = true;
    stringBytes = 0;
    cut = false;
  }

  /// Says that the parser has its string.
  ///
  /// @return whether it was cut: then [#copyRestOfString] comes next
  boolean stringEnds() {
    insideString = false;
    return cut;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int wanted = length;
    if (insideString && stringBytes >= PARSED_STRING_MAX && !cut) {
      if (isBetweenCharacters()) {
        cut = true;
        target[offset] = '"';
        return 1;
      }
      wanted = 1;
    }
    int read;
    if (blockFrom < blockTo) {
      read = Math.min(wanted, blockTo - blockFrom);
      System.arraycopy(block, blockFrom, target, offset, read);
      blockFrom += read;
    } else {
      read = readCounted(target, offset, wanted);
    }
    if (read > 0) {
      if (insideString) {
        stringBytes += read;
      }
      remember(target, offset, read);
    }
    return read;
  }

  private int readCounted(byte[] target, int offset, int length) throws IOException {
    int read = in.read(target, offset, length);
    if (read > 0) {
      left -= read;
      if (left < 0) {
        throw new VPackTooLargeException(bytesMax);
      }
    }
    return read;
  }

  private void remember(byte[] source, int offset, int length) {
    if (length >= TAIL_SIZE) {
      System.arraycopy(source, offset + length - TAIL_SIZE, tail, 0, TAIL_SIZE);
    } else {
      System.arraycopy(tail, length, tail, 0, TAIL_SIZE - length);
      System.arraycopy(source, offset, tail, TAIL_SIZE - length, length);
    }
  }

  /// Whether the bytes handed out end with a whole character, which no other one completes to a
  /// pair. Says false where the tail does not show enough.
  private boolean isBetweenCharacters() {
    return !endsWithinUtf8() && !endsWithinEscape();
  }

  private boolean endsWithinUtf8() {
    for (int back = 1; back <= 4; back++) {
      int b = tail[TAIL_SIZE - back] & 0xff;
      if (b < 0x80) {
        return false;
      }
      if (b >= 0xc0) {
        int size = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
        return size > back;
      }
    }
    return false;
  }

  private boolean endsWithinEscape() {
    int backslashes = backslashesBefore(TAIL_SIZE);
    if (backslashes > 0) {
      return backslashes == TAIL_SIZE || (backslashes & 1) == 1;
    }
    // `u` and fewer than four digits, or a high surrogate, whose other half may follow.
    for (int back = 1; back <= 5; back++) {
      int at = TAIL_SIZE - back;
      if (tail[at] == 'u' && (backslashesBefore(at) & 1) == 1) {
        return back < 5 || isHighSurrogate(at + 1);
      }
      if (Character.digit(tail[at], 16) < 0) {
        return false;
      }
    }
    return false;
  }

  private int backslashesBefore(int end) {
    int count = 0;
    while (count < end && tail[end - 1 - count] == '\\') {
      count++;
    }
    return count;
  }

  private boolean isHighSurrogate(int at) {
    return (tail[at] == 'd' || tail[at] == 'D') && "89abAB".indexOf(tail[at + 1]) >= 0;
  }

  /// Appends the rest of a string that was cut, up to its end. The caller checks the whole for
  /// being UTF-8.
  ///
  /// @return what is wrong with the string, null if nothing is
  @Nullable String copyRestOfString(VPackBuilder target) throws IOException {
    char high = 0;
    while (true) {
      if (blockFrom == blockTo && !fill()) {
        return "the text ends inside a string";
      }
      int start = blockFrom;
      while (blockFrom < blockTo && isPlain(block[blockFrom])) {
        blockFrom++;
      }
      if (blockFrom > start) {
        if (high != 0) {
          return "a string with an unpaired surrogate";
        }
        target.appendText(block, start, blockFrom - start);
        continue;
      }
      byte next = block[blockFrom++];
      if (next == '"') {
        return high == 0 ? null : "a string with an unpaired surrogate";
      }
      if (next != '\\') {
        return "a control character inside a string";
      }
      int escaped = escapedCharacter();
      if (escaped < 0) {
        return "an invalid escape sequence inside a string";
      }
      char c = (char) escaped;
      if (Character.isLowSurrogate(c) != (high != 0)) {
        return "a string with an unpaired surrogate";
      }
      if (Character.isHighSurrogate(c)) {
        high = c;
        continue;
      }
      char[] characters = high == 0 ? new char[] {c} : new char[] {high, c};
      high = 0;
      target.appendText(characters, 0, characters.length);
    }
  }

  private static boolean isPlain(byte b) {
    return b != '"' && b != '\\' && (b < 0 || b >= 0x20);
  }

  private boolean fill() throws IOException {
    if (block.length == 0) {
      block = new byte[BLOCK_SIZE];
    }
    int read;
    do {
      read = readCounted(block, 0, block.length);
    } while (read == 0);
    blockFrom = 0;
    blockTo = Math.max(read, 0);
    return read > 0;
  }

  /// The character of the escape sequence behind a backslash, or -1.
  private int escapedCharacter() throws IOException {
    int c = nextByte();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int value = 0;
        for (int i = 0; i < 4; i++) {
          int digit = Character.digit(nextByte(), 16);
          if (digit < 0) {
            yield -1;
          }
          value = value << 4 | digit;
        }
        yield value;
      }
      default -> -1;
    };
  }

  private int nextByte() throws IOException {
    return blockFrom < blockTo || fill() ? block[blockFrom++] : -1;
  }
}
