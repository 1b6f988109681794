package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.shell.FakeServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JobsCommandTest {
  private static final String JOBS = "/_api/replication/jobs";
  private static final String RUNNING =
      "{\"id\":\"17\",\"phase\":\"copying\",\"collection\":\"test\",\"warnings\":[\"mind the"
          + " gap\"]}";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private FakeServer follower;

  @BeforeEach
  void startFollower() throws Exception {
    follower = new FakeServer();
    follower.on("GET /_api/version", 200, "{\"server\":\"lockstep\",\"version\":\"3.11.0\"}");
    follower.on("GET " + JOBS, 200, "[" + RUNNING + "]");
    follower.on("GET " + JOBS + "/17", 200, RUNNING);
  }

  @AfterEach
  void stopFollower() throws Exception {
    follower.close();
  }

  private int jobs(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "jobs",
                "--server.endpoint",
                follower.endpoint().canonicalText(),
                "--server.password",
                "geheim"));
    arguments.addAll(List.of(more));
    return LockstepCommand.create()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments.toArray(String[]::new));
  }

  @Test
  void listsAllJobsOrShowsOneWithItsWarnings() {
    assertThat(jobs()).isZero();
    assertThat(out.toString().lines()).hasSize(2);
    assertThat(out.toString()).contains("17").contains("copying").contains("running");
    assertThat(out.toString()).doesNotContain("mind the gap");

    assertThat(jobs("17")).isZero();
    assertThat(out.toString()).endsWith("warning: mind the gap\n");
  }

  @Test
  void printsWhatTheServerTellsAsJson() {
    assertThat(jobs("--json")).isZero();
    assertThat(out).hasToString("[" + RUNNING + "]\n");
  }

  @Test
  void cancelsAJobAndSaysSo() {
    follower.on("DELETE " + JOBS + "/17", 200, RUNNING);

    assertThat(jobs("--cancel", "17")).isZero();

    assertThat(out).hasToString("job 17 ends at its next step; the old data stay\n");
    assertThat(follower.lines()).endsWith("DELETE " + JOBS + "/17");
  }

  @Test
  void failsToCancelWhatIsOverOrUnknown() {
    follower.on("DELETE " + JOBS + "/16", 200, "{\"id\":\"16\",\"phase\":\"done\"}");
    follower.on(
        "DELETE " + JOBS + "/18",
        404,
        "{\"error\":true,\"code\":404,\"errorNum\":404,\"errorMessage\":\"no such job\"}");

    assertThat(jobs("--cancel", "16")).isEqualTo(1);
    assertThat(err.toString()).contains("job 16 is over already: done");
    assertThat(jobs("--cancel", "18")).isEqualTo(2);
    assertThat(err.toString()).contains("no such job");
    assertThat(jobs("17", "--cancel", "17")).isEqualTo(2);
    assertThat(err.toString()).contains("give either a job to show or one to cancel");
  }
}
