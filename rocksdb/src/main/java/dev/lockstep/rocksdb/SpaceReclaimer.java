package dev.lockstep.rocksdb;

import dev.lockstep.core.storage.StorageException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.CompactRangeOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One thread that gives back the space of purged ranges, one after the other. The work to do is in
/// the database; here is only whether to look.
final class SpaceReclaimer {
  /// What there is to do.
  interface Work {
    /// Reclaims the space of one purge whose time has come.
    ///
    /// @param compaction to be used for a compaction, so that [#stop] can end it
    /// @return whether there was one
    boolean reclaimOne(CompactRangeOptions compaction);

    /// Writes out what is in memory only, so that the write-ahead log can go.
    void giveBackLog();
  }

  /// A disk that stays full shall not be worked on all the time.
  private static final long LOG_PAUSE_NANOS = 5_000_000_000L;

  private static final Logger LOG = LoggerFactory.getLogger(SpaceReclaimer.class);

  private final Work work;
  private final Thread thread;
  private final Object lock = new Object();

  /// Guarded by `lock`.
  private boolean wanted = true;

  /// Whether a write was refused for want of space. The log is kept for what is in memory, and goes
  /// when more is written: never, where nothing can be written.
  private boolean logWanted;

  private long logGivenBackNanos = System.nanoTime() - LOG_PAUSE_NANOS;

  private boolean stopped;
  private @Nullable CompactRangeOptions compaction;

  SpaceReclaimer(Work work) {
    this.work = work;
    this.thread = Thread.ofPlatform().daemon().name("storage-reclaimer").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /// There may be something to do: a purge has been written, or a snapshot closed.
  void wake() {
    synchronized (lock) {
      wanted = true;
      lock.notifyAll();
    }
  }

  /// A write was refused because the disk is nearly full.
  void wakeForLog() {
    synchronized (lock) {
      long now = System.nanoTime();
      if (now - logGivenBackNanos >= LOG_PAUSE_NANOS) {
        logGivenBackNanos = now;
        logWanted = true;
        wanted = true;
        lock.notifyAll();
      }
    }
  }

  private boolean takeLogWanted() {
    synchronized (lock) {
      boolean taken = logWanted && !stopped;
      logWanted = false;
      return taken;
    }
  }

  private void run() {
    while (awaitWork()) {
      if (takeLogWanted()) {
        try {
          work.giveBackLog();
        } catch (StorageException failure) {
          LOG.warn("The write-ahead log could not be given back: {}", failure.getMessage());
        }
      }
      try (CompactRangeOptions options = new CompactRangeOptions()) {
        // Lets the database's own compactions go on, and never makes writers wait.
        options.setExclusiveManualCompaction(false).setAllowWriteStall(false);
        if (announce(options)) {
          boolean more = work.reclaimOne(options);
          withdraw();
          if (more) {
            wake();
          }
        }
      } catch (StorageException failure) {
        withdraw();
        // Tried again with the next purge or start; until then it only costs space.
        LOG.warn("Space of purged data could not be reclaimed: {}", failure.getMessage());
      }
    }
  }

  private boolean awaitWork() {
    synchronized (lock) {
      while (!wanted && !stopped) {
        try {
          lock.wait();
        } catch (InterruptedException nobodyInterruptsThisThread) {
          return false;
        }
      }
      wanted = false;
      return !stopped;
    }
  }

  private boolean announce(CompactRangeOptions options) {
    synchronized (lock) {
      compaction = stopped ? null : options;
      return !stopped;
    }
  }

  private void withdraw() {
    synchronized (lock) {
      compaction = null;
    }
  }

  /// Ends a compaction in progress and takes up no further work; does not wait.
  void stop() {
    synchronized (lock) {
      stopped = true;
      if (compaction != null) {
        compaction.setCanceled(true);
      }
      lock.notifyAll();
    }
  }

  /// Waits for the thread's end, after [#stop].
  void join() {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
