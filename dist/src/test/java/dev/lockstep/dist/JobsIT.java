package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Seeing and steering synchronizations from a command line and from the shell.
class JobsIT {
  private static LockstepProcess.Outcome jobs(ServerPair servers, String... more) {
    String[] arguments = {
      "jobs",
      "--server.endpoint",
      servers.follower().endpoint(),
      "--server.password",
      ServerPair.FOLLOWER_PASSWORD
    };
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return LockstepProcess.run(all);
  }

  @Test
  void showsAndCancelsWhatSynchronizationsDo(@TempDir Path folder) {
    try (ServerPair servers = ServerPair.start(folder)) {
      servers.leader().send("POST", "/_api/collection", "{\"name\":\"people\"}").hasStatus(200);
      servers.leader().send("POST", "/_api/document/people", "[{},{},{}]").hasStatus(202);
      LockstepProcess.run(
              servers.shell(
                  "--javascript.execute-string",
                  "const r = require('@arangodb/replication');"
                      + "r.syncCollection('people', {"
                      + servers.leaderOptions()
                      + "});"
                      + "const job = r.jobs()[0];"
                      + "if (r.job(job.id).phase !== 'done' || r.cancel(job.id).phase !== 'done') {"
                      + "  throw new Error(JSON.stringify(job)); }"))
          .hasStatus(0);
      String id =
          servers
              .follower()
              .send("GET", "/_api/replication/jobs", null)
              .body()
              .get(0)
              .path("id")
              .asText();

      assertThat(jobs(servers).hasStatus(0).out().lines().toList())
          .hasSize(2)
          .element(1)
          .asString()
          .matches(id + " +_system +full +done +people +3 .* done +20\\S+Z +0:\\d\\d");
      assertThat(jobs(servers, id).hasStatus(0).out())
          .contains("leader: " + servers.leader().endpoint() + " 3.11.")
          .doesNotContain(ServerPair.LEADER_PASSWORD);
      assertThat(jobs(servers, "--json").hasStatus(0).out()).startsWith("[{\"id\":\"" + id);
      assertThat(jobs(servers, "--cancel", id).hasStatus(1).err())
          .contains("is over already: done");
      assertThat(jobs(servers, "99").hasStatus(2).err()).contains("99");
      assertThat(jobs(servers, "1", "--cancel", "2").hasStatus(2).err()).contains("give either");
    }
  }
}
