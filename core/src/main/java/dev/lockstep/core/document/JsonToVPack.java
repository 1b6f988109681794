package dev.lockstep.core.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads JSON text straight into VelocyPack, without a tree in between. Integers that fit into 64
/// bits (with or without sign) stay integers, larger ones and everything with a fraction or an
/// exponent become doubles. Of equal names in one object the last one wins. Thread-safe.
public final class JsonToVPack {
  /// Bytes the parser may have read beyond the value at hand: its own buffer.
  private static final int READ_AHEAD_MAX = 16 << 10;

  /// The parser remembers some thousand names for reuse; longer ones are not worth the memory they
  /// would hold.
  private static final int REMEMBERED_NAME_LENGTH_MAX = 1 << 10;

  /// Longer strings are not left to the parser, which would hold them as characters, some of them
  /// twice; their rest is copied from the input.
  private static final int PARSED_STRING_MAX = 1 << 20;

  private static volatile JsonFactory factory = newFactory();

  private JsonToVPack() {}

  /// @param bytesMax most bytes of one value, both as text and as VelocyPack
  /// @param depthMax most levels of arrays and objects inside each other
  public record Limits(int bytesMax, int depthMax) {
    public static final Limits DEFAULT =
        new Limits(VPackBuilder.BYTES_MAX, ValidationLimits.DEPTH_MAX);

    public Limits {
      if (bytesMax < 1 || depthMax < 1 || depthMax > ValidationLimits.DEPTH_MAX) {
        throw new IllegalArgumentException("bytesMax=" + bytesMax + " depthMax=" + depthMax);
      }
    }
  }

  /// @throws InvalidJsonException if the bytes are not exactly one JSON value, or too deep
  /// @throws VPackTooLargeException if the value exceeds the limit
  public static VPackSlice parse(byte[] json, Limits limits) {
    return parse(json, 0, json.length, limits);
  }

  /// @throws InvalidJsonException if the bytes are not exactly one JSON value, or too deep
  /// @throws VPackTooLargeException if the value exceeds the limit
  public static VPackSlice parse(byte[] json, int offset, int length, Limits limits) {
    VPackBuilder builder = newBuilder(limits, length);
    parseInto(json, offset, length, builder, limits);
    return builder.takeSlice();
  }

  /// @throws InvalidJsonException if the text is not exactly one JSON value, or too deep
  public static VPackSlice parse(String json) {
    return parse(json.getBytes(StandardCharsets.UTF_8), Limits.DEFAULT);
  }

  /// Reads the stream to its end; does not close it.
  ///
  /// @throws InvalidJsonException if the text is not exactly one JSON value, or too deep
  /// @throws VPackTooLargeException if the value exceeds the limit
  public static VPackSlice parse(InputStream json, Limits limits) throws IOException {
    VPackBuilder builder = newBuilder(limits, READ_AHEAD_MAX);
    ParserInput in = new ParserInput(json, limits.bytesMax());
    try (JsonParser parser = open(in)) {
      parseOnly(parser, in, builder, limits);
    } catch (JsonProcessingException e) {
      throw invalid(e, 0);
    }
    return builder.takeSlice();
  }

  /// Appends the value to a builder, as an element or as the value of the name given last. After an
  /// exception the builder holds a part of the value.
  public static void parseInto(
      byte[] json, int offset, int length, VPackBuilder target, Limits limits) {
    parseInto(json, offset, length, target, limits, 0);
  }

  private static void parseInto(
      byte[] json, int offset, int length, VPackBuilder target, Limits limits, long linesBefore) {
    if (length > limits.bytesMax()) {
      throw new VPackTooLargeException(limits.bytesMax());
    }
    // Only a stream can be cut within a long string.
    ParserInput in =
        length <= PARSED_STRING_MAX
            ? null
            : new ParserInput(new ByteArrayInputStream(json, offset, length), limits.bytesMax());
    try (JsonParser parser = in == null ? factory.createParser(json, offset, length) : open(in)) {
      parseOnly(parser, in, target, limits);
    } catch (JsonProcessingException e) {
      throw invalid(e, linesBefore);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Memory does not fail to be read.
    }
  }

  private static VPackBuilder newBuilder(Limits limits, int textLength) {
    return new VPackBuilder(limits.bytesMax(), Math.min(textLength, 1 << 20) + 64)
        .lastOfEqualNamesWins();
  }

  private static JsonParser open(InputStream in) throws IOException {
    return factory.createParser(in).disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
  }

  private static void parseOnly(
      JsonParser parser, @Nullable ParserInput in, VPackBuilder target, Limits limits)
      throws IOException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      throw invalid(parser, "no value");
    }
    copy(parser, first, in, target, limits);
    if (parser.nextToken() != null) {
      throw invalid(parser, "text after the value");
    }
  }

  /// Copies the value that starts with `token`; the parser stands on its last token afterwards.
  ///
  /// @param in what the parser reads, null if that is memory
  private static void copy(
      JsonParser parser,
      JsonToken token,
      @Nullable ParserInput in,
      VPackBuilder target,
      Limits limits)
      throws IOException {
    int depth = 0;
    while (true) {
      switch (token) {
        case START_OBJECT, START_ARRAY -> {
          if (depth == limits.depthMax()) {
            var location = parser.currentTokenLocation();
            throw InvalidJsonException.tooDeep(
                location.getLineNr(), location.getColumnNr(), limits.depthMax());
          }
          depth++;
          if (token == JsonToken.START_OBJECT) {
            target.openObject();
          } else {
            target.openArray();
          }
        }
        case END_OBJECT, END_ARRAY -> {
          target.close();
          depth--;
        }
        case FIELD_NAME -> copyName(parser, target);
        case VALUE_STRING -> copyString(parser, in, target);
        case VALUE_NUMBER_INT -> copyInteger(parser, target);
        case VALUE_NUMBER_FLOAT -> copyDouble(parser, target);
        case VALUE_TRUE -> target.value(true);
        case VALUE_FALSE -> target.value(false);
        case VALUE_NULL -> target.nullValue();
        default -> throw invalid(parser, "unexpected " + token);
      }
      if (depth == 0) {
        return;
      }
      token = parser.nextToken();
      if (token == null) {
        throw invalid(parser, "the text ends inside a value");
      }
    }
  }

  /// The parser reads a string only when it is asked for its text, so what it takes from its input
  /// during that call belongs to the string.
  private static void copyString(JsonParser parser, @Nullable ParserInput in, VPackBuilder target)
      throws IOException {
    if (in != null) {
      in.stringBegins();
    }
    char[] text = parser.getTextCharacters();
    int offset = parser.getTextOffset();
    int length = parser.getTextLength();
    boolean wellFormed;
    if (in == null || !in.stringEnds()) {
      wellFormed = target.textValue(text, offset, length);
    } else {
      target.beginText();
      wellFormed = target.appendText(text, offset, length);
      if (wellFormed) {
        String problem = in.copyRestOfString(target);
        if (problem != null) {
          throw invalid(parser, problem);
        }
        wellFormed = target.endText();
      }
    }
    if (!wellFormed) {
      throw invalid(parser, "a string that is not well-formed Unicode");
    }
  }

  private static void copyName(JsonParser parser, VPackBuilder target) throws IOException {
    String name = parser.currentName();
    if (name.length() > REMEMBERED_NAME_LENGTH_MAX) {
      factory = newFactory();
    }
    if (!target.textKey(name)) {
      throw invalid(parser, "a name with an unpaired surrogate");
    }
  }

  private static void copyInteger(JsonParser parser, VPackBuilder target) throws IOException {
    if (parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      target.value(parser.getLongValue());
      return;
    }
    BigInteger value = parser.getBigIntegerValue();
    if (value.signum() > 0 && value.bitLength() <= 64) {
      target.unsigned(value.longValue());
    } else {
      target.value(finite(parser, value.doubleValue()));
    }
  }

  private static void copyDouble(JsonParser parser, VPackBuilder target) throws IOException {
    target.value(finite(parser, parser.getDoubleValue()));
  }

  private static double finite(JsonParser parser, double value) {
    if (Double.isInfinite(value)) {
      throw invalid(parser, "a number beyond the range of doubles");
    }
    return value;
  }

  private static InvalidJsonException invalid(JsonParser parser, String reason) {
    var location = parser.currentTokenLocation();
    return new InvalidJsonException(location.getLineNr(), location.getColumnNr(), reason);
  }

  private static InvalidJsonException invalid(JsonProcessingException e, long linesBefore) {
    String message = e.getOriginalMessage();
    int lineEnd = message.indexOf('\n');
    String reason = lineEnd < 0 ? message : message.substring(0, lineEnd);
    var location = e.getLocation();
    return location == null
        ? new InvalidJsonException(linesBefore + 1, 1, reason)
        : new InvalidJsonException(
            linesBefore + location.getLineNr(), location.getColumnNr(), reason);
  }

  private static JsonFactory newFactory() {
    return JsonFactory.builder()
        // Size and depth are ours to limit, with our messages; a number of this many digits is
        // nobody's data.
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(ValidationLimits.DEPTH_MAX + 1)
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE)
                .maxNumberLength(1000)
                .build())
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        // JSON on the wire is UTF-8; what looks like UTF-16 or UTF-32 is damage.
        .disable(JsonFactory.Feature.CHARSET_DETECTION)
        .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
        .build();
  }

  /// Many values of one stream, one after the other, with memory for one value only. Not
  /// thread-safe. Closing closes the stream.
  public abstract static class Values implements AutoCloseable {
    Values() {}

    /// Values that follow each other, separated by any white space or nothing. After an error the
    /// rest is unreadable.
    public static Values concatenated(InputStream json, Limits limits) throws IOException {
      return new ParsedValues(json, limits, false);
    }

    /// The elements of the one top-level array. After an error the rest is unreadable.
    public static Values elementsOf(InputStream json, Limits limits) throws IOException {
      return new ParsedValues(json, limits, true);
    }

    /// One value per line; blank lines are skipped and counted. After an [InvalidJsonException] the
    /// next call goes on with the next line.
    public static Values lines(InputStream json, Limits limits) {
      return new Lines(json, limits);
    }

    /// The next value, or null after the last. The slice lies in a buffer of its own.
    ///
    /// @throws InvalidJsonException if the text is not JSON or ends too early
    /// @throws VPackTooLargeException if the value exceeds the limit; the rest is unreadable then
    public abstract @Nullable VPackSlice next() throws IOException;

    /// Line of the value returned or refused last, from 1 ([#lines] only, else 0).
    public long lineNumber() {
      return 0;
    }

    /// Blank lines passed so far ([#lines] only, else 0). The end of the last line does not begin
    /// another one.
    public long blankLines() {
      return 0;
    }

    @Override
    public abstract void close() throws IOException;
  }

  private static final class ParsedValues extends Values {
    private final ParserInput in;
    private final Limits limits;
    private final JsonParser parser;
    private final VPackBuilder builder;
    private final boolean elements;
    private boolean begun;
    private boolean ended;

    ParsedValues(InputStream json, Limits limits, boolean elements) throws IOException {
      this.in = new ParserInput(json, limits.bytesMax());
      this.limits = limits;
      this.parser = open(in);
      this.builder = newBuilder(limits, 0);
      this.elements = elements;
    }

    @Override
    public @Nullable VPackSlice next() throws IOException {
      if (ended) {
        return null;
      }
      ended = true; // Until the value is complete: an error ends the stream.
      try {
        in.allow(limits.bytesMax());
        JsonToken token = parser.nextToken();
        if (elements) {
          token = element(token);
        }
        if (token == null) {
          return null;
        }
        builder.reset();
        copy(parser, token, in, builder, limits);
      } catch (JsonProcessingException e) {
        throw invalid(e, 0);
      }
      ended = false;
      return builder.takeSlice();
    }

    private @Nullable JsonToken element(@Nullable JsonToken token) throws IOException {
      JsonToken next = token;
      if (!begun) {
        if (token != JsonToken.START_ARRAY) {
          throw invalid(parser, "an array is expected");
        }
        begun = true;
        next = parser.nextToken();
      }
      if (next == null) {
        throw invalid(parser, "the text ends inside the array");
      }
      if (next != JsonToken.END_ARRAY) {
        return next;
      }
      if (parser.nextToken() != null) {
        throw invalid(parser, "text after the array");
      }
      return null;
    }

    @Override
    public void close() throws IOException {
      try (in) {
        parser.close();
      }
    }
  }

  private static final class Lines extends Values {
    private static final int CHUNK_SIZE = 64 << 10;

    /// Up to here the buffer is worth keeping for the next line.
    private static final int LINE_KEPT_MAX = 1 << 20;

    private final InputStream in;
    private final Limits limits;
    private final VPackBuilder builder;

    /// Bytes read but not yet returned: `from..to`, of which those before `scanned` hold no line
    /// end.
    private byte[] buffer = new byte[CHUNK_SIZE];

    private int from;
    private int to;
    private int scanned;
    private boolean inputEnded;
    private long lineNumber;
    private long blankLines;

    Lines(InputStream in, Limits limits) {
      this.in = in;
      this.limits = limits;
      this.builder = newBuilder(limits, 0);
    }

    @Override
    public @Nullable VPackSlice next() throws IOException {
      while (true) {
        int end = lineEnd();
        if (end < 0) {
          return null;
        }
        int start = from;
        from = Math.min(end + 1, to);
        scanned = from;
        lineNumber++;
        if (isBlank(start, end)) {
          blankLines++;
          continue;
        }
        builder.reset();
        try {
          parseInto(buffer, start, end - start, builder, limits, lineNumber - 1);
        } catch (InvalidJsonException e) {
          // Ours know only the line inside the text given.
          throw e.line() == lineNumber
              ? e
              : new InvalidJsonException(lineNumber, e.column(), e.reason());
        }
        giveBackLongLine();
        return builder.takeSlice();
      }
    }

    /// Where the line that starts at `from` ends, or -1 after the last line.
    private int lineEnd() throws IOException {
      while (true) {
        for (int i = scanned; i < to; i++) {
          if (buffer[i] == '\n') {
            return i;
          }
        }
        scanned = to;
        if (inputEnded) {
          return from < to ? to : -1;
        }
        fill();
      }
    }

    private void fill() throws IOException {
      if (from > 0) {
        System.arraycopy(buffer, from, buffer, 0, to - from);
        to -= from;
        scanned -= from;
        from = 0;
      }
      if (to > limits.bytesMax()) {
        inputEnded = true;
        from = to;
        throw new VPackTooLargeException(limits.bytesMax());
      }
      if (to == buffer.length) {
        buffer =
            Arrays.copyOf(buffer, (int) Math.min(2L * to, limits.bytesMax() + (long) CHUNK_SIZE));
      }
      int read = in.read(buffer, to, buffer.length - to);
      if (read < 0) {
        inputEnded = true;
      } else {
        to += read;
      }
    }

    /// The text of one huge line is not kept beside its value.
    private void giveBackLongLine() {
      int rest = to - from;
      if (buffer.length > LINE_KEPT_MAX && rest <= CHUNK_SIZE) {
        buffer = Arrays.copyOf(Arrays.copyOfRange(buffer, from, to), CHUNK_SIZE);
        scanned -= from;
        from = 0;
        to = rest;
      }
    }

    private boolean isBlank(int start, int end) {
      for (int i = start; i < end; i++) {
        byte c = buffer[i];
        if (c != ' ' && c != '\t' && c != '\r') {
          return false;
        }
      }
      return true;
    }

    @Override
    public long lineNumber() {
      return lineNumber;
    }

    @Override
    public long blankLines() {
      return blankLines;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
