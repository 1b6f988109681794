package dev.lockstep.replication.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TickTimesTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final TickTimes times = new TickTimes();

  private void note(long tick, long second) {
    times.note(new Tick(tick), START.plusSeconds(second));
  }

  private Duration behind(long tick, long second) {
    return times.behind(new Tick(tick), START.plusSeconds(second));
  }

  @Test
  void tellsSinceWhenThereHasBeenSomethingNewer() {
    note(10, 0);
    note(10, 50);
    note(13, 100);
    note(20, 110);

    assertThat(behind(10, 130)).isEqualTo(Duration.ofSeconds(30));
    assertThat(behind(12, 130)).isEqualTo(Duration.ofSeconds(30));
    assertThat(behind(13, 130)).isEqualTo(Duration.ofSeconds(20));
    assertThat(behind(20, 130)).isZero();
    assertThat(behind(99, 130)).isZero();
    assertThat(behind(3, 130)).as("from before the start").isEqualTo(Duration.ofSeconds(130));
  }

  @Test
  void tellsTheNewestTickOfATime() {
    note(10, 0);
    note(13, 100);

    assertThat(times.newestAt(START.minusSeconds(1))).isEqualTo(Tick.NONE);
    assertThat(times.newestAt(START)).isEqualTo(new Tick(10));
    assertThat(times.newestAt(START.plusSeconds(99))).isEqualTo(new Tick(10));
    assertThat(times.newestAt(START.plusSeconds(100))).isEqualTo(new Tick(13));
  }

  @Test
  void bearsAClockThatIsSetBack() {
    note(10, 100);
    note(11, 40);

    assertThat(behind(10, 50)).isZero();
    assertThat(behind(10, 130)).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void forgetsDetailsOfLongAgoButNotTheBeginning() {
    int noted = 500_000;
    for (int i = 1; i <= noted; i++) {
      note(i, i);
    }

    assertThat(times.newestAt(START.plusSeconds(noted))).isEqualTo(new Tick(noted));
    assertThat(times.newestAt(START.plusSeconds(noted - 10))).isEqualTo(new Tick(noted - 10));
    for (int age = 1000; age < noted; age *= 2) {
      long exact = noted - age;
      assertThat(times.newestAt(START.plusSeconds(exact)).value())
          .as("%s seconds ago", age)
          .isBetween(exact - age / 100, exact);
      assertThat(behind(exact, noted).toSeconds()).isBetween(age - age / 100L - 1, (long) age);
    }
  }
}
