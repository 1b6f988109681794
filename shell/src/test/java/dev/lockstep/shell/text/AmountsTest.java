package dev.lockstep.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AmountsTest {
  @Test
  void showsThreeDigitsOfBytes() {
    assertThat(Amounts.bytes(0)).isEqualTo("0 B");
    assertThat(Amounts.bytes(999)).isEqualTo("999 B");
    assertThat(Amounts.bytes(1000)).isEqualTo("1.00 kB");
    assertThat(Amounts.bytes(17_345_678)).isEqualTo("17.3 MB");
    assertThat(Amounts.bytes(999_600)).isEqualTo("1.00 MB");
    assertThat(Amounts.bytes(5e15)).isEqualTo("5000 TB");
  }

  @Test
  void showsCountsAndTimes() {
    assertThat(Amounts.count(171_075)).isEqualTo("171,075");
    assertThat(Amounts.seconds(Duration.ofMillis(3_421))).isEqualTo("3.42 s");
    assertThat(Amounts.clock(Duration.ofSeconds(7))).isEqualTo("0:07");
    assertThat(Amounts.clock(Duration.ofSeconds(11_100))).isEqualTo("3:05:00");
  }

  @Test
  void hasNoRateBeforeAnyTimeHasPassed() {
    assertThat(Amounts.perSecond(10, Duration.ZERO)).isZero();
    assertThat(Amounts.perSecond(10, Duration.ofMillis(500))).isEqualTo(20);
  }
}
