package dev.lockstep.shell.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.client.Credentials;
import dev.lockstep.shell.FakeServer;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.awaitility.Awaitility;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplTest {
  /// Held, because loggers that nobody holds lose their level. Closing a terminal under its pump is
  /// noisy and harmless.
  private static final Logger LINE_EDITOR_LOG = Logger.getLogger("org.jline");

  static {
    LINE_EDITOR_LOG.setLevel(Level.OFF);
  }

  private ShellFixture shell;

  @BeforeAll
  void open() throws Exception {
    shell = new ShellFixture();
  }

  @AfterAll
  void close() throws Exception {
    shell.close();
  }

  @BeforeEach
  void clear() {
    shell.clear();
  }

  /// Types text at a prompt and returns what stood on the screen.
  private String session(Path history, String typed) throws Exception {
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    // Stays open: an end of the input would reach the terminal before the lines in front of it.
    try (PipedOutputStream keys = new PipedOutputStream();
        PipedInputStream input = new PipedInputStream(keys, 65_536);
        Terminal terminal =
            TerminalBuilder.builder()
                .system(false)
                .streams(input, screen)
                .type("dumb")
                .encoding(StandardCharsets.UTF_8)
                .build()) {
      keys.write(typed.getBytes(StandardCharsets.UTF_8));
      keys.flush();
      Repl repl =
          new Repl(
              shell.scripts,
              shell.connection,
              shell.output,
              terminal,
              new Repl.Settings("%d> ", history, true));
      assertThat(repl.run()).isZero();
    }
    return screen.toString(StandardCharsets.UTF_8);
  }

  @Test
  void runsWhatIsTypedUntilExit(@TempDir Path folder) throws Exception {
    String screen =
        session(folder.resolve("history"), "1 + 1\nvar x = 2\n  x * 21\nnope()\nexit\n3\n");
    assertThat(shell.output.take()).isEqualTo("2\n42\n");
    assertThat(shell.output.takeErrors())
        .contains("JavaScript exception: ReferenceError: nope is not defined");
    assertThat(screen).contains("_system> ");
  }

  @Test
  void asksForMoreLinesWhileSomethingIsOpen(@TempDir Path folder) throws Exception {
    session(folder.resolve("history"), "function twice(n) {\n  return 2 * n;\n}\ntwice(4)\nquit\n");
    assertThat(shell.output.take()).isEqualTo("8\n");
  }

  @Test
  void keepsHistoryButNoSecrets(@TempDir Path folder) throws Exception {
    Path history = folder.resolve("history");
    session(
        history,
        "1 + 2\n"
            + "var options = {endpoint: 'tcp://h:1', password: 'geheim'}\n"
            + "function f() {\n"
            + "  return 3;\n"
            + "}\n"
            + "4\n"
            + "exit\n");
    String kept = Files.readString(history);
    assertThat(kept).contains("1 + 2", "return 3").doesNotContain("geheim");
    session(history, "5 + 6\nexit\n");
    assertThat(Files.readString(history)).contains("1 + 2", "5 + 6").doesNotContain("geheim");
  }

  @Test
  void limitsTheHistoryFile(@TempDir Path folder) throws Exception {
    Path history = folder.resolve("history");
    StringBuilder old = new StringBuilder();
    for (int i = 0; i < 5_000; i++) {
      old.append("old(").append(i).append(")\n");
    }
    Files.writeString(history, old);
    session(history, "7\nexit\n");
    assertThat(Files.readAllLines(history))
        .hasSizeLessThanOrEqualTo(ShellHistory.LINES_MAX)
        .contains("7", "old(4999)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "users.save('a', 'b')",
        "require(\"@arangodb/users\").update(\"root\", \"geheim\")",
        "r.syncCollection('c', {passWord: 'x'})",
        "arango.reconnect('tcp://h:1', '_system', 'root', 'x')",
        "x = {jwt: 'a.b.c'}",
      })
  void knowsWhichLinesMayHoldASecret(String line) {
    assertThat(ShellHistory.mayHoldSecret(line)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"db.users.count()", "db._create('x')", "db.cities.save({a: 1})"})
  void keepsOrdinaryLines(String line) {
    assertThat(ShellHistory.mayHoldSecret(line)).isFalse();
  }

  @Test
  void stopsARunningCommandOnControlC(@TempDir Path folder) throws Exception {
    try (PipedOutputStream keys = new PipedOutputStream();
        PipedInputStream input = new PipedInputStream(keys);
        Terminal terminal =
            TerminalBuilder.builder()
                .system(false)
                .streams(input, new ByteArrayOutputStream())
                .type("dumb")
                .encoding(StandardCharsets.UTF_8)
                .build();
        var executor = Executors.newSingleThreadExecutor();
        ShellFixture own = new ShellFixture()) {
      var scripts =
          executor
              .submit(() ->
                  new ScriptContext(
                      ScriptSettings.defaults(), own.connection, own.output, () -> null))
              .get();
      Future<Integer> status =
          executor.submit(() ->
              new Repl(
                      scripts,
                      own.connection,
                      own.output,
                      terminal,
                      new Repl.Settings("> ", null, false))
                  .run());
      keys.write("print('begins'); for (;;) {}\n".getBytes(StandardCharsets.UTF_8));
      keys.flush();
      StringBuilder seen = new StringBuilder();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> seen.append(own.output.take()).toString().contains("begins"));
      terminal.raise(Terminal.Signal.INT);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> own.output.takeErrors().contains("interrupted"));
      keys.write("6 * 7\nexit\n".getBytes(StandardCharsets.UTF_8));
      keys.flush();
      assertThat(status.get(30, TimeUnit.SECONDS)).isZero();
      assertThat(own.output.take()).contains("42");
      executor.submit(scripts::close).get();
    }
  }

  @Test
  void runsPipedLinesAsIfTyped() throws Exception {
    PipedInput piped = new PipedInput(shell.scripts, shell.output);
    Outcome outcome =
        piped.run(
            new BufferedReader(
                new StringReader(
                    "1\nvar a = {\n  b: 1\n}\na.b + 1\n\nhelp\nnope()\n'after'\nquit\n'never'\n")));
    String printed = shell.output.take();
    assertThat(printed)
        .startsWith("1\n2\n")
        .endsWith("after\n")
        .contains("syncCollection")
        .doesNotContain("never");
    assertThat(shell.output.takeErrors()).contains("nope is not defined");
    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    assertThat(piped.run(new BufferedReader(new StringReader("2"))))
        .isEqualTo(new Outcome.Finished());
    assertThat(piped.run(new BufferedReader(new StringReader("f({\n"))))
        .isInstanceOf(Outcome.Failed.class);
    assertThat(shell.output.takeErrors()).contains("SyntaxError");
  }

  @Test
  void writesCommandsAndResultsIntoATranscript() throws Exception {
    ByteArrayOutputStream transcript = new ByteArrayOutputStream();
    try (PrintStream stream = new PrintStream(transcript, true, StandardCharsets.UTF_8);
        ShellFixture own = new ShellFixture()) {
      ShellOutput audited = ShellOutput.audited(own.output, stream);
      try (ScriptContext scripts =
          new ScriptContext(ScriptSettings.defaults(), own.connection, audited, () -> null)) {
        new PipedInput(scripts, audited)
            .run(new BufferedReader(new StringReader("1 + 1\n({\n  a: 1})\nnope()\n")));
      }
      assertThat(own.output.take()).isEqualTo("2\n{\n  \"a\" : 1\n}\n");
    }
    assertThat(transcript.toString(StandardCharsets.UTF_8))
        .startsWith("1 + 1\n2\n({\n  a: 1})\n{\n  \"a\" : 1\n}\nnope()\nJavaScript exception:");
  }

  @Test
  void writesTheSituationIntoThePrompt() {
    String endpoint = shell.connection.settings().endpoint().authority();
    assertThat(
            Prompt.of(
                "%t %p %d %e %E %u %% %x> ",
                shell.connection, LocalTime.of(7, 8, 9), Duration.ofMillis(1234)))
        .isEqualTo(
            "07:08:09 1.234 _system http+tcp://" + endpoint + " " + endpoint + " root % %x> ");
    assertThat(Prompt.continuation("127.0.0.1:8529@_system> "))
        .isEqualTo("......................> ");
  }

  @Test
  void greetsTheServer() throws Exception {
    shell.server.on(
        "GET /_api/version?details=true",
        200,
        "{\"server\":\"arango\",\"version\":\"3.8.9\",\"details\":{\"role\":\"SINGLE\",\"mode\":\"server\"}}");
    String endpoint = shell.connection.settings().endpoint().canonicalText();
    assertThat(
            ((ServerGreeting.Welcome) ServerGreeting.ask(shell.connection))
                .sentence(shell.connection))
        .isEqualTo(
            "Connected to ArangoDB '"
                + endpoint
                + ", version: 3.8.9 [SINGLE, server], database: '_system', username: 'root'");
    shell.server.on(
        "GET /_api/version?details=true",
        401,
        "{\"error\":true,\"errorNum\":11,\"errorMessage\":\"not authorized\"}");
    ServerGreeting refused = ServerGreeting.ask(shell.connection);
    assertThat(refused).isEqualTo(new ServerGreeting.Refused(true, "HTTP 401: not authorized"));
    assertThat(((ServerGreeting.Refused) refused).sentences(shell.connection))
        .isEqualTo(
            "Could not connect to endpoint '"
                + endpoint
                + "', database: '_system', username: 'root'\n"
                + "Error message: 'HTTP 401: not authorized'");
    shell.server.on("GET /_api/version?details=true", 200, "<html>");
    assertThat(ServerGreeting.ask(shell.connection)).isInstanceOf(ServerGreeting.Refused.class);
  }

  @Test
  void changesServerAndUserWhenAScriptReconnects() throws Exception {
    try (FakeServer other = new FakeServer()) {
      other.on("GET /_db/d/_api/version", 200, "{\"version\":\"3.8.9\"}");
      shell.typed("arango.reconnect('" + other.endpoint() + "', 'd', 'ann', 'x')");
      assertThat(other.last().headers()).containsEntry("authorization", "Basic YW5uOng=");
      assertThat(Prompt.of("%E@%d %u", shell.connection, LocalTime.MIDNIGHT, Duration.ZERO))
          .isEqualTo(other.endpoint().authority() + "@d ann");
      assertThat(shell.connection.settings().credentials())
          .isEqualTo(new Credentials.Basic("ann", "x"));
    } finally {
      shell.typed("arango.attempt('GET', '/x'); undefined");
      shell.connection.reconnect(shell.server.endpoint().toString(), "_system", "root", "geheim");
    }
  }
}
