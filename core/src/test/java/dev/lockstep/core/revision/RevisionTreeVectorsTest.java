package dev.lockstep.core.revision;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.core.document.Revision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Trees and differences computed by stock servers' own code (`vectors/merkle-*.json`): ranges,
/// leaves, counts, hashes.
class RevisionTreeVectorsTest {
  @TestFactory
  List<DynamicTest> buildsTheSameTreeAsAStockServer() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode vector : TreeVectors.read("merkle-trees.json").get("trees")) {
      tests.add(
          DynamicTest.dynamicTest(
              vector.get("name").asText(),
              () -> {
                JsonNode expected = vector.get("expected");
                List<String> results = new ArrayList<>();
                Iterator<String> growth = growth(expected);
                String[] range = {range(new RevisionTreeEditor())};
                RevisionTree tree =
                    TreeVectors.build(
                        vector.get("input").get("operations"),
                        (result, editor) -> {
                          results.add(result);
                          // One operation may take several steps, but no other ones.
                          while (!range(editor).equals(range[0])) {
                            range[0] = growth.next();
                          }
                        });
                assertThat(growth).isExhausted();
                assertThat(TreeVectors.decimal(tree.rangeMin()))
                    .isEqualTo(expected.get("rangeMin").get("dec").asText());
                assertThat(TreeVectors.decimal(tree.rangeMax()))
                    .isEqualTo(expected.get("rangeMax").get("dec").asText());
                assertThat(TreeVectors.decimal(tree.initialRangeMin()))
                    .isEqualTo(expected.get("initialRangeMin").get("dec").asText());
                assertThat(Long.toString(tree.bucketSize()))
                    .isEqualTo(expected.get("bucketSize").asText());
                assertThat(tree.count()).isEqualTo(expected.get("count").asLong());
                assertThat(Long.toUnsignedString(tree.hash()))
                    .isEqualTo(expected.get("hash").asText());
                assertThat(TreeVectors.sha256(leaves(tree)))
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
    for (JsonNode vector : TreeVectors.read("merkle-diffs.json").get("diffs")) {
      tests.add(
          DynamicTest.dynamicTest(
              vector.get("name").asText(),
              () -> {
                RevisionTree left = side(vector, "left");
                RevisionTree right = side(vector, "right");
                List<RevisionRange> differences = RevisionTree.differences(left, right);
                StringBuilder lines = new StringBuilder();
                differences.forEach(range ->
                    lines
                        .append(TreeVectors.decimal(range.first()))
                        .append('-')
                        .append(TreeVectors.decimal(range.last()))
                        .append('\n'));
                assertThat(differences).hasSize(vector.get("rangeCount").asInt());
                assertThat(TreeVectors.sha256(lines.toString()))
                    .isEqualTo(vector.get("rangesSha256").asText());
                assertThat(RevisionTree.differences(right, left)).isEqualTo(differences);
              }));
    }
    assertThat(tests).hasSize(18);
    return tests;
  }

  @TestFactory
  List<DynamicTest> orderMattersForTheRangeOnlyAndAsInAStockServer() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode set : TreeVectors.read("merkle-trees.json").get("orderIndependence")) {
      for (JsonNode expected : set.get("results")) {
        String order = expected.get("order").asText();
        tests.add(
            DynamicTest.dynamicTest(
                set.get("set").asText() + " " + order,
                () -> {
                  RevisionTreeEditor editor = new RevisionTreeEditor();
                  insert(editor, TreeVectors.revisions(set.get("input")), order);
                  RevisionTree tree = editor.toTree();
                  assertThat(TreeVectors.decimal(tree.rangeMin()))
                      .isEqualTo(expected.get("rangeMin").asText());
                  assertThat(TreeVectors.decimal(tree.rangeMax()))
                      .isEqualTo(expected.get("rangeMax").asText());
                  assertThat(tree.count()).isEqualTo(expected.get("count").asLong());
                  assertThat(Long.toUnsignedString(tree.hash()))
                      .isEqualTo(expected.get("hash").asText());
                  assertThat(TreeVectors.sha256(leaves(tree)))
                      .isEqualTo(expected.get("leavesSha256").asText());
                }));
      }
    }
    assertThat(tests).hasSize(30);
    return tests;
  }

  private static void insert(RevisionTreeEditor editor, List<Revision> set, String order) {
    List<Revision> ascending = set.stream().sorted().toList();
    List<Revision> list = new ArrayList<>(ascending);
    switch (order) {
      case "ascending" -> {}
      case "descending" -> Collections.reverse(list);
      case "one batch" -> {
        editor.insertAll(ascending);
        return;
      }
      case "minimum first, then maximum, then ascending" -> list.add(1, list.removeLast());
      case "maximum first, then minimum, then ascending" -> list.addFirst(list.removeLast());
      default -> {
        assertThat(order)
            .isEqualTo(
                "shuffled (Fisher-Yates, SplitMix64 seed 99, j = next mod (i+1), i from n-1 down)");
        // The set in the order of its rule, not ascending.
        list = new ArrayList<>(set);
        TreeVectors.SplitMix64 generator = new TreeVectors.SplitMix64(99);
        for (int i = list.size() - 1; i > 0; i--) {
          Collections.swap(list, i, (int) Long.remainderUnsigned(generator.next(), i + 1L));
        }
      }
    }
    list.forEach(editor::insert);
  }

  private static String leaves(RevisionTree tree) {
    StringBuilder leaves = new StringBuilder();
    tree.forEachPopulatedLeaf((index, count, hash) ->
        leaves
            .append(index)
            .append(':')
            .append(count)
            .append(':')
            .append(Long.toUnsignedString(hash))
            .append('\n'));
    return leaves.toString();
  }

  private static RevisionTree side(JsonNode vector, String side) {
    return TreeVectors.build(vector.get(side).get("operations"), (result, editor) -> {});
  }

  /// The ranges that a tree has after each step of growth.
  private static Iterator<String> growth(JsonNode expected) {
    List<String> ranges = new ArrayList<>();
    for (JsonNode step : expected.get("growth").get("steps")) {
      ranges.add(step.get("rangeMinAfter").asText() + "-" + step.get("rangeMaxAfter").asText());
    }
    return ranges.iterator();
  }

  private static String range(RevisionTreeEditor editor) {
    RevisionTree tree = editor.toTree();
    return TreeVectors.decimal(tree.rangeMin()) + "-" + TreeVectors.decimal(tree.rangeMax());
  }
}
