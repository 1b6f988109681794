package dev.lockstep.shell.cli;

import static dev.lockstep.shell.cli.FakeFollower.API;
import static dev.lockstep.shell.cli.FakeFollower.running;
import static dev.lockstep.shell.cli.FakeFollower.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.shell.FakeServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StatusCommandTest {
  private FakeFollower server;

  @BeforeEach
  void start() throws Exception {
    server = new FakeFollower();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private void isFollowed() {
    server.server.on(
        "GET " + API + "logger-state",
        200,
        """
        {"state":{"lastLogTick":"77"},"server":{"version":"3.11.14","serverId":"4711"},"clients":[
         {"syncerId":"0","serverId":"815","clientInfo":"a\\u001b[31mb","time":"2026-01-02T03:04:05Z",
          "lastServedTick":"76","database":"shop","address":"10.1.2.3","ticksBehind":1,"secondsBehind":0.5}]}
        """);
  }

  @Test
  void saysThatNothingIsSetUp() {
    assertThat(server.run("status")).isZero();

    assertThat(server.out.toString())
        .matches(
            "tcp://127\\.0\\.0\\.1:\\d+: follows nobody, and nobody follows it, server 4711,"
                + " version 3\\.11\\.14, tick 77\n");
  }

  @Test
  void showsWhomItFollowsAndWhoFollowsIt() {
    server.is(running(",\"ticksBehind\":1200,\"secondsBehind\":2.34"));
    isFollowed();

    assertThat(server.run("status")).isZero();

    assertThat(server.out.toString().lines().skip(1).toList())
        .containsExactly(
            "",
            "FOLLOWS  LEADER             PHASE    TICK  CHANGES BEHIND  SECONDS  ERROR",
            "_system  tcp://leader:8529  running  70    1,200           2.3",
            "",
            "FOLLOWER  HOST      DATABASE  TICK  CHANGES BEHIND  SECONDS  LAST SEEN            "
                + " INFO",
            "815       10.1.2.3  shop      76    1               0.5      2026-01-02T03:04:05Z  a"
                + " [31mb");
    assertThat(server.out.toString()).contains(": follower and leader, server 4711");
  }

  @Test
  void namesWhatIsWrongAndWhatToDo() {
    server.global(
        state(
            "inactive",
            "tcp://leader:8529",
            "\"70\"",
            ",\"lastError\":{\"errorNum\":1404,\"errorMessage\":\"another"
                + " server\",\"time\":\"2026-01-02T03:04:05Z\"}"));

    assertThat(server.run("status")).isEqualTo(ExitStatus.FAILED);

    assertThat(server.out.toString())
        .contains("all databases  tcp://leader:8529  inactive  70 ", " 1404\n")
        .contains(
            "all databases stopped at 2026-01-02T03:04:05Z: another server (error 1404)\n  what to"
                + " do: ");
  }

  @Test
  void noticesALeaderThatDoesNotAnswer() {
    server.is(running(",\"progress\":{\"message\":\"attempt 3 of 101\",\"failedConnects\":2}"));

    assertThat(server.run("status")).isEqualTo(ExitStatus.FAILED);

    assertThat(server.out.toString())
        .contains("running, no answer", "_system: attempt 3 of 101\n  what to do: ");
  }

  @Test
  void printsWhatTheServerTellsAsJson() throws Exception {
    server.is(running(""));
    isFollowed();

    assertThat(server.run("status", "--json")).isZero();

    assertThat(server.out.toString().lines()).hasSize(1);
    JsonNode told = FakeServer.JSON.readTree(server.out.toString());
    assertThat(told.path("logger").path("clients").get(0).path("serverId").asText())
        .isEqualTo("815");
    JsonNode applier = told.path("appliers").get(0);
    assertThat(applier.path("database").asText()).isEqualTo("_system");
    assertThat(applier.path("global").asBoolean(true)).isFalse();
    assertThat(applier.path("applier").path("state").path("phase").asText()).isEqualTo("running");
  }

  @Test
  void refusesAPauseThatIsNone() {
    assertThat(server.run("status", "--watch=0")).isEqualTo(ExitStatus.USAGE);
    assertThat(server.err.toString()).contains("--watch must be a number of seconds");
  }
}
