package dev.lockstep.shell.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RsyncContenderTest {
  @Test
  void addsUpBothDirections() {
    assertThat(
            RsyncContender.wireBytes(
                "Number of files: 1\nTotal bytes sent: 1,234\nTotal bytes received: 66\n"))
        .isEqualTo(1300);
  }
}
