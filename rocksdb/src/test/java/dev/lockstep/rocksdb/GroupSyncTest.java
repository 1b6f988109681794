package dev.lockstep.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.rocksdb.RocksDBException;

@Timeout(60)
class GroupSyncTest {
  private final AtomicLong written = new AtomicLong();
  private final AtomicInteger syncs = new AtomicInteger();

  @Test
  void manyWaitersShareOneSync() throws Exception {
    Semaphore disk = new Semaphore(0);
    GroupSync sync =
        new GroupSync(
            () -> {
              syncs.incrementAndGet();
              disk.acquireUninterruptibly();
            },
            written::get);
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      written.set(1);
      Future<?> first = threads.submit(() -> upTo(sync, 1));
      await().until(() -> syncs.get() == 1);
      // These were written after the running sync began, so it does not count for them.
      written.set(11);
      List<Future<?>> later = new ArrayList<>();
      for (int commit = 2; commit <= 11; commit++) {
        long number = commit;
        later.add(threads.submit(() -> upTo(sync, number)));
      }
      disk.release();
      first.get();
      await().until(() -> syncs.get() == 2);
      assertThat(later).noneMatch(Future::isDone);
      disk.release();
      for (Future<?> done : later) {
        done.get();
      }
    }
    assertThat(syncs).hasValue(2);
    upTo(sync, 11);
    assertThat(syncs).hasValue(2);
  }

  /// After a failed sync the system may have dropped the data and call the next sync a success.
  @Test
  void neverTrustsTheDiskAgainAfterAFailure() throws Exception {
    GroupSync sync =
        new GroupSync(
            () -> {
              if (syncs.incrementAndGet() == 2) {
                throw new RocksDBException("no disk");
              }
            },
            written::get);
    written.set(1);
    sync.upTo(1);
    written.set(2);
    assertThatThrownBy(() -> sync.upTo(2)).isInstanceOf(RocksDBException.class);
    assertThatThrownBy(() -> sync.upTo(2)).hasMessage("no disk");
    sync.upTo(1);
    assertThat(syncs).hasValue(2);
  }

  private static void upTo(GroupSync sync, long commit) {
    try {
      sync.upTo(commit);
    } catch (RocksDBException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
