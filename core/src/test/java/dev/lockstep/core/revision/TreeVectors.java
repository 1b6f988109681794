package dev.lockstep.core.revision;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.core.document.Revision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;

/// Reads the vectors of trees (`vectors/merkle-*.json`) and builds what they describe.
public final class TreeVectors {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TreeVectors() {}

  /// Does what a vector says.
  ///
  /// @param observer is told after every operation: `ok` or why it was refused, and the editor
  public static RevisionTree build(
      JsonNode operations, BiConsumer<String, RevisionTreeEditor> observer) {
    RevisionTreeEditor editor = new RevisionTreeEditor();
    for (JsonNode operation : operations) {
      String kind = operation.fieldNames().next();
      if (kind.equals("clear")) {
        attempt(editor, observer, editor::clear);
        continue;
      }
      List<Revision> revisions = revisions(operation.get(kind));
      switch (kind) {
        case "insert", "insertEach" ->
            revisions.forEach(revision -> attempt(editor, observer, () -> editor.insert(revision)));
        case "removeEach" ->
            revisions.forEach(revision -> attempt(editor, observer, () -> editor.remove(revision)));
        case "insertBatch" -> attempt(editor, observer, () -> editor.insertAll(revisions));
        case "removeBatch" -> attempt(editor, observer, () -> editor.removeAll(revisions));
        default -> throw new IllegalArgumentException(kind);
      }
    }
    return editor.toTree();
  }

  private static void attempt(
      RevisionTreeEditor editor,
      BiConsumer<String, RevisionTreeEditor> observer,
      Runnable operation) {
    String result = "ok";
    try {
      operation.run();
    } catch (RevisionTreeException refused) {
      result = String.valueOf(refused.getMessage());
    }
    observer.accept(result, editor);
  }

  /// The vectors leave long lists out and name their rule; the right rule is the one with the right
  /// digest.
  static List<Revision> revisions(JsonNode set) {
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
        random.subList(2_000, 5_000),
        random.subList(0, 500),
        twoYears.subList(0, 1_000));
  }

  private static String lines(List<Revision> revisions) {
    StringBuilder lines = new StringBuilder();
    revisions.forEach(revision -> lines.append(decimal(revision)).append('\n'));
    return lines.toString();
  }

  static String decimal(Revision revision) {
    return Long.toUnsignedString(revision.value());
  }

  /// Of the text in UTF-8, in hex as the vectors have it.
  public static String sha256(String text) {
    return sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /// @param name of the file
  public static JsonNode read(String name) throws IOException {
    try (InputStream in = TreeVectors.class.getResourceAsStream("/vectors/" + name)) {
      return JSON.readTree(in);
    }
  }

  /// S. Vigna's generator, which the vectors' rules use.
  static final class SplitMix64 {
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
