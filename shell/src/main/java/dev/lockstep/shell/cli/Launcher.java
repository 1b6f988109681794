package dev.lockstep.shell.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The `lockstep` script that started this process, for commands that start others.
final class Launcher {
  private Launcher() {}

  /// A call of it that is not started yet, which neither builds nor trains: this process's own
  /// start has done that.
  ///
  /// @throws CommandFailure if this process was not started by it
  static ProcessBuilder command(List<String> arguments) throws CommandFailure {
    List<String> call = new ArrayList<>();
    call.add(location("lockstep.launcher").toString());
    call.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(call);
    builder.environment().put("LOCKSTEP_JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("LOCKSTEP_BUILD", "off");
    return builder;
  }

  /// The folder of the distribution: `bin/`, `lib/`, `examples/`.
  static Path home() throws CommandFailure {
    return location("lockstep.home");
  }

  private static Path location(String property) throws CommandFailure {
    String value = System.getProperty(property);
    if (value == null || !Files.exists(Path.of(value))) {
      throw CommandFailure.notDone(
          "this command works only when it is started by the lockstep launcher");
    }
    return Path.of(value);
  }
}
