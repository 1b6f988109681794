package dev.lockstep.rocksdb;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/// Brings commits to the disk, many with one sync: whoever comes while a sync runs waits for the
/// next one, which one of the waiting performs for all. Thread-safe; holds no other lock.
final class GroupSync {
  /// Forces everything written so far to the disk.
  interface Disk {
    void sync() throws RocksDBException;
  }

  private final Disk disk;
  private final LongSupplier written;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  /// Guarded by `lock`.
  private boolean running;

  /// Every commit up to this number is on the disk. Guarded by `lock`.
  private long synced;

  /// Guarded by `lock`.
  private @Nullable RocksDBException failure;

  /// @param written the number of the last commit handed to the operating system
  GroupSync(Disk disk, LongSupplier written) {
    this.disk = disk;
    this.written = written;
  }

  /// Returns once commit number `commit` is on the disk.
  ///
  /// @throws RocksDBException when a sync has failed, now or ever before: the system may have
  ///   thrown the data away by then, so that a second try would succeed without it
  void upTo(long commit) throws RocksDBException {
    lock.lock();
    try {
      while (synced < commit) {
        if (failure != null) {
          throw failure;
        }
        if (running) {
          ended.awaitUninterruptibly();
          continue;
        }
        running = true;
        long covered = 0;
        RocksDBException failed = null;
        lock.unlock();
        try {
          long before = written.getAsLong();
          disk.sync();
          covered = before;
        } catch (RocksDBException e) {
          failed = e;
        } finally {
          lock.lock();
          running = false;
          failure = failed;
          synced = Math.max(synced, covered);
          ended.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
  }
}
