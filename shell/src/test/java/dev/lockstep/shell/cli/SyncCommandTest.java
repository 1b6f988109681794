package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.client.Credentials;
import dev.lockstep.shell.FakeServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SyncCommandTest {
  private static final String RESULT =
      "{\"collections\":[{\"id\":\"5\",\"name\":\"test\"}],\"lastLogTick\":\"42\"}";

  private static final String JOB =
      """
      {"id":"17","kind":"incremental","phase":"%s","failedIn":"checking","collection":"test","collectionsTotal":1,
       "warnings":["its keys are compared"],"statistics":{"method":"keys","documentsFetched":12,"documentsRemoved":3,
       "documentsSkipped":9,"requests":7,"bytesSent":2100,"bytesReceived":14000,"seconds":{"comparing":0.05}}}
      """;

  private static final String COST =
      "12 documents fetched, 3 removed, 9 skipped | compared by keys | 14.0 kB received, 2.10 kB"
          + " sent, 7 requests | 0.05 s (comparing 0.05)\n"
          + "warning: its keys are compared\n";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private FakeServer follower;

  @BeforeEach
  void startFollower() throws Exception {
    follower = new FakeServer();
    follower.on("GET /_api/version", 200, "{\"server\":\"lockstep\",\"version\":\"3.11.0\"}");
    follower.on(
        "PUT /_api/replication/sync",
        _ -> new FakeServer.Answer(202, "", Map.of("x-arango-async-id", "17")));
    ends(200, RESULT);
  }

  @AfterEach
  void stopFollower() throws Exception {
    follower.close();
  }

  private void ends(int status, String body) {
    AtomicInteger looks = new AtomicInteger();
    follower.on(
        "PUT /_api/job/17",
        _ ->
            looks.incrementAndGet() < 3
                ? FakeServer.Answer.of(204, "")
                : new FakeServer.Answer(status, body, Map.of("x-arango-async-id", "17")));
  }

  private int sync(String... more) {
    String[] all = {
      "sync",
      "test",
      "--leader",
      "tcp://leader:8529",
      "--server.endpoint",
      follower.endpoint().canonicalText(),
      "--server.password",
      "geheim"
    };
    String[] arguments = Arrays.copyOf(all, all.length + more.length);
    System.arraycopy(more, 0, arguments, all.length, more.length);
    return LockstepCommand.create()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void asksForDifferencesOnlyIfToldTo() {
    assertThat(sync("--incremental")).isZero();
    assertThat(asked().path("incremental").asBoolean()).isTrue();
    assertThat(sync()).isZero();
    assertThat(asked().has("incremental")).isFalse();
  }

  @Test
  void refusesAnOptionThatIsGivenTwice() {
    assertThat(sync("--set", "endpoint=tcp://elsewhere:1")).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains("the option 'endpoint' is given twice");
  }

  private JsonNode asked() {
    return follower.asked().stream()
        .filter(one -> one.path().endsWith("/_api/replication/sync"))
        .reduce((_, last) -> last)
        .orElseThrow()
        .json();
  }

  @Test
  void sumsUpOnStandardErrorWhatWasDone() {
    follower.on("GET /_api/replication/jobs/17", 200, JOB.formatted("done"));

    assertThat(sync("--incremental")).isZero();

    assertThat(out.toString())
        .matches("test\nsynchronized 1 collections in \\d+\\.\\d\\d s, tick 42\n");
    assertThat(err).hasToString("test: " + COST);
  }

  @Test
  void sumsUpNothingWhereProgressIsNotWanted() {
    follower.on("GET /_api/replication/jobs/17", 200, JOB.formatted("done"));

    assertThat(sync("--progress=false")).isZero();

    assertThat(err.toString()).isEmpty();
    assertThat(follower.lines()).doesNotContain("GET /_api/replication/jobs/17");
  }

  @Test
  void sumsUpNothingForServersThatDoNotTell() {
    for (String told : List.of("{\"phase\":\"done\",\"warnings\":[\"w\"]}", "[]", "no JSON")) {
      follower.on("GET /_api/replication/jobs/17", 200, told);
      assertThat(sync()).as(told).isZero();
    }
    follower.on("GET /_api/replication/jobs/17", 404, "");
    assertThat(sync()).isZero();

    assertThat(err.toString()).isEmpty();
  }

  @Test
  void tellsHowFarAFailureCameBeforeTheErrorItself() {
    follower.on("GET /_api/replication/jobs/17", 200, JOB.formatted("failed"));
    ends(500, "{\"error\":true,\"errorNum\":1400,\"errorMessage\":\"no answer\"}");

    assertThat(sync("--incremental")).isEqualTo(ExitStatus.FAILED);

    assertThat(err)
        .hasToString(
            "test: failed while checking, after "
                + COST
                + "lockstep sync: no answer (error 1400)\n");
    assertThat(out.toString()).isEmpty();
  }

  /// As it is restarted, and the job goes on under its id.
  @Test
  void waitsForAFollowerThatIsAwayForAWhile() {
    AtomicInteger looks = new AtomicInteger();
    follower.on(
        "PUT /_api/job/17",
        _ ->
            switch (looks.incrementAndGet()) {
              case 1 -> FakeServer.Answer.of(204, "");
              case 2 -> shuttingDown();
              case 3, 4, 5, 6, 7, 8 -> FakeServer.Answer.NONE;
              default -> new FakeServer.Answer(200, RESULT, Map.of("x-arango-async-id", "17"));
            });

    assertThat(sync("--progress=false")).as(err.toString()).isZero();

    assertThat(out.toString()).startsWith("test\nsynchronized 1 collections");
    assertThat(looks).hasValue(9);
  }

  private static FakeServer.Answer shuttingDown() {
    return FakeServer.Answer.of(
        503, "{\"error\":true,\"errorNum\":30,\"errorMessage\":\"shutdown in progress\"}");
  }

  /// A job may fail with a 503 of its own.
  @Test
  void takesA503OfTheJobForItsEnd() {
    ends(503, "{\"error\":true,\"errorNum\":503,\"errorMessage\":\"no more\"}");

    assertThat(sync("--progress=false")).isEqualTo(ExitStatus.FAILED);

    assertThat(err).hasToString("lockstep sync: no more (error 503)\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void namesTheJobThatMayGoOnWhenTheFollowerStaysAway(boolean isCut) throws Exception {
    follower.on("PUT /_api/job/17", _ -> isCut ? FakeServer.Answer.NONE : shuttingDown());
    List<String> told = new ArrayList<>();
    try (ServerApi api =
        new ServerApi(follower.endpoint(), new Credentials.Basic("root", "geheim"), "_system")) {
      AsyncCall call = new AsyncCall(api, Duration.ofMillis(50));

      assertThatThrownBy(() ->
              call.run(
                  api.request("PUT", "/_api/replication/sync"),
                  new AsyncCall.Waiting() {
                    @Override
                    public void look(String job) {}

                    @Override
                    public void lost(String detail) {
                      told.add(detail);
                    }
                  },
                  job -> {}))
          .isInstanceOf(CommandFailure.class)
          .hasMessageStartingWith("lost the follower for more than 0.05 s while waiting: ")
          .hasMessageEndingWith("; job 17 may still be running there, or go on when it is back");
    }
    assertThat(told).isNotEmpty();
  }
}
