package dev.lockstep.shell.script;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// How scripts see their surroundings.
///
/// @param prettyPrint whether structures are printed over several lines
/// @param colors whether they are printed in colours
/// @param currentModuleDirectory whether `require` looks into the working directory
/// @param startupDirectory folder with further modules for `require`
/// @param temporaryFolder where `fs.getTempFile` makes its files
/// @param arguments the global `ARGUMENTS`
/// @param options what `internal.options()` answers; holds no passwords
public record ScriptSettings(
    boolean prettyPrint,
    boolean colors,
    boolean currentModuleDirectory,
    Path startupDirectory,
    Path temporaryFolder,
    List<String> arguments,
    Map<String, String> options) {
  public ScriptSettings {
    arguments = List.copyOf(arguments);
    options = Map.copyOf(options);
  }

  /// Pretty-printed, no colours, no arguments.
  public static ScriptSettings defaults() {
    return new ScriptSettings(
        true,
        false,
        true,
        Path.of("js"),
        Path.of(System.getProperty("java.io.tmpdir")),
        List.of(),
        Map.of());
  }
}
