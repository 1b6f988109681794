package dev.lockstep.core.document;

/// Text that is no acceptable JSON. Permanent: the same text fails again.
public final class InvalidJsonException extends RuntimeException {
  private final long line;
  private final long column;
  private final String reason;
  private final boolean isTooDeep;

  public InvalidJsonException(long line, long column, String reason) {
    this(line, column, reason, false);
  }

  private InvalidJsonException(long line, long column, String reason, boolean isTooDeep) {
    super("invalid JSON at line " + line + ", column " + column + ": " + reason);
    this.line = line;
    this.column = column;
    this.reason = reason;
    this.isTooDeep = isTooDeep;
  }

  /// A value with more levels of arrays and objects than are accepted.
  static InvalidJsonException tooDeep(long line, long column, int depthMax) {
    return new InvalidJsonException(line, column, "more than " + depthMax + " levels", true);
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

  /// Whether it is the limit of levels that is broken, rather than the format.
  public boolean isTooDeep() {
    return isTooDeep;
  }
}
