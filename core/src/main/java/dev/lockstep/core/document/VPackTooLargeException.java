package dev.lockstep.core.document;

/// A value under construction would exceed its limit of bytes. Permanent for this value.
public final class VPackTooLargeException extends RuntimeException {
  private final long bytesMax;

  public VPackTooLargeException(long bytesMax) {
    super("value exceeds the limit of " + bytesMax + " bytes");
    this.bytesMax = bytesMax;
  }

  /// The limit that would have been exceeded.
  public long bytesMax() {
    return bytesMax;
  }
}
