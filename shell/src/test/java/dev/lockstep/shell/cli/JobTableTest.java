package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobTableTest {
  private static final VPackSlice RUNNING =
      JsonToVPack.parse(
          """
          {"id":"1047","kind":"incremental","database":"_system","phase":"updating","collection":"orders",
           "documentsDone":12000,"documentsExpected":171075,"bytesDone":17300000,"ratePerSecond":4000,
           "etaSeconds":39.8,"message":"comparing","warnings":["index 'x' was dropped here"],
           "started":"2026-11-28T13:00:05.123Z","changed":"2026-11-28T13:00:08Z","durationSeconds":3.1,
           "endpoint":"tcp://leader:8529","leaderVersion":"3.11.14","retries":2,"lastError":"the connection broke"}
          """);
  private static final VPackSlice FAILED =
      JsonToVPack.parse(
          """
          {"id":"9","kind":"full","database":"shöp","phase":"failed","collection":"","documentsDone":0,
           "documentsExpected":null,"bytesDone":0,"ratePerSecond":0,"etaSeconds":null,"message":"no",
           "warnings":[],"started":"2026-11-28T12:00:00Z","changed":"2026-11-28T13:05:00Z",
           "durationSeconds":3900.0,"errorNum":1402,"errorMessage":"no"}
          """);

  @Test
  void linesUpWhatPeopleAskForFirst() {
    assertThat(JobTable.lines(List.of(RUNNING, FAILED), false))
        .containsExactly(
            "ID    DATABASE  KIND         PHASE     COLLECTION  DOCUMENTS       RATE     LEFT  "
                + "OUTCOME     STARTED               TOOK",
            "1047  _system   incremental  updating  orders      12,000/171,075  4,000/s  0:39  "
                + "running     2026-11-28T13:00:05Z  0:03",
            "9     shöp      full         failed                0                              "
                + "error 1402  2026-11-28T12:00:00Z  1:05:00");
  }

  @Test
  void tellsTheRestOfASingleJobBelow() {
    assertThat(JobTable.lines(List.of(RUNNING), true).subList(2, 8))
        .containsExactly(
            "leader: tcp://leader:8529 3.11.14",
            "bytes: 17.3 MB",
            "retries: 2",
            "last error: the connection broke",
            "message: comparing",
            "warning: index 'x' was dropped here");
  }

  @Test
  void showsWhatAnOlderServerTellsAndNothingElse() {
    assertThat(JobTable.lines(List.of(JsonToVPack.parse("{\"id\":\"3\"}")), true))
        .hasSize(3)
        .element(1)
        .asString()
        .startsWith("3 ");
    assertThat(JobTable.lines(List.of(), false)).hasSize(1);
  }

  @Test
  void leavesNothingOfALeadersTextToTheTerminal() {
    List<String> lines =
        JobTable.lines(
            List.of(
                JsonToVPack.parse(
                    "{\"id\":\"3\",\"collection\":\"a\\u001b[2Jb\",\"warnings\":[\"x\\ny\\u0007\"]}")),
            true);
    assertThat(lines).noneMatch(line -> line.chars().anyMatch(Character::isISOControl));
    assertThat(lines).anyMatch(line -> line.contains("a [2Jb"));
  }

  @Test
  void knowsWhenAJobIsOver() {
    assertThat(JobTable.isOver(RUNNING)).isFalse();
    assertThat(JobTable.isOver(FAILED)).isTrue();
    assertThat(JobTable.outcome(FAILED)).isEqualTo("error 1402");
  }
}
