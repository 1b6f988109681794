package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.JsonToVPack;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExpiryTimeTest {
  private static @Nullable Double seconds(String json) {
    return ExpiryTime.seconds(JsonToVPack.parse(json));
  }

  @Test
  void readsNumbersAndDates() {
    assertThat(seconds("1704067200")).isEqualTo(1704067200.0);
    assertThat(seconds("-1.5")).isEqualTo(-1.5);
    for (String date :
        List.of(
            "2024-01-01",
            "2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00",
            "2024-01-01T01:00:00+01:00",
            "2023-12-31T23:00:00-01:00",
            "2024-01-01T00:00:00.000Z")) {
      assertThat(seconds('"' + date + '"')).as(date).isEqualTo(1704067200.0);
    }
    assertThat(seconds("\"2024-01-01T00:00:00.250Z\"")).isEqualTo(1704067200.25);
  }

  @Test
  void takesEverythingElseForNoTime() {
    assertThat(ExpiryTime.seconds(null)).isNull();
    for (String value :
        List.of(
            "null",
            "true",
            "{}",
            "[1]",
            "\"\"",
            "\"tomorrow, maybe\"",
            "\"2024-13-01\"",
            "\"2024-01-01T25:00:00Z\"",
            "\"2024-01-01T00:00:00 and then some more text behind\"")) {
      assertThat(seconds(value)).as(value).isNull();
    }
  }
}
