package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A large collection, of which 1 %, 10 % or all has changed on the leader, here and there or all
/// in one place: each incremental synchronization ends equal by `lockstep verify`, and fetches the
/// documents that differ and no other. Prints what each has cost.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DifferencesIT {
  private static final int DOCUMENTS = Integer.getInteger("lockstep.documents", 100_000);
  private static final int PORTION = 10_000;

  /// Beyond this many, a follower removes what is surplus before everything else has come.
  private static final int SURPLUS_REMEMBERED_MAX = 500_000;

  @TempDir static Path folder;
  private ServerPair servers;
  private Random random;

  /// Keys of the leader's documents, in the order of their numbers at first.
  private final List<String> keys = new ArrayList<>();

  private int lastNumber;

  @BeforeAll
  void startServersAndCopyOnce() {
    random = new Random(Seed.forTest("DifferencesIT"));
    servers = ServerPair.start(folder);
    Sync.create(servers.leader(), "{\"name\":\"many\"}");
    servers
        .leader()
        .send(
            "POST",
            "/_api/index?collection=many",
            "{\"type\":\"persistent\",\"fields\":[\"n\"],\"unique\":true}")
        .hasStatus(201);
    write(numbers(DOCUMENTS));
    long begun = System.nanoTime();
    Sync.run(servers.follower(), Sync.options(servers.leader(), "many")).hasStatus(200);
    print("full copy", begun, Sync.lastJob(servers.follower()));
  }

  @AfterAll
  void stopServers() {
    if (servers != null) {
      servers.close();
    }
  }

  /// Keys of new documents.
  private List<String> numbers(int count) {
    List<String> added = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      added.add("k" + lastNumber++);
    }
    keys.addAll(added);
    return added;
  }

  /// Inserts or replaces documents; each write gives a value of its own to the unique attribute.
  private void write(List<String> written) {
    for (int from = 0; from < written.size(); from += PORTION) {
      String lines =
          written.subList(from, Math.min(from + PORTION, written.size())).stream()
              .map(this::document)
              .collect(Collectors.joining("\n"));
      JsonNode answer =
          servers
              .leader()
              .send(
                  "POST", "/_api/import?type=documents&collection=many&onDuplicate=replace", lines)
              .hasStatus(201)
              .body();
      assertThat(answer.path("errors").asInt()).as("%s", answer).isZero();
    }
  }

  private String document(String key) {
    return "{\"_key\":\""
        + key
        + "\",\"n\":"
        + random.nextLong()
        + ",\"name\":\"document of some length "
        + random.nextInt()
        + "\",\"tags\":[\"a\",\"b\",1.5],\"nested\":{\"flag\":true}}";
  }

  private void remove(List<String> removed) {
    for (int from = 0; from < removed.size(); from += PORTION) {
      String selectors =
          removed.subList(from, Math.min(from + PORTION, removed.size())).stream()
              .map(key -> "\"" + key + "\"")
              .collect(Collectors.joining(",", "[", "]"));
      servers.leader().send("DELETE", "/_api/document/many?silent=true", selectors);
    }
  }

  @ParameterizedTest(name = "{0} %, {1}, {2}")
  @CsvSource({
    "1, uniform, revision-blocks",
    "1, clustered, revision-blocks",
    "10, uniform, revision-blocks",
    "10, clustered, revision-blocks",
    "100, uniform, revision-blocks",
    "1, uniform, change-log",
    "10, clustered, change-log",
  })
  void fetchesTheDocumentsThatDifferAndNoOther(int percent, String where, String method) {
    // Insertions, updates and removals in random parts.
    int changes = Math.max(3, (int) ((long) keys.size() * percent / 100));
    int inserts = 1 + random.nextInt(changes / 3);
    int removals = 1 + random.nextInt(changes / 3);
    int updates = Math.min(keys.size() - removals, changes - inserts - removals);
    List<Integer> positions = positions(updates + removals, where.equals("clustered"));
    List<String> updated =
        positions.subList(0, updates).stream().map(keys::get).collect(Collectors.toList());
    Set<String> removed =
        positions.subList(updates, positions.size()).stream()
            .map(keys::get)
            .collect(Collectors.toCollection(HashSet::new));
    write(updated);
    remove(List.copyOf(removed));
    keys.removeIf(removed::contains);
    write(numbers(inserts));

    long begun = System.nanoTime();
    boolean isByLog = method.equals("change-log");
    JsonNode job =
        Sync.incremental(
            servers.follower(),
            Sync.options(servers.leader(), "many").put("useChangeLog", isByLog));
    print(percent + " % " + where, begun, job);

    JsonNode statistics = job.path("statistics");
    assertThat(statistics.path("method").asText()).isEqualTo(method);
    assertThat(statistics.path("documentsFetched").asInt())
        .as("%s; %d inserts, %d updates, %d removals", job, inserts, updates, removals)
        .isEqualTo(inserts + updates);
    if (isByLog || updates + removals <= SURPLUS_REMEMBERED_MAX) {
      assertThat(statistics.path("documentsRemoved").asInt()).isEqualTo(removals);
    } else {
      // Some of those that changed are removed before they come anew, and count as removed.
      assertThat(statistics.path("documentsRemoved").asInt())
          .isBetween(removals, removals + updates);
    }
    assertThat(job.path("warnings")).isEmpty();
    assertThat(servers.follower().count("many")).isEqualTo(keys.size());
    servers.verify("many").hasStatus(0);
  }

  /// Distinct positions in the list of keys: anywhere, or side by side.
  private List<Integer> positions(int count, boolean clustered) {
    int first = clustered ? random.nextInt(keys.size() - count + 1) : 0;
    int end = clustered ? first + count : keys.size();
    List<Integer> positions = new ArrayList<>(end - first);
    for (int i = first; i < end; i++) {
      positions.add(i);
    }
    java.util.Collections.shuffle(positions, random);
    return positions.subList(0, count);
  }

  @Test
  void movesNothingWhereNothingHasChanged() {
    for (boolean asStock : new boolean[] {false, true}) {
      Sync.incremental(servers.follower(), Sync.options(servers.leader(), "many"));
      long begun = System.nanoTime();
      JsonNode job =
          Sync.incremental(
              servers.follower(),
              Sync.options(servers.leader(), "many").put("useExtensions", !asStock));
      print("no change" + (asStock ? ", as with a stock leader" : ""), begun, job);

      JsonNode statistics = job.path("statistics");
      assertThat(statistics.path("method").asText())
          .isEqualTo(asStock ? "revision-tree" : "fingerprint");
      assertThat(statistics.path("documentsFetched").asInt()).isZero();
      assertThat(statistics.path("documentsRemoved").asInt()).isZero();
      assertThat(statistics.path("requests").asInt()).isLessThanOrEqualTo(asStock ? 6 : 5);
      assertThat(statistics.path("bytesReceived").asLong())
          .isLessThan(asStock ? 12L << 20 : 32 << 10);
    }
  }

  private static void print(String what, long begunNanos, JsonNode job) {
    JsonNode statistics = job.path("statistics");
    System.out.printf(
        Locale.ROOT,
        "DifferencesIT: %,d documents, %s: %,d ms; %s, fetched %,d, removed %,d, skipped %,d;"
            + " %,d requests, %,d bytes sent, %,d received; seconds %s%n",
        DOCUMENTS,
        what,
        (System.nanoTime() - begunNanos) / 1_000_000,
        statistics.path("method").asText(),
        statistics.path("documentsFetched").asLong(),
        statistics.path("documentsRemoved").asLong(),
        statistics.path("documentsSkipped").asLong(),
        statistics.path("requests").asLong(),
        statistics.path("bytesSent").asLong(),
        statistics.path("bytesReceived").asLong(),
        statistics.path("seconds"));
  }
}
