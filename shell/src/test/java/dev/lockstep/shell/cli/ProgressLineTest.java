package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final AtomicLong nanos = new AtomicLong();

  @Test
  void writesAtMostTenTimesASecond() {
    try (ProgressLine line = line()) {
      line.show(() -> "one");
      nanos.addAndGet(50_000_000);
      line.show(() -> "two");
      nanos.addAndGet(50_000_000);
      line.show(() -> "three");
    }

    assertThat(text()).isEqualTo("\rone\u001b[K\rthree\u001b[K\r\u001b[K");
  }

  @Test
  void neverWrapsAndNeverObeysControlCharacters() {
    try (ProgressLine line = line()) {
      line.show(() -> "a\nb\u001b[31m" + "x".repeat(200));
    }

    assertThat(text())
        .startsWith("\ra b [31mxxx")
        .endsWith("x\u001b[K\r\u001b[K")
        .hasSize(1 + 79 + 3 + 4);
  }

  @Test
  void isSilentWithoutATerminal() {
    try (ProgressLine line = new ProgressLine(null, nanos::get)) {
      line.show(() -> {
        throw new AssertionError("asked for a line that nobody sees");
      });
    }

    assertThat(text()).isEmpty();
  }

  @Test
  void showsNothingOnceItIsClosed() {
    ProgressLine line = line();
    line.show(() -> "one");
    line.close();
    nanos.addAndGet(1_000_000_000);
    line.show(() -> "too late");

    assertThat(text()).isEqualTo("\rone\u001b[K\r\u001b[K");
  }

  @Test
  void drawsItsShare() {
    assertThat(ProgressLine.bar(0, 100)).isEqualTo("[>                     ]   0 %");
    assertThat(ProgressLine.bar(50, 100)).isEqualTo("[===========>          ]  50 %");
    assertThat(ProgressLine.bar(100, 100)).isEqualTo("[======================] 100 %");
  }

  @Test
  void foretellsTheEnd() {
    assertThat(ProgressLine.remaining(25, 100, Duration.ofSeconds(10))).isEqualTo("0:30 left");
    assertThat(ProgressLine.remaining(0, 100, Duration.ofSeconds(10))).isEmpty();
  }

  private ProgressLine line() {
    return new ProgressLine(new PrintStream(written, true, StandardCharsets.UTF_8), nanos::get);
  }

  private String text() {
    return written.toString(StandardCharsets.UTF_8);
  }
}
