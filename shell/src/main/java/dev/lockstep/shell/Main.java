package dev.lockstep.shell;

import dev.lockstep.shell.cli.LockstepCommand;

/// Entry of every `lockstep <command>` but `lockstep server`.
public final class Main {
  /// Scripts recurse, and the script engine needs several Java frames per call of theirs. Only what
  /// is used costs memory.
  private static final long STACK_BYTES = 64L << 20;

  private Main() {}

  public static void main(String[] arguments) {
    // Not a plain return: a client's pool or a script may have left threads that nobody waits for.
    new Thread(null, () -> System.exit(LockstepCommand.execute(arguments)), "main", STACK_BYTES)
        .start();
  }
}
