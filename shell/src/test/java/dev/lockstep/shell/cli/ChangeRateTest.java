package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChangeRateTest {
  private static final long SECOND = 1_000_000_000;

  private final ChangeRate rate = new ChangeRate();

  @Test
  void tellsTheGrowthOfTheLastSecondsOnly() {
    assertThat(rate.at(0, 1000)).isZero();
    assertThat(rate.at(SECOND, 3000)).isEqualTo(2000);
    assertThat(rate.at(4 * SECOND, 3000)).isZero();
  }

  @Test
  void beginsAnewWithACounterThatDoes() {
    rate.at(0, 1000);
    assertThat(rate.at(SECOND, 10)).isZero();
    assertThat(rate.at(2 * SECOND, 30)).isEqualTo(20);
  }
}
