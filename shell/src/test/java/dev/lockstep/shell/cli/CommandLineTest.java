package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CommandLineTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CommandLine line =
      LockstepCommand.create()
          .setOut(new PrintWriter(out, true))
          .setErr(new PrintWriter(err, true));

  private CommandLine shell() {
    return Objects.requireNonNull(line.getSubcommands().get("shell"));
  }

  private Object shellOption(String option, String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "shell";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    CommandLine.ParseResult shell = line.parseArgs(all).subcommand();
    return shell.commandSpec().findOption(option).getValue();
  }

  @ParameterizedTest
  @CsvSource({
    "--server.authentication, true",
    "--server.authentication=false, false",
    "--server.authentication false, false",
    "--server.authentication true, true",
    "--server.authentication --quiet, true",
    "--server.authentication script.js, true",
  })
  void takesBooleansBareAndWithAValue(String arguments, boolean expected) {
    assertThat(shellOption("--server.authentication", arguments.split(" "))).isEqualTo(expected);
  }

  @Test
  void switchesOffWhatIsOnByDefault() {
    assertThat(shellOption("--console.history")).isEqualTo(true);
    assertThat(shellOption("--console.history", "--console.history", "false")).isEqualTo(false);
    assertThat(shellOption("--console.history", "--console.history")).isEqualTo(true);
    assertThat(shellOption("--console.prompt")).isEqualTo("%E@%d> ");
  }

  @Test
  void takesValuesAfterABlankOrAnEqualsSignAndTheLastOneCounts() {
    assertThat(shellOption("--server.endpoint")).isEqualTo("http+tcp://127.0.0.1:8529");
    assertThat(
            shellOption(
                "--server.endpoint",
                "--server.endpoint=tcp://a:1",
                "--server.endpoint",
                "tcp://b:2"))
        .isEqualTo("tcp://b:2");
    assertThat(
            shellOption(
                "--javascript.execute-string",
                "--javascript.execute-string",
                "a",
                "--javascript.execute-string",
                "--b"))
        .isEqualTo(List.of("a", "--b"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "shell --server.endpont tcp://x | 1 | lockstep shell: unknown option '--server.endpont';"
            + " did you mean '--server.endpoint'?",
        "shell --server.endpont=tcp://x | 1 | lockstep shell: unknown option '--server.endpont';"
            + " did you mean '--server.endpoint'?",
        "shell --zzz                    | 1 | lockstep shell: unknown option '--zzz'",
        "shell --server.request-timeout x | 1 | lockstep shell: Invalid value for option"
            + " '--server.request-timeout': 'x' is not a double",
        "shel                           | 2 | lockstep: unknown command 'shel'; did you mean"
            + " 'shell'?",
        "servr                          | 2 | lockstep: unknown command 'servr'; did you mean"
            + " 'server'?",
        "help shel                      | 2 | lockstep help: unknown command 'shel'; did you mean"
            + " 'shell'?",
        "version now                    | 2 | lockstep version: unexpected argument 'now'",
      })
  void namesWhatItDoesNotKnowAndWhatWasProbablyMeant(
      String arguments, int status, String sentence) {
    assertThat(line.execute(arguments.strip().split(" +"))).isEqualTo(status);
    assertThat(err.toString().lines().findFirst()).hasValue(sentence);
  }

  @Test
  void explainsItselfWithoutAServer() {
    assertThat(line.execute("help")).isZero();
    assertThat(out.toString()).contains("shell", "version", "server", "Exit status");
    assertThat(line.execute("shell", "--help")).isZero();
    assertThat(out.toString())
        .contains("--server.endpoint", "--javascript.execute-string", "--console.prompt");
    assertThat(line.execute("help", "shell")).isZero();
    assertThat(line.execute("version")).isZero();
    assertThat(line.execute("shell", "--version")).isZero();
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void explainsOneSection() {
    assertThat(ShellCommand.printSectionHelp(shell().setOut(new PrintWriter(out, true)), "console"))
        .isTrue();
    assertThat(out.toString()).contains("--console.prompt").doesNotContain("--server.endpoint");
    assertThat(ShellCommand.printSectionHelp(shell(), "nothing")).isFalse();
  }

  @Test
  void readsAConfigurationFile(@TempDir Path folder) throws IOException {
    Path included = folder.resolve("common.conf");
    Files.writeString(included, "[server]\nusername = ann\n");
    Path file = folder.resolve("arangosh.conf");
    Files.writeString(
        file,
        "# a comment\n"
            + "quiet = true\n\n"
            + "[server]\n"
            + "endpoint = tcp://leader:8529\n"
            + "; another\n"
            + "[javascript]\n"
            + "execute-string = a = 1\n"
            + "execute-string = b\n"
            + "@include common\n");
    var spec = shell().getCommandSpec();
    assertThat(ShellCommand.settingsFromFile(List.of("-c", file.toString()), spec))
        .containsExactly(
            "--quiet=true",
            "--server.endpoint=tcp://leader:8529",
            "--javascript.execute-string=a = 1",
            "--javascript.execute-string=b",
            "--server.username=ann");
    assertThat(ShellCommand.settingsFromFile(List.of("--configuration=none"), spec)).isEmpty();
    assertThat(ShellCommand.settingsFromFile(List.of("--", "-c", "x"), spec)).isEmpty();
  }

  @Test
  void namesFileAndLineOfABadSetting(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("bad.conf");
    var spec = shell().getCommandSpec();
    List<String> given = List.of("--configuration", file.toString());
    assertThatThrownBy(() -> ShellCommand.settingsFromFile(given, spec))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("cannot read configuration file " + file);
    Files.writeString(file, "[server]\nendpont = x\n");
    assertThatThrownBy(() -> ShellCommand.settingsFromFile(given, spec))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            file + ", line 2: unknown option 'server.endpont'; did you mean 'server.endpoint'?");
    Files.writeString(file, "[server]\nnonsense\n");
    assertThatThrownBy(() -> ShellCommand.settingsFromFile(given, spec))
        .hasMessage(file + ", line 2: expected 'name = value', not 'nonsense'");
    Files.writeString(file, "@include bad.conf\n");
    assertThatThrownBy(() -> ShellCommand.settingsFromFile(given, spec))
        .hasMessageContaining("nested includes");
  }

  @Test
  void resolvesEnvironmentVariables() {
    Map<String, String> environment = Map.of("PASSWORD", "a$1\\b", "HOST", "leader");
    assertThat(EnvironmentReferences.resolve("tcp://@HOST@:8529", environment::get))
        .isEqualTo("tcp://leader:8529");
    assertThat(EnvironmentReferences.resolve("@PASSWORD@@HOST@", environment::get))
        .isEqualTo("a$1\\bleader");
    assertThat(EnvironmentReferences.resolve("ann@@example.org", environment::get))
        .isEqualTo("ann@example.org");
    assertThat(EnvironmentReferences.resolve("a@b", environment::get)).isEqualTo("a@b");
    assertThatThrownBy(() -> EnvironmentReferences.resolve("@NONE@", environment::get))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("environment variable NONE is not set");
  }

  @Test
  void signsASuperuserToken() {
    // Independent computation: HMAC-SHA256 with the secret over header.payload, base64url without
    // padding.
    assertThat(SuperuserToken.signed("secret"))
        .isEqualTo(
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
                + ".eyJpc3MiOiJhcmFuZ29kYiIsInNlcnZlcl9pZCI6ImxvY2tzdGVwLXNoZWxsIn0"
                + ".77PL7pBJNfFLwNs6OJzrD1YW_2oRS-2K5bnKsNax45I");
    assertThatThrownBy(() -> SuperuserToken.signed("")).isInstanceOf(UsageException.class);
  }
}
