package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import java.util.HexFormat;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// Makes keys, and learns from keys that others have made. Under the collection's lock only.
final class KeyGeneration {
  private static final HexFormat HEX = HexFormat.of();
  private static final int PADDED_DIGITS = 16;

  private final KeyOptions options;
  private final LongSupplier newId;
  private final RandomGenerator random;

  /// Greatest number given or seen, unsigned; never decreases.
  private long last;

  KeyGeneration(KeyOptions options, long last, LongSupplier newId, RandomGenerator random) {
    this.options = options;
    this.last = last;
    this.newId = newId;
    this.random = random;
  }

  long last() {
    return last;
  }

  /// A key greater than every number seen; for [KeyGeneratorType#UUID] a random one.
  String next() {
    return switch (options.type()) {
      case TRADITIONAL -> Long.toUnsignedString(advanceTo(idAfterLast()));
      case PADDED -> HEX.toHexDigits(advanceTo(idAfterLast()));
      case AUTOINCREMENT -> Long.toUnsignedString(advanceTo(stepAfterLast()));
      case UUID -> uuid();
    };
  }

  /// Learns from a key that was given.
  void observe(String key) {
    long number =
        switch (options.type()) {
          case TRADITIONAL, AUTOINCREMENT -> decimal(key);
          case PADDED -> hexadecimal(key);
          case UUID -> 0;
        };
    last = CollectionProgress.max(last, number);
  }

  /// Learns how far another server's generator of this collection has come; its documents may be
  /// gone.
  void observe(long lastOfOther) {
    if (options.type() != KeyGeneratorType.UUID) {
      last = CollectionProgress.max(last, lastOfOther);
    }
  }

  private long advanceTo(long number) {
    last = number;
    return number;
  }

  private long idAfterLast() {
    if (last == -1) {
      throw exhausted();
    }
    return CollectionProgress.max(newId.getAsLong(), last + 1);
  }

  private long stepAfterLast() {
    long offset = options.offset();
    long increment = options.increment();
    if (Long.compareUnsigned(last, offset) < 0) {
      return offset;
    }
    long steps = Long.divideUnsigned(last - offset, increment) + 1;
    long number = offset + steps * increment;
    if (Long.compareUnsigned(number, last) <= 0) {
      throw exhausted();
    }
    return number;
  }

  private LockstepException exhausted() {
    return new LockstepException(
        ErrorNumber.DOCUMENT_KEY_BAD,
        "the key generator has no numbers left after " + Long.toUnsignedString(last));
  }

  private String uuid() {
    long high = random.nextLong() & ~0xf000L | 0x4000L;
    long low = random.nextLong() & ~(0xc0L << 56) | 0x80L << 56;
    return new java.util.UUID(high, low).toString();
  }

  /// The number a key of decimal digits says; 0 for any other key and beyond 64 bits.
  static long decimal(String key) {
    long number = 0;
    for (int i = 0; i < key.length(); i++) {
      int digit = key.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return 0;
      }
      if (Long.compareUnsigned(number, Long.divideUnsigned(-1 - digit, 10)) > 0) {
        return 0;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  /// The number a key of at most 16 lower-case hexadecimal digits says; 0 for any other key.
  static long hexadecimal(String key) {
    if (key.length() > PADDED_DIGITS) {
      return 0;
    }
    long number = 0;
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) {
        return 0;
      }
      number = number << 4 | digit;
    }
    return number;
  }
}
