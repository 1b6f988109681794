package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyScheduleTest {
  private final CopySchedule schedule = new CopySchedule();

  @Test
  void manyChangesAreDueAtOnce() {
    assertThat(schedule.isDue(CopySchedule.CHANGES_MAX - 1)).isFalse();
    assertThat(schedule.isDue(CopySchedule.CHANGES_MAX)).isTrue();
  }

  @Test
  void fewerAreDueWhenNothingMoreCame() {
    long changes = CopySchedule.CHANGES_WHEN_QUIET;
    for (int look = 0; look < 20; look++) {
      assertThat(schedule.isDue(changes + look)).isFalse();
    }
    for (int quiet = 1; quiet < CopySchedule.QUIET_LOOKS; quiet++) {
      assertThat(schedule.isDue(changes + 19)).isFalse();
    }
    assertThat(schedule.hasSettled()).isFalse();
    assertThat(schedule.isDue(changes + 19)).isTrue();
    assertThat(schedule.hasSettled()).isTrue();
    // The copy was made.
    for (int look = 0; look < 20; look++) {
      assertThat(schedule.isDue(0)).isFalse();
      assertThat(schedule.hasSettled()).isFalse();
    }
  }

  /// The last copy may come with the end of the load: nothing is left to be copied.
  @Test
  void aLoadSettlesAlsoIfItsCopiesAreMade() {
    for (int look = 0; look < 3; look++) {
      assertThat(schedule.isDue(CopySchedule.CHANGES_MAX)).isTrue();
      assertThat(schedule.isDue(0)).isFalse();
      assertThat(schedule.hasSettled()).isFalse();
    }
    for (int quiet = 1; quiet < CopySchedule.QUIET_LOOKS; quiet++) {
      assertThat(schedule.isDue(0)).isFalse();
      assertThat(schedule.hasSettled()).isFalse();
    }
    assertThat(schedule.isDue(0)).isFalse();
    assertThat(schedule.hasSettled()).isTrue();
    assertThat(schedule.isDue(0)).isFalse();
    assertThat(schedule.hasSettled()).isFalse();
  }

  @Test
  void fewAreNeverDue() {
    for (int look = 0; look < 20; look++) {
      assertThat(schedule.isDue(CopySchedule.CHANGES_WHEN_QUIET - 1)).isFalse();
      assertThat(schedule.hasSettled()).isFalse();
    }
  }
}
