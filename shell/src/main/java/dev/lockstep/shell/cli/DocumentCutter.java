package dev.lockstep.shell.cli;

import dev.lockstep.shell.text.Amounts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// Cuts a stream of documents, one JSON value per line or one JSON array, into packages of lines,
/// without parsing them: only strings and brackets are followed, so that a document the server
/// would refuse is still sent, refused there, and told with its number. Memory: one package and one
/// read. One thread at a time.
final class DocumentCutter {
  /// A larger document cannot be stored by any server we know, and the package must fit in an
  /// array.
  static final int DOCUMENT_BYTES_MAX = 512 << 20;

  private static final int READ_BYTES = 1 << 16;

  /// How the input is laid out.
  enum Layout {
    /// One JSON value per line (JSONL, NDJSON).
    LINES,
    /// One JSON array.
    ARRAY
  }

  /// Some documents, each followed by a line feed and holding none.
  ///
  /// @param bytes UTF-8
  /// @param first number of the first document in the input, counted from 1
  /// @param count how many
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Lines(byte[] bytes, long first, int count) {}

  private final InputStream in;
  private final byte[] read = new byte[READ_BYTES];
  private int at;
  private int end;
  private @Nullable Layout layout;
  private long documents;
  private boolean isBegun;
  private boolean isExhausted;

  /// @param layout null to tell it by the first character: `[` begins an array
  DocumentCutter(InputStream in, @Nullable Layout layout) {
    this.in = in;
    this.layout = layout;
  }

  /// The next documents, at least one and, unless a single one is larger, not much more than
  /// `bytesTarget`; null at the end of the input.
  ///
  /// @throws CommandFailure if the array is not closed, something follows it, or a document is
  ///   larger than [#DOCUMENT_BYTES_MAX]
  @Nullable Lines next(int bytesTarget) throws IOException, CommandFailure {
    if (!isBegun) {
      isBegun = true;
      begin();
    }
    long first = documents + 1;
    LineBuffer lines = new LineBuffer(bytesTarget);
    int count = 0;
    while (!isExhausted && lines.size() < bytesTarget) {
      boolean isOne = layout == Layout.ARRAY ? nextElement(lines) : nextLine(lines);
      if (isOne) {
        lines.write('\n');
        documents++;
        count++;
      }
    }
    return count == 0 ? null : new Lines(lines.toByteArray(), first, count);
  }

  /// How many documents were returned so far.
  long documents() {
    return documents;
  }

  private void begin() throws IOException, CommandFailure {
    int first = peekAfterBlanks();
    if (first == 0xef) {
      // The mark that some editors put before UTF-8.
      take();
      if (take() != 0xbb || take() != 0xbf) {
        throw CommandFailure.notDone("the input is not UTF-8 text");
      }
      first = peekAfterBlanks();
    }
    if (layout == null) {
      layout = first == '[' ? Layout.ARRAY : Layout.LINES;
    }
    if (layout == Layout.ARRAY) {
      if (first != '[') {
        throw CommandFailure.notDone(
            "the input was said to be a JSON array, but it does not begin with '['");
      }
      take();
      if (peekAfterBlanks() == ']') {
        take();
        endArray();
      }
    }
  }

  /// Copies one line without its end.
  ///
  /// @return false for a blank line and at the end
  private boolean nextLine(LineBuffer lines) throws IOException, CommandFailure {
    int begin = lines.size();
    boolean isBlank = true;
    while (true) {
      if (at == end && !fill()) {
        isExhausted = true;
        break;
      }
      int stop = at;
      while (stop < end && read[stop] != '\n') {
        stop++;
      }
      for (int i = at; isBlank && i < stop; i++) {
        isBlank = isBlank(read[i]);
      }
      lines.write(read, at, stop - at);
      checkSize(lines.size() - begin);
      boolean isEnd = stop < end;
      at = isEnd ? stop + 1 : stop;
      if (isEnd) {
        break;
      }
    }
    if (isBlank) {
      lines.truncate(begin);
      return false;
    }
    return true;
  }

  /// Copies one element of the array; line breaks between its tokens become blanks, elsewhere they
  /// are not JSON.
  private boolean nextElement(LineBuffer lines) throws IOException, CommandFailure {
    int begin = lines.size();
    int depth = 0;
    boolean inString = false;
    boolean isEscaped = false;
    peekAfterBlanks();
    while (true) {
      if (at == end && !fill()) {
        throw CommandFailure.failed(
            "the array is not closed: the input ends within or after document "
                + Amounts.count(documents + 1));
      }
      int begun = at;
      while (at < end) {
        byte b = read[at];
        if (inString) {
          if (isEscaped) {
            isEscaped = false;
          } else if (b == '\\') {
            isEscaped = true;
          } else if (b == '"') {
            inString = false;
          }
        } else if (b == '"') {
          inString = true;
        } else if (b == '{' || b == '[') {
          depth++;
        } else if (depth > 0 && (b == '}' || b == ']')) {
          depth--;
        } else if (depth == 0 && (b == ',' || b == ']')) {
          lines.write(read, begun, at - begun);
          at++;
          if (b == ']') {
            endArray();
          }
          return true;
        }
        if (b == '\n' || b == '\r') {
          read[at] = ' ';
        }
        at++;
      }
      lines.write(read, begun, at - begun);
      checkSize(lines.size() - begin);
    }
  }

  private void endArray() throws IOException, CommandFailure {
    int after = peekAfterBlanks();
    isExhausted = true;
    if (after >= 0) {
      throw CommandFailure.failed(
          "something follows the end of the array (after document "
              + Amounts.count(documents)
              + ")");
    }
  }

  private void checkSize(int bytes) throws CommandFailure {
    if (bytes > DOCUMENT_BYTES_MAX) {
      throw CommandFailure.failed(
          "document "
              + Amounts.count(documents + 1)
              + " is larger than "
              + Amounts.bytes(DOCUMENT_BYTES_MAX));
    }
  }

  /// The next character that is no blank, not taken; -1 at the end.
  private int peekAfterBlanks() throws IOException {
    while (true) {
      if (at == end && !fill()) {
        return -1;
      }
      if (!isBlank(read[at])) {
        return read[at] & 0xff;
      }
      at++;
    }
  }

  private int take() throws IOException {
    return at < end || fill() ? read[at++] & 0xff : -1;
  }

  private boolean fill() throws IOException {
    at = 0;
    end = Math.max(0, in.read(read));
    return end > 0;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  /// A byte array that grows and can be cut back.
  private static final class LineBuffer extends ByteArrayOutputStream {
    LineBuffer(int bytesTarget) {
      // Packages are a little larger than asked for; most documents are small.
      super(bytesTarget + bytesTarget / 8);
    }

    void truncate(int size) {
      count = size;
    }
  }
}
