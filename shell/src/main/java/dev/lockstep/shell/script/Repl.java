package dev.lockstep.shell.script;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.LocalTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;

/// The prompt: reads a command, runs it, prints its value, until `exit`, Ctrl-D or Ctrl-C on an
/// empty line twice.
public final class Repl {
  private final ScriptContext scripts;
  private final ShellConnection connection;
  private final ShellOutput output;
  private final Terminal terminal;
  private final Settings settings;
  private final LineReader reader;

  /// @param prompt pattern, see [Prompt]
  /// @param historyFile where typed lines are kept, or null to keep none
  /// @param autoComplete whether Tab completes names
  public record Settings(String prompt, @Nullable Path historyFile, boolean autoComplete) {}

  public Repl(
      ScriptContext scripts,
      ShellConnection connection,
      ShellOutput output,
      Terminal terminal,
      Settings settings) {
    this.scripts = scripts;
    this.connection = connection;
    this.output = output;
    this.terminal = terminal;
    this.settings = settings;
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .appName("lockstep shell")
            .terminal(terminal)
            .parser(new TypedTextParser(scripts))
            .history(new ShellHistory())
            .variable(LineReader.HISTORY_SIZE, ShellHistory.LINES_MAX)
            .variable(LineReader.HISTORY_FILE_SIZE, ShellHistory.FILE_LINES_KEPT)
            .option(LineReader.Option.HISTORY_TIMESTAMPED, false)
            .option(LineReader.Option.HISTORY_INCREMENTAL, true)
            .option(LineReader.Option.HISTORY_IGNORE_SPACE, true)
            .option(LineReader.Option.HISTORY_IGNORE_DUPS, true)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .option(LineReader.Option.AUTO_FRESH_LINE, true)
            // A name is completed as it is spelled; guesses would put code on the line that nobody
            // typed.
            .option(LineReader.Option.COMPLETE_MATCHER_TYPO, false)
            .option(LineReader.Option.COMPLETE_MATCHER_CAMELCASE, false);
    if (settings.historyFile() != null) {
      createForOwnerOnly(settings.historyFile());
      builder.variable(LineReader.HISTORY_FILE, settings.historyFile());
    }
    if (settings.autoComplete()) {
      builder.completer((_, line, candidates) -> {
        String word = line.word();
        if (word.isEmpty()) {
          return;
        }
        int stem = word.lastIndexOf('.') + 1;
        for (String name : scripts.completions(word)) {
          candidates.add(
              new Candidate(
                  name,
                  name.substring(Math.min(stem, name.length())),
                  null,
                  null,
                  null,
                  null,
                  false));
        }
      });
    }
    this.reader = builder.build();
  }

  private static void createForOwnerOnly(Path file) {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (IOException | UnsupportedOperationException _) {
      // It is there already, or cannot be had; the line editor then says what it cannot save.
    }
  }

  /// @return exit status for the program
  public int run() {
    AtomicInteger interrupts = new AtomicInteger();
    Terminal.SignalHandler previous =
        terminal.handle(
            Terminal.Signal.INT,
            _ -> {
              // On a thread of its own: the terminal's signal thread must stay free for the second
              // Ctrl-C.
              if (interrupts.incrementAndGet() == 1) {
                Thread.ofVirtual().start(scripts::interrupt);
              } else {
                Runtime.getRuntime().halt(130);
              }
            });
    Duration lastCommand = Duration.ZERO;
    boolean interruptedBefore = false;
    try {
      while (true) {
        String prompt = Prompt.of(settings.prompt(), connection, LocalTime.now(), lastCommand);
        reader.variable(
            LineReader.SECONDARY_PROMPT_PATTERN, Prompt.continuation(prompt).replace("%", "%%"));
        String line;
        try {
          line = reader.readLine(prompt);
        } catch (UserInterruptException e) {
          if (e.getPartialLine().isEmpty() && interruptedBefore) {
            return 0;
          }
          interruptedBefore = e.getPartialLine().isEmpty();
          if (interruptedBefore) {
            output.print("(press Ctrl-C again, or Ctrl-D, to leave)\n");
          }
          continue;
        } catch (EndOfFileException _) {
          return 0;
        }
        interruptedBefore = false;
        if (line.isBlank()) {
          continue;
        }
        if (TypedCommand.isExit(line)) {
          return 0;
        }
        interrupts.set(0);
        long begin = System.nanoTime();
        output.noteCommand(prompt + line);
        Outcome outcome = scripts.evaluateAndPrint(TypedCommand.toScript(line));
        lastCommand = Duration.ofNanos(System.nanoTime() - begin);
        switch (outcome) {
          case Outcome.Finished() -> {}
          case Outcome.Failed(String text) -> output.printError(text);
          case Outcome.Interrupted(String notice) ->
              output.printError(notice.isEmpty() ? "interrupted" : "interrupted: " + notice);
          case Outcome.Exited(int status) -> {
            return status;
          }
        }
      }
    } finally {
      terminal.handle(Terminal.Signal.INT, previous);
    }
  }
}
