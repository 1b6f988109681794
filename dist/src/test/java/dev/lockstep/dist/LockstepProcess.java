package dev.lockstep.dist;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A call of the launcher that ends by itself: `lockstep shell --javascript.execute ...`, `lockstep
/// verify ...`. Its output goes to files, so that no full pipe can stop it.
final class LockstepProcess {
  /// More than the slowest command needs on a busy two-core machine.
  private static final Duration TIME_MAX = Duration.ofMinutes(5);

  private final Process process;
  private final List<String> arguments;
  private final Path out;
  private final Path err;
  private final long startedNanos = System.nanoTime();

  private LockstepProcess(Process process, List<String> arguments, Path out, Path err) {
    this.process = process;
    this.arguments = arguments;
    this.out = out;
    this.err = err;
  }

  /// What a finished command left.
  ///
  /// @param status exit status; 128 + n after signal n
  record Outcome(List<String> arguments, int status, String out, String err, Duration took) {
    /// @throws AssertionError with everything it printed, if the status is another
    Outcome hasStatus(int expected) {
      if (status != expected) {
        throw new AssertionError("expected exit status " + expected + " of " + this);
      }
      return this;
    }

    /// The last line of standard output that is not blank, or "".
    String lastLine() {
      return out.lines().filter(line -> !line.isBlank()).reduce("", (_, line) -> line).strip();
    }

    @Override
    public String toString() {
      return "lockstep "
          + String.join(" ", arguments)
          + "\nexit status "
          + status
          + "\nout: "
          + out
          + "\nerr: "
          + err;
    }
  }

  /// Runs to the end.
  static Outcome run(String... arguments) {
    return start(null, arguments).finish();
  }

  /// Runs to the end with a file as standard input.
  static Outcome runWithInput(Path input, String... arguments) {
    return start(input, arguments).finish();
  }

  /// @param input standard input; null for an empty one
  static LockstepProcess start(@Nullable Path input, String... arguments) {
    return start(Distribution.command(arguments), List.of(arguments), input);
  }

  static LockstepProcess start(
      ProcessBuilder command, List<String> arguments, @Nullable Path input) {
    Path out =
        Distribution.newLog(arguments.isEmpty() ? "lockstep" : arguments.getFirst() + "-out");
    Path err =
        Distribution.newLog(arguments.isEmpty() ? "lockstep" : arguments.getFirst() + "-err");
    try {
      Process process =
          command
              .redirectInput(input == null ? Path.of("/dev/null").toFile() : input.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      return new LockstepProcess(process, arguments, out, err);
    } catch (IOException e) {
      throw new AssertionError("cannot start " + arguments, e);
    }
  }

  Process process() {
    return process;
  }

  /// What it printed so far.
  String outSoFar() {
    return read(out);
  }

  /// Waits for its end.
  ///
  /// @throws AssertionError if it does not come in time; the process is killed then
  Outcome finish() {
    try {
      if (!process.waitFor(TIME_MAX.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError("no end after " + TIME_MAX + ": " + outcome());
      }
      return outcome();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private Outcome outcome() {
    Duration took = Duration.ofNanos(System.nanoTime() - startedNanos);
    return new Outcome(arguments, process.exitValue(), read(out), read(err), took);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError("cannot read " + file, e);
    }
  }
}
