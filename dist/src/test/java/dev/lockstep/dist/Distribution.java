package dev.lockstep.dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The built distribution under test. Where it lies comes from the build (`lockstep.distribution`);
/// the Java that runs it is the one that runs the tests, and its home folder an empty one, so that
/// nobody's shell history or start-up file takes part.
final class Distribution {
  private static final AtomicInteger LOGS = new AtomicInteger();

  private Distribution() {}

  /// @throws IllegalStateException if it was not built: these tests run in `mvn verify`, not from
  ///   an IDE alone
  static Path folder() {
    Path folder = Path.of(property("lockstep.distribution"));
    if (!Files.isExecutable(folder.resolve("bin/lockstep"))) {
      throw new IllegalStateException(
          "no distribution in " + folder + "; build it: mvn -DskipTests package");
    }
    return folder;
  }

  /// The checkout, for its examples and its launcher.
  static Path checkout() {
    return Path.of(property("lockstep.checkout"));
  }

  static Path example(String name) {
    return folder().resolve("examples").resolve(name);
  }

  private static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException(
          "the build did not set " + name + "; run: mvn verify -pl dist -am");
    }
    return value;
  }

  /// Makes the start cache once, before anything is measured or waited for: on a busy machine that
  /// takes a while.
  private static final class StartCache {
    private static final long MAKE_MINUTES_MAX = 10;

    static {
      try {
        Process process =
            unprepared(List.of("import", "--help"))
                .redirectErrorStream(true)
                .redirectOutput(newLog("start-cache").toFile())
                .start();
        if (!process.waitFor(MAKE_MINUTES_MAX, TimeUnit.MINUTES)) {
          process.destroyForcibly();
          throw new IllegalStateException(
              "the start cache was not made within " + MAKE_MINUTES_MAX + " minutes");
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    private StartCache() {}

    static void make() {
      // The work is in the initializer: done once, and awaited by whoever comes meanwhile.
    }
  }

  /// A launcher call that is not started yet, in an environment of its own.
  static ProcessBuilder command(String... arguments) {
    return command(Arrays.asList(arguments));
  }

  static ProcessBuilder command(List<String> arguments) {
    StartCache.make();
    return unprepared(arguments);
  }

  private static ProcessBuilder unprepared(List<String> arguments) {
    List<String> call = new ArrayList<>();
    call.add(folder().resolve("bin/lockstep").toString());
    call.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(call);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("LOCKSTEP_") || name.startsWith("ARANGO"));
    builder.environment().put("LOCKSTEP_JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("HOME", emptyHome().toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder;
  }

  static Path emptyHome() {
    return created(target().resolve("e2e/home"));
  }

  /// A new file for the output of a process; kept after the tests, failures name it.
  static Path newLog(String name) {
    return created(target().resolve("e2e/logs"))
        .resolve(String.format("%03d-%s.log", LOGS.incrementAndGet(), name));
  }

  /// The build folder of `dist`.
  static Path target() {
    Path parent = folder().getParent();
    if (parent == null) {
      throw new IllegalStateException("the distribution has no parent folder");
    }
    return parent;
  }

  private static Path created(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
