package dev.lockstep.shell.cli;

/// Ends a command with a sentence for the user and an exit status; no stack trace is shown. The
/// sentence never holds a secret.
public final class CommandFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  private CommandFailure(int status, String sentence, Throwable cause) {
    super(sentence, cause);
    this.status = status;
  }

  private CommandFailure(int status, String sentence) {
    super(sentence);
    this.status = status;
  }

  /// [ExitStatus#USAGE]: the command could not do its work.
  public static CommandFailure notDone(String sentence) {
    return new CommandFailure(ExitStatus.USAGE, sentence);
  }

  /// As [#notDone(String)], with the failure behind it.
  public static CommandFailure notDone(String sentence, Throwable cause) {
    return new CommandFailure(ExitStatus.USAGE, sentence, cause);
  }

  /// [ExitStatus#FAILED]: it did its work, and the outcome is bad.
  public static CommandFailure failed(String sentence) {
    return new CommandFailure(ExitStatus.FAILED, sentence);
  }

  /// One of [ExitStatus].
  public int status() {
    return status;
  }
}
