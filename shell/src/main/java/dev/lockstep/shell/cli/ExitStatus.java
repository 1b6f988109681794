package dev.lockstep.shell.cli;

/// What `lockstep` tells its caller when it ends; explained by `lockstep help`.
public final class ExitStatus {
  /// Done, and nothing was wrong.
  public static final int OK = 0;

  /// The command ran and failed, or found what it looks for (a difference, say).
  public static final int FAILED = 1;

  /// Nothing was done: the command line makes no sense, there is no connection, a file cannot be
  /// read. The shell answers [#FAILED] instead, as arangosh does.
  public static final int USAGE = 2;

  /// Ended by Ctrl-C: 128 plus the number of the signal, as shells expect it.
  public static final int INTERRUPTED = 130;

  private ExitStatus() {}
}
