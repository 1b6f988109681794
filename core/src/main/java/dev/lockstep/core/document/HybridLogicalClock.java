package dev.lockstep.core.document;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// Gives out revisions: strictly increasing, close to the time of day, later than every revision
/// observed. Thread-safe.
public final class HybridLogicalClock {
  private final LongSupplier millis;

  /// The greatest revision given out or observed, unsigned; never decreases.
  private final AtomicLong last;

  /// @param millis time of day in milliseconds since 1970; may go backwards
  public HybridLogicalClock(LongSupplier millis) {
    this.millis = millis;
    // A machine with an unset clock must not issue revisions that do not survive printing and
    // parsing.
    this.last = new AtomicLong(Revision.LOWER_BOUND.value());
  }

  /// A revision later than all before.
  ///
  /// @throws IllegalStateException if the 64 bits are used up, which takes an observed revision
  ///   near the very end
  public Revision next() {
    long now = millis.getAsLong() << Revision.COUNTER_BITS;
    return new Revision(last.updateAndGet(previous -> later(previous, now)));
  }

  private static long later(long previous, long now) {
    long next = previous + 1;
    if (next == Revision.INVALID.value()) {
      throw new IllegalStateException(
          "revision clock exhausted: last=" + Long.toUnsignedString(previous));
    }
    return Long.compareUnsigned(now, next) > 0 ? now : next;
  }

  /// Makes later revisions exceed this one. Repeating is harmless; an invalid revision is ignored.
  public void observe(Revision revision) {
    if (revision.isValid()) {
      last.accumulateAndGet(revision.value(), (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b);
    }
  }
}
