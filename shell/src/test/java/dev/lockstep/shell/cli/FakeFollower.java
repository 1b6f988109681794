package dev.lockstep.shell.cli;

import dev.lockstep.shell.FakeServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A follower that answers as a test tells it to, and commands that are run against it. Nothing is
/// set up at first.
final class FakeFollower implements AutoCloseable {
  static final String API = "/_api/replication/";
  static final String NOTHING = state("inactive", "", "null", "");

  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();
  final FakeServer server = new FakeServer();

  FakeFollower() throws Exception {
    server.on("GET /_api/version", 200, "{\"server\":\"lockstep\",\"version\":\"3.11.0\"}");
    server.on(
        "GET " + API + "logger-state",
        200,
        """
        {"state":{"running":true,"lastLogTick":"77"},"server":{"version":"3.11.14","serverId":"4711"},
         "clients":[]}
        """);
    is(NOTHING);
    global(NOTHING);
  }

  /// An applier's state; `more` are members of `state`, beginning with a comma.
  static String state(String phase, String endpoint, String tick, String more) {
    return "{\"state\":{\"running\":"
        + phase.equals("running")
        + ",\"phase\":\""
        + phase
        + "\",\"lastAppliedContinuousTick\":"
        + tick
        + more
        + "},\"endpoint\":\""
        + endpoint
        + "\",\"database\":\"_system\"}";
  }

  static String running(String more) {
    return state("running", "tcp://leader:8529", "\"70\"", more);
  }

  /// The state together with what the leader said.
  static String checked(String state, String leader) {
    return state.substring(0, state.length() - 1) + ",\"leader\":" + leader + "}";
  }

  /// The applier of `_system`, from now on.
  FakeFollower is(String state) {
    server.on("GET " + API + "applier-state", 200, state);
    server.on("GET " + API + "applier-state-all", 200, "{\"_system\":" + state + "}");
    return this;
  }

  FakeFollower global(String state) {
    server.on("GET " + API + "applier-state?global=true", 200, state);
    return this;
  }

  /// What the applier of `_system` answers when it is to ask its leader, the last one for ever.
  FakeFollower checks(String... answers) {
    List<String> left = new ArrayList<>(List.of(answers));
    server.on(
        "GET " + API + "applier-state?checkLeader=true",
        _ -> FakeServer.Answer.of(200, left.size() > 1 ? left.removeFirst() : left.getFirst()));
    return this;
  }

  /// The end of `make-follower`.
  FakeFollower setsUp(int status, String body) {
    server.on(
        "PUT " + API + "make-follower",
        _ -> new FakeServer.Answer(202, "", Map.of("x-arango-async-id", "17")));
    server.on(
        "PUT /_api/job/17",
        _ -> new FakeServer.Answer(status, body, Map.of("x-arango-async-id", "17")));
    return this;
  }

  /// Runs a command against it and returns the exit status.
  int run(String command, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--server.endpoint",
                server.endpoint().canonicalText(),
                "--server.password",
                "geheim"));
    arguments.addAll(List.of(more));
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return LockstepCommand.create()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments.toArray(String[]::new));
  }

  /// Requests that change something, in order.
  List<String> commands() {
    return server.lines().stream()
        .filter(line -> !line.startsWith("GET ") && !line.contains("/_api/job/"))
        .toList();
  }

  @Override
  public void close() throws Exception {
    server.close();
  }
}
