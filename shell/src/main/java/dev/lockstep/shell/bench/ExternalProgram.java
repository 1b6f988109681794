package dev.lockstep.shell.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A program of somebody else on this machine.
///
/// @param file the executable
record ExternalProgram(Path file) {
  private static final long MINUTES_MAX = 60;
  private static final int OUTPUT_SHOWN_MAX = 2000;

  /// Where Debian keeps the programs of a PostgreSQL server, which are not on the path.
  private static final Path DEBIAN_POSTGRESQL = Path.of("/usr/lib/postgresql");

  /// @param packageName what to install if it is missing
  /// @throws IOException that says how to install it
  static ExternalProgram find(String name, String packageName) throws IOException {
    List<Path> folders = new ArrayList<>(debianPostgresql());
    String path = System.getenv("PATH");
    Arrays.stream((path == null ? "" : path).split(File.pathSeparator, -1))
        .filter(folder -> !folder.isEmpty())
        .forEach(folder -> folders.add(Path.of(folder)));
    Optional<Path> found =
        folders.stream()
            .map(folder -> folder.resolve(name))
            .filter(Files::isExecutable)
            .findFirst();
    return new ExternalProgram(
        found.orElseThrow(() ->
            new IOException(
                "the program '"
                    + name
                    + "' is not on this machine; on Debian and Ubuntu: apt-get install "
                    + packageName)));
  }

  /// The newest version first.
  private static List<Path> debianPostgresql() throws IOException {
    if (!Files.isDirectory(DEBIAN_POSTGRESQL)) {
      return List.of();
    }
    try (Stream<Path> versions = Files.list(DEBIAN_POSTGRESQL)) {
      return versions
          .filter(version -> version.getFileName().toString().matches("[0-9]+"))
          .sorted(
              Comparator.comparing(
                      (Path version) -> Integer.valueOf(version.getFileName().toString()))
                  .reversed())
          .map(version -> version.resolve("bin"))
          .toList();
    }
  }

  /// Its call with arguments, not started yet.
  List<String> call(String... arguments) {
    List<String> call = new ArrayList<>();
    call.add(file.toString());
    call.addAll(List.of(arguments));
    return call;
  }

  /// Runs a call to its end.
  ///
  /// @param log for everything it says
  /// @return what it said
  /// @throws IOException with that, if it fails or takes more than [#MINUTES_MAX] minutes
  static String run(List<String> call, Path log) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(call).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      process.getOutputStream().close();
      awaitSuccess(process, call.getFirst(), log);
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(log, StandardCharsets.UTF_8);
  }

  /// @param log where its complaints went
  /// @throws IOException with them, if it fails or takes more than [#MINUTES_MAX] minutes
  static void awaitSuccess(Process process, String name, Path log)
      throws IOException, InterruptedException {
    if (!process.waitFor(MINUTES_MAX, TimeUnit.MINUTES)) {
      throw new IOException(name + " did not end within " + MINUTES_MAX + " minutes");
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          name + " failed (exit status " + process.exitValue() + "):\n" + endOf(log));
    }
  }

  static String endOf(Path log) throws IOException {
    String text = Files.readString(log, StandardCharsets.UTF_8).strip();
    return text.substring(Math.max(0, text.length() - OUTPUT_SHOWN_MAX));
  }
}
