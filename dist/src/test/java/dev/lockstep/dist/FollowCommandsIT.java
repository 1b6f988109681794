package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Continuous replication from the command line, with real processes: set up, watched, stopped,
/// promoted. Two stories on the same servers, since starting processes is most of the time.
@TestMethodOrder(OrderAnnotation.class)
class FollowCommandsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private static Path folder;
  private static ServerPair servers;

  @BeforeAll
  static void start() {
    servers = ServerPair.start(folder);
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  private static String[] arguments(LockstepServer server, String command, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                command,
                "--server.endpoint",
                server.endpoint(),
                "--server.password",
                server.password()));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  private static LockstepProcess.Outcome run(
      LockstepServer server, String command, String... more) {
    LockstepProcess.Outcome outcome = LockstepProcess.run(arguments(server, command, more));
    assertThat(outcome.out() + outcome.err())
        .doesNotContain(ServerPair.LEADER_PASSWORD, ServerPair.FOLLOWER_PASSWORD);
    return outcome;
  }

  private static JsonNode globalApplier(LockstepServer server) {
    return server
        .send("GET", "/_api/replication/applier-state?global=true", null)
        .hasStatus(200)
        .body();
  }

  private static JsonNode applier(LockstepServer server) {
    return server.send("GET", "/_api/replication/applier-state", null).hasStatus(200).body();
  }

  private static void awaitDocument(LockstepServer server, String key) {
    awaitStatus(server, 200, "/_api/document/people/" + key);
  }

  private static void awaitStatus(LockstepServer server, int status, String path) {
    await(path + " is answered " + status)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> server.send("GET", path, null).status() == status);
  }

  /// All databases of the leader as one.
  @Test
  @Order(1)
  void followsWatchesAndPromotesAllDatabases() throws Exception {
    LockstepServer leader = servers.leader();
    LockstepServer follower = servers.follower();
    leader.send("POST", "/_api/database", "{\"name\":\"shop\"}").hasStatus(201);
    leader.send("POST", "/_db/shop/_api/collection", "{\"name\":\"goods\"}").hasStatus(200);
    leader.send("POST", "/_db/shop/_api/document/goods", "{\"_key\":\"tea\"}").hasStatus(202);
    follower.send("POST", "/_api/database", "{\"name\":\"own\"}").hasStatus(201);

    assertThat(
            run(follower, "follow", "--global", "--leader", leader.endpointWithUser(), "--detach")
                .hasStatus(0)
                .out())
        .startsWith("the whole server follows " + leader.endpoint() + ": synchronized in ");
    awaitStatus(follower, 200, "/_db/shop/_api/document/goods/tea");

    // Databases come and go while it follows; those of the follower's own stay.
    leader.send("POST", "/_api/database", "{\"name\":\"later\"}").hasStatus(201);
    leader.send("POST", "/_db/later/_api/collection", "{\"name\":\"c\"}").hasStatus(200);
    leader.send("POST", "/_db/later/_api/document/c", "{\"_key\":\"1\"}").hasStatus(202);
    leader.send("DELETE", "/_api/database/shop", null).hasStatus(200);
    awaitStatus(follower, 200, "/_db/later/_api/document/c/1");
    awaitStatus(follower, 404, "/_db/shop/_api/version");
    awaitStatus(follower, 200, "/_db/own/_api/version");
    assertThat(follower.send("POST", "/_db/later/_api/document/c", "{}").errorNum())
        .isEqualTo(1004);
    assertThat(run(follower, "status").hasStatus(0).out())
        .contains(": follower, server ", "all databases", leader.endpoint(), "running");

    // Behind and stopped it is not promoted.
    run(follower, "follow", "--global", "--stop").hasStatus(0);
    leader.send("POST", "/_db/later/_api/document/c", "{\"_key\":\"2\"}").hasStatus(202);
    assertThat(run(follower, "promote").hasStatus(1).err())
        .contains(
            "the whole server is not promoted: it is stopped and lacks changes",
            "lockstep follow --resume --global",
            "--force");
    run(follower, "follow", "--global", "--resume", "--detach").hasStatus(0);
    leader.send("POST", "/_api/database", "{\"name\":\"last\"}").hasStatus(201);
    leader.send("POST", "/_db/last/_api/collection", "{\"name\":\"c\"}").hasStatus(200);
    leader.send("POST", "/_db/last/_api/document/c", "{\"_key\":\"1\"}").hasStatus(202);

    // Running, it is waited for.
    assertThat(run(follower, "promote").hasStatus(0).out())
        .startsWith("the whole server does not follow " + leader.endpoint() + " any more")
        .contains("takes writes: everything the leader has is here");
    follower.send("GET", "/_db/later/_api/document/c/2", null).hasStatus(200);
    follower.send("GET", "/_db/last/_api/document/c/1", null).hasStatus(200);
    follower.send("POST", "/_db/last/_api/document/c", "{\"_key\":\"own\"}").hasStatus(202);
    JsonNode state = globalApplier(follower);
    assertThat(state.path("endpoint").asText()).isEmpty();
    assertThat(state.path("state").path("running").asBoolean()).isFalse();
  }

  /// It ends with the death of the follower.
  @Test
  @Order(2)
  void setsUpWatchesStopsAndPromotes() throws Exception {
    LockstepServer leader = servers.leader();
    LockstepServer follower = servers.follower();
    Sync.create(leader, "{\"name\":\"people\"}");
    leader.send("POST", "/_api/document/people", "[{\"_key\":\"ann\"},{}]").hasStatus(202);

    // A wrong password leaves nothing behind.
    assertThat(
            run(follower, "follow", "--leader", "tcp://root:wrong@127.0.0.1:" + leader.port())
                .hasStatus(1)
                .err())
        .contains("HTTP 401", "what to do", "(error 1402)")
        .doesNotContain("wrong");
    assertThat(applier(follower).path("endpoint").asText()).isEmpty();

    // Set up, then watched by another process.
    assertThat(
            run(follower, "follow", "--leader", leader.endpointWithUser(), "--detach")
                .hasStatus(0)
                .out())
        .startsWith("_system follows " + leader.endpoint() + ": synchronized in ");
    LockstepProcess watching = LockstepProcess.start(null, arguments(follower, "follow"));
    await("the watch shows it")
        .atMost(PATIENCE)
        .until(() -> watching.outSoFar().contains("_system: running"));
    leader.send("POST", "/_api/document/people", "{\"_key\":\"bob\"}").hasStatus(202);
    awaitDocument(follower, "bob");
    assertThat(follower.send("POST", "/_api/document/people", "{}").errorNum()).isEqualTo(1004);
    watching.process().destroy();
    assertThat(watching.finish().hasStatus(143).err())
        .contains("goes on following", "lockstep follow --stop --server.endpoint");

    // Both sides know.
    assertThat(run(follower, "status").hasStatus(0).out())
        .contains(": follower, server ", "_system ", leader.endpoint(), "running");
    assertThat(run(leader, "status").hasStatus(0).out())
        .contains(": leader, server ", "127.0.0.1", "_system");

    // Stopped, resumed; while it is stopped and behind it is not promoted.
    run(follower, "follow", "--stop").hasStatus(0);
    leader.send("POST", "/_api/document/people", "{\"_key\":\"cid\"}").hasStatus(202);
    assertThat(run(follower, "promote").hasStatus(1).err())
        .contains("is stopped and lacks changes", "--resume", "--force");
    assertThat(run(follower, "follow", "--resume", "--detach").hasStatus(0).out())
        .contains("again, from tick");
    awaitDocument(follower, "cid");
    servers.verify("people").hasStatus(0);

    // A planned switch.
    leader.send("POST", "/_api/document/people", "{\"_key\":\"dan\"}").hasStatus(202);
    assertThat(run(follower, "promote").hasStatus(0).out())
        .contains("takes writes: everything the leader has is here");
    servers.verify("people").hasStatus(0);
    follower.send("POST", "/_api/document/people", "{\"_key\":\"eve\"}").hasStatus(202);
    run(
            leader,
            "follow",
            "--leader",
            follower.endpointWithUser(),
            "--incremental",
            "--detach",
            "people")
        .hasStatus(0);
    awaitDocument(leader, "eve");

    // The new leader dies; its follower goes on alone.
    follower.kill();
    await("the loss is noticed")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() ->
            applier(leader).path("state").path("progress").path("failedConnects").asInt() > 0);
    assertThat(run(leader, "status").hasStatus(1).out()).contains("no answer", "what to do");
    assertThat(run(leader, "promote").hasStatus(0).out())
        .contains("the leader does not answer", "Here is everything up to tick", " s ago (20");
    leader.send("POST", "/_api/document/people", "{\"_key\":\"fay\"}").hasStatus(202);

    // Nor does it wait for ever for one that was never there.
    assertThat(
            run(leader, "follow", "--leader", follower.endpointWithUser(), "--leader-wait", "1")
                .hasStatus(1)
                .err())
        .contains("does not answer", "what to do");
    assertThat(applier(leader).path("endpoint").asText()).isEmpty();
  }
}
