package dev.lockstep.replication.applier;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Waits between attempts until it is told that nobody is interested any more. Thread-safe.
final class CancellablePause implements LeaderAccess.Pause {
  private final CountDownLatch cancelled = new CountDownLatch(1);

  @Override
  public boolean pause(Duration duration) throws InterruptedException {
    return !cancelled.await(duration.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// Ends the pause under way and all later ones. Repeating is harmless.
  void cancel() {
    cancelled.countDown();
  }

  /// @throws LockstepException 410/21 if cancelled
  void throwIfCancelled() {
    if (cancelled.getCount() == 0) {
      throw new LockstepException(ErrorNumber.REQUEST_CANCELED);
    }
  }
}
