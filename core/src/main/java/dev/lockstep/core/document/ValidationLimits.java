package dev.lockstep.core.document;

/// What a peer may send us in VelocyPack.
///
/// @param depthMax most levels of arrays and objects inside each other
/// @param acceptCustomId whether the custom type `0xf3`, which stands for `_id` in dumps of a
///   leader, is acceptable
public record ValidationLimits(int depthMax, boolean acceptCustomId) {
  /// Levels a request may nest, the wire's limit; it also bounds every recursion over validated
  /// values.
  public static final int DEPTH_MAX = 200;

  /// For request bodies of clients.
  public static final ValidationLimits REQUEST = new ValidationLimits(DEPTH_MAX, false);

  /// For dumps and documents received from a leader.
  public static final ValidationLimits DUMP = new ValidationLimits(DEPTH_MAX, true);

  public ValidationLimits {
    if (depthMax < 1 || depthMax > DEPTH_MAX) {
      throw new IllegalArgumentException("depthMax=" + depthMax + " is not within 1.." + DEPTH_MAX);
    }
  }
}
