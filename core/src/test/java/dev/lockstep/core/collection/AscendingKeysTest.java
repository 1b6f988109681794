package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AscendingKeysTest {
  private static List<Boolean> added(AscendingKeys keys, String... added) {
    return List.of(added).stream().map(keys::add).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b c", "9 10 99 100", "0001 0002 0010", "a aa ab b", "b aa ab aaa"})
  void eitherOrderWillDo(String ascending) {
    assertThat(added(new AscendingKeys(), ascending.split(" "))).doesNotContain(false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a a", "b a", "9 10 9", "2 10 11 9", "1 2 2", "a b aa b"})
  void aKeyThatMayHaveComeBeforeEndsIt(String keys) {
    assertThat(added(new AscendingKeys(), keys.split(" "))).endsWith(false);
  }

  /// 5 could be one of those that ascended by length, z one of those that ascended otherwise.
  @Test
  void ordersAreNotMixed() {
    AscendingKeys keys = new AscendingKeys();
    assertThat(added(keys, "9", "10", "5")).containsExactly(true, true, false);
    assertThat(added(keys, "z")).containsExactly(false);
  }

  @Test
  void whatWasGivenUpStaysSo() {
    AscendingKeys keys = new AscendingKeys();
    keys.end();
    assertThat(keys.isEveryOneNew()).isFalse();
    assertThat(added(keys, "a", "b")).containsExactly(false, false);
  }
}
