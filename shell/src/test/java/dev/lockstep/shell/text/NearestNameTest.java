package dev.lockstep.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {
  private static final List<String> KNOWN =
      List.of("endpoint", "database", "username", "chunkSize");

  @Test
  void isFoundDespiteATypingError() {
    assertThat(NearestName.of("endpont", KNOWN)).contains("endpoint");
    assertThat(NearestName.of("endpiont", KNOWN)).contains("endpoint");
    assertThat(NearestName.of("chunksize", KNOWN)).contains("chunkSize");
  }

  @Test
  void isNotInventedForSomethingElse() {
    assertThat(NearestName.of("zebra", KNOWN)).isEmpty();
    assertThat(NearestName.of("x", KNOWN)).isEmpty();
    assertThat(NearestName.of("x", List.of())).isEmpty();
  }

  @Test
  void countsAnExchangeOfNeighboursAsOneEdit() {
    assertThat(NearestName.distance("abcd", "abdc")).isEqualTo(1);
    assertThat(NearestName.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(NearestName.distance("", "abc")).isEqualTo(3);
  }
}
