package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class KeyOrderTest {
  @Test
  void sortsNothingAndOne() {
    assertThat(sorted(List.of())).isEmpty();
    assertThat(sorted(List.of("a"))).containsExactly("a");
  }

  @Test
  void putsShorterKeysBeforeLongerOnesThatBeginWithThem() {
    assertThat(sorted(List.of("aaaaaaaaaa", "aaaaa", "aaaaaa", "a", "b", "aaaab")))
        .containsExactly("a", "aaaaa", "aaaaaa", "aaaaaaaaaa", "aaaab", "b");
  }

  @Test
  void sortsAsStringsAreSorted() {
    Random random = new Random(7);
    for (String prefix : List.of("", "user:", "x".repeat(200))) {
      for (int length = 1; length < 40; length += 3) {
        Set<String> keys = new LinkedHashSet<>();
        for (int i = 0; i < 500; i++) {
          keys.add(
              prefix
                  + characters(random, 1 + random.nextInt(length), i % 2 == 0 ? "ab" : "~!09azAZ"));
        }
        assertThat(sorted(keys)).containsExactlyElementsOf(keys.stream().sorted().toList());
      }
    }
  }

  @Test
  void sortsManyKeys() {
    Random random = new Random(8);
    Set<String> keys = new LinkedHashSet<>();
    for (int i = 0; i < 200_000; i++) {
      keys.add(new UUID(random.nextLong(), random.nextLong()).toString());
    }
    assertThat(sorted(keys)).containsExactlyElementsOf(keys.stream().sorted().toList());
  }

  @Test
  void leavesElementsOfTheSameKeyInTheirOrder() {
    List<Map.Entry<String, Integer>> elements = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      for (String key : List.of("b", "a", "aaaaa", "aaaaaa", "aaaaab")) {
        elements.add(Map.entry(key, i));
      }
    }

    assertThat(KeyOrder.sorted(elements, Map.Entry::getKey))
        .containsExactlyElementsOf(elements.stream().sorted(Map.Entry.comparingByKey()).toList());
  }

  private static List<String> sorted(Collection<String> keys) {
    return KeyOrder.sorted(keys, key -> key);
  }

  private static String characters(Random random, int length, String alphabet) {
    StringBuilder characters = new StringBuilder();
    for (int i = 0; i < length; i++) {
      characters.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return characters.toString();
  }
}
