package dev.lockstep.core.document;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Strings beyond what the parser is given in one piece.
class ParserInputTest {
  /// Just above the length at which strings are cut.
  private static final int LENGTH = (1 << 20) + (64 << 10);

  /// Units of JSON text, so that a cut can fall into each of them.
  private static final String[] UNITS = {
    "a", "word ", "\\\"", "\\\\", "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\", "\\n", "\\/",
        "\\u00e9", "\\u0041",
    "\\ud83d\\ude00", "\\uD83D\\uDE00", "\u00e9", "\u4e2d\u6587", "\ud83d\ude00", "u123", "\\u2028",
        "9", "\\u0000",
  };

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder(length + 64);
    // Long runs of one unit, so that a cut falls into it whatever comes before.
    while (text.length() < length) {
      String unit = UNITS[random.nextInt(UNITS.length)];
      text.repeat(unit, random.nextInt(1, 8) == 1 ? 20_000 / unit.length() : random.nextInt(1, 30));
    }
    return text.toString();
  }

  /// Gives few bytes at a time.
  private static InputStream choppy(byte[] bytes, Random random) {
    return new FilterInputStream(new ByteArrayInputStream(bytes)) {
      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        return super.read(target, offset, Math.min(length, random.nextInt(1, 9000)));
      }
    };
  }

  private static VPackSlice read(String json, Random random) throws IOException {
    return JsonToVPack.parse(
        choppy(json.getBytes(StandardCharsets.UTF_8), random), JsonToVPack.Limits.DEFAULT);
  }

  /// What the text means, by a way that has nothing to do with the reader.
  private static String unescaped(String text) {
    StringBuilder result = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        result.append(c);
        continue;
      }
      char kind = text.charAt(++i);
      switch (kind) {
        case 'n' -> result.append('\n');
        case 'u' -> {
          result.append((char) Integer.parseInt(text.substring(i + 1, i + 5), 16));
          i += 4;
        }
        default -> result.append(kind);
      }
    }
    return result.toString();
  }

  private static VPackSlice attribute(@Nullable VPackSlice object, String name) {
    return requireNonNull(requireNonNull(object).get(name));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void longStringsComeThroughWhereverTheyAreCut(long seed) throws IOException {
    Random random = new Random(seed);
    String first = text(random, LENGTH + random.nextInt(9000));
    String second = text(random, LENGTH + random.nextInt(200_000));
    String json =
        "{ \"before\" : 1.5, \"s\":\""
            + first
            + "\" ,\"list\":[\""
            + second
            + "\", \"short\"],\"after\":null}";
    VPackSlice value = read(json, random);
    assertThat(
            VPackValidator.validate(
                value.buffer(), value.offset(), value.byteSize(), ValidationLimits.REQUEST))
        .isEqualTo(value.byteSize());
    assertThat(attribute(value, "s").asString().equals(unescaped(first)))
        .as("seed %d, first string", seed)
        .isTrue();
    assertThat(attribute(value, "list").at(0).asString().equals(unescaped(second)))
        .as("seed %d, second string", seed)
        .isTrue();
    assertThat(attribute(value, "list").at(1).asString()).isEqualTo("short");
    assertThat(attribute(value, "before").asDouble()).isEqualTo(1.5);
    assertThat(attribute(value, "after").isNull()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23})
  void longLinesAndElementsAreCutToo(long seed) throws IOException {
    Random random = new Random(seed);
    String text = text(random, LENGTH);
    String line = "{\"s\":\"" + text + "\"}";
    byte[] lines = (line + "\n{\"n\":1}\n" + line).getBytes(StandardCharsets.UTF_8);
    try (JsonToVPack.Values values =
        JsonToVPack.Values.lines(choppy(lines, random), JsonToVPack.Limits.DEFAULT)) {
      assertThat(attribute(values.next(), "s").asString().equals(unescaped(text))).isTrue();
      assertThat(attribute(values.next(), "n").asLong()).isEqualTo(1);
      assertThat(attribute(values.next(), "s").asString().equals(unescaped(text))).isTrue();
      assertThat(values.next()).isNull();
    }
    byte[] array = ("[" + line + ",2," + line + "]").getBytes(StandardCharsets.UTF_8);
    try (JsonToVPack.Values values =
        JsonToVPack.Values.elementsOf(choppy(array, random), JsonToVPack.Limits.DEFAULT)) {
      assertThat(attribute(values.next(), "s").asString().equals(unescaped(text))).isTrue();
      assertThat(requireNonNull(values.next()).asLong()).isEqualTo(2);
      assertThat(attribute(values.next(), "s").asString().equals(unescaped(text))).isTrue();
      assertThat(values.next()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\x",
        "\\u12g4",
        "\\ud83d",
        "\\ude00",
        "\\ud83d\\ud83d\\ude00",
        "\\ud83dx",
        "\u0001",
        "\n",
        "\\ud83d\\n",
      })
  void whatIsWrongInTheCutPartIsFound(String bad) {
    String json = "{\"s\":\"" + "x".repeat(LENGTH) + bad + "y\"}";
    assertThatThrownBy(() -> read(json, new Random(1))).isInstanceOf(InvalidJsonException.class);
  }

  @Test
  void brokenUtf8InTheCutPartIsFound() {
    byte[] json = ("\"" + "x".repeat(LENGTH) + "\u00e9\"").getBytes(StandardCharsets.UTF_8);
    json[json.length - 2] = 'x';
    assertThatThrownBy(
            () -> JsonToVPack.parse(new ByteArrayInputStream(json), JsonToVPack.Limits.DEFAULT))
        .isInstanceOf(InvalidJsonException.class);
  }

  @Test
  void anEndInTheCutPartIsFound() {
    assertThatThrownBy(() -> read("\"" + "x".repeat(LENGTH), new Random(1)))
        .isInstanceOf(InvalidJsonException.class);
  }

  @Test
  void theLimitHoldsInTheCutPart() {
    byte[] json = ("\"" + "x".repeat(3 * LENGTH) + "\"").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() ->
            JsonToVPack.parse(
                new ByteArrayInputStream(json), new JsonToVPack.Limits(2 * LENGTH, 10)))
        .isInstanceOf(VPackTooLargeException.class);
  }
}
