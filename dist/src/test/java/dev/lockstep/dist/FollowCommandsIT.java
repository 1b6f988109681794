package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Continuous replication from the command line, with real processes: set up, watched, stopped,
/// promoted.
class FollowCommandsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

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

  private static JsonNode applier(LockstepServer server) {
    return server.send("GET", "/_api/replication/applier-state", null).hasStatus(200).body();
  }

  private static void awaitDocument(LockstepServer server, String key) {
    await(key + " arrives")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> server.send("GET", "/_api/document/people/" + key, null).status() == 200);
  }

  /// One story, since starting servers is most of the time.
  @Test
  void setsUpWatchesStopsAndPromotes() throws Exception {
    try (ServerPair servers = ServerPair.start(folder)) {
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
}
