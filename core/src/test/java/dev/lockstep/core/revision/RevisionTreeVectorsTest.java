package dev.lockstep.core.revision;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.core.document.Revision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Trees and differences computed by stock servers' own code (`vectors/merkle-*.json`): ranges,
/// leaves, counts, hashes.
class RevisionTreeVectorsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TestFactory
  List<DynamicTest> buildsTheSameTreeAsAStockServer() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode vector : vectors("merkle-trees.json").get("trees")) {
      tests.add(
          DynamicTest.dynamicTest(
              vector.get("name").asText(),
              () -> {
                List<String> results = new ArrayList<>();
                RevisionTree tree = build(vector.get("input").get("operations"), results);
                JsonNode expected = vector.get("expected");
                assertThat(decimal(tree.rangeMin()))
                    .isEqualTo(expected.get("rangeMin").get("dec").asText());
                assertThat(decimal(tree.rangeMax()))
                    .isEqualTo(expected.get("rangeMax").get("dec").asText());
                assertThat(decimal(tree.initialRangeMin()))
                    .isEqualTo(expected.get("initialRangeMin").get("dec").asText());
                assertThat(Long.toString(tree.bucketSize()))
                    .isEqualTo(expected.get("bucketSize").asText());
                assertThat(tree.count()).isEqualTo(expected.get("count").asLong());
                assertThat(Long.toUnsignedString(tree.hash()))
                    .isEqualTo(expected.get("hash").asText());
                StringBuilder leaves = new StringBuilder();
                tree.forEachPopulatedLeaf((index, count, hash) ->
                    leaves
                        .append(index)
                        .append(':')
                        .append(count)
                        .append(':')
                        .append(Long.toUnsignedString(hash))
                        .append('\n'));
                assertThat(sha256(leaves.toString()))
                    .isEqualTo(expected.get("leavesSha256").asText());
                if (vector.has("operationResults")) {
                  List<Boolean> refused = new ArrayList<>();
                  vector
                      .get("operationResults")
                      .forEach(result -> refused.add(!result.asText().equals("ok")));
                  assertThat(results.stream().map(result -> !result.equals("ok")).toList())
                      .isEqualTo(refused);
                } else {
                  assertThat(results).allMatch("ok"::equals);
                }
              }));
    }
    assertThat(tests).hasSize(25);
    return tests;
  }

  @TestFactory
  List<DynamicTest> findsTheSameDifferencesAsAStockServerEitherWayRound() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode vector : vectors("merkle-diffs.json").get("diffs")) {
      tests.add(
          DynamicTest.dynamicTest(
              vector.get("name").asText(),
              () -> {
                String name = vector.get("name").asText();
                RevisionTree left = build(operations(name, "left", vector), new ArrayList<>());
                RevisionTree right = build(operations(name, "right", vector), new ArrayList<>());
                List<RevisionRange> differences = RevisionTree.differences(left, right);
                StringBuilder lines = new StringBuilder();
                differences.forEach(range ->
                    lines
                        .append(decimal(range.first()))
                        .append('-')
                        .append(decimal(range.last()))
                        .append('\n'));
                assertThat(differences).hasSize(vector.get("rangeCount").asInt());
                assertThat(sha256(lines.toString())).isEqualTo(vector.get("rangesSha256").asText());
                assertThat(RevisionTree.differences(right, left)).isEqualTo(differences);
              }));
    }
    assertThat(tests).hasSize(18);
    return tests;
  }

  private static JsonNode operations(String name, String side, JsonNode vector) {
    return vector.get(side).get("operations");
  }

  private static RevisionTree build(JsonNode operations, List<String> results) {
    RevisionTreeEditor editor = new RevisionTreeEditor();
    for (JsonNode operation : operations) {
      String kind = operation.fieldNames().next();
      if (kind.equals("clear")) {
        attempt(results, editor::clear);
        continue;
      }
      List<Revision> revisions = revisions(operation.get(kind));
      switch (kind) {
        case "insert", "insertEach" ->
            revisions.forEach(revision -> attempt(results, () -> editor.insert(revision)));
        case "removeEach" ->
            revisions.forEach(revision -> attempt(results, () -> editor.remove(revision)));
        case "insertBatch" -> attempt(results, () -> editor.insertAll(revisions));
        case "removeBatch" -> attempt(results, () -> editor.removeAll(revisions));
        default -> throw new IllegalArgumentException(kind);
      }
    }
    return editor.toTree();
  }

  private static void attempt(List<String> results, Runnable operation) {
    try {
      operation.run();
      results.add("ok");
    } catch (RevisionTreeException refused) {
      results.add(refused.getMessage());
    }
  }

  /// The vectors leave long lists out and name their rule; the right rule is the one with the right
  /// digest.
  private static List<Revision> revisions(JsonNode set) {
    if (set.has("revisions")) {
      List<Revision> listed = new ArrayList<>();
      set.get("revisions")
          .forEach(text -> listed.add(new Revision(Long.parseUnsignedLong(text.asText()))));
      return listed;
    }
    String digest = set.get("sha256OfDecimalLines").asText();
    return rules().stream()
        .filter(candidate -> sha256(lines(candidate)).equals(digest))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no rule gives the set " + set));
  }

  private static List<List<Revision>> rules() {
    List<Revision> twoYears =
        LongStream.range(0, 10_000)
            .mapToObj(i -> new Revision((1672531200000L + i * 6315840L) << 20))
            .toList();
    List<Revision> oneMinute =
        LongStream.range(0, 10_000)
            .mapToObj(i -> new Revision(((1700000000000L + 6 * i) << 20) + i % 7))
            .toList();
    List<Revision> everyThird =
        LongStream.range(0, 3_334).mapToObj(i -> twoYears.get((int) (3 * i))).toList();
    List<Revision> random = new ArrayList<>();
    SplitMix64 generator = new SplitMix64(42);
    for (int i = 0; i < 5_000; i++) {
      long millis = 1420070400000L + Long.remainderUnsigned(generator.next(), 631152000000L);
      random.add(new Revision((millis << 20) + Long.remainderUnsigned(generator.next(), 1048576)));
    }
    List<Revision> minusSome = new ArrayList<>(twoYears);
    minusSome.remove(7777);
    minusSome.subList(5000, 5004).clear();
    return List.of(
        twoYears,
        oneMinute,
        everyThird,
        random,
        minusSome,
        random.subList(0, 3_000),
        random.subList(2_000, 5_000));
  }

  private static String lines(List<Revision> revisions) {
    StringBuilder lines = new StringBuilder();
    revisions.forEach(revision -> lines.append(decimal(revision)).append('\n'));
    return lines.toString();
  }

  private static String decimal(Revision revision) {
    return Long.toUnsignedString(revision.value());
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (java.security.NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static JsonNode vectors(String name) throws IOException {
    try (InputStream in = RevisionTreeVectorsTest.class.getResourceAsStream("/vectors/" + name)) {
      return JSON.readTree(in);
    }
  }

  /// S. Vigna's generator, which the vectors' rules use.
  private static final class SplitMix64 {
    private long state;

    SplitMix64(long seed) {
      state = seed;
    }

    long next() {
      state += 0x9e3779b97f4a7c15L;
      long z = state;
      z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
      z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
      return z ^ (z >>> 31);
    }
  }
}
