package dev.lockstep.replication.follower;

import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Hands items from one thread to another; what waits in between is bounded by weight, but for a
/// single item that is heavier alone. Ends by [#end], or by [#fail] at any time and at either side.
final class WeighedQueue<T> {
  private record Weighed<T>(T item, long weight) {}

  private final long weightMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Weighed<T>> items = new ArrayDeque<>();
  private long weight;
  private boolean isEnded;

  /// Thrown in place of the end.
  private @Nullable RuntimeException endedBy;

  private @Nullable RuntimeException failure;

  WeighedQueue(long weightMax) {
    this.weightMax = weightMax;
  }

  /// Waits for room.
  ///
  /// @throws RuntimeException the failure given to [#fail]
  void put(T item, long itemWeight) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (failure == null && !items.isEmpty() && weight + itemWeight > weightMax) {
        changed.await();
      }
      if (failure != null) {
        throw failure;
      }
      items.add(new Weighed<>(item, itemWeight));
      weight += itemWeight;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits for an item; null after the last.
  ///
  /// @throws RuntimeException the failure given to [#fail], before any item that still waits, or
  ///   the one given to [#endWith], behind them
  @Nullable T take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (failure == null && items.isEmpty() && !isEnded) {
        changed.await();
      }
      if (failure != null) {
        throw failure;
      }
      Weighed<T> next = items.poll();
      if (next == null) {
        if (endedBy != null) {
          throw endedBy;
        }
        return null;
      }
      weight -= next.weight();
      changed.signalAll();
      return next.item();
    } finally {
      lock.unlock();
    }
  }

  /// No item will follow.
  void end() {
    lock.lock();
    try {
      isEnded = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// No item will follow; whoever has taken all of them is told why.
  void endWith(RuntimeException cause) {
    lock.lock();
    try {
      isEnded = true;
      endedBy = cause;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Ends both sides; the first failure stays.
  void fail(RuntimeException cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
        items.clear();
        weight = 0;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
