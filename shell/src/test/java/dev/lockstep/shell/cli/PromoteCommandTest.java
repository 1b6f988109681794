package dev.lockstep.shell.cli;

import static dev.lockstep.shell.cli.FakeFollower.API;
import static dev.lockstep.shell.cli.FakeFollower.checked;
import static dev.lockstep.shell.cli.FakeFollower.running;
import static dev.lockstep.shell.cli.FakeFollower.state;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PromoteCommandTest {
  private static final String COMPLETE =
      "{\"reachable\":true,\"lastLogTick\":\"70\",\"complete\":true}";
  private static final String STOP = "PUT " + API + "applier-stop";
  private static final String START = "PUT " + API + "applier-start";
  private static final String FORGET = "DELETE " + API + "applier-state";
  private static final String STOPPED = state("inactive", "tcp://leader:8529", "\"70\"", "");

  private FakeFollower follower;

  @BeforeEach
  void start() throws Exception {
    follower = new FakeFollower().is(running(""));
    follower.server.on(STOP, 200, STOPPED);
    follower.server.on(START, 200, running(""));
    follower.server.on(FORGET, 200, FakeFollower.NOTHING);
  }

  @AfterEach
  void stop() throws Exception {
    follower.close();
  }

  private static String incomplete(String tick) {
    return "{\"reachable\":true,\"lastLogTick\":\"" + tick + "\",\"complete\":false}";
  }

  @Test
  void waitsForTheRestThenStopsAndForgets() {
    follower.checks(
        checked(running(""), incomplete("71")),
        checked(running(""), COMPLETE),
        checked(STOPPED, COMPLETE));

    assertThat(follower.run("promote")).isZero();

    assertThat(follower.commands()).containsExactly(STOP, FORGET);
    assertThat(follower.out)
        .hasToString(
            "_system does not follow tcp://leader:8529 any more and takes writes: everything the"
                + " leader has is here, up to tick 70\n");
  }

  /// Between the first look and the stop the leader took a write: nothing may be lost.
  @Test
  void followsAgainWhenTheLeaderTookAWriteMeanwhile() {
    follower.checks(
        checked(running(""), COMPLETE),
        checked(STOPPED, incomplete("71")),
        checked(running(""), COMPLETE),
        checked(STOPPED, COMPLETE));

    assertThat(follower.run("promote")).isZero();

    assertThat(follower.commands()).containsExactly(STOP, START, STOP, FORGET);
  }

  @Test
  void refusesWhileTheLeaderTakesWritesAndChangesNothing() {
    follower.checks(checked(running(""), incomplete("71")), checked(running(""), incomplete("90")));

    assertThat(follower.run("promote", "--timeout", "0.3")).isEqualTo(ExitStatus.FAILED);

    assertThat(follower.commands()).isEmpty();
    assertThat(follower.err.toString())
        .contains(
            "_system is not promoted: after 0.30 s the leader still has changes that are not here:"
                + " it is at tick 90, this follower at 70. The leader takes writes (it was at tick"
                + " 71 when this began): stop them first",
            "--force");
  }

  @Test
  void promotesByForceAndSaysWhatIsLost() {
    follower.checks(checked(STOPPED, incomplete("90")));

    assertThat(follower.run("promote", "--force")).isZero();

    assertThat(follower.commands()).containsExactly(STOP, FORGET);
    assertThat(follower.err.toString())
        .startsWith("warning: promoted by force although it is stopped and lacks changes");
  }

  @Test
  void tellsOfADeadLeaderWhatCameLast() {
    follower.checks(
        checked(
            running(
                ",\"time\":\"2026-01-02T03:04:15Z\",\"lastAppliedTime\":\"2026-01-02T03:04:05Z\","
                    + "\"lastContactTime\":\"2026-01-02T03:04:10Z\",\"ticksBehind\":2"),
            "{\"reachable\":false,\"errorNum\":1400,\"errorMessage\":\"refused\"}"));

    assertThat(follower.run("promote")).isZero();

    assertThat(follower.commands()).containsExactly(STOP, FORGET);
    assertThat(follower.out.toString())
        .contains(
            "the leader does not answer (refused (error 1400)). Here is everything up to tick 70;"
                + " changes came last 10 s ago (2026-01-02T03:04:05Z), the leader answered last 5 s"
                + " ago (2026-01-02T03:04:10Z). It had told of 2 more, which are lost");
  }

  @Test
  void refusesWhatItCannotFindOut() {
    follower.checks(
        checked(
            running(""), "{\"reachable\":true,\"errorNum\":1402,\"errorMessage\":\"HTTP 401\"}"));
    assertThat(follower.run("promote")).isEqualTo(ExitStatus.FAILED);
    assertThat(follower.err.toString())
        .contains("the leader cannot be asked: HTTP 401 (error 1402)");

    follower.checks(
        checked(
            state("inactive", "tcp://leader:8529", "null", ""),
            "{\"reachable\":false,\"errorNum\":1400,\"errorMessage\":\"refused\"}"));
    assertThat(follower.run("promote")).isEqualTo(ExitStatus.FAILED);
    assertThat(follower.err.toString()).contains("first synchronization was never completed");

    follower.checks(running(""));
    assertThat(follower.run("promote")).isEqualTo(ExitStatus.FAILED);
    assertThat(follower.err.toString()).contains("cannot ask its leader");
    assertThat(follower.commands()).isEmpty();
  }

  @Test
  void refusesWhoFollowsNobody() {
    assertThat(follower.run("promote", "--database", "shop")).isEqualTo(ExitStatus.USAGE);
    assertThat(follower.err.toString()).contains("no leader is set up for database shop");
    assertThat(follower.run("promote", "--timeout", "-1")).isEqualTo(ExitStatus.USAGE);
    follower.is(FakeFollower.NOTHING);
    assertThat(follower.run("promote")).isEqualTo(ExitStatus.USAGE);
    assertThat(follower.err.toString()).contains("follows nobody");
    assertThat(follower.commands()).isEmpty();
  }
}
