package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Whatever goes wrong with a synchronization: the specified number and sentence, and the
/// follower's old data as they were.
class SyncFailureIT {
  private static final int BIG = 60_000;

  @TempDir static Path folder;
  private static ServerPair servers;
  private static String oldChecksum;

  @BeforeAll
  static void startServersAndCopyOnce() throws IOException {
    servers = ServerPair.start(folder);
    servers.leader().send("POST", "/_api/collection", "{\"name\":\"people\"}").hasStatus(200);
    servers
        .leader()
        .send("POST", "/_api/document/people", "[{\"n\":1},{\"n\":2},{\"n\":3}]")
        .hasStatus(202);
    servers
        .leader()
        .send("POST", "/_api/user", "{\"user\":\"stranger\",\"passwd\":\"s\"}")
        .hasStatus(201);
    servers.leader().send("POST", "/_api/collection", "{\"name\":\"big\"}").hasStatus(200);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < BIG; i++) {
      lines
          .append("{\"n\":")
          .append(i)
          .append(",\"text\":\"")
          .append("x".repeat(200))
          .append("\"}\n");
    }
    Path file = Files.writeString(folder.resolve("big.jsonl"), lines);
    LockstepProcess.run(
            "import",
            file.toString(),
            "--collection",
            "big",
            "--server.endpoint",
            servers.leader().endpoint(),
            "--server.password",
            ServerPair.LEADER_PASSWORD)
        .hasStatus(0);
    run("require('@arangodb/replication').syncCollection('people', {"
            + servers.leaderOptions()
            + "})")
        .hasStatus(0);
    oldChecksum = servers.follower().checksum("people");
    assertThat(oldChecksum).isEqualTo(servers.leader().checksum("people"));
    // What the follower must not take over while everything below fails.
    servers.leader().send("POST", "/_api/document/people", "[{\"n\":4}]").hasStatus(202);
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      servers.close();
    }
  }

  /// @param config JavaScript of the options object
  /// @param httpStatus the error's `code`
  /// @param sentence a regular expression that the whole message must match
  private record Failure(
      String collection, String config, int errorNum, int httpStatus, String sentence) {}

  @TestFactory
  Stream<DynamicTest> everyFailureHasItsNumberAndSentence() throws IOException {
    String leader = servers.leader().endpoint();
    String address = "[a-z+]+://127\\.0\\.0\\.1:" + servers.leader().port();
    Map<String, Failure> failures = new LinkedHashMap<>();
    failures.put(
        "wrong password",
        new Failure(
            "people",
            "{endpoint: '" + leader + "', username: 'root', password: 'wrong-secret'}",
            1402,
            500,
            "got invalid response from leader at "
                + address
                + " for URL \\S+: HTTP 401: Unauthorized.*"));
    failures.put(
        "user without rights",
        new Failure(
            "people",
            "{endpoint: '" + leader + "', username: 'stranger', password: 's'}",
            1402,
            500,
            "got invalid response from leader at " + address + " for URL \\S+: HTTP 40[13]: .*"));
    int closedPort = closedPort();
    failures.put(
        "closed port",
        new Failure(
            "people",
            "{endpoint: 'tcp://127.0.0.1:" + closedPort + "', username: 'root', password: ''}",
            1400,
            500,
            "could not connect to leader at [a-z+]+://127\\.0\\.0\\.1:"
                + closedPort
                + " for URL \\S+: .*"));
    failures.put(
        "unknown database on the leader",
        new Failure(
            "people",
            "{" + servers.leaderOptions() + ", database: 'nowhere'}",
            1402,
            500,
            "got invalid response from leader at "
                + address
                + " for URL \\S+: HTTP 404: Not Found - .*1228.*"));
    failures.put(
        "unknown collection on the leader",
        new Failure(
            "nobody",
            "{" + servers.leaderOptions() + "}",
            1203,
            404,
            ".*collection or view not found.*nobody.*"));
    failures.put(
        "itself as leader",
        new Failure(
            "people",
            "{endpoint: '"
                + servers.follower().endpoint()
                + "', username: 'root', password: '"
                + ServerPair.FOLLOWER_PASSWORD
                + "'}",
            1405,
            500,
            "got same server id \\(\\d+\\) from endpoint '.*' as the local applier server's id"));
    failures.put(
        "no endpoint",
        new Failure(
            "people", "{username: 'root'}", 400, 400, "<endpoint> must be a valid endpoint"));
    failures.put(
        "malformed endpoint",
        new Failure(
            "people",
            "{endpoint: 'leader:8529'}",
            1410,
            400,
            "invalid replication applier configuration.*"));
    failures.put(
        "unknown option",
        new Failure(
            "people",
            "{" + servers.leaderOptions() + ", chunksize: 1}",
            1410,
            400,
            "invalid replication applier configuration: unknown option 'chunksize'; did you mean"
                + " 'chunkSize'\\?"));
    failures.put(
        "option of the wrong type",
        new Failure(
            "people",
            "{" + servers.leaderOptions() + ", incremental: 'yes'}",
            1410,
            400,
            "invalid replication applier configuration: option 'incremental' must be .*"));
    failures.put(
        "option out of range",
        new Failure(
            "people",
            "{" + servers.leaderOptions() + ", maxPacketSize: 1}",
            1410,
            400,
            "invalid replication applier configuration: option 'maxPacketSize' must be .*"));

    Map<String, JsonNode> answers = attemptAll(failures);
    return failures.entrySet().stream()
        .map(entry ->
            DynamicTest.dynamicTest(
                entry.getKey(),
                () -> {
                  Failure failure = entry.getValue();
                  JsonNode answer = Objects.requireNonNull(answers.get(entry.getKey()));
                  assertThat(answer.path("errorNum").asInt())
                      .as("errorNum of %s", answer)
                      .isEqualTo(failure.errorNum());
                  assertThat(answer.path("code").asInt())
                      .as("code of %s", answer)
                      .isEqualTo(failure.httpStatus());
                  assertThat(answer.path("errorMessage").asText()).matches(failure.sentence());
                  assertThat(answer.toString())
                      .doesNotContain(
                          "wrong-secret", ServerPair.LEADER_PASSWORD, ServerPair.FOLLOWER_PASSWORD);
                  assertThat(answer.path("checksum").asText())
                      .as("the follower's old data")
                      .isEqualTo(oldChecksum);
                }));
  }

  /// One shell for all of them: each failure, then the state of the follower's data right after it.
  private static Map<String, JsonNode> attemptAll(Map<String, Failure> failures)
      throws IOException {
    StringBuilder script = new StringBuilder("const r = require('@arangodb/replication');\n");
    failures.forEach((name, failure) ->
        script
            .append("{ let e = {}; try { r.syncCollection('")
            .append(failure.collection())
            .append("', ")
            .append(failure.config())
            .append(
                "); } catch (x) { e = {errorNum: x.errorNum, code: x.code, errorMessage:"
                    + " x.errorMessage}; }\n")
            .append(
                "e.checksum = db.people.checksum(true, true).checksum; print(JSON.stringify(e));"
                    + " }\n"));
    Path file = Files.writeString(folder.resolve("failures.js"), script);
    var outcome =
        LockstepProcess.run(servers.shell("--javascript.execute", file.toString())).hasStatus(0);
    var lines = outcome.out().lines().filter(line -> line.startsWith("{")).toList();
    assertThat(lines).as("%s", outcome).hasSameSizeAs(failures.keySet());
    Map<String, JsonNode> answers = new LinkedHashMap<>();
    int line = 0;
    for (String name : failures.keySet()) {
      answers.put(name, new ObjectMapper().readTree(lines.get(line++)));
    }
    return answers;
  }

  @Test
  void aSecondSynchronizationIsRefusedWhileOneRuns() throws IOException {
    String script =
        """
        const r = require('@arangodb/replication');
        const options = {%s, async: true};
        const first = r.syncCollection('big', Object.assign({}, options));
        let refused = {};
        try { r.syncCollection('people', {%s}); } catch (x) { refused = {errorNum: x.errorNum, code: x.code, errorMessage: x.errorMessage}; }
        let result = r.getSyncResult(first);
        refused.firstWasRunning = result === false;
        refused.checksum = db.people.checksum(true, true).checksum;
        while (result === false) { require('internal').sleep(0.05); result = r.getSyncResult(first); }
        refused.first = result;
        print(JSON.stringify(refused));
        """
            .formatted(servers.leaderOptions(), servers.leaderOptions());

    var outcome = run(script).hasStatus(0);

    JsonNode answer = new ObjectMapper().readTree(outcome.lastLine());
    assertThat(answer.path("firstWasRunning").asBoolean()).as("%s", answer).isTrue();
    assertThat(answer.path("errorNum").asInt()).as("%s", answer).isEqualTo(28);
    assertThat(answer.path("errorMessage").asText()).startsWith("locked");
    assertThat(answer.path("checksum").asText()).isEqualTo(oldChecksum);
    assertThat(answer.path("first").path("collections").path(0).path("name").asText())
        .isEqualTo("big");
    servers.verify("big").hasStatus(0);
  }

  @Test
  void anAsynchronousFailureIsTheTrueOneAndCanBeReadAgain() throws IOException {
    String script =
        """
        const r = require('@arangodb/replication');
        const id = r.syncCollection('people', {endpoint: '%s', username: 'root', password: 'wrong-secret', async: true});
        const errors = [];
        while (errors.length < 2) {
          try { if (r.getSyncResult(id) === false) { require('internal').sleep(0.05); } else { errors.push('no error'); } }
          catch (x) { errors.push(x.errorNum); }
        }
        print(JSON.stringify(errors));
        """
            .formatted(servers.leader().endpoint());

    assertThat(run(script).hasStatus(0).lastLine()).isEqualTo("[1402,1402]");
  }

  @Test
  void aCommandThatIsInterruptedNamesTheJobThatGoesOn() throws IOException {
    // Takes connections and never answers.
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        LockstepTerminal terminal =
            LockstepTerminal.open(
                "sync",
                "people",
                "--leader",
                "tcp://root@127.0.0.1:" + silent.getLocalPort(),
                "--server.endpoint",
                servers.follower().endpoint(),
                "--server.password",
                ServerPair.FOLLOWER_PASSWORD)) {
      terminal.awaitText("connecting");

      terminal.press("\u0003");

      terminal.awaitText("lockstep sync: interrupted; job ");
      String job = terminal.awaitText(" goes on at the follower");
      assertThat(terminal.awaitEnd()).isEqualTo(128 + 2);
      assertThat(phase(job)).isEqualTo("connecting");
      servers.follower().send("PUT", "/_api/job/" + job + "/cancel", "").hasStatus(200);
      Awaitility.await().until(() -> phase(job).equals("canceled"));
    }
  }

  private static String phase(String job) {
    return servers
        .follower()
        .send("GET", "/_api/replication/jobs/" + job, "")
        .hasStatus(200)
        .body()
        .path("phase")
        .asText();
  }

  @Test
  void aRawCallerGetsTheWiresEmptyListForAnUnknownCollection() {
    var answer =
        servers
            .follower()
            .send(
                "PUT",
                "/_api/replication/sync",
                "{\"endpoint\":\""
                    + servers.leader().endpoint()
                    + "\",\"username\":\"root\",\"password\":\""
                    + ServerPair.LEADER_PASSWORD
                    + "\",\"restrictType\":\"include\",\"restrictCollections\":[\"nobody\"],\"someStockMember\":1}")
            .hasStatus(200);

    assertThat(answer.body().path("collections").isArray()).isTrue();
    assertThat(answer.body().path("collections")).isEmpty();
    assertThat(answer.body().path("lastLogTick").asText()).matches("[1-9]\\d*");
  }

  private static LockstepProcess.Outcome run(String script) throws IOException {
    Path file = Files.writeString(Files.createTempFile(folder, "script", ".js"), script);
    return LockstepProcess.run(servers.shell("--javascript.execute", file.toString()));
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
