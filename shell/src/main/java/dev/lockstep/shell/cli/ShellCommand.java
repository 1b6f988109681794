package dev.lockstep.shell.cli;

import dev.lockstep.shell.script.Outcome;
import dev.lockstep.shell.script.PipedInput;
import dev.lockstep.shell.script.Repl;
import dev.lockstep.shell.script.ScriptContext;
import dev.lockstep.shell.script.ScriptSettings;
import dev.lockstep.shell.script.ServerGreeting;
import dev.lockstep.shell.script.ShellConnection;
import dev.lockstep.shell.script.ShellOutput;
import dev.lockstep.shell.text.NearestName;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lockstep shell`: JavaScript against a server, typed, piped, or from files, with arangosh's
/// options.
@Command(
    name = "shell",
    description =
        "JavaScript shell for the server: a prompt, or scripts from files, strings and standard"
            + " input.",
    sortOptions = false,
    sortSynopsis = false,
    customSynopsis = "lockstep shell [options] [script.js] [-- arguments for the script]",
    exitCodeOnInvalidInput = ExitStatus.FAILED,
    exitCodeOnExecutionException = ExitStatus.FAILED,
    footer = {
      "",
      "A <bool> may be left out: --quiet is --quiet true. @NAME@ in a value is the environment"
          + " variable NAME, @@ an @.",
      "Exit status: 0, or 1 after an uncaught exception, a syntax error or if the server cannot be"
          + " reached; 130 after",
      "Ctrl-C; what a script gives to process.exit()."
    })
public final class ShellCommand implements Callable<Integer> {
  @ArgGroup(validate = false, heading = "%nServer:%n")
  private final ServerOptions server = new ServerOptions();

  @ArgGroup(validate = false, heading = "%nScripts:%n")
  private final ScriptOptions scripts = new ScriptOptions();

  @ArgGroup(validate = false, heading = "%nPrompt and output:%n")
  private final ConsoleOptions console = new ConsoleOptions();

  @ArgGroup(validate = false, heading = "%nOther:%n")
  private final OtherOptions other = new OtherOptions();

  @Parameters(arity = "0..*", hidden = true)
  private List<String> positional = new ArrayList<>();

  @Spec private CommandSpec spec;

  static final class ScriptOptions {
    @Option(
        names = "--javascript.execute",
        paramLabel = "<file>",
        description = "Run this file, then end. May be repeated.")
    private List<Path> files = new ArrayList<>();

    @Option(
        names = "--javascript.execute-string",
        paramLabel = "<text>",
        description = "Run this text, then end. May be repeated.")
    private List<String> strings = new ArrayList<>();

    @Option(
        names = "--javascript.check-syntax",
        paramLabel = "<file>",
        description = "Only check this file's syntax, then end. May be repeated.")
    private List<Path> checked = new ArrayList<>();

    @Option(
        names = "--javascript.current-module-directory",
        paramLabel = "<bool>",
        arity = "0..1",
        defaultValue = "true",
        fallbackValue = "true",
        description =
            "Whether require() looks into the working directory. Default: ${DEFAULT-VALUE}")
    private boolean currentModuleDirectory = true;

    @Option(
        names = "--javascript.startup-directory",
        paramLabel = "<folder>",
        defaultValue = "./js",
        description = "Folder with further modules for require(). Default: ${DEFAULT-VALUE}")
    private Path startupDirectory = Path.of("./js");
  }

  static final class ConsoleOptions {
    @Option(
        names = "--quiet",
        paramLabel = "<bool>",
        arity = "0..1",
        fallbackValue = "true",
        description = "No greeting.")
    private boolean quiet;

    @Option(
        names = "--console.prompt",
        paramLabel = "<pattern>",
        defaultValue = "%E@%d> ",
        description =
            "%%t time, %%p seconds of the last command, %%d database, %%e endpoint, %%E the same"
                + " without protocol, %%u user. Default: '%%E@%%d> '")
    private String prompt = "%E@%d> ";

    @Option(
        names = "--console.history",
        paramLabel = "<bool>",
        arity = "0..1",
        defaultValue = "true",
        fallbackValue = "true",
        description =
            "Keep what is typed in ~/.arangosh.history, except lines that may hold a password."
                + " Default: ${DEFAULT-VALUE}")
    private boolean history = true;

    @Option(
        names = "--console.auto-complete",
        paramLabel = "<bool>",
        arity = "0..1",
        defaultValue = "true",
        fallbackValue = "true",
        description = "Complete names with Tab. Default: ${DEFAULT-VALUE}")
    private boolean autoComplete = true;

    @Option(
        names = "--console.colors",
        paramLabel = "<bool>",
        arity = "0..1",
        fallbackValue = "true",
        description = "Print structures in colours.")
    private boolean colors;

    @Option(
        names = "--console.pretty-print",
        paramLabel = "<bool>",
        arity = "0..1",
        defaultValue = "true",
        fallbackValue = "true",
        description = "Print structures over several lines. Default: ${DEFAULT-VALUE}")
    private boolean prettyPrint = true;

    @Option(
        names = "--console.audit-file",
        paramLabel = "<file>",
        description = "Write commands and results to this file as well.")
    private @Nullable Path auditFile;

    @Option(
        names = "--console.pager",
        paramLabel = "<bool>",
        arity = "0..1",
        fallbackValue = "true",
        hidden = true)
    private boolean pager;

    @Option(names = "--console.pager-command", paramLabel = "<command>", hidden = true)
    private @Nullable String pagerCommand;
  }

  static final class OtherOptions {
    @Option(
        names = {"-c", "--configuration"},
        paramLabel = "<file>",
        description =
            "File with these options as '[section]' and 'name = value' lines, or none. The command"
                + " line wins.")
    private @Nullable String configuration;

    @Option(
        names = "--log.level",
        paramLabel = "<level>",
        description = "error, warn, info, debug or trace. Default: warn")
    private List<String> logLevel = new ArrayList<>();

    @Option(
        names = "--temp.path",
        paramLabel = "<folder>",
        description = "Folder for temporary files. Default: the system's.")
    private @Nullable Path temporaryFolder;

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Explains this (--help-server only the server options).")
    private boolean help;

    @Option(names = "--version", description = "Prints the version.")
    private boolean version;
  }

  /// The options that a `-c` or `--configuration` among the given ones brings along, in option
  /// form.
  ///
  /// @throws UsageException naming file, line and the nearest known name, if the file sets
  ///   something that does not exist
  static List<String> settingsFromFile(List<String> given, CommandSpec spec) {
    String file = null;
    for (int i = 0; i < given.size() && !given.get(i).equals("--"); i++) {
      String argument = given.get(i);
      if ((argument.equals("-c") || argument.equals("--configuration")) && i + 1 < given.size()) {
        file = given.get(i + 1);
      } else if (argument.startsWith("--configuration=")) {
        file = argument.substring("--configuration=".length());
      }
    }
    List<String> options = new ArrayList<>();
    if (file == null || file.equals("none")) {
      return options;
    }
    TreeSet<String> known = new TreeSet<>();
    spec.optionsMap().keySet().stream()
        .filter(name -> name.startsWith("--"))
        .forEach(name -> known.add(name.substring(2)));
    for (ConfigurationFile.Setting setting : ConfigurationFile.read(Path.of(file))) {
      if (!known.contains(setting.name())) {
        throw new UsageException(
            setting.file()
                + ", line "
                + setting.line()
                + ": unknown option '"
                + setting.name()
                + "'"
                + NearestName.of(setting.name(), known)
                    .map(nearest -> "; did you mean '" + nearest + "'?")
                    .orElse(""));
      }
      options.add(
          "--"
              + setting.name()
              + "="
              + EnvironmentReferences.resolve(setting.value(), System::getenv));
    }
    return options;
  }

  /// Usage of the options of one section, for `--help-server` and the like; false if there is no
  /// such section.
  static boolean printSectionHelp(CommandLine shell, String section) {
    CommandSpec part = CommandSpec.create().name("lockstep shell");
    for (OptionSpec option : shell.getCommandSpec().options()) {
      if (option.longestName().startsWith("--" + section + ".") || section.equals("all")) {
        part.addOption(OptionSpec.builder(option).hidden(false).build());
      }
    }
    if (part.options().isEmpty()) {
      return false;
    }
    part.usageMessage()
        .sortOptions(false)
        .autoWidth(true)
        .longOptionsMaxWidth(38)
        .customSynopsis("Options:");
    part.usageMessage().synopsisHeading("");
    new CommandLine(part).usage(shell.getOut());
    return true;
  }

  @Override
  public Integer call() {
    if (other.version) {
      spec.commandLine().getOut().println(ProductVersion.text());
      return ExitStatus.OK;
    }
    if (console.pager) {
      throw new UsageException(
          "--console.pager: there is no pager; scroll your terminal or pipe the output");
    }
    LockstepCommand.logTo(other.logLevel.isEmpty() ? "warn" : rootLevel(other.logLevel));
    takeScriptFromPositional();
    boolean scripted =
        !scripts.files.isEmpty() || !scripts.strings.isEmpty() || !scripts.checked.isEmpty();
    boolean atTerminal = !scripted && ServerOptions.canAsk();
    // Flushed but not closed: standard output belongs to the process, which may run more than this
    // command.
    PrintStream out = standardOutput();
    try (PrintStream transcript = openTranscript()) {
      if (atTerminal) {
        return interactive(transcript);
      }
      ShellOutput output = ShellOutput.streams(out, System.err, ServerOptions.canAsk());
      return unattended(audited(output, transcript), scripted);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      out.flush();
    }
  }

  /// `--log.level warn` or `--log.level requests=debug`: only the general level exists here.
  private static String rootLevel(List<String> levels) {
    String last = levels.getLast();
    return last.contains("=") ? last.substring(last.indexOf('=') + 1) : last;
  }

  private final List<String> arguments = new ArrayList<>();

  /// Without `--javascript.execute*` the first argument is the script; everything else is the
  /// script's `ARGUMENTS`.
  private void takeScriptFromPositional() {
    List<String> original = spec.commandLine().getParseResult().originalArgs();
    int separator = original.indexOf("--");
    int own = separator < 0 ? 0 : original.size() - separator - 1;
    List<String> before = positional.subList(0, Math.max(0, positional.size() - own));
    boolean scripted =
        !scripts.files.isEmpty() || !scripts.strings.isEmpty() || !scripts.checked.isEmpty();
    if (!scripted && !before.isEmpty()) {
      scripts.files.add(Path.of(before.getFirst()));
      arguments.addAll(before.subList(1, before.size()));
    } else {
      arguments.addAll(before);
    }
    arguments.addAll(positional.subList(before.size(), positional.size()));
  }

  private static PrintStream standardOutput() {
    // UTF-8 whatever the locale says: documents hold any character, and what is piped on must not
    // depend on LANG.
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 8192),
        false,
        StandardCharsets.UTF_8);
  }

  private @Nullable PrintStream openTranscript() {
    if (console.auditFile == null) {
      return null;
    }
    try {
      return new PrintStream(
          Files.newOutputStream(console.auditFile), true, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UsageException(
          "--console.audit-file: cannot write " + console.auditFile + ": " + e.getMessage());
    }
  }

  private static ShellOutput audited(ShellOutput output, @Nullable PrintStream transcript) {
    return transcript == null ? output : ShellOutput.audited(output, transcript);
  }

  private ScriptSettings scriptSettings() {
    Map<String, String> options = new HashMap<>();
    for (OptionSpec option : spec.options()) {
      String name = option.longestName();
      if (name.contains(".") && !name.equals("--server.password")) {
        options.put(name.substring(2), String.valueOf(option.<Object>getValue()));
      }
    }
    return new ScriptSettings(
        console.prettyPrint,
        console.colors,
        scripts.currentModuleDirectory,
        scripts.startupDirectory,
        other.temporaryFolder == null
            ? Path.of(System.getProperty("java.io.tmpdir"))
            : other.temporaryFolder,
        arguments,
        options);
  }

  private ShellConnection connection() {
    return new ShellConnection(server.connectionSettings(), server.database(), server.connects());
  }

  private Integer unattended(ShellOutput output, boolean scripted) throws IOException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (ShellConnection connection = connection()) {
      boolean needsServer = server.connects() && scripts.checked.isEmpty();
      // The server answers while the script engine starts.
      CompletableFuture<ServerGreeting> greeting = needsServer ? greet(connection) : null;
      try (ScriptContext context =
          new ScriptContext(scriptSettings(), connection, output, () -> readLine(input))) {
        if (greeting != null && !(await(greeting) instanceof ServerGreeting.Welcome)) {
          output.printError(((ServerGreeting.Refused) await(greeting)).sentences(connection));
          return ExitStatus.FAILED;
        }
        interruptOnSignal(context);
        Outcome outcome =
            scripted ? runScripts(context, output) : new PipedInput(context, output).run(input);
        if (scripted && outcome instanceof Outcome.Failed(String text)) {
          output.printError(text);
        }
        return exitStatus(outcome, output);
      }
    }
  }

  private static @Nullable String readLine(BufferedReader input) {
    try {
      return input.readLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int exitStatus(Outcome outcome, ShellOutput output) {
    return switch (outcome) {
      case Outcome.Finished() -> ExitStatus.OK;
      case Outcome.Failed(String _) -> ExitStatus.FAILED;
      case Outcome.Exited(int status) -> status;
      case Outcome.Interrupted(String notice) -> {
        output.printError(notice.isEmpty() ? "interrupted" : "interrupted: " + notice);
        yield ExitStatus.INTERRUPTED;
      }
    };
  }

  /// The first Ctrl-C stops the script, so that it can say what goes on at the server; the second
  /// ends the program.
  private static void interruptOnSignal(ScriptContext context) {
    var _ =
        Signals.register(
            "INT",
            new Runnable() {
              private boolean before;

              @Override
              public synchronized void run() {
                if (before) {
                  Runtime.getRuntime().halt(ExitStatus.INTERRUPTED);
                }
                before = true;
                Thread.ofVirtual().start(context::interrupt);
              }
            });
  }

  private Outcome runScripts(ScriptContext context, ShellOutput output) {
    Outcome outcome = new Outcome.Finished();
    for (Path file : scripts.checked) {
      Outcome checked = fromFile(file, context::check);
      if (checked instanceof Outcome.Failed(String text)) {
        // All files are judged, not only up to the first bad one.
        if (outcome instanceof Outcome.Failed(String earlier)) {
          output.printError(earlier);
        }
        outcome = new Outcome.Failed(text);
      }
    }
    if (!scripts.checked.isEmpty()) {
      return outcome;
    }
    for (Path file : scripts.files) {
      outcome = fromFile(file, context::runFile);
      if (!(outcome instanceof Outcome.Finished)) {
        return outcome;
      }
    }
    for (String text : scripts.strings) {
      outcome = context.run(text);
      if (!(outcome instanceof Outcome.Finished)) {
        return outcome;
      }
    }
    return outcome;
  }

  private interface FileAction {
    Outcome on(Path file) throws IOException;
  }

  private static Outcome fromFile(Path file, FileAction action) {
    try {
      return action.on(file);
    } catch (IOException e) {
      return new Outcome.Failed(
          "cannot read '" + file + "': " + (Files.exists(file) ? e.getMessage() : "no such file"));
    }
  }

  private CompletableFuture<ServerGreeting> greet(ShellConnection connection) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return ServerGreeting.ask(connection);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
          }
        },
        task -> Thread.ofVirtual().name("greeting").start(task));
  }

  private static ServerGreeting await(CompletableFuture<ServerGreeting> greeting) {
    // Bounded by the connection's own limits.
    return greeting.join();
  }

  private Integer interactive(@Nullable PrintStream transcript) throws IOException {
    try (Terminal terminal =
            TerminalBuilder.builder().system(true).encoding(StandardCharsets.UTF_8).build();
        ShellConnection connection = connection()) {
      CompletableFuture<ServerGreeting> greeting = server.connects() ? greet(connection) : null;
      ShellOutput output = audited(ShellOutput.terminal(terminal), transcript);
      if (!console.quiet) {
        output.print(banner());
      }
      try (ScriptContext context =
          new ScriptContext(scriptSettings(), connection, output, () -> readLine(terminal))) {
        if (greeting != null) {
          showGreeting(connection, output, await(greeting));
        }
        Path home = Path.of(System.getProperty("user.home"));
        Path startScript = home.resolve(".arangosh.rc");
        if (Files.isRegularFile(startScript)) {
          Outcome outcome = fromFile(startScript, context::runFile);
          switch (outcome) {
            case Outcome.Finished() -> {}
            case Outcome.Failed(String text) -> output.printError(text);
            case Outcome.Exited(int status) -> {
              return status;
            }
            case Outcome.Interrupted(String notice) -> output.printError("interrupted " + notice);
          }
        }
        Repl.Settings settings =
            new Repl.Settings(
                console.prompt,
                console.history ? home.resolve(".arangosh.history") : null,
                console.autoComplete);
        return new Repl(context, connection, output, terminal, settings).run();
      }
    }
  }

  private static @Nullable String readLine(Terminal terminal) {
    try {
      StringBuilder line = new StringBuilder();
      for (int c = terminal.reader().read(); c >= 0; c = terminal.reader().read()) {
        if (c == '\n' || c == '\r') {
          return line.toString();
        }
        line.append((char) c);
      }
      return line.isEmpty() ? null : line.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void showGreeting(ShellConnection connection, ShellOutput output, ServerGreeting first) {
    ServerGreeting greeting = first;
    if (greeting instanceof ServerGreeting.Refused refused
        && refused.unauthorized()
        && server.passwordUnknown()) {
      output.flush();
      connection.reconnect(
          connection.settings().withCredentials(server.basic(ServerOptions.askPassword())),
          connection.database());
      greeting = greet(connection).join();
    }
    switch (greeting) {
      case ServerGreeting.Welcome welcome -> {
        if (!console.quiet) {
          output.print(welcome.sentence(connection) + "\n\n");
        }
      }
      case ServerGreeting.Refused refused ->
          output.printError(refused.sentences(connection) + "\n");
    }
  }

  private static String banner() {
    return ProductVersion.text()
        + " shell\n"
        + "JavaScript with ArangoDB's 'db' object and modules. Type 'help' for an overview, 'exit'"
        + " or Ctrl-D to leave.\n\n";
  }
}
