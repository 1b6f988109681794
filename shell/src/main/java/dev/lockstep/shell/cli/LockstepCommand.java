package dev.lockstep.shell.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import dev.lockstep.shell.text.NearestName;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `lockstep`: the list of commands. A new command is a class with picocli's annotations, named in
/// `subcommands` below; `server` is started by the launcher without passing here.
@Command(
    name = "lockstep",
    description =
        "A document server with leader/follower collection synchronization, and its tools.",
    synopsisSubcommandLabel = "<command>",
    commandListHeading = "%nCommands (lockstep help <command> explains one):%n",
    subcommands = {
      ShellCommand.class,
      ImportCommand.class,
      ExportCommand.class,
      SyncCommand.class,
      JobsCommand.class,
      FollowCommand.class,
      StatusCommand.class,
      PromoteCommand.class,
      VerifyCommand.class,
      DemoCommand.class,
      BenchCommand.class,
      TrainStartCacheCommand.class,
      VersionCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "  server   Runs the server (lockstep server --help).",
      "",
      "Exit status: 0 done, all is well; 1 failed, or found a difference; 2 not done: wrong"
          + " arguments, no connection",
      "(the shell then answers 1, as arangosh does)."
    })
public final class LockstepCommand implements Runnable {
  /// Held, because loggers that nobody holds lose their level.
  private static final java.util.logging.Logger LINE_EDITOR_LOG =
      java.util.logging.Logger.getLogger("org.jline");

  @Spec private CommandSpec spec;

  private LockstepCommand() {}

  /// Runs one command and returns its exit status.
  public static int execute(String... arguments) {
    CommandLine line = create();
    if (arguments.length == 1 && (arguments[0].equals("--help") || arguments[0].equals("-h"))) {
      line.usage(line.getOut());
      return ExitStatus.OK;
    }
    if (arguments.length == 1 && arguments[0].equals("--version")) {
      return line.execute("version");
    }
    try {
      String[] prepared = prepared(arguments, line);
      if (isShell(arguments)) {
        for (int i = 1; i < prepared.length && !prepared[i].equals("--"); i++) {
          if (prepared[i].startsWith("--help-")
              && ShellCommand.printSectionHelp(
                  subcommand(line, "shell"), prepared[i].substring("--help-".length()))) {
            return ExitStatus.OK;
          }
        }
      }
      return line.execute(prepared);
    } catch (UsageException e) {
      System.err.println(
          "lockstep " + (arguments.length > 0 ? arguments[0] : "") + ": " + e.getMessage());
      return isShell(arguments) ? ExitStatus.FAILED : ExitStatus.USAGE;
    }
  }

  /// The command line parser with all commands, for tests and for tools that list them.
  static CommandLine create() {
    CommandLine line = new CommandLine(new LockstepCommand());
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    line.setOut(out)
        .setErr(err)
        .setExpandAtFiles(false) // '@' refers to environment variables
        .setOverwrittenOptionsAllowed(
            true) // the command line after the configuration file: the last one counts
        .setAbbreviatedOptionsAllowed(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setUsageHelpLongOptionsMaxWidth(38)
        .setParameterExceptionHandler(LockstepCommand::explainUsageError)
        .setExecutionExceptionHandler(LockstepCommand::explainFailure);
    return line;
  }

  /// Logging of everything but the server: warnings and errors, on standard error. Called by
  /// commands before they touch a library that logs.
  public static void logTo(String levelName) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n");
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(levelName, Level.WARN));
    root.addAppender(appender);
    // The line editor's advice (permissions of the history file and the like) would land in the
    // middle of the screen.
    LINE_EDITOR_LOG.setLevel(java.util.logging.Level.SEVERE);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static CommandLine subcommand(CommandLine line, String name) {
    return Objects.requireNonNull(line.getSubcommands().get(name), name);
  }

  private static boolean isShell(String[] arguments) {
    return arguments.length > 0 && arguments[0].equals("shell");
  }

  /// Resolves environment references, and puts the settings of the shell's configuration file
  /// before its options.
  private static String[] prepared(String[] arguments, CommandLine line) {
    if (!isShell(arguments)) {
      return arguments;
    }
    List<String> resolved = new ArrayList<>(List.of("shell"));
    List<String> given = new ArrayList<>();
    boolean ownArguments = false;
    for (int i = 1; i < arguments.length; i++) {
      ownArguments |= arguments[i].equals("--");
      // What follows "--" belongs to the script and is left alone.
      given.add(
          ownArguments
              ? arguments[i]
              : EnvironmentReferences.resolve(arguments[i], System::getenv));
    }
    resolved.addAll(
        ShellCommand.settingsFromFile(given, subcommand(line, "shell").getCommandSpec()));
    resolved.addAll(given);
    return resolved.toArray(String[]::new);
  }

  private static int explainUsageError(CommandLine.ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    StringBuilder text = new StringBuilder(command.getCommandSpec().qualifiedName()).append(": ");
    if (error instanceof CommandLine.UnmatchedArgumentException unmatched
        && !unmatched.getUnmatched().isEmpty()) {
      String name = unmatched.getUnmatched().getFirst();
      if (unmatched.isUnknownOption()) {
        String option = name.contains("=") ? name.substring(0, name.indexOf('=')) : name;
        text.append("unknown option '").append(option).append('\'');
        NearestName.of(option, command.getCommandSpec().optionsMap().keySet())
            .ifPresent(nearest -> text.append("; did you mean '").append(nearest).append("'?"));
      } else if (command.getParent() == null) {
        text.append("unknown command '").append(name).append('\'');
        List<String> known = new ArrayList<>(command.getSubcommands().keySet());
        known.add("server");
        NearestName.of(name, known)
            .ifPresent(nearest -> text.append("; did you mean '").append(nearest).append("'?"));
      } else {
        text.append("unexpected argument '").append(name).append('\'');
      }
    } else {
      text.append(error.getMessage());
    }
    command.getErr().println(text);
    command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int explainFailure(
      Exception failure, CommandLine command, CommandLine.ParseResult result) throws Exception {
    if (failure instanceof UsageException) {
      command
          .getErr()
          .println(command.getCommandSpec().qualifiedName() + ": " + failure.getMessage());
      return command.getCommandSpec().exitCodeOnInvalidInput();
    }
    throw failure;
  }
}
