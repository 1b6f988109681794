package dev.lockstep.server.settings;

/// Settings that cannot be used. The message is for the operator: it names the option, where it
/// came from and what was expected.
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SettingsException(String message) {
    super(message);
  }
}
