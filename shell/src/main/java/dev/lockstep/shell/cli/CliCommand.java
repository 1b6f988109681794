package dev.lockstep.shell.cli;

import dev.lockstep.client.TransportException;
import dev.lockstep.core.LockstepException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What every command has: `--help`, and one place where failures become a sentence on standard
/// error and an exit status.
@Command(
    mixinStandardHelpOptions = false,
    sortOptions = false,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done, and all is well",
      "1:done, but not all is well (see the message)",
      "2:not done: wrong arguments, no connection, no permission, an unreadable file"
    })
abstract class CliCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @SuppressWarnings("unused") // picocli acts on it
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean isHelpWanted;

  /// Does the work.
  ///
  /// @return one of [ExitStatus]
  abstract int run() throws CommandFailure, IOException, InterruptedException;

  @Override
  public final Integer call() {
    LockstepCommand.logTo("warning");
    try {
      return run();
    } catch (CommandFailure e) {
      return complain(String.valueOf(e.getMessage()), e.status());
    } catch (ServerRefusal | TransportException e) {
      return complain(String.valueOf(e.getMessage()), ExitStatus.USAGE);
    } catch (LockstepException e) {
      return complain(e.getMessage() + " (error " + e.number().number() + ")", ExitStatus.USAGE);
    } catch (UsageException e) {
      return complain(String.valueOf(e.getMessage()), ExitStatus.USAGE);
    } catch (NoSuchFileException e) {
      return complain("there is no file " + e.getFile(), ExitStatus.USAGE);
    } catch (FileAlreadyExistsException e) {
      return complain(e.getFile() + " exists already", ExitStatus.USAGE);
    } catch (AccessDeniedException e) {
      return complain("no permission for " + e.getFile(), ExitStatus.USAGE);
    } catch (IOException e) {
      return complain(String.valueOf(e.getMessage()), ExitStatus.USAGE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return complain("interrupted", ExitStatus.USAGE);
    }
  }

  private int complain(String sentence, int status) {
    err().println("lockstep " + spec.name() + ": " + sentence);
    err().flush();
    return status;
  }

  /// Results.
  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /// Complaints and notes.
  final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /// An argument that picocli cannot judge by its type.
  final CommandFailure usage(String sentence) {
    return CommandFailure.notDone(sentence + "\nTry 'lockstep " + spec.name() + " --help'.");
  }
}
