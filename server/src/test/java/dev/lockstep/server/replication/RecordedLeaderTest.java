package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.document.ChunkHash;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.replication.RecordedConversation.Exchange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Our follower against the recorded answers of a stock 3.2.2 leader, both storage engines, asked
/// as the recorded shell asked its follower.
class RecordedLeaderTest {
  @TempDir Path folder;
  private RunningServer follower;

  @BeforeEach
  void start() throws IOException {
    follower =
        RunningServer.start(folder, new MemoryStorageEngine(), Map.of("ARANGO_ROOT_PASSWORD", ""));
  }

  @AfterEach
  void stop() {
    follower.close();
  }

  @ParameterizedTest
  @CsvSource({"rocksdb, 95", "mmfiles, 10242"})
  void copiesTenDocuments(String engine, long indexId) throws IOException {
    try (ScriptedLeader leader = new ScriptedLeader(engine + "-1-leader.txt")) {
      replayShell(engine + "-1-shell.txt", leader);

      DocumentCollection copy = collection("test");
      List<String> expected = new ArrayList<>();
      for (Exchange exchange : RecordedConversation.read(engine + "-1-leader.txt")) {
        if (exchange.isDump()) {
          exchange
              .body()
              .lines()
              .forEach(line ->
                  expected.add(
                      line.replaceFirst(".*\"data\":", "")
                          .replaceFirst("\"_id\":\"[^\"]*\",", "")
                          .replaceFirst(",\"type\":2300}$", "")
                          .replaceFirst("}}$", "}")));
        }
      }
      assertThat(contents(copy)).hasSize(10).containsExactlyElementsOf(expected);
      assertThat(copy.definition().indexes())
          .containsExactly(
              IndexDefinition.of(IndexType.SKIPLIST, List.of("value"), false, false)
                  .withIdAndName(indexId, "idx_" + indexId));
      assertThat(copy.definition().properties().syncByRevision()).isFalse();
      assertThat(leader.requests().getLast()).startsWith("DELETE ");
      // An old leader may hold documents in a log that a dump does not see: flushed once, not for
      // every part.
      assertThat(leader.requests())
          .filteredOn(request -> request.contains("flush=true"))
          .hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void emptiesItsCopyWithTheLeaders(String engine) throws IOException {
    try (ScriptedLeader full = new ScriptedLeader(engine + "-1-leader.txt")) {
      replayShell(engine + "-1-shell.txt", full);
    }
    assertThat(collection("test").count()).isEqualTo(10);
    try (ScriptedLeader empty = new ScriptedLeader(engine + "-6-leader.txt")) {
      replayShell(engine + "-6-shell.txt", empty);
    }
    assertThat(collection("test").count()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void answersAStockShellWithAnEmptyListWhereTheLeaderHasNothing(String engine) throws IOException {
    try (ScriptedLeader leader = new ScriptedLeader(engine + "-7-leader.txt")) {
      replayShell(engine + "-7-shell.txt", leader);
      RunningServer.Reply ours =
          follower.put(
              "/_api/replication/sync",
              "{\"endpoint\":\""
                  + leader.endpoint()
                  + "\",\"restrictType\":\"include\",\"restrictCollections\":[\"nosuch\"]}",
              "x-lockstep-client",
              "test/1");
      assertThat(ours.status()).isEqualTo(404);
      assertThat(ours.errorNum()).isEqualTo(1203);
    }
  }

  /// A stock follower reported success here, with an empty list.
  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void tellsAWrongPassword(String engine) throws IOException {
    try (ScriptedLeader leader = new ScriptedLeader(engine + "-8-leader.txt")) {
      Exchange sync = RecordedConversation.read(engine + "-8-shell.txt").getFirst();

      RunningServer.Reply reply =
          follower.put(sync.target(), withEndpoint(sync.requestBody(), leader));

      assertThat(reply.status()).isEqualTo(500);
      assertThat(reply.errorNum()).isEqualTo(1402);
      assertThat(reply.get("errorMessage").asString())
          .startsWith(
              "got invalid response from leader at "
                  + leader.endpoint()
                  + " for URL /_db/_system/_api/replication/logger-state?serverId=")
          .contains(": HTTP 401: Unauthorized")
          .doesNotContain("wrong");
      assertThat(leader.requests()).hasSize(1);
    }
  }

  /// 2: nothing differs, only the chunk's hash is asked for. 3: three documents differ, two of them
  /// are fetched, one is removed; a changed document is replaced, not merged into the old one.
  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void takesOverWhatDiffers(String engine) throws IOException {
    try (ScriptedLeader full = new ScriptedLeader(engine + "-1-leader.txt")) {
      replayShell(engine + "-1-shell.txt", full);
    }
    DocumentCollection copy = collection("test");
    List<String> before = contents(copy);
    try (ScriptedLeader identical = new ScriptedLeader(engine + "-2-leader.txt")) {
      RunningServer.Reply progress = syncIncrementally(identical, "test");
      assertThat(contents(copy)).isEqualTo(before);
      assertThat(progress.get("statistics", "method").asString()).isEqualTo("keys");
      assertThat(progress.get("statistics", "documentsFetched").asLong()).isZero();
      assertThat(identical.requests())
          .noneMatch(request -> request.contains("type=") || request.contains("/dump"))
          .anyMatch(request -> request.startsWith("PUT") && request.contains("/_admin/wal/flush"));
    }
    try (ScriptedLeader changed = new ScriptedLeader(engine + "-3-leader.txt")) {
      RunningServer.Reply progress = syncIncrementally(changed, "test");
      assertThat(progress.get("statistics", "documentsFetched").asLong()).isEqualTo(2);
      assertThat(progress.get("statistics", "documentsRemoved").asLong()).isEqualTo(1);
      assertThat(changed.requests()).filteredOn(r -> r.contains("type=docs")).hasSize(1);
      assertThat(changed.requests().getLast()).startsWith("DELETE ");
    }
    assertThat(copy.count()).isEqualTo(10);
    assertThat(contents(copy))
        .anyMatch(json -> json.matches(".*\"_key\":\"k3\".*\"value\":3,\"text\":\"changed\"}"))
        .anyMatch(json -> json.contains("\"_key\":\"k4a\""))
        .noneMatch(json -> json.contains("\"_key\":\"k8\""));
  }

  /// 5: the leader's collection has been emptied.
  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void emptiesItsCopyIncrementally(String engine) throws IOException {
    try (ScriptedLeader full = new ScriptedLeader(engine + "-1-leader.txt")) {
      replayShell(engine + "-1-shell.txt", full);
    }
    try (ScriptedLeader empty = new ScriptedLeader(engine + "-5-leader.txt")) {
      RunningServer.Reply progress = syncIncrementally(empty, "test");
      assertThat(progress.get("statistics", "documentsRemoved").asLong()).isEqualTo(10);
      assertThat(progress.get("warnings").length()).isZero();
    }
    assertThat(collection("test").count()).isZero();
  }

  /// 12 and 13: a leader that does not reset the hash from chunk to chunk makes every chunk but the
  /// first seem to differ; no equal document is fetched for it, and the end is known for equal. 14:
  /// one that does.
  @Test
  void takesOverTwelveOfTwelveThousandDocumentsWhateverTheHashes() throws IOException {
    try (ScriptedLeader full = new ScriptedLeader("rocksdb-11-leader.txt")) {
      sync(full, "mid", false);
    }
    try (ScriptedLeader changed = withHashes("rocksdb-12-leader.txt", false)) {
      RunningServer.Reply progress = syncIncrementally(changed, "mid");
      assertThat(progress.get("statistics", "documentsFetched").asLong()).isEqualTo(12);
      assertThat(progress.get("warnings").length()).isZero();
    }
    List<String> contents = contents(collection("mid"));
    assertThat(contents).hasSize(12_000);
    assertThat(contents).filteredOn(json -> json.contains("\"xx ")).hasSize(12);
    for (String name : List.of("rocksdb-13-leader.txt", "rocksdb-14-leader.txt")) {
      try (ScriptedLeader identical = withHashes(name, name.contains("14"))) {
        RunningServer.Reply progress = syncIncrementally(identical, "mid");
        assertThat(progress.get("statistics", "documentsFetched").asLong()).as(name).isZero();
        assertThat(progress.get("warnings").length()).as(name).isZero();
        assertThat(identical.requests())
            .as(name)
            .filteredOn(request -> request.contains("type=keys"))
            .hasSize(name.contains("14") ? 0 : 2);
        assertThat(identical.requests())
            .as(name)
            .noneMatch(request -> request.contains("type=docs"));
        assertThat(contents(collection("mid"))).as(name).isEqualTo(contents);
      }
    }
  }

  /// The recording's documents have other revisions than the recorded leader's had, so its hashes
  /// are made anew, as that leader made them.
  ///
  /// @param isReset whether each chunk's hash begins anew, or goes on with that of the chunk before
  private static ScriptedLeader withHashes(String recordingName, boolean isReset)
      throws IOException {
    List<Exchange> recording = new ArrayList<>();
    for (Exchange exchange : RecordedConversation.read(recordingName)) {
      boolean isChunks =
          exchange.verb().equals("GET") && exchange.path().contains("/replication/keys/");
      recording.add(isChunks ? exchange.withBody(chunks(isReset)) : exchange);
    }
    return new ScriptedLeader(recording);
  }

  private static String chunks(boolean isReset) {
    List<String> chunks = new ArrayList<>();
    ChunkHash hash = new ChunkHash();
    for (int from = 0; from < 12_000; from += 5000) {
      int to = Math.min(12_000, from + 5000);
      hash = isReset ? new ChunkHash() : hash;
      for (int i = from; i < to; i++) {
        hash.add("k%07d".formatted(i), RecordedConversation.changedRevision(i));
      }
      chunks.add(
          "{\"low\":\"k%07d\",\"high\":\"k%07d\",\"hash\":\"%s\"}".formatted(from, to - 1, hash));
    }
    return chunks.toString();
  }

  private RunningServer.Reply syncIncrementally(ScriptedLeader leader, String collection) {
    return sync(leader, collection, true);
  }

  /// @return the job's progress at its end
  private RunningServer.Reply sync(ScriptedLeader leader, String collection, boolean incremental) {
    RunningServer.Reply reply =
        follower.put(
            "/_db/_system/_api/replication/sync",
            "{\"endpoint\":\""
                + leader.endpoint()
                + "\",\"username\":\"root\",\"password\":\"\",\"restrictType\":\"include\","
                + "\"restrictCollections\":[\""
                + collection
                + "\"],\"includeSystem\":true,\"incremental\":"
                + incremental
                + "}");
    assertThat(reply.status())
        .as(() -> follower.get("/_api/replication/jobs").text())
        .isEqualTo(200);
    String id =
        Objects.requireNonNull(follower.get("/_api/replication/jobs").json().at(0).get("id"))
            .asString();
    return follower.get("/_api/replication/jobs/" + id);
  }

  @Test
  void copiesTwelveThousandDocumentsInTwoParts() throws IOException {
    try (ScriptedLeader leader = new ScriptedLeader("rocksdb-11-leader.txt")) {
      RunningServer.Reply reply =
          follower.put(
              "/_db/_system/_api/replication/sync",
              "{\"endpoint\":\""
                  + leader.endpoint()
                  + "\",\"username\":\"root\",\"password\":\"\",\"restrictType\":\"include\","
                  + "\"restrictCollections\":[\"mid\"],\"includeSystem\":true}");

      assertThat(reply.text())
          .isEqualTo(
              "{\"collections\":[{\"id\":\"4098\",\"name\":\"mid\"}],\"lastLogTick\":\"28230\"}");
      List<String> contents = contents(collection("mid"));
      assertThat(contents).hasSize(12_000);
      for (int i = 0; i < contents.size(); i++) {
        assertThat(contents.get(i))
            .isEqualTo(RecordedConversation.document(i).replaceFirst("\"_id\":\"[^\"]*\",", ""));
      }
      assertThat(leader.requests()).filteredOn(r -> r.contains("/dump?")).hasSize(2);
      assertThat(leader.requests()).filteredOn(r -> r.contains("from=2&")).hasSize(1);
    }
  }

  /// After the copy the follower takes over what the recorded log tells: documents, a transaction,
  /// an index and a truncation that is told as removals. What it ends with is what the log leaves.
  @ParameterizedTest
  @CsvSource({"rocksdb, 135, 322", "mmfiles, 10366, 10389"})
  void setsUpReplicationAndFollowsALog(String engine, long indexId, long lastTick)
      throws IOException {
    List<Exchange> copy = RecordedConversation.read(engine + "-9-copy-leader.txt");
    List<Exchange> tail = RecordedConversation.read(engine + "-9-leader.txt");
    List<Exchange> all = new ArrayList<>(copy);
    all.addAll(tail);
    try (ScriptedLeader leader = new ScriptedLeader(all)) {
      RunningServer.Reply begun =
          follower.put(
              "/_db/_system/_api/replication/make-slave",
              "{\"endpoint\":\""
                  + leader.endpoint()
                  + "\",\"username\":\"root\",\"password\":\"\",\"includeSystem\":false,"
                  + "\"restrictType\":\"include\",\"restrictCollections\":[\"tail\"],"
                  + "\"verbose\":true,\"autoResync\":true,\"autoStart\":true}");
      assertThat(begun.status()).as("%s", begun.text()).isEqualTo(200);

      await()
          .atMost(20, TimeUnit.SECONDS)
          .untilAsserted(() ->
              assertThat(leader.requests())
                  .filteredOn(request -> request.contains("&from=" + lastTick + "&"))
                  .hasSizeGreaterThan(1));
      VPackSlice state = follower.get("/_db/_system/_api/replication/applier-state").get("state");
      assertThat(state.toJson())
          .contains("\"running\":true", "\"totalResyncs\":0", "\"lastError\":{\"errorNum\":0}");
    }

    DocumentCollection followed = collection("tail");
    Map<String, String> expected = new TreeMap<>();
    Stream.concat(copy.stream().filter(Exchange::isDump), tail.stream().filter(Exchange::isTail))
        .flatMap(exchange -> exchange.body().lines())
        .map(JsonToVPack::parse)
        .forEach(marker -> carryOut(marker, expected));
    assertThat(expected.keySet()).containsExactly("m1", "m2");
    assertThat(contents(followed)).containsExactlyElementsOf(expected.values());
    assertThat(followed.definition().indexes())
        .containsExactly(
            IndexDefinition.of(IndexType.HASH, List.of("v"), false, false)
                .withIdAndName(indexId, "idx_" + indexId));
  }

  /// @param documents by key, without `_id`
  private static void carryOut(VPackSlice marker, Map<String, String> documents) {
    VPackSlice data = marker.get("data");
    VPackSlice key = data == null ? null : data.get("_key");
    if (data == null || key == null) {
      return;
    }
    if (Objects.requireNonNull(marker.get("type")).asLong() == 2302) {
      documents.remove(key.asString());
    } else {
      documents.put(key.asString(), data.toJson().replaceFirst("\"_id\":\"[^\"]*\",", ""));
    }
  }

  /// Sends what the recorded shell sent; the outcome must be what its follower answered.
  private void replayShell(String recordingName, ScriptedLeader leader) {
    List<Exchange> recording = RecordedConversation.read(recordingName);
    Exchange sync = recording.getFirst();
    RunningServer.Reply accepted =
        follower.put(
            sync.target(), withEndpoint(sync.requestBody(), leader), "X-Arango-Async", "store");
    assertThat(accepted.status()).isEqualTo(202);
    assertThat(accepted.bytes()).isEmpty();
    String job = accepted.header("x-arango-async-id");
    assertThat(job).matches("[0-9]+");

    RunningServer.Reply result =
        await()
            .atMost(20, TimeUnit.SECONDS)
            .until(
                () -> follower.put("/_db/_system/_api/job/" + job, ""),
                reply -> reply.status() != 204);

    Exchange expected = recording.getLast();
    assertThat(result.text()).isEqualTo(expected.body().strip());
    assertThat(result.status()).isEqualTo(expected.status());
    assertThat(result.header("x-arango-async-id")).isEqualTo(job);
    assertThat(result.header("content-type")).isEqualTo("application/json; charset=utf-8");
    // Improved: the outcome can be asked for again.
    assertThat(follower.put("/_db/_system/_api/job/" + job, "").text()).isEqualTo(result.text());
    RunningServer.Reply progress = follower.get("/_api/replication/jobs/" + job);
    assertThat(progress.get("phase").asString()).isEqualTo("done");
  }

  private static String withEndpoint(String body, ScriptedLeader leader) {
    return body.replaceFirst(
        "\"endpoint\":\"[^\"]*\"", "\"endpoint\":\"" + leader.endpoint() + "\"");
  }

  private DocumentCollection collection(String name) {
    return follower.server().store().requireDatabase("_system").requireCollection(name);
  }

  private static List<String> contents(DocumentCollection collection) {
    List<String> contents = new ArrayList<>();
    try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
      while (cursor.next()) {
        contents.add(cursor.document().slice().toJson());
      }
    }
    return contents;
  }
}
