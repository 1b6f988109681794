package dev.lockstep.server.http;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.settings.Limit;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The memory that large request bodies share. A request reserves before it reads and releases
/// after its answer is sent, so that many large requests queue up instead of exhausting the heap.
/// First come, first served. Thread-safe.
final class BodyMemory {
  /// Bodies up to this size are not counted: what they cost is bounded by the number of requests in
  /// flight.
  static final int UNCOUNTED_MAX = 64 << 10;

  /// Permits are KiB, so that an `int` covers 2 TiB.
  private static final int UNIT = 1 << 10;

  private final long capacityBytes;
  private final int capacity;
  private final Duration waitMax;
  private final Semaphore free;

  BodyMemory(long capacityBytes, Duration waitMax) {
    this.capacityBytes = capacityBytes;
    this.capacity = (int) Math.min(Integer.MAX_VALUE, capacityBytes / UNIT);
    this.waitMax = waitMax;
    this.free = new Semaphore(capacity, true);
  }

  long capacityBytes() {
    return capacityBytes;
  }

  long reservedBytes() {
    return (long) (capacity - free.availablePermits()) * UNIT;
  }

  /// Reserves what a body of `bodyBytes` costs. It is `copies` times its length (text, value and
  /// stored form exist at the same time), but never more than everything: such a request runs when
  /// it is alone.
  ///
  /// @throws LockstepException 413 if the body alone exceeds the capacity, 503 if there was no room
  ///   in time
  Reservation reserve(long bodyBytes, int copies) {
    if (bodyBytes > capacityBytes) {
      throw Limit.BODY_MEMORY.exceeded(
          ErrorNumber.HTTP_ENTITY_TOO_LARGE,
          capacityBytes,
          "a request body of %d bytes does not fit into the memory for request bodies: send less at once, use /_api/import or raise the setting"
              .formatted(bodyBytes));
    }
    int permits = (int) Math.min(capacity, (bodyBytes * copies + UNIT - 1) / UNIT);
    try {
      if (!free.tryAcquire(permits, waitMax.toMillis(), TimeUnit.MILLISECONDS)) {
        throw Limit.BODY_MEMORY.exceeded(
            ErrorNumber.HTTP_SERVICE_UNAVAILABLE,
            capacityBytes,
            "other large requests hold the memory for request bodies for more than %d s; try again, or raise the setting"
                .formatted(waitMax.toSeconds()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LockstepException(ErrorNumber.SHUTTING_DOWN, "shutdown in progress", e);
    }
    return new Reservation(permits);
  }

  /// Memory held by one request. Closing it twice is harmless.
  final class Reservation implements AutoCloseable {
    private int permits;

    private Reservation(int permits) {
      this.permits = permits;
    }

    @Override
    public synchronized void close() {
      free.release(permits);
      permits = 0;
    }
  }
}
