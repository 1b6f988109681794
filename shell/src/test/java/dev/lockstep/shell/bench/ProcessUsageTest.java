package dev.lockstep.shell.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessUsageTest {
  /// A name may hold blanks and parentheses.
  private static final String STAT =
      "42 (a (b) c) S 1 42 42 0 -1 4194560 2500 100 3 0 250 50 7 3 20 0 12 0 100 1 2 3";

  @Test
  void readsTheTimesBehindAnyName() {
    assertThat(ProcessUsage.cpu(STAT, false)).isEqualTo(Duration.ofSeconds(3));
    assertThat(ProcessUsage.cpu(STAT, true)).isEqualTo(Duration.ofMillis(3100));
  }

  @Test
  void readsThePeakInBytesAndTellsWhereThereIsNone() {
    assertThat(ProcessUsage.peakBytes("Name:\tjava\nVmPeak:\t  9 kB\nVmHWM:\t   2000 kB\n"))
        .isEqualTo(2_048_000L);
    assertThat(ProcessUsage.peakBytes("Name:\tkthreadd\n")).isNull();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void readsThisProcessAndNoneThatIsNotThere() throws IOException {
    assertThat(ProcessUsage.cpuOfTree(ProcessHandle.current())).isPositive();
    assertThat(ProcessUsage.peakBytes(ProcessHandle.current().pid())).isGreaterThan(10_000_000L);
    assertThat(ProcessUsage.peakBytes(Long.MAX_VALUE)).isNull();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void countsChildrenThatHaveEnded() throws Exception {
    Duration before = ProcessUsage.cpuOfEndedChildren();
    Process child =
        new ProcessBuilder("sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done").start();

    assertThat(child.waitFor()).isZero();
    assertThat(ProcessUsage.cpuOfEndedChildren()).isGreaterThan(before);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void failsForAProcessThatHasEnded() throws Exception {
    Process child = new ProcessBuilder("true").start();
    child.waitFor();

    assertThatThrownBy(() -> ProcessUsage.cpuOfTree(child.toHandle()))
        .isInstanceOf(IOException.class);
  }
}
