package dev.lockstep.core.document;

/// Text that is no acceptable JSON. Permanent: the same text fails again.
public final class InvalidJsonException extends RuntimeException {
  private final long line;
  private final long column;
  private final String reason;

  public InvalidJsonException(long line, long column, String reason) {
    super("invalid JSON at line " + line + ", column " + column + ": " + reason);
    this.line = line;
    this.column = column;
    this.reason = reason;
  }

  /// Line of the input, from 1.
  public long line() {
    return line;
  }

  /// Column in the line, from 1.
  public long column() {
    return column;
  }

  /// What is wrong, without the place.
  public String reason() {
    return reason;
  }
}
