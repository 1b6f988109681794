package dev.lockstep.shell.cli;

import picocli.CommandLine.Option;

/// `--progress` of the commands that show a line of progress and nothing else for it. A picocli
/// mixin.
final class ProgressOption {
  @Option(
      names = "--progress",
      arity = "0..1",
      fallbackValue = "true",
      defaultValue = "true",
      description = "Show progress on a terminal (default: ${DEFAULT-VALUE}).")
  private boolean isShown;

  /// The line; it shows nothing where that is not wanted, or where there is no terminal. The caller
  /// closes it.
  ProgressLine line() {
    return ProgressLine.onTerminal(isShown);
  }
}
