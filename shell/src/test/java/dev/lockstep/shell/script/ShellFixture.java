package dev.lockstep.shell.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.shell.FakeServer;

/// A real script engine in front of a fake server. Making one takes a second, so tests of a class
/// share theirs and clear it between tests.
final class ShellFixture implements AutoCloseable {
  final FakeServer server;
  final ShellConnection connection;
  final RecordingOutput output = new RecordingOutput();
  final ScriptContext scripts;

  ShellFixture() throws Exception {
    this(ScriptSettings.defaults());
  }

  ShellFixture(ScriptSettings settings) throws Exception {
    server = new FakeServer();
    connection =
        new ShellConnection(
            ConnectionSettings.of(server.endpoint(), new Credentials.Basic("root", "geheim")),
            "_system",
            true);
    scripts = new ScriptContext(settings, connection, output, () -> "a typed line");
  }

  void clear() {
    server.forget();
    output.take();
    output.takeErrors();
    output.takePassing();
    output.pretendTerminal(false);
    connection.database("_system");
    scripts.run("db._flushCache()");
  }

  /// Runs a command as if typed and returns what it printed; it must not fail.
  String typed(String command) {
    Outcome outcome = scripts.evaluateAndPrint(command);
    assertThat(outcome).as(command).isEqualTo(new Outcome.Finished());
    return output.take().stripTrailing();
  }

  /// Runs a command that must throw and returns what a person reads.
  String failing(String command) {
    Outcome outcome = scripts.evaluateAndPrint(command);
    assertThat(outcome).as(command).isInstanceOf(Outcome.Failed.class);
    return ((Outcome.Failed) outcome).text();
  }

  /// The value of an expression as JSON.
  String json(String expression) {
    return typed("JSON.stringify(" + expression + ")");
  }

  /// `[errorNum, code, errorMessage]` of the ArangoError that the statement throws.
  String errorOf(String statement) {
    return typed(
        "(function () { try { "
            + statement
            + "; return 'nothing was thrown'; } catch (e) { return e.isArangoError ?"
            + " JSON.stringify([e.errorNum, e.code, e.errorMessage]) : String(e); } })()");
  }

  @Override
  public void close() throws Exception {
    scripts.close();
    connection.close();
    server.close();
  }
}
