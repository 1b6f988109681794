package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import dev.lockstep.server.http.TestKeyFile;
import dev.lockstep.server.settings.SettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which leaders an administrator can make this server connect to, and what it believes of them.
class PermittedLeadersApiTest {
  private static final String SYNC = "/_api/replication/sync";
  private static final String OPTION = "--replication.allowed-leaders";

  @TempDir Path leaderFolder;
  @TempDir Path followerFolder;

  private static RunningServer leaderIn(Path folder, String... options) throws IOException {
    RunningServer leader = RunningServer.start(folder, options);
    leader.post("/_api/collection", "{\"name\":\"test\"}");
    leader.post("/_api/document/test", "{\"_key\":\"theirs\"}");
    return leader;
  }

  private static Reply sync(RunningServer follower, String endpoint) {
    return follower.put(
        SYNC,
        "{\"endpoint\":\""
            + endpoint
            + "\",\"username\":\"root\",\"password\":\"secret\",\"connectTimeout\":5,"
            + "\"restrictType\":\"include\",\"restrictCollections\":[\"test\"]}");
  }

  private static void assertRefused(Reply reply, String address) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(403);
    assertThat(reply.errorNum()).isEqualTo(11);
    assertThat(reply.get("errorMessage").asString())
        .startsWith("forbidden: did not connect to leader at ")
        .contains("the address " + address)
        .contains(OPTION)
        .doesNotContain("secret");
  }

  @Test
  void refusesALeaderThatIsNotListedBeforeItHearsOfIt() throws IOException {
    try (RunningServer leader = leaderIn(leaderFolder);
        RunningServer follower =
            RunningServer.start(followerFolder, OPTION + "=10.0.0.0/8", OPTION + "=example.org")) {
      follower.post("/_api/collection", "{\"name\":\"test\"}");
      follower.post("/_api/document/test", "{\"_key\":\"mine\"}");

      Reply reply = sync(follower, "tcp://127.0.0.1:" + leader.port());

      assertRefused(reply, "127.0.0.1:" + leader.port());
      Reply job = follower.get("/_api/replication/jobs");
      assertThat(job.json().at(0).toJson())
          .contains("\"phase\":\"failed\"")
          .contains("\"errorNum\":11");
      assertThat(follower.get("/_api/document/test/mine").status()).isEqualTo(200);
      // Only followers that have asked for something are listed.
      assertThat(leader.get("/_api/replication/logger-state").get("clients").length()).isZero();
    }
  }

  @Test
  void connectsToAListedLeaderHoweverItIsNamed() throws IOException {
    try (RunningServer leader = leaderIn(leaderFolder);
        RunningServer follower =
            RunningServer.start(followerFolder, OPTION + "=127.0.0.0/8", OPTION + "=::1")) {
      for (String host : new String[] {"127.0.0.1", "localhost"}) {
        Reply reply = sync(follower, "tcp://" + host + ":" + leader.port());
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      }
      assertThat(follower.get("/_api/document/test/theirs").status()).isEqualTo(200);
    }
  }

  @Test
  void neverConnectsToLinkLocalAddressesUnlessTheyAreListed() throws IOException {
    try (RunningServer follower = RunningServer.start(followerFolder)) {
      for (String host :
          new String[] {"169.254.169.254", "2852039166", "[::ffff:169.254.169.254]"}) {
        assertRefused(sync(follower, "tcp://" + host + ":80"), "169.254.169.254:80");
      }
    }
  }

  @Test
  void believesAnEncryptedLeaderOnlyWithACertificateOfATrustedAuthority() throws Exception {
    Path keyFile = TestKeyFile.write(leaderFolder, TestKeyFile.keyStore(leaderFolder, "EC"));
    String pem = Files.readString(keyFile);
    Path authorities =
        Files.writeString(
            leaderFolder.resolve("ca.pem"),
            pem.substring(0, pem.indexOf("-----BEGIN PRIVATE KEY-----")));
    try (RunningServer leader =
        leaderIn(
            Files.createDirectory(leaderFolder.resolve("data")),
            "--server.endpoint=ssl://127.0.0.1:0",
            "--ssl.keyfile=" + keyFile)) {
      int port = leader.server().addresses().get(1).port();
      try (RunningServer doubting = RunningServer.start(followerFolder.resolve("a"))) {
        Reply refused = sync(doubting, "ssl://127.0.0.1:" + port);
        assertThat(refused.errorNum()).isEqualTo(1400);
        assertThat(refused.get("errorMessage").asString())
            .contains("TLS: ")
            .contains("--replication.ca-file");
      }
      for (String option :
          new String[] {
            "--replication.ca-file=" + authorities, "--replication.verify-leader=false"
          }) {
        Path folder = Files.createTempDirectory(followerFolder, "follower");
        try (RunningServer believing = RunningServer.start(folder, option)) {
          Reply reply = sync(believing, "ssl://127.0.0.1:" + port);
          assertThat(reply.status()).as(reply.text()).isEqualTo(200);
          String job = believing.get("/_api/replication/jobs").text();
          assertThat(job.contains("is not checked: whoever sits on the way"))
              .as(job)
              .isEqualTo(option.startsWith("--replication.verify-leader"));
        }
      }
    }
  }

  @Test
  void doesNotStartWithAFileOfAuthoritiesThatCannotBeUsed() throws IOException {
    Path empty = Files.createFile(leaderFolder.resolve("empty.pem"));
    Path missing = leaderFolder.resolve("nowhere.pem");
    for (Path file : new Path[] {empty, missing}) {
      assertThatThrownBy(() -> RunningServer.start(followerFolder, "--replication.ca-file=" + file))
          .isInstanceOf(SettingsException.class)
          .hasMessageContaining("option --replication.ca-file: ")
          .hasMessageContaining(file.toString());
    }
  }
}
