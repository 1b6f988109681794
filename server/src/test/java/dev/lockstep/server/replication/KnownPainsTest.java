package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What once broke elsewhere, each under the name of what broke. Most of these are shown by the
/// tests that docs/guarantees.md lists; here is what had none.
class KnownPainsTest {
  private static final String CREDENTIALS = "\"username\":\"root\",\"password\":\"secret\"";

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private RunningServer leader;
  private RunningServer follower;

  @BeforeEach
  void start() throws IOException {
    leader = RunningServer.start(folder.resolve("leader"));
    follower = RunningServer.start(folder.resolve("follower"));
  }

  @AfterEach
  void stop() {
    follower.close();
    leader.close();
  }

  private void sync(String followerDatabase, String members) {
    Reply reply =
        follower.put(
            "/_db/" + followerDatabase + "/_api/replication/sync",
            "{\"endpoint\":\"tcp://127.0.0.1:"
                + leader.port()
                + "\",\"incremental\":true,\"restrictType\":\"include\","
                + "\"restrictCollections\":[\"c\"],"
                + members
                + "}");
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
  }

  private String method() {
    return follower
        .get("/_api/replication/jobs")
        .json()
        .at(0)
        .toJson()
        .replaceFirst(".*\"method\":\"([a-z-]+)\".*", "$1");
  }

  @Test
  void documentsOfAnIncrementalSyncCameFromTheDatabaseOfTheFollowersName() {
    for (String database : new String[] {"source", "target"}) {
      leader.post("/_api/database", "{\"name\":\"" + database + "\"}");
      leader.post("/_db/" + database + "/_api/collection", "{\"name\":\"c\"}");
      leader.post(
          "/_db/" + database + "/_api/document/c",
          "{\"_key\":\"k\",\"of\":\"" + database + "\",\"version\":1}");
    }
    follower.post("/_api/database", "{\"name\":\"target\"}");
    String fromSource = CREDENTIALS + ",\"database\":\"source\"";
    sync("target", fromSource);
    leader.put("/_db/source/_api/document/c/k", "{\"of\":\"source\",\"version\":2}");

    sync("target", fromSource);

    assertThat(method()).isEqualTo("change-log");
    Reply copied = follower.get("/_db/target/_api/document/c/k");
    assertThat(copied.get("of").asString()).isEqualTo("source");
    assertThat(copied.get("version").asLong()).isEqualTo(2);
  }

  @Test
  void documentsOfAnIncrementalSyncWereAskedForWithoutTheToken() {
    String token =
        leader
            .sendAs("", "POST", "/_open/auth", "{\"username\":\"root\",\"password\":\"secret\"}")
            .get("jwt")
            .asString();
    leader.post("/_api/collection", "{\"name\":\"c\"}");
    leader.post("/_api/document/c", "{\"_key\":\"k\",\"version\":1}");
    sync("_system", "\"jwt\":\"" + token + "\"");
    leader.put("/_api/document/c/k", "{\"version\":2}");

    sync("_system", "\"jwt\":\"" + token + "\"");

    assertThat(method()).isEqualTo("change-log");
    assertThat(follower.get("/_api/document/c/k").get("version").asLong()).isEqualTo(2);
  }

  @Test
  void keysWithPercentSignsWereMissedWhereKeysAreCompared() {
    leader.post("/_api/collection", "{\"name\":\"c\",\"syncByRevision\":false}");
    leader.post("/_api/document/c", "[{\"_key\":\"a%b\",\"v\":1},{\"_key\":\"%25\",\"v\":1}]");
    sync("_system", CREDENTIALS);
    leader.put("/_api/document/c/a%25b", "{\"v\":2}");
    leader.put("/_api/document/c/%2525", "{\"v\":2}");

    sync("_system", CREDENTIALS + ",\"useChangeLog\":false");

    assertThat(method()).isEqualTo("keys");
    assertThat(follower.get("/_api/document/c/a%25b").get("v").asLong()).isEqualTo(2);
    assertThat(follower.get("/_api/document/c/%2525").get("v").asLong()).isEqualTo(2);
  }

  @Test
  void attributesThatAReplacementDropsSurvivedOnTheFollower() {
    leader.post("/_api/collection", "{\"name\":\"c\"}");
    leader.post("/_api/document/c", "{\"_key\":\"k\",\"old\":1}");
    sync("_system", CREDENTIALS);
    leader.put("/_api/document/c/k", "{\"new\":2}");

    sync("_system", CREDENTIALS);

    assertThat(follower.get("/_api/document/c/k").text())
        .isEqualTo(leader.get("/_api/document/c/k").text())
        .doesNotContain("\"old\"");
  }

  /// #20686: a leader answers 503 while it starts or is in maintenance.
  @Test
  void aLeaderInMaintenanceForAMomentStoppedItsFollowerForGood() throws IOException {
    leader.post("/_api/collection", "{\"name\":\"c\"}");
    try (InterceptedLeader between = new InterceptedLeader(leader, true)) {
      between.answerOnce("/_api/replication/logger-state", 503);
      Reply setUp = follow(between);
      assertThat(setUp.get("state", "running").asBoolean()).as(setUp.text()).isTrue();
      assertThat(between.intercepted()).isEqualTo(1);

      // The log is out of reach, and whoever asks then who the leader is meets the 503.
      between.answerOnce("/_api/wal/tail", 502);
      between.answerOnce("/_api/replication/logger-state", 503);
      await().atMost(PATIENCE).until(() -> between.intercepted() == 3);

      leader.post("/_api/document/c", "{\"_key\":\"later\"}");
      awaitDocument("later");
      assertThat(state().get("state", "running").asBoolean()).isTrue();
    }
  }

  /// #13331: behind a proxy, answers without a body, as that about open transactions was.
  @Test
  void anAnswerWithoutABodyStoppedAFollowerBehindAProxy() throws IOException {
    leader.post("/_api/collection", "{\"name\":\"c\"}");
    try (InterceptedLeader between = new InterceptedLeader(leader, true)) {
      between.answerAlways("/_api/wal/open-transactions", 200);
      between.answerAlways("/_api/replication/determine-open-transactions", 200);
      for (String path : List.of("logger-state", "inventory")) {
        between.answerOnce("/_api/replication/" + path, 200);
      }
      Reply setUp = follow(between);
      assertThat(setUp.get("state", "running").asBoolean()).as(setUp.text()).isTrue();

      between.answerOnce("/_api/wal/tail", 200);
      await().atMost(PATIENCE).until(() -> between.intercepted() == 3);
      leader.post("/_api/document/c", "{\"_key\":\"later\"}");
      awaitDocument("later");
      assertThat(state().get("state", "running").asBoolean()).isTrue();
    }
  }

  private Reply follow(InterceptedLeader between) {
    return follower.put(
        "/_api/replication/make-follower",
        "{\"endpoint\":\""
            + between.endpoint()
            + "\",\"connectionRetryWaitTime\":0.05,\"idleMinWaitTime\":0.05,\"idleMaxWaitTime\":0.05,"
            + CREDENTIALS
            + "}");
  }

  private Reply state() {
    return follower.get("/_api/replication/applier-state");
  }

  private void awaitDocument(String key) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(follower.get("/_api/document/c/" + key).status())
                .as(state().text())
                .isEqualTo(200));
  }
}
