package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/// The sentences and numbers that users' scripts compare.
class ReplicationExceptionTest {
  private static final String ENDPOINT = "tcp://127.0.0.1:8529";
  private static final String URL = "/_db/_system/_api/replication/logger-state?serverId=1";

  @Test
  void tellsThatALeaderCannotBeReached() {
    IOException cause = new IOException("refused");
    LeaderUnavailableException e =
        LeaderUnavailableException.notConnected(ENDPOINT, URL, "Connection refused", cause);

    assertThat(e)
        .hasMessage(
            "could not connect to leader at tcp://127.0.0.1:8529 for URL "
                + URL
                + ": Connection refused");
    assertThat(e.number().number()).isEqualTo(1400);
    assertThat(e.number().httpStatus()).isEqualTo(500);
    assertThat(e.isRequestUnseen()).isTrue();
    assertThat(
            LeaderUnavailableException.answerLost(ENDPOINT, URL, "reset", cause).isRequestUnseen())
        .isFalse();
  }

  @Test
  void tellsThatALeaderRefused() {
    LeaderRefusedException e =
        new LeaderRefusedException(ENDPOINT, URL, 401, "Unauthorized", "{\"errorNum\":11}");

    assertThat(e)
        .hasMessage(
            "got invalid response from leader at tcp://127.0.0.1:8529 for URL "
                + URL
                + ": HTTP 401: Unauthorized - {\"errorNum\":11}");
    assertThat(e.number().number()).isEqualTo(1402);
    assertThat(e.isTransient()).isFalse();
    assertThat(new LeaderRefusedException(ENDPOINT, URL, 401, "", ""))
        .hasMessageEndingWith(": HTTP 401");
  }

  @Test
  void waitsForALeaderThatIsStarting() {
    LeaderUnavailableException e =
        LeaderUnavailableException.status(ENDPOINT, URL, 503, "Service Unavailable", "");

    assertThat(e.number().number()).isEqualTo(1402);
    assertThat(e.isTransient()).isTrue();
    assertThat(LeaderUnavailableException.isTransientStatus(502)).isTrue();
    assertThat(LeaderUnavailableException.isTransientStatus(504)).isTrue();
    assertThat(LeaderUnavailableException.isTransientStatus(429)).isTrue();
    assertThat(LeaderUnavailableException.isTransientStatus(500)).isFalse();
    assertThat(LeaderUnavailableException.isTransientStatus(404)).isFalse();
  }

  @Test
  void shortensWhatALeaderSaysToOneLine() {
    LeaderRefusedException e =
        new LeaderRefusedException(ENDPOINT, URL, 404, "Not\nFound", "a\r\nb" + "x".repeat(10_000));

    assertThat(e.getMessage()).doesNotContain("\r").hasSizeLessThan(800).endsWith("...");
  }

  @Test
  void tellsOfUnfitLeaders() {
    assertThat(LeaderMismatchException.incompatibleVersion(ENDPOINT, "2.8.1"))
        .hasMessage("got incompatible leader version from endpoint 'tcp://127.0.0.1:8529': '2.8.1'")
        .satisfies(e -> assertThat(((ReplicationException) e).number().number()).isEqualTo(1403));
    assertThat(LeaderMismatchException.sameServer(ENDPOINT, "7"))
        .hasMessage(
            "got same server id (7) from endpoint 'tcp://127.0.0.1:8529' as the local applier"
                + " server's id")
        .satisfies(e -> assertThat(((ReplicationException) e).number().number()).isEqualTo(1405));
    assertThat(ProtocolViolationException.inResponse(ENDPOINT, "leader tick is 0"))
        .hasMessage("got invalid response from leader at tcp://127.0.0.1:8529: leader tick is 0")
        .satisfies(e -> assertThat(((ReplicationException) e).number().number()).isEqualTo(1401));
  }

  @Test
  void hidesThePasswordInWhatALeaderEchoes() {
    LeaderCredentials credentials = new LeaderCredentials.Basic("root", "hunter2");

    assertThat(credentials.redact("bad password hunter2 for root"))
        .isEqualTo("bad password *** for root");
    assertThat(credentials).asString().doesNotContain("hunter2");
  }
}
