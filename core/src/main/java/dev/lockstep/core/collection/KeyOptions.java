package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;

/// How a collection makes keys.
///
/// @param allowUserKeys whether clients may choose `_key`
/// @param increment [KeyGeneratorType#AUTOINCREMENT] only, at least 1
/// @param offset [KeyGeneratorType#AUTOINCREMENT] only, not negative
public record KeyOptions(
    KeyGeneratorType type, boolean allowUserKeys, long increment, long offset) {
  public static final KeyOptions DEFAULT = new KeyOptions(KeyGeneratorType.TRADITIONAL, true, 1, 0);

  /// Upstream's limit of `increment`; a greater one would use up the numbers after few documents.
  public static final long INCREMENT_MAX = (1L << 16) - 1;

  /// @throws LockstepException 1232 if `increment` or `offset` are out of range
  public KeyOptions {
    if (increment < 1 || increment > INCREMENT_MAX) {
      throw new LockstepException(
          ErrorNumber.INVALID_KEY_GENERATOR,
          "keyOptions.increment=" + increment + " is not within 1.." + INCREMENT_MAX);
    }
    if (offset < 0) {
      throw new LockstepException(
          ErrorNumber.INVALID_KEY_GENERATOR, "keyOptions.offset=" + offset + " is negative");
    }
  }
}
