package dev.lockstep.rocksdb;

import java.util.function.LongSupplier;

/// Tells whether the disk has room for a commit, asking the operating system only now and then:
/// after some bytes, and after some time, for others may have filled the disk meanwhile. Guarded by
/// the engine's commit lock.
final class FreeSpace {
  /// Written between two questions. Small against the reserve, which also covers what others write
  /// meanwhile.
  private static final long BYTES_BETWEEN_CHECKS = 4 << 20;

  private static final long NANOS_BETWEEN_CHECKS = 50_000_000;

  private final LongSupplier usable;
  private final long reserve;

  /// What may be written before asking again.
  private long granted;

  private long askedNanos = System.nanoTime();

  FreeSpace(LongSupplier usable, long reserve) {
    this.usable = usable;
    this.reserve = reserve;
  }

  boolean take(long bytes) {
    long now = System.nanoTime();
    if (granted < bytes || now - askedNanos > NANOS_BETWEEN_CHECKS) {
      askedNanos = now;
      long room = usable.getAsLong() - reserve;
      if (room < bytes) {
        granted = 0;
        return false;
      }
      granted = Math.max(bytes, Math.min(room, BYTES_BETWEEN_CHECKS));
    }
    granted -= bytes;
    return true;
  }

  /// What there is just now, reserve included. Needs no lock.
  long usableNow() {
    return usable.getAsLong();
  }

  long reserve() {
    return reserve;
  }
}
