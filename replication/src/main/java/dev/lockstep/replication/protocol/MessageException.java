package dev.lockstep.replication.protocol;

/// A message of a peer does not have the form it must have. Whoever asked for the message knows
/// where it came from and makes a [ProtocolViolationException] of it.
public final class MessageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MessageException(String detail) {
    super(detail);
  }

  public MessageException(String detail, Throwable cause) {
    super(detail, cause);
  }
}
