package dev.lockstep.core.document;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// Gives out revisions: strictly increasing, close to the time of day, later than every revision
/// observed. Thread-safe.
public final class HybridLogicalClock {
  /// Counters that a server may begin each millisecond with: half of them, so that the rest of the
  /// millisecond has room whatever the beginning.
  public static final int COUNTER_FIRST_BOUND = 1 << Revision.COUNTER_BITS - 1;

  private final LongSupplier millis;
  private final int counterFirst;

  /// The greatest revision given out or observed, unsigned; never decreases.
  private final AtomicLong last;

  /// @param millis time of day in milliseconds since 1970; may go backwards
  public HybridLogicalClock(LongSupplier millis) {
    this(millis, 0);
  }

  /// A clock whose revisions hardly ever equal those of another server that writes in the same
  /// millisecond: two documents with one revision would look like one document to a revision tree.
  ///
  /// @param counterFirst what each millisecond's counter begins with, 0 up to
  ///   [#COUNTER_FIRST_BOUND]; random for each server
  public HybridLogicalClock(LongSupplier millis, int counterFirst) {
    if (counterFirst < 0 || counterFirst >= COUNTER_FIRST_BOUND) {
      throw new IllegalArgumentException("counterFirst=" + counterFirst);
    }
    this.millis = millis;
    this.counterFirst = counterFirst;
    // A machine with an unset clock must not issue revisions that do not survive printing and
    // parsing.
    this.last = new AtomicLong(Revision.LOWER_BOUND.value());
  }

  /// A revision later than all before.
  ///
  /// @throws IllegalStateException if the 64 bits are used up, which takes an observed revision
  ///   near the very end
  public Revision next() {
    long now = (millis.getAsLong() << Revision.COUNTER_BITS) + counterFirst;
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
