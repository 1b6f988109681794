package dev.lockstep.core.document;

/// Bytes that are no acceptable VelocyPack value. Permanent: the same bytes fail again.
public final class InvalidVPackException extends RuntimeException {
  private final int byteOffset;

  public InvalidVPackException(int byteOffset, String reason) {
    super("invalid VelocyPack at byte " + byteOffset + ": " + reason);
    this.byteOffset = byteOffset;
  }

  /// Where in the given buffer the value went wrong.
  public int byteOffset() {
    return byteOffset;
  }
}
