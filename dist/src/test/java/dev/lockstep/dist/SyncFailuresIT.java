package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every way a synchronization is refused says so with its number and a sentence, and leaves the
/// follower's old documents alone.
class SyncFailuresIT {
  @TempDir static Path folder;

  private static LockstepServer leader;
  private static LockstepServer follower;
  private static String before;

  @BeforeAll
  static void startServers() {
    leader = LockstepServer.in(folder, "leader").password("leading").start();
    follower = LockstepServer.in(folder, "follower").password("following").start();
    Sync.create(leader, "{\"name\":\"c\"}");
    Sync.load(leader, "c", 500, number -> "{\"_key\":\"l" + number + "\"}");
    Sync.create(follower, "{\"name\":\"c\"}");
    Sync.load(follower, "c", 50, number -> "{\"_key\":\"f" + number + "\",\"old\":true}");
    before = follower.checksum("c");
  }

  @AfterEach
  void oldDataAreThere() {
    assertThat(follower.count("c")).isEqualTo(50);
    assertThat(follower.checksum("c")).isEqualTo(before);
  }

  @AfterAll
  static void stopServers() {
    follower.close();
    leader.close();
  }

  private static void fails(
      LockstepServer.Answer answer, int status, int errorNum, String... words) {
    answer.hasStatus(status);
    assertThat(answer.errorNum()).as("%s", answer.body()).isEqualTo(errorNum);
    String message = answer.body().path("errorMessage").asText();
    for (String word : words) {
      assertThat(message).contains(word);
    }
    assertThat(message).doesNotContain("secret");
  }

  @Test
  void wrongPassword() {
    fails(
        Sync.run(follower, Sync.options(leader, "c").put("password", "secret")),
        500,
        1402,
        leader.endpoint(),
        "HTTP 401");
  }

  @Test
  void closedPort() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    fails(
        Sync.run(follower, Sync.options(leader, "c").put("endpoint", "tcp://127.0.0.1:" + port)),
        500,
        1400,
        "could not connect to leader at tcp://127.0.0.1:" + port);
  }

  @Test
  void unknownDatabase() {
    fails(
        Sync.run(follower, Sync.options(leader, "c").put("database", "nowhere")),
        500,
        1402,
        "HTTP 404",
        "1228");
  }

  @Test
  void unknownCollectionIsAnErrorForOurShellAndAnEmptyListForOthers() {
    fails(
        Sync.run(follower, Sync.options(leader, "nothing"), "x-lockstep-client", "shell"),
        404,
        1203,
        "nothing");
    var raw = Sync.run(follower, Sync.options(leader, "nothing")).hasStatus(200);
    assertThat(raw.body().path("collections")).isEmpty();
  }

  @Test
  void itself() {
    fails(Sync.run(follower, Sync.options(follower, "c")), 500, 1405, "same server id");
  }

  @Test
  void badOptions() {
    fails(
        Sync.run(follower, Sync.options(leader, "c").put("endpoint", "")),
        400,
        400,
        "<endpoint> must be a valid endpoint");
    fails(
        Sync.run(follower, Sync.options(leader, "c").put("restrictType", "maybe")),
        400,
        1410,
        "restrictType");
    fails(
        Sync.run(follower, Sync.options(leader, "c").put("chunkSize", "large")),
        400,
        1410,
        "chunkSize");
    fails(
        Sync.run(
            follower,
            Sync.options(leader, "c").put("incremantal", true),
            "x-lockstep-client",
            "shell"),
        400,
        1410,
        "incremantal",
        "incremental");
  }

  @Test
  void aSecondOneMeanwhile() throws IOException {
    // A leader that takes connections and never answers keeps the first one busy for as long as it
    // takes.
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      var first =
          Sync.run(
                  follower,
                  Sync.options(leader, "c")
                      .put("endpoint", "tcp://127.0.0.1:" + silent.getLocalPort()),
                  "x-arango-async",
                  "store")
              .hasStatus(202);
      String id = first.headers().firstValue("x-arango-async-id").orElseThrow();
      Awaitility.await("the second is refused")
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> fails(Sync.run(follower, Sync.options(leader, "c")), 500, 28, "locked"));
      follower.send("PUT", "/_api/job/" + id + "/cancel", null).hasStatus(200);
      Awaitility.await("the first ends")
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> {
            var ended = follower.send("PUT", "/_api/job/" + id, "");
            assertThat(ended.status()).isEqualTo(410);
            assertThat(ended.errorNum()).isEqualTo(21);
          });
    }
  }

  @Test
  void aUserWithoutAdministrateRights() {
    follower
        .send("POST", "/_api/user", "{\"user\":\"reader\",\"passwd\":\"reading\"}")
        .hasStatus(201);
    follower.send("PUT", "/_api/user/reader/database/_system", "{\"grant\":\"ro\"}").hasStatus(200);
    String basic =
        "Basic "
            + java.util.Base64.getEncoder()
                .encodeToString("reader:reading".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    fails(
        follower.sendAs(
            basic, "PUT", "/_api/replication/sync", Sync.options(leader, "c").toString()),
        403,
        11);
  }
}
