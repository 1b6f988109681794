package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaderVersionTest {
  @ParameterizedTest
  @CsvSource({
    "3.2.2,        true,  false, false, true",
    "3.6.16,       true,  false, false, true",
    "3.7.0,        true,  false, false, false",
    "3.7.21,       true,  false, false, false",
    "3.8.0-rc.1,   true,  true,  false, false",
    "3.9.12,       true,  true,  false, false",
    "3.10.0,       true,  true,  true,  false",
    "3.12.10,      true,  true,  true,  false",
    "4.0.1-devel,  true,  true,  true,  false",
    "2.8.11,       false, false, false, true",
    "5.0.0,        false, true,  true,  false"
  })
  void decidesHowALeaderIsSpokenTo(
      String text, boolean supported, boolean velocyPack, boolean restricts, boolean flush) {
    LeaderVersion version = Objects.requireNonNull(LeaderVersion.parse(text));

    assertThat(version.isSupported()).isEqualTo(supported);
    assertThat(version.dumpsVelocyPack()).isEqualTo(velocyPack);
    assertThat(version.restrictsInventory()).isEqualTo(restricts);
    assertThat(version.mayNeedFlush()).isEqualTo(flush);
    assertThat(version).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "3", "3.8", "3.8.", "devel", "v3.8.0", "3.8.00000", "-3.8.0"})
  void isNothingWithoutThreeNumbers(String text) {
    assertThat(LeaderVersion.parse(text)).isNull();
  }

  @Test
  void ordersByNumberNotByText() {
    LeaderVersion ten = Objects.requireNonNull(LeaderVersion.parse("3.10.0"));
    LeaderVersion nine = Objects.requireNonNull(LeaderVersion.parse("3.9.12"));

    assertThat(ten).isGreaterThan(nine);
  }
}
