package dev.lockstep.rocksdb;

import dev.lockstep.core.storage.StorageException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Keeps the native database alive while anyone is inside. Every call into RocksDB stands between
/// [#enter] and [#leave]; [#shut] lets nobody in any more and returns when the last one is out.
///
/// Never enter twice on one thread's way: a shut gate would refuse the second time and wait for the
/// first for ever.
final class NativeGate {
  /// Set in [#state] once shut; the bits below count who is inside.
  private static final int SHUT = 1 << 31;

  private final AtomicInteger state = new AtomicInteger();
  private volatile @Nullable Thread waitingForTheLast;

  /// @throws StorageException when shut
  void enter() {
    if (!tryEnter()) {
      throw new StorageException("the storage engine is closed");
    }
  }

  /// As [#enter], for those who have nothing to do in a closed engine.
  boolean tryEnter() {
    while (true) {
      int now = state.get();
      if ((now & SHUT) != 0) {
        return false;
      }
      if (state.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  void leave() {
    if (state.decrementAndGet() == SHUT) {
      LockSupport.unpark(waitingForTheLast);
    }
  }

  /// Called once. Does not end on an interrupt: a native call in progress cannot be abandoned.
  void shut() {
    waitingForTheLast = Thread.currentThread();
    boolean interrupted = false;
    int inside = state.getAndUpdate(now -> now | SHUT);
    while (inside != 0 && state.get() != SHUT) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
