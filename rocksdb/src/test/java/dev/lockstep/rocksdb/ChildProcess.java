package dev.lockstep.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/// Another JVM with this one's class path, whose output (both streams) is read line by line.
final class ChildProcess implements AutoCloseable {
  /// The library, unpacked once for all children, as a distribution does it.
  private static final Path NATIVE_LIBRARY_FOLDER = unpackNativeLibrary();

  private final Process process;
  private final BufferedReader output;

  private ChildProcess(Process process) {
    this.process = process;
    this.output = process.inputReader(UTF_8);
  }

  private static Path unpackNativeLibrary() {
    String name = Environment.getJniLibraryFileName("rocksdb");
    try (InputStream packed =
        Objects.requireNonNull(RocksDB.class.getResourceAsStream("/" + name), name)) {
      Path folder = Files.createTempDirectory("lockstep-rocksdb-test");
      Path library = folder.resolve(name);
      Files.copy(packed, library);
      folder.toFile().deleteOnExit();
      library.toFile().deleteOnExit();
      return folder;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static ChildProcess start(Class<?> main, String... arguments) throws IOException {
    return startCommand(command(main, arguments));
  }

  static List<String> command(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-Dslf4j.internal.verbosity=ERROR",
            "-Djava.library.path=" + NATIVE_LIBRARY_FOLDER));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(Arrays.asList(arguments));
    return command;
  }

  static ChildProcess startCommand(List<String> command) throws IOException {
    return new ChildProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /// Runs it to its end.
  static Ended run(Class<?> main, String... arguments) throws IOException, InterruptedException {
    try (ChildProcess child = start(main, arguments)) {
      return child.awaitEnd();
    }
  }

  record Ended(int status, String output) {}

  Ended awaitEnd() throws IOException, InterruptedException {
    StringBuilder all = new StringBuilder();
    for (String line = readLine(); line != null; line = readLine()) {
      all.append(line).append('\n');
    }
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the child process does not end; it said: " + all);
    }
    return new Ended(process.exitValue(), all.toString());
  }

  /// `null` at the end of the output.
  @Nullable String readLine() throws IOException {
    return output.readLine();
  }

  /// `kill -9`; what was printed before can still be read.
  void kill() {
    // Not Process.destroyForcibly, which closes the output as well.
    process.toHandle().destroyForcibly();
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    output.close();
  }
}
