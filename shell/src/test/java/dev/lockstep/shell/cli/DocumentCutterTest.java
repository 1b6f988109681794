package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DocumentCutterTest {
  @Test
  void cutsLines() throws Exception {
    assertThat(cut("{\"a\":1}\n{\"b\":2}\r\n{\"c\":3}", null, 1 << 20))
        .containsExactly("{\"a\":1}", "{\"b\":2}\r", "{\"c\":3}");
  }

  @Test
  void skipsBlankLines() throws Exception {
    assertThat(cut("\n  \n{}\n\t\r\n{}\n\n", null, 1 << 20)).containsExactly("{}", "{}");
  }

  @Test
  void keepsALineThatIsNoJsonForTheServerToRefuse() throws Exception {
    assertThat(cut("{}\n{\"a\":\n{}\n", null, 1 << 20)).containsExactly("{}", "{\"a\":", "{}");
  }

  @Test
  void cutsAnArray() throws Exception {
    assertThat(cut(" [ {\"a\":[1,{\"b\":2}]} , {} ,\n{\"s\":\"],[\\\"}\"}]\n", null, 1 << 20))
        .containsExactly("{\"a\":[1,{\"b\":2}]} ", "{} ", "{\"s\":\"],[\\\"}\"}");
  }

  @Test
  void putsAnElementOfSeveralLinesOnOne() throws Exception {
    assertThat(cut("[\n  {\n    \"a\": 1\r\n  }\n]", null, 1 << 20))
        .containsExactly("{     \"a\": 1    } ");
  }

  @Test
  void hasNothingToCutInAnEmptyArrayOrInput() throws Exception {
    assertThat(cut("[]", null, 1 << 20)).isEmpty();
    assertThat(cut("[ \n ] \n", null, 1 << 20)).isEmpty();
    assertThat(cut("", null, 1 << 20)).isEmpty();
    assertThat(cut("\n\n", null, 1 << 20)).isEmpty();
  }

  @Test
  void skipsAByteOrderMark() throws Exception {
    assertThat(cut("\ufeff[{\"a\":1}]", null, 1 << 20)).containsExactly("{\"a\":1}");
    assertThat(cut("\ufeff{\"a\":1}\n", null, 1 << 20)).containsExactly("{\"a\":1}");
  }

  @Test
  void refusesAnArrayThatIsNotClosed() {
    assertThatThrownBy(() -> cut("[{\"a\":1},{\"b\":", null, 1 << 20))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("not closed")
        .hasMessageContaining("document 2");
  }

  @Test
  void refusesWhatFollowsAnArray() {
    assertThatThrownBy(() -> cut("[{\"a\":1}] {\"b\":2}", null, 1 << 20))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("follows the end of the array");
  }

  @Test
  void refusesAnArrayThatIsNone() {
    assertThatThrownBy(() -> cut("{\"a\":1}", DocumentCutter.Layout.ARRAY, 1 << 20))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("does not begin with '['");
  }

  @Test
  void numbersThePackages() throws Exception {
    DocumentCutter cutter = cutter("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", null);

    DocumentCutter.Lines first = Objects.requireNonNull(cutter.next(10));
    DocumentCutter.Lines second = Objects.requireNonNull(cutter.next(10));

    assertThat(first.first()).isEqualTo(1);
    assertThat(first.count()).isEqualTo(2);
    assertThat(second.first()).isEqualTo(3);
    assertThat(second.count()).isEqualTo(1);
    assertThat(cutter.next(10)).isNull();
    assertThat(cutter.documents()).isEqualTo(3);
  }

  /// Reads of any size must give the same documents: a string or an escape may be cut anywhere.
  @Test
  void doesNotCareWhereReadsEnd() throws Exception {
    Random random = new Random(20_260);
    List<String> documents = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      documents.add(
          "{\"k\":\"" + "\\\"é]}[{,".repeat(random.nextInt(4)) + "\",\"n\":[" + i + ",[{}]]}");
    }
    String array = "[" + String.join(",", documents) + "]";
    String lines = String.join("\n", documents);

    for (int seed = 0; seed < 50; seed++) {
      assertThat(cut(new TricklingStream(array, seed), 1 + seed * 7))
          .as("array, seed %d", seed)
          .isEqualTo(documents);
      assertThat(cut(new TricklingStream(lines, seed), 1 + seed * 7))
          .as("lines, seed %d", seed)
          .isEqualTo(documents);
    }
  }

  private static DocumentCutter cutter(String text, DocumentCutter.@Nullable Layout layout) {
    return new DocumentCutter(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), layout);
  }

  private static List<String> cut(
      String text, DocumentCutter.@Nullable Layout layout, int bytesTarget) throws Exception {
    return all(cutter(text, layout), bytesTarget);
  }

  private static List<String> cut(InputStream in, int bytesTarget) throws Exception {
    return all(new DocumentCutter(in, null), bytesTarget);
  }

  private static List<String> all(DocumentCutter cutter, int bytesTarget) throws Exception {
    List<String> documents = new ArrayList<>();
    for (var lines = cutter.next(bytesTarget); lines != null; lines = cutter.next(bytesTarget)) {
      String text = new String(lines.bytes(), StandardCharsets.UTF_8);
      assertThat(text).endsWith("\n");
      List<String> cut = List.of(text.substring(0, text.length() - 1).split("\n", -1));
      assertThat(cut).hasSize(lines.count());
      documents.addAll(cut);
    }
    return documents;
  }

  /// Gives a few bytes at a time.
  private static final class TricklingStream extends InputStream {
    private final InputStream in;
    private final Random random;

    TricklingStream(String text, long seed) {
      in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
      random = new Random(seed);
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return in.read(target, offset, Math.min(length, 1 + random.nextInt(5)));
    }
  }
}
