package dev.lockstep.core.storage;

/// The engine could not read, or found damage. Not retried blindly: the message says what was being
/// read.
public class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StorageException(String message) {
    super(message);
  }

  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
