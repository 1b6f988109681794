package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two of our servers over HTTP, one of which follows the other.
class ContinuousReplicationTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private RunningServer leader;
  private RunningServer follower;
  private final List<RunningServer> others = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    leader = RunningServer.start(folder.resolve("leader"));
    follower = RunningServer.start(folder.resolve("follower"));
    ok(leader.post("/_api/collection", "{\"name\":\"c\"}"));
    ok(leader.post("/_api/document/c", "[{\"_key\":\"a\",\"v\":1},{\"_key\":\"b\",\"v\":2}]"));
  }

  @AfterEach
  void stop() {
    others.forEach(RunningServer::close);
    follower.close();
    leader.close();
  }

  private static Reply ok(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isBetween(200, 299);
    return reply;
  }

  private static String configuration(RunningServer of, String more) {
    return "{\"endpoint\":\"tcp://127.0.0.1:"
        + of.port()
        + "\",\"username\":\"root\",\"password\":\"secret\""
        + more
        + "}";
  }

  private Reply setUp(String more) {
    return setUp(follower, leader, "", more);
  }

  private static Reply setUp(RunningServer here, RunningServer there, String query, String more) {
    Reply state =
        ok(here.put("/_api/replication/make-follower" + query, configuration(there, more)));
    assertThat(state.get("state", "running").asBoolean()).as(state.text()).isTrue();
    return state;
  }

  private Reply state() {
    return follower.get("/_api/replication/applier-state", "x-lockstep-client", "test");
  }

  private static VPackSlice member(VPackSlice object, String name) {
    return Objects.requireNonNull(object.get(name), name);
  }

  /// Everything that documents, definitions and indexes say.
  private static Map<String, String> contents(RunningServer server, String database) {
    String base = database.isEmpty() ? "" : "/_db/" + database;
    Map<String, String> contents = new TreeMap<>();
    Reply list = ok(server.get(base + "/_api/collection?excludeSystem=true"));
    for (VPackSlice collection : list.get("result").elements()) {
      String name = member(collection, "name").asString();
      String path = base + "/_api/collection/" + name;
      Reply properties = ok(server.get(path + "/properties"));
      List<String> indexes = new ArrayList<>();
      for (VPackSlice index :
          ok(server.get(base + "/_api/index?collection=" + name)).get("indexes").elements()) {
        indexes.add(
            member(index, "name").asString()
                + member(index, "fields").toJson()
                + member(index, "unique").toJson());
      }
      contents.put(
          name,
          ok(server.get(path + "/checksum?withRevisions=true&withData=true"))
                  .get("checksum")
                  .asString()
              + " "
              + ok(server.get(path + "/count")).get("count").asLong()
              + " "
              + properties.get("globallyUniqueId").asString()
              + " "
              + properties.get("waitForSync").toJson()
              + " "
              + indexes);
    }
    return contents;
  }

  private void awaitEqual() {
    awaitEqual(leader, follower, "");
  }

  private static void awaitEqual(RunningServer a, RunningServer b, String database) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(() -> assertThat(contents(b, database)).isEqualTo(contents(a, database)));
  }

  @Test
  void aNameThatWentFromOneCollectionToAnotherWhileNobodyLookedFollows() {
    setUp("");
    awaitEqual();
    ok(follower.put("/_api/replication/applier-stop", "{}"));
    ok(leader.put("/_api/collection/c/rename", "{\"name\":\"d\"}"));
    ok(leader.post("/_api/collection", "{\"name\":\"c\"}"));
    ok(leader.post("/_api/document/c", "{\"_key\":\"z\"}"));
    ok(leader.delete("/_api/collection/d"));

    ok(follower.put("/_api/replication/applier-start", "{}"));

    awaitEqual();
  }

  @Test
  void whatIsThereIsCopiedAndWhatHappensLaterFollows() {
    setUp("");
    awaitEqual();

    ok(leader.post("/_api/document/c", "{\"_key\":\"d\",\"text\":\"Ümläut\"}"));
    ok(leader.send("PATCH", "/_api/document/c/a", "{\"v\":11}"));
    ok(leader.delete("/_api/document/c/b"));

    awaitEqual();
    assertThat(follower.get("/_api/document/c/d").get("text").asString()).isEqualTo("Ümläut");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          Reply state = state();
          assertThat(state.get("state", "totalDocuments").asLong()).isEqualTo(2);
          assertThat(state.get("state", "totalRemovals").asLong()).isEqualTo(1);
          assertThat(state.get("state", "ticksBehind").asLong()).isZero();
          assertThat(state.get("state", "secondsBehind").asDouble()).isZero();
        });
  }

  @Test
  void collectionsIndexesAndPropertiesFollow() {
    setUp("");

    ok(leader.post("/_api/collection", "{\"name\":\"n\",\"type\":3}"));
    ok(
        leader.post(
            "/_api/document/n", "{\"_key\":\"e\",\"_from\":\"c/a\",\"_to\":\"c/b\",\"u\":1}"));
    ok(
        leader.post(
            "/_api/index?collection=n",
            "{\"type\":\"persistent\",\"fields\":[\"u\"],\"unique\":true,\"name\":\"byU\"}"));
    ok(leader.put("/_api/collection/c/properties", "{\"waitForSync\":true}"));
    ok(leader.put("/_api/collection/n/rename", "{\"name\":\"renamed\"}"));
    awaitEqual();
    assertThat(contents(follower, "")).containsKey("renamed").doesNotContainKey("n");

    ok(leader.delete("/_api/index/renamed/byU"));
    ok(leader.put("/_api/collection/c/truncate", ""));
    ok(leader.post("/_api/document/c", "{\"_key\":\"after\"}"));
    awaitEqual();

    ok(leader.delete("/_api/collection/renamed"));
    awaitEqual();
    assertThat(contents(follower, "")).doesNotContainKey("renamed");
  }

  @Test
  void anApplierGoesOnWhereASynchronizationEnded() {
    Reply synced =
        ok(
            follower.put(
                "/_api/replication/sync",
                configuration(
                    leader, ",\"restrictType\":\"include\",\"restrictCollections\":[\"c\"]")));
    String tick = synced.get("lastLogTick").asString();
    ok(leader.post("/_api/document/c", "{\"_key\":\"between\"}"));
    ok(
        follower.put(
            "/_api/replication/applier-config",
            configuration(
                leader, ",\"restrictType\":\"include\",\"restrictCollections\":[\"c\"]")));

    ok(follower.put("/_api/replication/applier-start?from=" + tick, ""));

    awaitEqual();
    ok(leader.post("/_api/collection", "{\"name\":\"other\"}"));
    ok(leader.post("/_api/document/other", "{\"_key\":\"x\"}"));
    ok(leader.post("/_api/document/c", "{\"_key\":\"later\"}"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(follower.get("/_api/document/c/later").status()).isEqualTo(200));
    assertThat(contents(follower, "")).containsOnlyKeys("c");
    assertThat(state().get("state", "totalOperationsExcluded").asLong()).isGreaterThan(0);
  }

  /// By its new name it would not be selected; but it is the collection that was.
  @Test
  void aSelectedCollectionIsFollowedUnderWhateverNameItGets() {
    setUp(",\"restrictType\":\"include\",\"restrictCollections\":[\"c\"]");

    ok(leader.put("/_api/collection/c/rename", "{\"name\":\"z\"}"));
    ok(leader.post("/_api/document/z", "{\"_key\":\"later\"}"));
    ok(leader.post("/_api/collection", "{\"name\":\"unselected\"}"));
    ok(leader.put("/_api/collection/unselected/rename", "{\"name\":\"c\"}"));
    ok(leader.post("/_api/document/c", "{\"_key\":\"foreign\"}"));
    ok(leader.post("/_api/document/z", "{\"_key\":\"last\"}"));

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(follower.get("/_api/document/z/last").status()).isEqualTo(200));
    assertThat(contents(follower, "")).containsOnlyKeys("z");
  }

  @Test
  void clientsCannotWriteToWhatFollowsUntilItIsStopped() {
    setUp("");

    Reply refused = follower.post("/_api/document/c", "{\"_key\":\"mine\"}");
    assertThat(refused.errorNum()).as(refused.text()).isEqualTo(1004);
    assertThat(refused.text()).contains("follows the leader at tcp://127.0.0.1:");

    Reply stopped = ok(follower.put("/_api/replication/applier-stop", ""));
    assertThat(stopped.get("state", "running").asBoolean()).isFalse();
    ok(follower.post("/_api/document/c", "{\"_key\":\"mine\"}"));
  }

  @Test
  void aStoppedApplierGoesOnWhereItStopped() {
    setUp("");
    ok(follower.put("/_api/replication/applier-stop", ""));
    ok(leader.post("/_api/document/c", "{\"_key\":\"meanwhile\"}"));

    Reply started = ok(follower.put("/_api/replication/applier-start", ""));

    assertThat(started.get("endpoint").asString()).startsWith("tcp://127.0.0.1:");
    awaitEqual();
    assertThat(state().get("state", "totalDocuments").asLong()).isEqualTo(1);
  }

  /// Values move between documents in one transaction; a tail may know a later state of one of
  /// them.
  @Test
  void uniqueValuesMayWander() {
    ok(
        leader.post(
            "/_api/index?collection=c",
            "{\"type\":\"persistent\",\"fields\":[\"v\"],\"unique\":true}"));
    setUp("");
    ok(follower.put("/_api/replication/applier-stop", ""));
    for (int i = 0; i < 20; i++) {
      ok(leader.send("PATCH", "/_api/document/c/a", "{\"v\":-1}"));
      ok(leader.send("PATCH", "/_api/document/c/b", "{\"v\":1}"));
      ok(leader.send("PATCH", "/_api/document/c/a", "{\"v\":2}"));
      ok(leader.send("PATCH", "/_api/document/c/b", "{\"v\":-1}"));
      ok(leader.send("PATCH", "/_api/document/c/a", "{\"v\":1}"));
      ok(leader.send("PATCH", "/_api/document/c/b", "{\"v\":2}"));
    }
    ok(follower.put("/_api/replication/applier-start", ""));

    awaitEqual();
  }

  /// While there were doubles.
  @Test
  void aUniqueIndexThatCannotBeBuiltYetIsReachedByComparing() {
    setUp("");
    ok(follower.put("/_api/replication/applier-stop", ""));
    ok(leader.post("/_api/document/c", "[{\"_key\":\"x\",\"w\":5},{\"_key\":\"y\",\"w\":6}]"));
    ok(follower.put("/_api/replication/applier-start", ""));
    awaitEqual();
    ok(follower.put("/_api/replication/applier-stop", ""));
    ok(leader.send("PATCH", "/_api/document/c/x", "{\"w\":7}"));
    ok(leader.send("PATCH", "/_api/document/c/y", "{\"w\":5}"));
    ok(leader.send("PATCH", "/_api/document/c/a", "{\"w\":1}"));
    ok(leader.send("PATCH", "/_api/document/c/b", "{\"w\":2}"));
    ok(
        leader.post(
            "/_api/index?collection=c",
            "{\"type\":\"persistent\",\"fields\":[\"w\"],\"unique\":true}"));
    ok(leader.send("PATCH", "/_api/document/c/x", "{\"w\":8}"));
    ok(follower.put("/_api/replication/applier-start", ""));

    awaitEqual();
  }

  @Test
  void aPrunedLogEndsTheApplierWithARemedy() {
    setUp("");
    ok(follower.put("/_api/replication/applier-stop", ""));
    ok(leader.post("/_api/document/c", "{\"_key\":\"lost\"}"));
    prune();

    ok(follower.put("/_api/replication/applier-start", ""));

    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          Reply state = state();
          assertThat(state.get("state", "running").asBoolean()).isFalse();
          assertThat(state.get("state", "lastError", "errorNum").asLong()).isEqualTo(1414);
          assertThat(state.get("state", "lastError", "errorMessage").asString())
              .contains("autoResync");
        });
    assertThat(follower.get("/_api/document/c/a").status()).isEqualTo(200);
  }

  private void prune() {
    var log = leader.server().store().changeLog();
    log.prune(log.lastTick());
  }

  @Test
  void aPrunedLogIsOvercomeByComparingIfConfigured() {
    setUp(",\"autoResync\":true");
    ok(follower.put("/_api/replication/applier-stop", ""));
    ok(leader.post("/_api/document/c", "{\"_key\":\"lost\"}"));
    prune();

    ok(follower.put("/_api/replication/applier-start", ""));

    awaitEqual();
    ok(leader.post("/_api/document/c", "{\"_key\":\"later\"}"));
    awaitEqual();
    assertThat(state().get("state", "totalResyncs").asLong()).isEqualTo(1);
    Reply jobs = follower.get("/_api/replication/jobs");
    assertThat(member(member(jobs.json().at(0), "statistics"), "documentsFetched").asLong())
        .isEqualTo(1);
  }

  @Test
  void anApplierThatNeverFollowedSynchronizesFirstIfConfigured() {
    ok(follower.put("/_api/replication/applier-config", configuration(leader, "")));
    ok(follower.put("/_api/replication/applier-start", ""));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(state().get("state", "lastError", "errorNum").asLong()).isEqualTo(1413));

    ok(follower.put("/_api/replication/applier-config", "{\"autoResync\":true}"));
    ok(follower.put("/_api/replication/applier-start", ""));

    awaitEqual();
  }

  @Test
  void aCollectionThatWasDroppedHereComesBackIfConfigured() {
    setUp(",\"autoResync\":true");
    ok(follower.delete("/_api/collection/c"));

    ok(leader.post("/_api/document/c", "{\"_key\":\"later\"}"));

    awaitEqual();
  }

  @Test
  void allDatabasesFollow() {
    setUp(follower, leader, "?global=true", "");
    ok(leader.post("/_api/database", "{\"name\":\"shop\"}"));
    ok(leader.post("/_db/shop/_api/collection", "{\"name\":\"s\"}"));
    ok(leader.post("/_db/shop/_api/document/s", "{\"_key\":\"1\"}"));
    ok(leader.post("/_api/document/c", "{\"_key\":\"sys\"}"));

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(follower.get("/_db/shop/_api/document/s/1").status()).isEqualTo(200));
    awaitEqual(leader, follower, "shop");
    awaitEqual();
    assertThat(follower.put("/_api/replication/applier-start", "").errorNum()).isEqualTo(1411);

    ok(leader.delete("/_api/database/shop"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(follower.get("/_db/shop/_api/version").status()).isEqualTo(404));
  }

  @Test
  void allDatabasesAreSynchronizedAtOnce() {
    ok(leader.post("/_api/database", "{\"name\":\"shop\"}"));
    ok(leader.post("/_db/shop/_api/collection", "{\"name\":\"s\"}"));
    ok(leader.post("/_db/shop/_api/document/s", "{\"_key\":\"1\"}"));
    ok(follower.post("/_api/database", "{\"name\":\"own\"}"));

    Reply synced =
        ok(
            follower.put(
                "/_api/replication/sync?global=true",
                configuration(leader, ",\"includeSystem\":false")));

    assertThat(synced.get("collections").length()).isEqualTo(2);
    awaitEqual(leader, follower, "shop");
    awaitEqual();
    assertThat(ok(follower.get("/_api/database")).text()).contains("own");
  }

  /// The second follower cannot find the documents of a full copy in the first one's log.
  @Test
  void aFollowerOfAFollowerSurvivesAFullCopyInBetween() throws IOException {
    RunningServer second = RunningServer.start(folder.resolve("second"));
    others.add(second);
    setUp("");
    setUp(second, follower, "", "");
    awaitEqual(leader, second, "");
    ok(leader.post("/_api/document/c", "{\"_key\":\"through\"}"));
    awaitEqual(leader, second, "");

    ok(follower.put("/_api/replication/applier-stop", ""));
    ok(leader.post("/_api/document/c", "{\"_key\":\"copied\"}"));
    setUp("");

    awaitEqual(leader, second, "");
    ok(leader.post("/_api/document/c", "{\"_key\":\"again\"}"));
    awaitEqual(leader, second, "");
  }

  /// What the leader did meanwhile is not in the first follower's log: only what the copies did.
  @Test
  void aFollowerOfAFollowerSurvivesThatACopyInBetweenReplacesACollectionByAnother()
      throws IOException {
    RunningServer second = RunningServer.start(folder.resolve("second"));
    others.add(second);
    ok(leader.post("/_api/collection", "{\"name\":\"gone\"}"));
    ok(leader.post("/_api/document/gone", "{\"_key\":\"old\"}"));
    setUp("");
    setUp(second, follower, "", "");
    awaitEqual(leader, second, "");

    ok(follower.put("/_api/replication/applier-stop", ""));
    ok(leader.delete("/_api/collection/gone"));
    ok(leader.post("/_api/collection", "{\"name\":\"gone\"}"));
    ok(leader.post("/_api/document/gone", "{\"_key\":\"new\"}"));
    ok(leader.put("/_api/collection/c/rename", "{\"name\":\"d\"}"));
    ok(leader.post("/_api/collection", "{\"name\":\"c\"}"));
    ok(leader.post("/_api/document/c", "{\"_key\":\"another\"}"));
    setUp("");

    awaitEqual(leader, second, "");
    ok(leader.post("/_api/document/gone", "{\"_key\":\"again\"}"));
    ok(leader.post("/_api/document/c", "{\"_key\":\"again\"}"));
    ok(leader.post("/_api/document/d", "{\"_key\":\"again\"}"));
    awaitEqual(leader, second, "");
  }

  @Test
  void aConfigurationIsMergedAndShowsNoSecret() {
    ok(follower.put("/_api/replication/applier-config", configuration(leader, "")));

    Reply changed = ok(follower.put("/_api/replication/applier-config", "{\"idleMinWaitTime\":3}"));

    assertThat(changed.get("idleMinWaitTime").asDouble()).isEqualTo(3);
    assertThat(changed.get("endpoint").asString()).endsWith(":" + leader.port());
    assertThat(changed.text()).doesNotContain("secret").doesNotContain("password");
    ok(follower.put("/_api/replication/applier-start?from=0", ""));
    awaitEqual();
    Reply refused = follower.put("/_api/replication/applier-config", "{\"idleMinWaitTime\":3}");
    assertThat(refused.errorNum()).isEqualTo(1411);
    Reply busy = follower.put("/_api/replication/sync", configuration(leader, ""));
    assertThat(busy.errorNum()).isEqualTo(1411);
  }

  private Reply check() {
    return ok(
        follower.get(
            "/_api/replication/applier-state?checkLeader=true", "x-lockstep-client", "test"));
  }

  @Test
  void tellsOnRequestWhetherTheLeaderHasWhatIsNotHere() {
    assertThat(check().get("leader").isNull()).isTrue();
    setUp("");
    ok(leader.post("/_api/document/c", "{\"_key\":\"z\"}"));
    awaitEqual();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(check().get("leader", "complete").asBoolean()).isTrue());
    Reply state = state();
    assertThat(state.get("state", "lastAppliedTime").isString()).as(state.text()).isTrue();
    assertThat(state.get("state", "lastContactTime").isString()).as(state.text()).isTrue();
    assertThat(follower.get("/_api/replication/applier-state").text())
        .doesNotContain("lastAppliedTime", "lastContactTime", "secondsBehind");

    ok(follower.put("/_api/replication/applier-stop", "{}"));
    assertThat(check().get("leader", "complete").asBoolean()).isTrue();
    ok(leader.post("/_api/document/c", "{\"_key\":\"zz\"}"));

    Reply behind = check();
    assertThat(behind.get("leader", "reachable").asBoolean()).as(behind.text()).isTrue();
    assertThat(behind.get("leader", "complete").asBoolean()).as(behind.text()).isFalse();
    assertThat(behind.get("leader", "lastLogTick").asString())
        .isEqualTo(leader.get("/_api/wal/lastTick").get("tick").asString());
    assertThat(behind.text()).doesNotContain("secret");

    leader.close();
    Reply dead = check();
    assertThat(dead.get("leader", "reachable").asBoolean()).as(dead.text()).isFalse();
    assertThat(dead.get("leader", "errorNum").asLong()).as(dead.text()).isEqualTo(1400);
  }

  @Test
  void whatIsNotFollowedLeavesTheFollowerComplete() {
    setUp(",\"includeSystem\":false");

    ok(leader.post("/_api/database", "{\"name\":\"elsewhere\"}"));
    ok(leader.post("/_db/elsewhere/_api/collection", "{\"name\":\"c\"}"));

    Reply checked = check();
    assertThat(checked.get("leader", "complete").asBoolean()).as(checked.text()).isTrue();
  }

  @Test
  void aLeaderTellsWhereItsFollowersAre() {
    setUp("");

    Reply state = leader.get("/_api/replication/logger-state", "x-lockstep-client", "test");

    assertThat(state.get("clients").length()).as(state.text()).isEqualTo(1);
    VPackSlice client = state.get("clients").at(0);
    assertThat(member(client, "address").asString()).isEqualTo("127.0.0.1");
    assertThat(leader.get("/_api/replication/logger-state").text()).doesNotContain("address");
  }

  @Test
  void whatWasForgottenIsGone() {
    setUp("");

    Reply forgotten = ok(follower.delete("/_api/replication/applier-state"));

    assertThat(forgotten.get("state", "running").asBoolean()).isFalse();
    assertThat(forgotten.get("endpoint").asString()).isEmpty();
    assertThat(follower.put("/_api/replication/applier-start", "").errorNum()).isEqualTo(1410);
    ok(follower.post("/_api/document/c", "{\"_key\":\"mine\"}"));
  }

  @Test
  void aFailedFirstSynchronizationIsToldByTheState() {
    Reply state =
        ok(
            follower.put(
                "/_api/replication/make-follower",
                "{\"endpoint\":\"tcp://127.0.0.1:"
                    + leader.port()
                    + "\",\"username\":\"root\",\"password\":\"wrong!\"}"));

    assertThat(state.get("state", "running").asBoolean()).isFalse();
    assertThat(state.get("state", "phase").asString()).isEqualTo("inactive");
    assertThat(state.get("state", "lastError", "errorNum").asLong()).isEqualTo(1402);
    assertThat(state.text()).doesNotContain("wrong!");
  }

  @Test
  void aTransactionIsVisibleAsAWhole() {
    setUp("");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      lines.append("{\"_key\":\"t").append(i).append("\"}\n");
    }

    ok(leader.post("/_api/import?collection=c&type=documents&complete=true", lines.toString()));

    List<Long> counts = new ArrayList<>();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> {
          long count = follower.get("/_api/collection/c/count").get("count").asLong();
          counts.add(count);
          return count == 502;
        });
    assertThat(counts).isSubsetOf(2L, 502L);
    awaitEqual();
  }
}
