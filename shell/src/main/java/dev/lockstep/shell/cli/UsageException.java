package dev.lockstep.shell.cli;

/// The command line or a configuration file asks for something that does not exist or makes no
/// sense. The message is shown to the person as it stands.
public final class UsageException extends RuntimeException {
  public UsageException(String message) {
    super(message);
  }
}
