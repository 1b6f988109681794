package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// While a writer changes the leader as fast as it can, incremental synchronizations in a row each
/// end with exactly one state that the leader has had, not older than the synchronization; and the
/// writer never stands still.
class WriteLoadIT {
  private static final int SYNCHRONIZATIONS = 20;

  @TempDir static Path folder;
  private static ServerPair servers;

  @BeforeAll
  static void startServers() {
    servers = ServerPair.start(folder);
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      servers.close();
    }
  }

  /// One thread that writes and removes documents, and the history of it: with a single writer, the
  /// number of operations done names a state of the collection.
  private static final class History {
    private static final int KEYS = 5_000;
    private static final int UPSERTS_PER_REQUEST = 100;
    private static final int REMOVALS_PER_REQUEST = 20;

    /// More than a run can do; the writer ends there, and the test fails.
    private static final int OPERATIONS_MAX = 20_000_000;

    private final String collection;

    /// For each operation its key; negative (minus one) for a removal.
    private final int[] operations = new int[OPERATIONS_MAX];

    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private int nextUpsert;

    History(String collection) {
      this.collection = collection;
    }

    void writeUntil(AtomicBoolean isOver) {
      for (int round = 0; !isOver.get(); round++) {
        if (sent.get() + UPSERTS_PER_REQUEST > OPERATIONS_MAX) {
          throw new AssertionError("the synchronizations took too long for this test's history");
        }
        if (round % 4 == 3) {
          remove();
        } else {
          upsert();
        }
        acknowledged.set(sent.get());
      }
    }

    private void upsert() {
      StringJoiner documents = new StringJoiner(",", "[", "]");
      int operation = sent.get();
      for (int i = 0; i < UPSERTS_PER_REQUEST; i++, operation++) {
        int key = nextUpsert;
        // Far apart in the order of keys, and every one in turn.
        nextUpsert = (nextUpsert + 1_777) % KEYS;
        operations[operation] = key;
        documents.add("{\"_key\":\"k" + key + "\",\"operation\":" + operation + "}");
      }
      sent.set(operation);
      servers
          .leader()
          .send(
              "POST",
              "/_api/document/" + collection + "?overwriteMode=replace&silent=true",
              documents.toString())
          .hasStatus(202);
    }

    /// Of documents that were written long ago, so that the last operation of a state can be seen.
    private void remove() {
      StringJoiner keys = new StringJoiner(",", "[", "]");
      int operation = sent.get();
      for (int i = 0; i < REMOVALS_PER_REQUEST; i++, operation++) {
        int key = (nextUpsert + (KEYS / 2 + 3 * i) * 1_777) % KEYS;
        operations[operation] = -key - 1;
        keys.add("\"k" + key + "\"");
      }
      sent.set(operation);
      servers
          .leader()
          .send("DELETE", "/_api/document/" + collection + "?silent=true", keys.toString());
    }

    /// After how many operations the leader's documents were these.
    ///
    /// @param documents the number of the operation that wrote it, by key
    /// @return null if they never were
    @Nullable Integer stateOf(Map<String, Integer> documents) {
      int last = documents.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
      Map<String, Integer> state = new HashMap<>();
      int done = 0;
      for (; done <= last; done++) {
        apply(done, state);
      }
      int end = sent.get();
      while (!state.equals(documents)) {
        // Only removals can have followed what was written last.
        if (done == end || operations[done] >= 0) {
          return null;
        }
        apply(done++, state);
      }
      return done;
    }

    private void apply(int operation, Map<String, Integer> state) {
      int key = operations[operation];
      if (key < 0) {
        state.remove("k" + (-key - 1));
      } else {
        state.put("k" + key, operation);
      }
    }
  }

  @ParameterizedTest(name = "syncByRevision {0}, {1}")
  @CsvSource({"true, revision-blocks", "false, keys", "true, change-log"})
  void eachSynchronizationEndsWithOneStateThatTheLeaderHasHad(
      boolean syncByRevision, String method) {
    String collection = "written-" + method;
    boolean isByLog = method.equals("change-log");
    Sync.create(
        servers.leader(),
        "{\"name\":\"" + collection + "\",\"syncByRevision\":" + syncByRevision + "}");
    servers
        .leader()
        .send(
            "POST",
            "/_api/index?collection=" + collection,
            "{\"type\":\"persistent\",\"fields\":[\"operation\"],\"unique\":true}")
        .hasStatus(201);
    History history = new History(collection);
    history.upsert();
    history.acknowledged.set(history.sent.get());
    Sync.incremental(servers.follower(), Sync.options(servers.leader(), collection));

    AtomicBoolean isOver = new AtomicBoolean();
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(() -> history.writeUntil(isOver), Thread::startVirtualThread);
    int changes = 0;
    long fetched = 0;
    try {
      for (int i = 0; i < SYNCHRONIZATIONS; i++) {
        int before = history.acknowledged.get();
        JsonNode job =
            Sync.incremental(
                servers.follower(),
                Sync.options(servers.leader(), collection).put("useChangeLog", isByLog));
        int after = history.sent.get();

        Integer state = history.stateOf(documents(servers.follower(), collection));
        assertThat(state).as("synchronization %d is of one state; %s", i, job).isNotNull();
        assertThat(state).as("synchronization %d, %s", i, job).isBetween(before, after);
        assertThat(job.path("warnings")).as("%s", job).isEmpty();
        assertThat(job.path("statistics").path("method").asText())
            .isIn(method, isByLog ? "revision-blocks" : method, "newer-revisions", "fingerprint");
        changes += after - before;
        fetched += job.path("statistics").path("documentsFetched").asLong();
      }
    } finally {
      isOver.set(true);
      writer.join();
    }
    System.out.printf(
        "WriteLoadIT: %s: %,d operations during %d synchronizations, %,d documents fetched%n",
        method, changes, SYNCHRONIZATIONS, fetched);
    assertThat(changes).as("operations during synchronizations").isGreaterThan(SYNCHRONIZATIONS);
    assertThat(fetched).isPositive();

    Sync.incremental(servers.follower(), Sync.options(servers.leader(), collection));
    servers.verify(collection).hasStatus(0);
  }

  private static Map<String, Integer> documents(LockstepServer server, String collection) {
    Map<String, Integer> documents = new HashMap<>();
    server.forEachDocument(
        collection,
        document ->
            documents.put(document.path("_key").asText(), document.path("operation").asInt()));
    return documents;
  }
}
