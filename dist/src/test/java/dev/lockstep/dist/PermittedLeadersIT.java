package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An administrator of the follower can make it connect only where its operator lets them.
class PermittedLeadersIT {
  @Test
  void anAdministratorCannotMakeTheServerConnectAnywhere(@TempDir Path folder) {
    try (LockstepServer follower =
        LockstepServer.in(folder, "guarded")
            .password(ServerPair.FOLLOWER_PASSWORD)
            .option("--replication.allowed-leaders", "10.11.12.0/24")
            .option("--replication.allowed-leaders", "leader.example:8529")
            .start()) {
      for (String[] refused :
          new String[][] {
            {follower.endpoint(), "127.0.0.1:" + follower.port()},
            {"tcp://169.254.169.254:80", "169.254.169.254:80"},
            {"tcp://2852039166:80", "169.254.169.254:80"}
          }) {
        LockstepServer.Answer answer =
            follower
                .send(
                    "PUT",
                    "/_api/replication/sync",
                    "{\"endpoint\":\"" + refused[0] + "\",\"username\":\"root\"}")
                .hasStatus(403);
        assertThat(answer.errorNum()).isEqualTo(11);
        assertThat(answer.body().path("errorMessage").asText())
            .contains("the address " + refused[1])
            .contains("--replication.allowed-leaders");
      }
    }
    LockstepProcess.run(
            "server",
            "--database.directory",
            folder.resolve("never").toString(),
            "--replication.allowed-leaders",
            "10.11.12.13/24")
        .hasStatus(2);
    assertThat(folder.resolve("never")).doesNotExist();
  }
}
