package dev.lockstep.shell.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One `psql` that stays connected: a question costs no start of a process. One thread.
final class PsqlSession implements AutoCloseable {
  private static final String END = "end-of-answer";

  /// Of one statement: a server that hangs must not hang the benchmark for ever.
  private static final String STATEMENT_MAX = "60min";

  private final Process process;
  private final Writer in;
  private final BufferedReader out;
  private final Path complaints;

  /// @param call of psql with where to connect to
  /// @param complaints file for its standard error
  PsqlSession(List<String> call, Path complaints) throws IOException {
    this.complaints = complaints;
    List<String> quiet = new ArrayList<>(call);
    quiet.addAll(List.of("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"));
    this.process =
        new ProcessBuilder(quiet)
            .redirectError(ProcessBuilder.Redirect.appendTo(complaints.toFile()))
            .start();
    this.in = process.outputWriter(StandardCharsets.UTF_8);
    this.out = process.inputReader(StandardCharsets.UTF_8);
    run("SET client_min_messages = warning; SET statement_timeout = '" + STATEMENT_MAX + "';");
  }

  /// Runs statements, each with its semicolon, or one command of psql's own.
  ///
  /// @return what they print, a line for each row
  /// @throws IOException with psql's complaint, if one fails
  List<String> run(String statements) throws IOException {
    List<String> lines = new ArrayList<>();
    try {
      in.write(statements + "\n\\echo " + END + "\n");
      in.flush();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.equals(END)) {
          return lines;
        }
        lines.add(line);
      }
    } catch (IOException e) {
      throw failure(e);
    }
    throw failure(null);
  }

  private IOException failure(@Nullable IOException cause) throws IOException {
    return new IOException("psql failed:\n" + ExternalProgram.endOf(complaints), cause);
  }

  /// As [#run], of statements with one row as their answer.
  String one(String statement) throws IOException {
    List<String> lines = run(statement);
    if (lines.size() != 1) {
      throw new IOException("one row was expected from '" + statement + "', not " + lines);
    }
    return lines.getFirst();
  }

  @Override
  public void close() {
    process.destroy();
  }
}
