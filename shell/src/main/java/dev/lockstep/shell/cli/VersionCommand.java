package dev.lockstep.shell.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `lockstep version`.
@Command(
    name = "version",
    description = "Prints the version.",
    exitCodeOnInvalidInput = ExitStatus.USAGE,
    mixinStandardHelpOptions = false)
public final class VersionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().getOut().println(ProductVersion.text());
    return ExitStatus.OK;
  }
}
