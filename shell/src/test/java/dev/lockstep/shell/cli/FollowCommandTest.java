package dev.lockstep.shell.cli;

import static dev.lockstep.shell.cli.FakeFollower.API;
import static dev.lockstep.shell.cli.FakeFollower.running;
import static dev.lockstep.shell.cli.FakeFollower.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.shell.FakeServer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class FollowCommandTest {
  private static final String LEADER = "tcp://reader:tr%20ue@leader:8529";

  private FakeFollower follower;

  @BeforeEach
  void start() throws Exception {
    follower = new FakeFollower().setsUp(200, running(""));
  }

  @AfterEach
  void stop() throws Exception {
    follower.close();
  }

  private JsonNode asked(String command) {
    return follower.server.asked().stream()
        .filter(one -> one.path().contains(command))
        .reduce((_, last) -> last)
        .orElseThrow()
        .json();
  }

  @Test
  void setsUpWithSensibleDefaults() {
    assertThat(follower.run("follow", "--leader", LEADER, "--detach")).isZero();

    JsonNode config = asked("make-follower");
    assertThat(config.path("endpoint").asText()).isEqualTo("tcp://leader:8529");
    assertThat(config.path("username").asText()).isEqualTo("reader");
    assertThat(config.path("password").asText()).isEqualTo("tr ue");
    assertThat(config.path("autoStart").asBoolean()).isTrue();
    assertThat(config.path("autoResync").asBoolean()).isTrue();
    assertThat(config.path("includeSystem").asBoolean(true)).isFalse();
    assertThat(config.path("incremental").asBoolean(true)).isFalse();
    assertThat(config.has("restrictType")).isFalse();
    assertThat(follower.out.toString())
        .matches("_system follows tcp://leader:8529: synchronized in \\d+\\.\\d\\d s, tick 70\n")
        .doesNotContain("tr ue");
  }

  @Test
  void passesOnWhatToFollowAndHow() {
    assertThat(
            follower.run(
                "follow",
                "--leader",
                LEADER,
                "--detach",
                "--incremental",
                "--auto-resync=false",
                "--leader-database",
                "there",
                "--set",
                "idleMaxWaitTime=5",
                "one",
                "two"))
        .isZero();

    JsonNode config = asked("make-follower");
    assertThat(config.path("restrictType").asText()).isEqualTo("include");
    assertThat(config.path("restrictCollections").toString()).isEqualTo("[\"one\",\"two\"]");
    assertThat(config.path("incremental").asBoolean()).isTrue();
    assertThat(config.path("autoResync").asBoolean(true)).isFalse();
    assertThat(config.path("database").asText()).isEqualTo("there");
    assertThat(config.path("idleMaxWaitTime").asInt()).isEqualTo(5);
  }

  @Test
  void followsAllDatabasesButSomeCollections() {
    assertThat(
            follower.run("follow", "--leader", LEADER, "--detach", "--global", "--except", "logs"))
        .isZero();

    assertThat(asked("make-follower?global=true").path("restrictType").asText())
        .isEqualTo("exclude");
    assertThat(follower.out.toString()).startsWith("the whole server follows tcp://");
  }

  @Test
  void watchesUntilAnErrorEndsItAndSaysWhatToDo() {
    AtomicInteger looks = new AtomicInteger();
    follower.server.on(
        "GET " + API + "applier-state",
        _ ->
            FakeServer.Answer.of(
                200,
                looks.incrementAndGet() < 4
                    ? running(",\"ticksBehind\":3,\"secondsBehind\":0.26")
                    : state(
                        "inactive",
                        "tcp://leader:8529",
                        "\"70\"",
                        ",\"lastError\":{\"errorNum\":1414,\"errorMessage\":\"start tick not"
                            + " present\"}")));

    assertThat(follower.run("follow")).isEqualTo(ExitStatus.FAILED);

    assertThat(follower.out.toString())
        .isEqualTo(
            "_system: running | 3 changes, 0.3 s behind | 0 changes/s | tick 70\n"
                + "_system: inactive | error 1414: start tick not present\n");
    assertThat(follower.err.toString())
        .startsWith(
            "lockstep follow: _system does not follow any more: start tick not present (error"
                + " 1414)\n  what to do: ")
        .contains("--replace --incremental");
  }

  @Test
  void endsWatchingWhenSomebodyHasStoppedIt() {
    AtomicInteger looks = new AtomicInteger();
    follower.server.on(
        "GET " + API + "applier-state",
        _ ->
            FakeServer.Answer.of(
                200,
                looks.incrementAndGet() < 4
                    ? running("")
                    : state("inactive", "tcp://leader:8529", "\"70\"", "")));

    assertThat(follower.run("follow")).isZero();

    assertThat(follower.out.toString()).endsWith("_system was stopped\n");
  }

  @Test
  void saysThatTheAccountsHaveChangedInsteadOfEndingReplication() {
    AtomicInteger looks = new AtomicInteger();
    follower.server.on(
        "GET " + API + "applier-state",
        _ ->
            looks.incrementAndGet() < 3
                ? FakeServer.Answer.of(200, running(""))
                : FakeServer.Answer.of(401, "{}"));

    assertThat(follower.run("follow")).isEqualTo(ExitStatus.FAILED);

    assertThat(follower.err.toString()).contains("--include-system", "Replication goes on");
  }

  @Test
  void leavesNothingBehindWhereItCannotFollow() {
    follower.setsUp(
        200,
        state(
            "inactive",
            "tcp://leader:8529",
            "null",
            ",\"lastError\":{\"errorNum\":1402,\"errorMessage\":\"HTTP 401\"}"));
    follower.server.on("DELETE " + API + "applier-state", 200, FakeFollower.NOTHING);

    assertThat(follower.run("follow", "--leader", LEADER)).isEqualTo(ExitStatus.FAILED);

    assertThat(follower.err.toString())
        .contains("does not follow tcp://leader:8529: HTTP 401 (error 1402)", "what to do");
    assertThat(follower.commands()).endsWith("DELETE " + API + "applier-state");
  }

  @Test
  void givesUpALeaderThatDoesNotAnswer() {
    follower.server.on("PUT /_api/job/17", 204, "");
    AtomicInteger looks = new AtomicInteger();
    String waiting =
        state(
            "initial",
            "tcp://leader:8529",
            "null",
            ",\"progress\":{\"message\":\"waiting for the leader\",\"failedConnects\":2}");
    follower.server.on(
        "GET " + API + "applier-state",
        _ ->
            FakeServer.Answer.of(
                200, looks.getAndIncrement() == 0 ? FakeFollower.NOTHING : waiting));
    follower.server.on("DELETE " + API + "applier-state", 200, FakeFollower.NOTHING);

    assertThat(follower.run("follow", "--leader", LEADER, "--leader-wait", "0.1"))
        .isEqualTo(ExitStatus.FAILED);

    assertThat(follower.err.toString())
        .contains("the leader at tcp://leader:8529 does not answer: waiting for the leader");
    assertThat(follower.commands()).endsWith("DELETE " + API + "applier-state");
  }

  @Test
  void doesNotThrowAwayWhatIsFollowedAlready() {
    follower.is(state("inactive", "tcp://other:1", "\"5\"", ""));

    assertThat(follower.run("follow", "--leader", LEADER)).isEqualTo(ExitStatus.USAGE);
    assertThat(follower.err.toString())
        .contains("is set up to follow tcp://other:1 already", "--resume", "--replace");
    assertThat(follower.commands()).isEmpty();

    assertThat(follower.run("follow", "--leader", LEADER, "--replace", "--detach")).isZero();
    assertThat(follower.commands()).containsExactly("PUT " + API + "make-follower");
  }

  @Test
  void leavesAloneWhatItWouldSetUp() {
    follower.is(running(""));

    assertThat(follower.run("follow", "--leader", LEADER, "--detach")).isZero();

    assertThat(follower.err.toString()).contains("follows tcp://leader:8529 already");
    assertThat(follower.commands()).isEmpty();
  }

  @Test
  void stopsAndForgetsAndResumes() {
    follower.is(running(""));
    follower.server.on("PUT " + API + "applier-stop", 200, FakeFollower.NOTHING);
    follower.server.on("DELETE " + API + "applier-state", 200, FakeFollower.NOTHING);
    follower.server.on("PUT " + API + "applier-start", 200, running(""));

    assertThat(follower.run("follow", "--stop")).isZero();
    assertThat(follower.out.toString())
        .contains(
            "_system has stopped following tcp://leader:8529 at tick 70",
            "follow --resume --server.endpoint tcp://127.0.0.1:");
    assertThat(follower.run("follow", "--forget")).isZero();
    assertThat(follower.out.toString()).contains("its documents stay");
    assertThat(follower.run("follow", "--resume", "--detach")).isZero();
    assertThat(follower.out.toString()).contains("again, from tick 70");
    assertThat(follower.commands())
        .containsExactly(
            "PUT " + API + "applier-stop",
            "DELETE " + API + "applier-state",
            "PUT " + API + "applier-start");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--stop --forget                             | give only one of",
        "--stop one                                  | need --leader",
        "--leader tcp://l:1 --except a b             | not both",
        "--leader tcp://l:1 --global --leader-database x | under its own name",
        "--leader tcp://l:1 --leader-wait 0          | --leader-wait",
        "--leader nonsense                           | --leader: ",
        "--leader tcp://l:1 --set autoResink=1       | did you mean 'autoResync'?",
        "--leader tcp://l:1 --set endpoint=x         | given twice",
        "--stop                                      | follows nobody here",
        "--resume                                    | follows nobody here",
      })
  void refusesWhatMakesNoSense(String arguments, String sentence) {
    assertThat(follower.run("follow", arguments.strip().split(" +"))).isEqualTo(ExitStatus.USAGE);

    assertThat(follower.err.toString()).contains(sentence.strip());
    assertThat(follower.commands()).isEmpty();
  }
}
