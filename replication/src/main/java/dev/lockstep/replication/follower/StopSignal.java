package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Tells a job to end early, once; the first reason stays. Thread-safe.
final class StopSignal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stopped = lock.newCondition();
  private final List<Runnable> actions = new ArrayList<>();
  private final Set<Thread> interruptible = new HashSet<>();
  private final Set<Thread> interrupted = new HashSet<>();
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
      for (Thread thread : interruptible) {
        interrupted.add(thread);
        thread.interrupt();
      }
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

  /// Whether the work is to be gone on with by the next process.
  boolean isServerEnding() {
    lock.lock();
    try {
      return reason == ErrorNumber.REPLICATION_APPLIER_STOPPED;
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

  /// Performs a call that a stop interrupts; it then throws [InterruptedException], or what the
  /// call makes of it. Only for work that may be cut anywhere, such as waiting for a leader: never
  /// for the store's. The thread's own interrupt status is as it would be without the signal
  /// afterwards.
  <T> T interruptibly(RetryPolicy.Call<T> call) throws InterruptedException {
    Thread self = Thread.currentThread();
    lock.lock();
    try {
      throwIfStopped();
      interruptible.add(self);
    } finally {
      lock.unlock();
    }
    try {
      return call.perform();
    } finally {
      lock.lock();
      try {
        interruptible.remove(self);
        if (interrupted.remove(self)) {
          Thread.interrupted();
        }
      } finally {
        lock.unlock();
      }
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
