package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DocumentComparisonTest {
  @Test
  void findsEqualSidesEqual() throws Exception {
    List<Document> documents = List.of(document("a", 1, "{\"x\":1}"), document("b", 2, "{}"));

    var result = compare(documents, documents);

    assertThat(result.isEqual()).isTrue();
    assertThat(result.leaderCount()).isEqualTo(2);
    assertThat(result.followerCount()).isEqualTo(2);
    assertThat(result.shown()).isEmpty();
  }

  @Test
  void findsTwoEmptySidesEqual() throws Exception {
    assertThat(compare(List.of(), List.of()).isEqual()).isTrue();
  }

  @Test
  void tellsMissingFromSurplusFromChanged() throws Exception {
    var result =
        compare(
            List.of(
                document("gone", 1, "{}"), document("changed", 2, "{}"), document("same", 5, "{}")),
            List.of(
                document("same", 5, "{}"), document("changed", 7, "{}"), document("new", 9, "{}")));

    assertThat(result.missing()).isEqualTo(1);
    assertThat(result.surplus()).isEqualTo(1);
    assertThat(result.changed()).isEqualTo(1);
    assertThat(result.shown())
        .anyMatch(line -> line.startsWith("key 'gone': missing on the follower"))
        .anyMatch(line -> line.startsWith("key 'new': only on the follower"))
        .anyMatch(line -> line.startsWith("key 'changed': revision"));
  }

  @Test
  void seesOtherContentUnderTheSameRevision() throws Exception {
    var result =
        compare(
            List.of(document("k", 1, "{\"a\":{\"b\":[1,2]}}")),
            List.of(document("k", 1, "{\"a\":{\"b\":[1,3]}}")));

    assertThat(result.changed()).isEqualTo(1);
    assertThat(result.shown()).singleElement().asString().contains("a.b[1]: integer 2 / integer 3");
  }

  @Test
  void seesAnIntegerBecomeADouble() throws Exception {
    var result =
        compare(List.of(document("k", 1, "{\"n\":1}")), List.of(document("k", 1, "{\"n\":1.0}")));

    assertThat(result.changed()).isEqualTo(1);
    assertThat(result.shown()).singleElement().asString().contains("n: integer 1 / double 1");
  }

  @Test
  void seesAnotherOrderOfAttributes() throws Exception {
    var result =
        compare(
            List.of(document("k", 1, "{\"a\":1,\"b\":2}")),
            List.of(document("k", 1, "{\"b\":2,\"a\":1}")));

    assertThat(result.changed()).isEqualTo(1);
  }

  @Test
  void seesOneRevisionUnderTwoKeys() throws Exception {
    var result = compare(List.of(document("a", 1, "{}")), List.of(document("b", 1, "{}")));

    assertThat(result.changed()).isEqualTo(1);
  }

  @Test
  void namesOnlyTheFirstDifferences() throws Exception {
    List<Document> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(document("k" + i, i + 1, "{}"));
    }

    var result = compare(many, List.of());

    assertThat(result.missing()).isEqualTo(100);
    assertThat(result.shown()).hasSize(5);
  }

  @Test
  void refusesASideThatIsNotInTheOrderOfItsRevisions() {
    List<Document> unordered = List.of(document("a", 2, "{}"), document("b", 1, "{}"));

    assertThatThrownBy(() -> compare(List.of(), unordered))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining(
            "the follower does not give its documents in the order of their revisions");
  }

  /// Whatever the differences, the counts must be those of a comparison by key.
  @Test
  void countsAsAComparisonByKeyDoes() throws Exception {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      Map<String, Document> left = new HashMap<>();
      Map<String, Document> right = new HashMap<>();
      for (int i = 0; i < 60; i++) {
        String key = "k" + i;
        int revision = 1 + i * 10 + random.nextInt(3);
        if (random.nextInt(5) > 0) {
          left.put(key, document(key, revision, "{\"v\":" + random.nextInt(2) + "}"));
        }
        if (random.nextInt(5) > 0) {
          int other = random.nextInt(4) == 0 ? 1 + i * 10 + 3 + random.nextInt(3) : revision;
          right.put(key, document(key, other, "{\"v\":" + random.nextInt(2) + "}"));
        }
      }
      long missing = left.keySet().stream().filter(key -> !right.containsKey(key)).count();
      long surplus = right.keySet().stream().filter(key -> !left.containsKey(key)).count();
      long changed =
          left.entrySet().stream()
              .filter(entry -> {
                Document other = right.get(entry.getKey());
                return other != null
                    && !(other.revision().equals(entry.getValue().revision())
                        && other.slice().toJson().equals(entry.getValue().slice().toJson()));
              })
              .count();

      var result = compare(ordered(left), ordered(right));

      assertThat(result.missing()).as("missing, seed %d", seed).isEqualTo(missing);
      assertThat(result.surplus()).as("surplus, seed %d", seed).isEqualTo(surplus);
      assertThat(result.changed()).as("changed, seed %d", seed).isEqualTo(changed);
    }
  }

  private static List<Document> ordered(Map<String, Document> documents) {
    return documents.values().stream().sorted(Comparator.comparing(Document::revision)).toList();
  }

  private static Document document(String key, int revision, String json) {
    // Below 2^21 a revision prints as a decimal number; real ones are larger.
    return StoredDocument.normalize(
        JsonToVPack.parse(json), key, new Revision(Revision.LOWER_BOUND.value() + revision));
  }

  private static DocumentComparison.Result compare(List<Document> leader, List<Document> follower)
      throws Exception {
    return new DocumentComparison(source(leader), source(follower), 5, _ -> {}).compare();
  }

  private static DocumentSource source(List<Document> documents) {
    Iterator<Document> iterator = documents.iterator();
    return () -> iterator.hasNext() ? iterator.next() : null;
  }
}
