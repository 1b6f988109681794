package dev.lockstep.core.document;

/// Bytes that are no acceptable VelocyPack value. Permanent: the same bytes fail again.
public final class InvalidVPackException extends RuntimeException {
  private final int byteOffset;
  private final boolean isTooDeep;

  public InvalidVPackException(int byteOffset, String reason) {
    this(byteOffset, reason, false);
  }

  private InvalidVPackException(int byteOffset, String reason, boolean isTooDeep) {
    super("invalid VelocyPack at byte " + byteOffset + ": " + reason);
    this.byteOffset = byteOffset;
    this.isTooDeep = isTooDeep;
  }

  /// A value with more levels of arrays and objects than are accepted.
  static InvalidVPackException tooDeep(int byteOffset, int depthMax) {
    return new InvalidVPackException(byteOffset, "more than " + depthMax + " levels", true);
  }

  /// Where in the given buffer the value went wrong.
  public int byteOffset() {
    return byteOffset;
  }

  /// Whether it is the limit of levels that is broken, rather than the format.
  public boolean isTooDeep() {
    return isTooDeep;
  }
}
