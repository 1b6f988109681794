package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Tells a job to end early, once; the first reason stays. Thread-safe.
final class StopSignal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stopped = lock.newCondition();
  private final List<Runnable> actions = new ArrayList<>();
  private @Nullable ErrorNumber reason;

  /// @param why [ErrorNumber#REQUEST_CANCELED] or [ErrorNumber#REPLICATION_APPLIER_STOPPED]
  void stop(ErrorNumber why) {
    List<Runnable> toRun;
    lock.lock();
    try {
      if (reason != null) {
        return;
      }
      reason = why;
      stopped.signalAll();
      toRun = List.copyOf(actions);
      actions.clear();
    } finally {
      lock.unlock();
    }
    toRun.forEach(Runnable::run);
  }

  /// Runs `action` when the signal comes; at once if it came already.
  void onStop(Runnable action) {
    lock.lock();
    try {
      if (reason == null) {
        actions.add(action);
        return;
      }
    } finally {
      lock.unlock();
    }
    action.run();
  }

  /// The exception that ends the job; null while it may go on.
  @Nullable LockstepException failure() {
    lock.lock();
    try {
      return reason == null ? null : new LockstepException(reason);
    } finally {
      lock.unlock();
    }
  }

  void throwIfStopped() {
    LockstepException failure = failure();
    if (failure != null) {
      throw failure;
    }
  }

  /// Waits; ends early, with the exception, when the signal comes.
  void pause(Duration duration) throws InterruptedException {
    long nanos = duration.toNanos();
    lock.lockInterruptibly();
    try {
      while (reason == null && nanos > 0) {
        nanos = stopped.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
    throwIfStopped();
  }
}
