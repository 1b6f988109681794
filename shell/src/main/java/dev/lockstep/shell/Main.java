package dev.lockstep.shell;

import dev.lockstep.shell.cli.LockstepCommand;

/// Entry of every `lockstep <command>` but `lockstep server`.
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    // Not a plain return: a client's pool or a script may have left threads that nobody waits for.
    System.exit(LockstepCommand.execute(arguments));
  }
}
