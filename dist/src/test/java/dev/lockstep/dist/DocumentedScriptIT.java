package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// ArangoDB's documented script for synchronizing one collection, verbatim but for the host names
/// and credentials: in every way a shell can be given it.
class DocumentedScriptIT {
  @TempDir static Path folder;
  private static ServerPair servers;

  @BeforeAll
  static void startServers() {
    servers = ServerPair.start(folder);
    servers.leader().send("POST", "/_api/collection", "{\"name\":\"test\"}").hasStatus(200);
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      servers.close();
    }
  }

  /// Every test brings a new state, so that nothing an earlier one copied can stand for it.
  private static void changeTheLeader() {
    servers
        .leader()
        .send("POST", "/_api/document/test", "[{\"value\":1},{\"value\":2},{\"value\":3}]")
        .hasStatus(202);
  }

  private static void assertSynchronized() {
    assertThat(servers.follower().count("test")).isEqualTo(servers.leader().count("test"));
    servers.verify("test").hasStatus(0);
  }

  private static String documentedScript() {
    return """
    db._useDatabase("_system");
    require("@arangodb/replication").syncCollection("test", {
      %s
    });
    """
        .formatted(servers.leaderOptions());
  }

  private static String documentedAsynchronousScript() {
    return """
    db._useDatabase("_system");
    let replication = require("@arangodb/replication");
    let id = replication.syncCollection("test", {
      %s,
      async: true
    });
    let result;
    do {
      require("internal").sleep(0.1);
      result = replication.getSyncResult(id);
    } while (result === false);
    print(JSON.stringify(result));
    """
        .formatted(servers.leaderOptions());
  }

  @Test
  void synchronizesFromAFile() throws IOException {
    changeTheLeader();
    Path script = Files.writeString(folder.resolve("sync.js"), documentedScript());

    LockstepProcess.run(servers.shell("--javascript.execute", script.toString())).hasStatus(0);

    assertSynchronized();
  }

  @Test
  void synchronizesAsynchronouslyFromAFile() throws IOException {
    changeTheLeader();
    Path script = Files.writeString(folder.resolve("async.js"), documentedAsynchronousScript());

    var outcome =
        LockstepProcess.run(servers.shell("--javascript.execute", script.toString())).hasStatus(0);

    assertThat(outcome.lastLine())
        .matches(
            "\\{\"collections\":\\[\\{\"id\":\"\\d+\",\"name\":\"test\"}],\"lastLogTick\":\"\\d+\"}");
    assertSynchronized();
  }

  @Test
  void synchronizesFromAString() {
    changeTheLeader();

    LockstepProcess.run(servers.shell("--javascript.execute-string", documentedScript()))
        .hasStatus(0);

    assertSynchronized();
  }

  @Test
  void synchronizesAsynchronouslyFromAString() {
    changeTheLeader();

    LockstepProcess.run(
            servers.shell("--javascript.execute-string", documentedAsynchronousScript()))
        .hasStatus(0);

    assertSynchronized();
  }

  @Test
  void synchronizesFromStandardInput() throws IOException {
    changeTheLeader();
    Path script = Files.writeString(folder.resolve("piped.js"), documentedScript());

    LockstepProcess.runWithInput(script, servers.shell()).hasStatus(0);

    assertSynchronized();
  }

  @Test
  void synchronizesWhenTypedAtThePrompt() {
    changeTheLeader();
    try (LockstepTerminal terminal = LockstepTerminal.open(servers.shell())) {
      terminal.awaitText("@_system> ");
      terminal.type("db._useDatabase(\"_system\");");
      terminal.awaitText("true");
      terminal.awaitText("@_system> ");
      terminal.type("require(\"@arangodb/replication\").syncCollection(\"test\", {");
      terminal.awaitText("...> ");
      terminal.type("  " + servers.leaderOptions());
      terminal.awaitText("...> ");
      terminal.type("});");
      terminal.awaitText("\"lastLogTick\" : \"");
      terminal.awaitText("@_system> ");
      terminal.type(
          "db.test.count() === "
              + servers.leader().count("test")
              + " ? 'same ' + 'count' : 'other count'");
      terminal.awaitText("same count");
      terminal.awaitText("@_system> ");
      terminal.press("\u0004");
      assertThat(terminal.awaitEnd()).isZero();
    }
    assertSynchronized();
  }

  @Test
  void synchronizesAsynchronouslyWhenTypedAtThePrompt() {
    changeTheLeader();
    try (LockstepTerminal terminal = LockstepTerminal.open(servers.shell())) {
      terminal.awaitText("@_system> ");
      terminal.type(
          "let id = require(\"@arangodb/replication\").syncCollection(\"test\", {"
              + servers.leaderOptions()
              + ", async: true});");
      terminal.awaitText("@_system> ");
      terminal.type(
          "let r; do { require(\"internal\").sleep(0.1); r ="
              + " require(\"@arangodb/replication\").getSyncResult(id); } while (r === false); r");
      terminal.awaitText("\"name\" : \"test\"");
      terminal.awaitText("@_system> ");
      terminal.type("quit");
      assertThat(terminal.awaitEnd()).isZero();
    }
    assertSynchronized();
  }

  @Test
  void synchronizesWithTheExampleScript() {
    changeTheLeader();
    ProcessBuilder command =
        Distribution.command(
            servers.shell(
                Distribution.example("sync-collection.js").toString(),
                "--",
                "test",
                servers.leader().endpoint()));
    command.environment().put("LOCKSTEP_LEADER_PASSWORD", ServerPair.LEADER_PASSWORD);

    var outcome =
        LockstepProcess.start(command, java.util.List.of("shell"), null).finish().hasStatus(0);

    assertThat(outcome.lastLine())
        .startsWith("test: " + servers.leader().count("test") + " documents in ");
    assertSynchronized();
  }

  @Test
  void synchronizesWithTheCommand() {
    changeTheLeader();

    var outcome =
        LockstepProcess.run(
            "sync",
            "test",
            "--leader",
            servers.leader().endpointWithUser(),
            "--server.endpoint",
            servers.follower().endpoint(),
            "--server.password",
            ServerPair.FOLLOWER_PASSWORD);

    assertThat(outcome.hasStatus(0).out()).contains("synchronized 1 collections");
    // What it took and the warnings; nothing else, and nothing of it where scripts read results.
    assertThat(outcome.err().lines())
        .allMatch(line -> line.startsWith("test: ") || line.startsWith("warning: "));
    assertSynchronized();
  }
}
