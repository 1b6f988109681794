package dev.lockstep.shell.cli;

import dev.lockstep.shell.text.NearestName;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `lockstep help [command]`.
@Command(
    name = "help",
    description = "Explains all commands or one of them.",
    exitCodeOnInvalidInput = ExitStatus.USAGE)
public final class HelpCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "<command>", description = "The command to explain.")
  private String name;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine all = spec.commandLine().getParent();
    if (name == null) {
      all.usage(all.getOut());
      return ExitStatus.OK;
    }
    CommandLine command = all.getSubcommands().get(name);
    if (command == null) {
      List<String> known = new ArrayList<>(all.getSubcommands().keySet());
      throw new UsageException(
          "unknown command '"
              + name
              + "'"
              + NearestName.of(name, known)
                  .map(nearest -> "; did you mean '" + nearest + "'?")
                  .orElse(""));
    }
    command.usage(all.getOut());
    return ExitStatus.OK;
  }
}
