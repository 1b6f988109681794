package dev.lockstep.core.document;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonToVPackTest {
  private static final JsonToVPack.Limits LIMITS = JsonToVPack.Limits.DEFAULT;

  @Test
  void keepsIntegersOfUpTo64BitsAndMakesDoublesOfLargerOnes() {
    assertThat(JsonToVPack.parse("9223372036854775807").asLong()).isEqualTo(Long.MAX_VALUE);
    assertThat(JsonToVPack.parse("-9223372036854775808").asLong()).isEqualTo(Long.MIN_VALUE);
    VPackSlice largest = JsonToVPack.parse("18446744073709551615");
    assertThat(largest.asUnsignedLong()).isEqualTo(-1L);
    assertThat(largest.asBigInteger()).hasToString("18446744073709551615");
    assertThat(largest.toJson()).isEqualTo("18446744073709551615");
    assertThatThrownBy(largest::asLong).isInstanceOf(ArithmeticException.class);
    assertThat(JsonToVPack.parse("18446744073709551616").isDouble()).isTrue();
    assertThat(JsonToVPack.parse("-9223372036854775809").isDouble()).isTrue();
    assertThatThrownBy(() -> JsonToVPack.parse("-1").asUnsignedLong())
        .isInstanceOf(ArithmeticException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1.0", "-0.0", "0.1", "1.0E10", "1.7976931348623157E308", "4.9E-324", "100000.25"})
  void keepsDoublesRecognizable(String json) {
    assertThat(JsonToVPack.parse(json).isDouble()).isTrue();
    assertThat(JsonToVPack.parse(json).toJson()).isEqualTo(json);
  }

  @Test
  void theLastOfEqualNamesWins() {
    assertThat(JsonToVPack.parse("{\"a\":1,\"a\":2}").toJson()).isEqualTo("{\"a\":2}");
    assertThat(
            JsonToVPack.parse("{\"a\":1,\"b\":[1],\"a\":{\"c\":1,\"c\":2},\"b\":3,\"a\":4}")
                .toJson())
        .isEqualTo("{\"b\":3,\"a\":4}");
    assertThat(
            JsonToVPack.parse("[{\"x\":1,\"y\":2,\"x\":\"" + "l".repeat(300) + "\",\"z\":4}]")
                .at(0)
                .get("x"))
        .satisfies(x -> assertThat(x.asString()).hasSize(300));
    StringBuilder many = new StringBuilder("{");
    for (int i = 0; i < 500; i++) {
      many.append("\"n%d\":%d,".formatted(i % 100, i));
    }
    VPackSlice object = JsonToVPack.parse(many.append("\"end\":0}").toString());
    assertThat(object.length()).isEqualTo(101);
    for (int i = 0; i < 100; i++) {
      assertThat(requireNonNull(object.get("n" + i)).asLong()).isEqualTo(400 + i);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1,",
        "{\"a\"}",
        "{\"a\":}",
        "[1,]",
        "nul",
        "tru",
        "01",
        "+1",
        "1.",
        ".5",
        "NaN",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\n\"",
        "1 2",
        "[] []",
        "{} x",
        "]",
        "{\"a\":1,}",
        "{1:2}",
        "//",
        "1e400",
        "-1e999",
        "\"\\ud800\"",
        "\"\\ude00\\ud83d\"",
        "{\"\\ud800\":1}"
      })
  void refusesWhatIsNotJson(String json) {
    assertThatThrownBy(() -> JsonToVPack.parse(json)).isInstanceOf(InvalidJsonException.class);
    assertThatThrownBy(() -> JsonToVPack.parse(stream(json), LIMITS))
        .isInstanceOf(InvalidJsonException.class);
  }

  @Test
  void neverWritesInvalidUtf8() {
    for (byte[] text :
        new byte[][] {
          {'"', (byte) 0xff, '"'},
          {'"', (byte) 0xc3, '"'},
          {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'},
          {'"', (byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80, '"'}
        }) {
      assertThatThrownBy(() -> JsonToVPack.parse(text, LIMITS))
          .isInstanceOf(InvalidJsonException.class);
    }
  }

  @Test
  void saysWhereTheTextIsWrong() {
    InvalidJsonException e =
        catchThrowableOfType(
            InvalidJsonException.class, () -> JsonToVPack.parse("{\n \"a\": 1,\n \"b\": x\n}"));
    assertThat(e.line()).isEqualTo(3);
    assertThat(e.column()).isBetween(7L, 8L);
    assertThat(e.reason()).contains("'x'").doesNotContain("\n");
    assertThat(e).hasMessageContaining("line 3");
  }

  @Test
  void acceptsTwoHundredLevelsAndNoMore() {
    String deepest = "[".repeat(200) + "]".repeat(200);
    assertThat(JsonToVPack.parse(deepest).toJson()).isEqualTo(deepest);
    assertThatThrownBy(() -> JsonToVPack.parse("[" + deepest + "]"))
        .isInstanceOf(InvalidJsonException.class)
        .hasMessageContaining("200 levels");
    assertThatThrownBy(() -> JsonToVPack.parse("{\"a\":".repeat(1_000_000)))
        .isInstanceOf(InvalidJsonException.class)
        .hasMessageContaining("200 levels");
    JsonToVPack.Limits shallow = new JsonToVPack.Limits(100, 2);
    assertThatThrownBy(() -> JsonToVPack.parse(utf8("[[[]]]"), shallow))
        .isInstanceOf(InvalidJsonException.class);
  }

  @Test
  void refusesMoreBytesThanAllowed() throws IOException {
    JsonToVPack.Limits limits = new JsonToVPack.Limits(1_000, 200);
    byte[] fits = utf8("\"" + "x".repeat(980) + "\"");
    assertThat(JsonToVPack.parse(fits, limits).asString()).hasSize(980);
    byte[] tooLong = utf8("\"" + "x".repeat(1_000) + "\"");
    assertThatThrownBy(() -> JsonToVPack.parse(tooLong, limits))
        .isInstanceOf(VPackTooLargeException.class);
    assertThatThrownBy(() -> JsonToVPack.parse(new ByteArrayInputStream(tooLong), limits))
        .isInstanceOf(VPackTooLargeException.class);
    // As text it fits, as VelocyPack it does not: an index of two bytes for each element.
    byte[] grows = utf8("[" + "1,\"\",22,".repeat(110) + "1]");
    assertThat(grows.length).isLessThan(1_000);
    assertThatThrownBy(() -> JsonToVPack.parse(grows, limits))
        .isInstanceOf(VPackTooLargeException.class);
  }

  @Test
  void anEndlessStringStopsAtTheLimit() {
    JsonToVPack.Limits limits = new JsonToVPack.Limits(1 << 20, 200);
    assertThatThrownBy(() -> JsonToVPack.parse(endless("\"", "x"), limits))
        .isInstanceOf(VPackTooLargeException.class);
    assertThatThrownBy(() -> JsonToVPack.parse(endless("{\"", "x"), limits))
        .isInstanceOf(VPackTooLargeException.class);
    assertThatThrownBy(() -> JsonToVPack.parse(endless("", " "), limits))
        .isInstanceOf(VPackTooLargeException.class);
    for (JsonToVPack.Values values :
        List.of(
            JsonToVPack.Values.lines(endless("\"", "x"), limits),
            open(endless("[\"", "x"), limits))) {
      assertThatThrownBy(values::next).isInstanceOf(VPackTooLargeException.class);
    }
  }

  private static JsonToVPack.Values open(InputStream in, JsonToVPack.Limits limits) {
    try {
      return JsonToVPack.Values.elementsOf(in, limits);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void readsConcatenatedValues() throws IOException {
    try (var values =
        JsonToVPack.Values.concatenated(stream("{\"a\":1}{\"a\":2}\n\n 3 [4]\"5\"null"), LIMITS)) {
      assertThat(all(values))
          .containsExactly("{\"a\":1}", "{\"a\":2}", "3", "[4]", "\"5\"", "null");
      assertThat(values.next()).isNull();
    }
    try (var values = JsonToVPack.Values.concatenated(stream(" \n "), LIMITS)) {
      assertThat(values.next()).isNull();
    }
  }

  @Test
  void anErrorEndsConcatenatedValues() throws IOException {
    try (var values = JsonToVPack.Values.concatenated(stream("1 {x} 2"), LIMITS)) {
      assertThat(requireNonNull(values.next()).asLong()).isEqualTo(1);
      assertThatThrownBy(values::next).isInstanceOf(InvalidJsonException.class);
      assertThat(values.next()).isNull();
    }
  }

  @Test
  void readsTheElementsOfAnArray() throws IOException {
    try (var values =
        JsonToVPack.Values.elementsOf(stream(" [ {\"a\":[1,2]} , 2, [[]] ] \n"), LIMITS)) {
      assertThat(all(values)).containsExactly("{\"a\":[1,2]}", "2", "[[]]");
      assertThat(values.next()).isNull();
    }
    try (var values = JsonToVPack.Values.elementsOf(stream("[]"), LIMITS)) {
      assertThat(values.next()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "1", "[1", "[1,", "[1] 2", "[1]]", "[1 2]"})
  void refusesWhatIsNotExactlyOneArray(String json) throws IOException {
    try (var values = JsonToVPack.Values.elementsOf(stream(json), LIMITS)) {
      assertThatThrownBy(() -> all(values)).isInstanceOf(InvalidJsonException.class);
    }
  }

  @Test
  void readsLineAfterLineAndGoesOnAfterABadOne() throws IOException {
    try (var values =
        JsonToVPack.Values.lines(
            stream("{\"a\":1}\r\n\n  \n{\"a\":\n{\"a\":3} x\n[4]\n\n5"), LIMITS)) {
      assertThat(requireNonNull(values.next()).toJson()).isEqualTo("{\"a\":1}");
      assertThat(values.lineNumber()).isEqualTo(1);
      for (long line : new long[] {4, 5}) {
        assertThatThrownBy(values::next)
            .isInstanceOfSatisfying(
                InvalidJsonException.class, e -> assertThat(e.line()).isEqualTo(line));
        assertThat(values.lineNumber()).isEqualTo(line);
      }
      assertThat(all(values)).containsExactly("[4]", "5");
      assertThat(values.blankLines()).isEqualTo(3);
      assertThat(values.lineNumber()).isEqualTo(8);
    }
  }

  @Test
  void theEndOfTheLastLineIsNoBlankLine() throws IOException {
    try (var values = JsonToVPack.Values.lines(stream("1\n2\n"), LIMITS)) {
      assertThat(all(values)).containsExactly("1", "2");
      assertThat(values.blankLines()).isZero();
    }
  }

  @Test
  void readsLinesLongerThanItsBuffer() throws IOException {
    String line = "\"" + "y".repeat(200_000) + "\"";
    try (var values =
        JsonToVPack.Values.lines(stream(line + "\n1\n" + line + "\n" + line), LIMITS)) {
      assertThat(all(values)).containsExactly(line, "1", line, line);
    }
  }

  @Test
  void closesTheStreamItReads() throws IOException {
    AtomicBoolean closed = new AtomicBoolean();
    InputStream in =
        new ByteArrayInputStream(utf8("[1]")) {
          @Override
          public void close() {
            closed.set(true);
          }
        };
    JsonToVPack.parse(in, LIMITS);
    assertThat(closed).isFalse();
    JsonToVPack.Values.elementsOf(in, LIMITS).close();
    assertThat(closed).isTrue();
  }

  /// Far more text than the test's heap would hold as objects; only the count is kept.
  @Test
  void walksHugeInputsInLittleMemory() throws IOException {
    byte[] element = utf8("{\"name\":\"" + "n".repeat(1_000) + "\",\"v\":[1,2,3]},");
    long elements = 300_000;
    InputStream huge =
        new InputStream() {
          private long at = -1;

          @Override
          public int read() {
            throw new AssertionError("read in bulk");
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            int read = 0;
            for (; read < length && at < elements * element.length; read++, at++) {
              boolean last = at == elements * element.length - 1;
              target[offset + read] =
                  at < 0 ? (byte) '[' : last ? (byte) ']' : element[(int) (at % element.length)];
            }
            return read == 0 ? -1 : read;
          }
        };
    long count = 0;
    try (var values = JsonToVPack.Values.elementsOf(huge, new JsonToVPack.Limits(4_000, 10))) {
      while (values.next() != null) {
        count++;
      }
    }
    assertThat(count).isEqualTo(elements);
  }

  private static List<String> all(JsonToVPack.Values values) throws IOException {
    List<String> all = new ArrayList<>();
    for (VPackSlice value = values.next(); value != null; value = values.next()) {
      assertThat(VPackValidator.validateWhole(value.buffer(), ValidationLimits.REQUEST))
          .isNotNull();
      all.add(value.toJson());
    }
    return all;
  }

  private static InputStream endless(String start, String rest) {
    return new InputStream() {
      private int at;

      @Override
      public int read() {
        return at < start.length() ? start.charAt(at++) : rest.charAt(0);
      }
    };
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(utf8(text));
  }
}
