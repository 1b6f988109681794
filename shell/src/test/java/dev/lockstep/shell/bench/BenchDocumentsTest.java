package dev.lockstep.shell.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BenchDocumentsTest {
  private static final int COUNT = 2000;
  private static final int SIZE = 257;

  @Test
  void areTheSameOnEveryMachineAndInEveryRelease() {
    assertThat(new BenchDocuments(KeyOrder.SEQUENTIAL, SIZE).json(7, 0))
        .isEqualTo(
            "{\"_key\":\"0000000007\",\"number\":7,\"version\":0,\"kind\":\"return\",\"amount\":4673.37,\"open\":false,\"text\":\"zsvsgkyisl"
                + "  vdw z mg  gty vsntaswht  nfklh mqo rh tjgzruoebjuh q rge elgkiihlhbo emxbf  tw"
                + "  euskdd  jd\"}");
    assertThat(new BenchDocuments(KeyOrder.UUID, SIZE).key(7))
        .isEqualTo("81e47163-6c59-46b6-9b1c-af20a0d7ef2b");
  }

  @ParameterizedTest
  @EnumSource
  void areJsonInOneLineOfTheSizeAskedForOnAverage(KeyOrder keys) throws Exception {
    BenchDocuments documents = new BenchDocuments(keys, SIZE);
    long bytes = 0;
    for (int i = 0; i < COUNT; i++) {
      String json = documents.json(i, 3);
      JsonNode document = new ObjectMapper().readTree(json);
      assertThat(document.path("_key").asText()).isEqualTo(documents.key(i));
      assertThat(document.path("number").asInt()).isEqualTo(i);
      assertThat(document.path("version").asInt()).isEqualTo(3);
      assertThat(json).matches("[ -~&&[^\\\\']]+");
      bytes += json.length();
    }
    assertThat((double) bytes / COUNT).isBetween(SIZE - 3.0, SIZE + 3.0);
    assertThat(documents.jsonBytes(IntStream.range(0, COUNT), 3)).isEqualTo(bytes);
  }

  @Test
  void areOfTheRightSizeAtTheSmallestAndWithTheLongestNumbers() {
    BenchDocuments documents = new BenchDocuments(KeyOrder.UUID, BenchPlan.SIZE_MIN);
    int first = BenchPlan.DOCUMENTS_MAX - 100;
    long bytes =
        IntStream.range(first, first + 100)
            .mapToLong(number -> documents.json(number, BenchPlan.RUNS_MAX).length())
            .sum();

    assertThat(documents.jsonBytes(IntStream.range(first, first + 100), BenchPlan.RUNS_MAX))
        .isEqualTo(bytes);
  }

  @Test
  void differInEveryVersion() {
    BenchDocuments documents = new BenchDocuments(KeyOrder.SEQUENTIAL, SIZE);

    assertThat(
            IntStream.range(0, 100)
                .mapToObj(version -> documents.json(5, version))
                .collect(Collectors.toSet()))
        .hasSize(100);
  }

  @Test
  void haveAscendingKeysOrNoneThatAreNeighbours() {
    BenchDocuments sequential = new BenchDocuments(KeyOrder.SEQUENTIAL, SIZE);
    BenchDocuments random = new BenchDocuments(KeyOrder.UUID, SIZE);

    assertThat(IntStream.range(0, COUNT).mapToObj(sequential::key).toList())
        .isSorted()
        .doesNotHaveDuplicates();
    assertThat(IntStream.range(0, COUNT).mapToObj(random::key).toList())
        .doesNotHaveDuplicates()
        .allSatisfy(key -> assertThat(UUID.fromString(key).version()).isEqualTo(4));
    assertThat(IntStream.range(0, COUNT).mapToObj(random::key).map(key -> key.charAt(0)).distinct())
        .hasSize(16);
  }
}
