package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyFilterTest {
  @Test
  void neverForgetsAndRarelyErrs() {
    Random random = new Random(42);
    KeyFilter filter = new KeyFilter();
    int count = 300_000;
    int wrong = 0;
    for (int i = 0; i < count; i++) {
      if (filter.add(random.nextLong())) {
        wrong++;
      }
    }
    assertThat(wrong).isLessThan(count / 50);
    Random again = new Random(42);
    for (int i = 0; i < count; i++) {
      assertThat(filter.add(again.nextLong())).isTrue();
    }
  }
}
