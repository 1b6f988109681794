package dev.lockstep.core.document;

/// Judges bytes of a peer before anything else reads them. Whatever passes can be read by
/// [VPackSlice] without an index error. Thread-safe: no state.
public final class VPackValidator {
  private VPackValidator() {}

  /// Checks the first value of a range; further bytes of the range are not looked at (values are
  /// concatenated in dumps).
  ///
  /// @return byte size of that value
  /// @throws InvalidVPackException if the value is malformed, nested too deeply, or does not fit
  ///   into the range
  public static int validate(byte[] buffer, int offset, int length, ValidationLimits limits) {
    throw new UnsupportedOperationException();
  }

  /// Checks that an array holds exactly one value.
  ///
  /// @throws InvalidVPackException as [#validate(byte\[\],int,int,ValidationLimits)], or if bytes
  ///   are left over
  public static VPackSlice validateWhole(byte[] bytes, ValidationLimits limits) {
    int size = validate(bytes, 0, bytes.length, limits);
    if (size != bytes.length) {
      throw new InvalidVPackException(
          size, (bytes.length - size) + " bytes are left over after the value");
    }
    return new VPackSlice(bytes, 0);
  }
}
