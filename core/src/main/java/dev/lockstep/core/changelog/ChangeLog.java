package dev.lockstep.core.changelog;

import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.StorageView;
import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Reads, awaits and prunes the changes of one engine; writing them is part of each commit.
/// Thread-safe. One per engine, because the committer wakes the readers through it.
///
/// A commit may be visible here before it is safe from a power loss. Who hands ticks to another
/// machine calls [StorageEngine#sync] first: a tick that was shipped and then lost would be
/// assigned again, to another change.
public final class ChangeLog {
  /// A page ends here even if fewer changes were asked for: the catalog's changes carry
  /// definitions, which may be large, and a page is held in memory.
  static final int PAGE_BYTES_MAX = 1 << 20;

  private final StorageEngine engine;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition committed = lock.newCondition();

  /// Raised by a reader before it looks at the log's end, read by a committer after its commit: so
  /// either the reader sees the commit or the committer sees the reader.
  private final AtomicInteger waiting = new AtomicInteger();

  private volatile boolean isEnding;

  public ChangeLog(StorageEngine engine) {
    this.engine = engine;
  }

  /// Reads the changes after `from`, oldest first; [Tick#NONE] reads from the oldest one retained.
  /// At least one change if there is one, so that a caller who feeds the last tick back never
  /// stalls.
  ///
  /// @param view the engine, for all that is committed, or a snapshot of it
  /// @param changesMax at least 1; a page may end earlier, at about 1 MiB
  /// @throws dev.lockstep.core.storage.StorageException when an entry cannot be read
  public ChangeRead read(StorageView view, Tick from, int changesMax) {
    if (changesMax < 1) {
      throw new IllegalArgumentException("changesMax must be at least 1, not " + changesMax);
    }
    Tick last = view instanceof Snapshot snapshot ? snapshot.tick() : engine.closedTick();
    Tick expected = from.next();
    List<LoggedChange> changes = new ArrayList<>();
    long bytes = 0;
    try (StorageCursor cursor =
        view.scan(Keyspace.CHANGES, new KeyRange(Keys.of(expected.value()), null))) {
      while (changes.size() < changesMax && bytes < PAGE_BYTES_MAX && cursor.next()) {
        Tick tick = new Tick(Keys.longAt(cursor.key(), 0));
        if (!tick.equals(expected)) {
          // Ticks are consecutive, so a missing one was pruned.
          if (!changes.isEmpty()) {
            break;
          }
          if (!from.equals(Tick.NONE)) {
            return new ChangeRead.Pruned(tick);
          }
        }
        byte[] entry = cursor.value();
        changes.add(new LoggedChange(tick, decode(tick, entry)));
        bytes += entry.length;
        expected = tick.next();
      }
    }
    if (changes.isEmpty() && !from.equals(Tick.NONE) && from.compareTo(last) < 0) {
      return new ChangeRead.Pruned(last.next());
    }
    return new ChangeRead.Page(changes);
  }

  private static Change decode(Tick tick, byte[] entry) {
    try {
      return ChangeCodec.decode(entry);
    } catch (StorageException unreadable) {
      throw new StorageException("at tick " + tick + ": " + unreadable.getMessage(), unreadable);
    }
  }

  /// The oldest tick still in the log; the one after [#lastTick] when the log is empty.
  public Tick firstAvailable() {
    Tick last = engine.closedTick();
    try (StorageCursor cursor = engine.scan(Keyspace.CHANGES, KeyRange.all())) {
      return cursor.next() ? new Tick(Keys.longAt(cursor.key(), 0)) : last.next();
    }
  }

  /// The newest tick ever assigned, pruned or not; [Tick#NONE] before the first change.
  public Tick lastTick() {
    return engine.closedTick();
  }

  /// Wakes readers. The write path calls this after every commit that appended changes.
  ///
  /// @param tick of [dev.lockstep.core.storage.CommitOutcome.Done]; visible already
  public void committed(Tick tick) {
    if (waiting.get() == 0) {
      return;
    }
    lock.lock();
    try {
      committed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until there is a change after `tick`, at most `max`.
  ///
  /// @return the newest tick; not after `tick` when the time was up or the server ends
  public Tick awaitAfter(Tick tick, Duration max) throws InterruptedException {
    long nanosLeft = max.toNanos();
    waiting.incrementAndGet();
    lock.lock();
    try {
      Tick last = engine.closedTick();
      while (last.compareTo(tick) <= 0 && nanosLeft > 0 && !isEnding) {
        nanosLeft = committed.awaitNanos(nanosLeft);
        last = engine.closedTick();
      }
      return last;
    } finally {
      lock.unlock();
      waiting.decrementAndGet();
    }
  }

  /// Ends all waiting, now and later: the server ends.
  public void endWaiting() {
    lock.lock();
    try {
      isEnding = true;
      committed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Whether [#endWaiting] was called.
  public boolean isEnding() {
    return isEnding;
  }

  /// Forgets every change up to and including `upTo`, in O(1). Ticks are not assigned again.
  public void prune(Tick upTo) {
    if (firstAvailable().compareTo(upTo) <= 0) {
      engine.purge(Keyspace.CHANGES, new KeyRange(Keys.of(0), Keys.of(upTo.next().value())));
    }
  }
}
