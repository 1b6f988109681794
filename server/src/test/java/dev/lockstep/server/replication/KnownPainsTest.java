package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What once broke elsewhere, each under the name of what broke. Most of these are shown by the
/// tests that docs/guarantees.md lists; here is what had none.
class KnownPainsTest {
  private static final String CREDENTIALS = "\"username\":\"root\",\"password\":\"secret\"";

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

    assertThat(method()).isEqualTo("revision-tree");
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

    assertThat(method()).isEqualTo("revision-tree");
    assertThat(follower.get("/_api/document/c/k").get("version").asLong()).isEqualTo(2);
  }

  @Test
  void keysWithPercentSignsWereMissedWhereKeysAreCompared() {
    leader.post("/_api/collection", "{\"name\":\"c\",\"syncByRevision\":false}");
    leader.post("/_api/document/c", "[{\"_key\":\"a%b\",\"v\":1},{\"_key\":\"%25\",\"v\":1}]");
    sync("_system", CREDENTIALS);
    leader.put("/_api/document/c/a%25b", "{\"v\":2}");
    leader.put("/_api/document/c/%2525", "{\"v\":2}");

    sync("_system", CREDENTIALS);

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
}
