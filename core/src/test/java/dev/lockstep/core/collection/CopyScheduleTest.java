package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.collection.CopySchedule.Finding;
import org.junit.jupiter.api.Test;

class CopyScheduleTest {
  private static final Finding NOTHING = new Finding(false, false);
  private static final Finding COPY = new Finding(true, false);
  private static final Finding SETTLED = new Finding(false, true);

  private final CopySchedule schedule = new CopySchedule();

  private void assertNothing(int looks, long changes) {
    for (int look = 0; look < looks; look++) {
      assertThat(schedule.look(changes)).isEqualTo(NOTHING);
    }
  }

  @Test
  void manyChangesAreCopiedAtOnce() {
    assertThat(schedule.look(CopySchedule.CHANGES_MAX - 1)).isEqualTo(NOTHING);
    assertThat(schedule.look(CopySchedule.CHANGES_MAX)).isEqualTo(COPY);
  }

  @Test
  void fewerAreCopiedWhenNothingMoreCame() {
    long changes = CopySchedule.CHANGES_WHEN_QUIET;
    for (int look = 0; look < 20; look++) {
      assertThat(schedule.look(++changes)).isEqualTo(NOTHING);
    }
    assertNothing(CopySchedule.QUIET_LOOKS - 1, changes);

    assertThat(schedule.look(changes)).isEqualTo(new Finding(true, true));

    // The copy was made.
    assertNothing(20, 0);
  }

  /// The last copy may come with the end of the load: nothing is left to be copied.
  @Test
  void aLoadSettlesAlsoIfItsCopiesAreMade() {
    for (int look = 0; look < 3; look++) {
      assertThat(schedule.look(CopySchedule.CHANGES_MAX)).isEqualTo(COPY);
      assertThat(schedule.look(0)).isEqualTo(NOTHING);
    }
    assertNothing(CopySchedule.QUIET_LOOKS - 1, 0);

    assertThat(schedule.look(0)).isEqualTo(SETTLED);

    assertNothing(20, 0);
  }

  @Test
  void fewAreLeftToTheLog() {
    assertNothing(20, CopySchedule.CHANGES_WHEN_QUIET - 1);
  }
}
