package dev.lockstep.replication.applier;

import dev.lockstep.replication.protocol.TailPage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Hands pages from the thread that fetches to the one that applies, one at a time: so one page is
/// applied while the next one is fetched, and no more are in memory. Thread-safe.
final class PageHandover {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable TailPage page;
  private @Nullable RuntimeException failure;
  private boolean isClosed;

  /// Waits until the former page was taken.
  ///
  /// @return false after [#close]
  boolean put(TailPage next) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (page != null && !isClosed) {
        changed.await();
      }
      if (isClosed) {
        return false;
      }
      page = next;
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// There will be no further pages, because of this.
  void fail(RuntimeException why) {
    lock.lock();
    try {
      failure = why;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits for a page.
  ///
  /// @return null after [#close]
  /// @throws RuntimeException what was given to [#fail], once the pages before it are taken
  @Nullable TailPage take() {
    lock.lock();
    try {
      while (page == null && failure == null && !isClosed) {
        changed.awaitUninterruptibly();
      }
      if (isClosed) {
        return null;
      }
      TailPage taken = page;
      if (taken == null) {
        throw failure == null ? new IllegalStateException("neither page nor failure") : failure;
      }
      page = null;
      changed.signalAll();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /// Ends both sides' waiting.
  void close() {
    lock.lock();
    try {
      isClosed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until `nanos` are over.
  ///
  /// @return false after [#close]
  boolean pause(long nanos) throws InterruptedException {
    long left = nanos;
    lock.lockInterruptibly();
    try {
      while (!isClosed && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !isClosed;
    } finally {
      lock.unlock();
    }
  }
}
