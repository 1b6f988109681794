package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.LockstepException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyGenerationTest {
  private static KeyGeneration generation(KeyGeneratorType type, long increment, long offset) {
    return new KeyGeneration(
        new KeyOptions(type, true, increment, offset), 0, () -> 42, new Random(1));
  }

  @Test
  void readsOnlyWholeNumbersOf64BitsFromKeys() {
    assertThat(KeyGeneration.decimal("0")).isZero();
    assertThat(KeyGeneration.decimal("007")).isEqualTo(7);
    assertThat(KeyGeneration.decimal("18446744073709551615")).isEqualTo(-1);
    assertThat(KeyGeneration.decimal("18446744073709551616")).isZero();
    assertThat(KeyGeneration.decimal("99999999999999999999")).isZero();
    assertThat(KeyGeneration.decimal("1x")).isZero();
    assertThat(KeyGeneration.decimal("-1")).isZero();
    assertThat(KeyGeneration.hexadecimal("00000000000000ff")).isEqualTo(255);
    assertThat(KeyGeneration.hexadecimal("ff")).isEqualTo(255);
    assertThat(KeyGeneration.hexadecimal("FF")).isZero();
    assertThat(KeyGeneration.hexadecimal("ffffffffffffffff")).isEqualTo(-1);
    assertThat(KeyGeneration.hexadecimal("10000000000000000")).isZero();
  }

  @Test
  void autoincrementStopsBeforeItOverflows() {
    KeyGeneration keys = generation(KeyGeneratorType.AUTOINCREMENT, 10, 3);
    assertThat(keys.next()).isEqualTo("3");
    assertThat(keys.next()).isEqualTo("13");
    keys.observe("20");
    assertThat(keys.next()).isEqualTo("23");
    keys.observe("18446744073709551604");
    assertThat(keys.next()).isEqualTo("18446744073709551613");
    assertThatThrownBy(keys::next).isInstanceOf(LockstepException.class);
  }

  @Test
  void traditionalKeysExceedTheCounterAndEveryKeySeen() {
    KeyGeneration keys = generation(KeyGeneratorType.TRADITIONAL, 1, 0);
    assertThat(keys.next()).isEqualTo("42");
    assertThat(keys.next()).isEqualTo("43");
    keys.observe("100");
    keys.observe("50");
    assertThat(keys.next()).isEqualTo("101");
    assertThat(keys.last()).isEqualTo(101);
  }
}
