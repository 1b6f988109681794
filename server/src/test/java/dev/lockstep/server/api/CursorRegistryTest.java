package dev.lockstep.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.StoreSettings;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.HttpVerb;
import dev.lockstep.server.users.Access;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CursorRegistryTest {
  private final MemoryStorageEngine engine = new MemoryStorageEngine();
  private final DocumentStore store =
      DocumentStore.open(
          engine, new HybridLogicalClock(System::currentTimeMillis), StoreSettings.DEFAULT);
  private final AtomicLong ids = new AtomicLong();
  private final AtomicLong nanos = new AtomicLong();
  private static final int CURSORS_MAX = 20;

  private final CursorRegistry cursors =
      new CursorRegistry(CURSORS_MAX, ids::incrementAndGet, nanos::get);

  @AfterEach
  void close() {
    cursors.close();
    store.close();
    engine.close();
  }

  /// Numbers from 1 on.
  private static class Numbers implements CursorRegistry.Source {
    private final int last;
    private int current;
    final AtomicInteger closed = new AtomicInteger();

    Numbers(int last) {
      this.last = last;
    }

    @Override
    public boolean next() {
      return ++current <= last;
    }

    @Override
    public void addTo(SpooledArray results) throws IOException {
      results.add(new VPackBuilder().value(current).toSlice());
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  private static ApiRequest request(String user) {
    return ApiRequest.builder(HttpVerb.PUT, "/_api/cursor")
        .user(user, Access.unrestricted("_system", false))
        .build();
  }

  private Numbers open(int count, int batchSize) throws IOException {
    Numbers numbers = new Numbers(count);
    cursors.open(
        request("anna"),
        new CursorRegistry.Delivery(batchSize, Duration.ofSeconds(30), () -> count),
        store.snapshot(),
        numbers);
    return numbers;
  }

  @Test
  void keepsNothingWhenTheFirstBatchHoldsEverything() throws IOException {
    Numbers numbers = open(3, 3);
    assertThat(cursors.size()).isZero();
    assertThat(numbers.closed).hasValue(1);
  }

  @Test
  void closesAfterTheLastBatch() throws IOException {
    Numbers numbers = open(3, 2);
    assertThat(cursors.size()).isOne();
    cursors.next(request("anna"), "1");
    assertThat(cursors.size()).isZero();
    assertThat(numbers.closed).hasValue(1);
  }

  @Test
  void isInvisibleToOtherUsers() throws IOException {
    open(3, 1);
    assertRefused(() -> cursors.next(request("bert"), "1"), ErrorNumber.CURSOR_NOT_FOUND);
    assertRefused(() -> cursors.remove(request("bert"), "1"), ErrorNumber.CURSOR_NOT_FOUND);
    cursors.remove(request("anna"), "1");
    assertThat(cursors.size()).isZero();
  }

  @Test
  void closesWhatNobodyAskedForInTime() throws IOException {
    Numbers numbers = open(9, 1);
    nanos.addAndGet(Duration.ofSeconds(29).toNanos());
    cursors.next(request("anna"), "1");
    nanos.addAndGet(Duration.ofSeconds(29).toNanos());
    cursors.sweep();
    assertThat(cursors.size()).as("each batch starts the idle time anew").isOne();
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    cursors.sweep();
    assertThat(cursors.size()).isZero();
    assertThat(numbers.closed).hasValue(1);
    assertRefused(() -> cursors.next(request("anna"), "1"), ErrorNumber.CURSOR_NOT_FOUND);
  }

  @Test
  void refusesMoreThanItsLimit() throws IOException {
    for (int i = 0; i < CURSORS_MAX; i++) {
      open(2, 1);
    }
    assertRefused(() -> open(2, 1), ErrorNumber.HTTP_SERVICE_UNAVAILABLE);
    cursors.remove(request("anna"), "7");
    open(2, 1);
    nanos.addAndGet(Duration.ofSeconds(30).toNanos());
    open(2, 1);
    assertThat(cursors.size()).as("expired ones make room").isOne();
  }

  @Test
  void servesOneRequestAtATime() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Numbers slow =
        new Numbers(9) {
          @Override
          public void addTo(SpooledArray results) throws IOException {
            if (results.count() > 0) {
              throw new IllegalStateException("one result a batch");
            }
            super.addTo(results);
          }

          @Override
          public boolean next() {
            boolean more = super.next();
            if (closed.get() == 0 && cursors.size() == 1) {
              reading.countDown();
              awaitUninterruptibly(goOn);
            }
            return more;
          }
        };
    cursors.open(
        request("anna"),
        new CursorRegistry.Delivery(1, Duration.ofSeconds(30), () -> 9),
        store.snapshot(),
        slow);
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = executor.submit(() -> cursors.next(request("anna"), "1"));
      reading.await();
      assertRefused(() -> cursors.next(request("anna"), "1"), ErrorNumber.CURSOR_BUSY);
      assertRefused(() -> cursors.remove(request("anna"), "1"), ErrorNumber.CURSOR_BUSY);
      nanos.addAndGet(Duration.ofHours(1).toNanos());
      cursors.sweep();
      goOn.countDown();
      assertThat(first.get().status()).isEqualTo(200);
    }
    assertThat(cursors.size()).isOne();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private interface Call {
    void run() throws IOException;
  }

  private static void assertRefused(Call call, ErrorNumber number) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number()).isEqualTo(number));
  }
}
