package dev.lockstep.replication.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.memory.CommitFault;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.DirectLeaderClient;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.ReplicationException;
import dev.lockstep.replication.protocol.RevisionPage;
import dev.lockstep.replication.protocol.RevisionRangesRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A full synchronization while requests, answers, leader and user do their worst.
class DisturbedSyncTest {
  private static final String[] REQUESTS = {"state", "open", "inventory", "dump", "close"};

  private SyncWorld world = new SyncWorld();

  @AfterEach
  void close() {
    world.close();
  }

  /// What may happen to a request.
  private enum Fault {
    /// It never arrives.
    REQUEST_LOST,
    /// It is worked on, nobody hears of it.
    ANSWER_LOST,
    /// It arrives twice, both answers come.
    REPEATED,
    /// It arrives twice, and the first answer is lost.
    REPEATED_AND_LOST
  }

  private static LeaderUnavailableException lost(boolean unseen) {
    IOException cause = new IOException("cut");
    return unseen
        ? LeaderUnavailableException.notConnected("tcp://leader:8529", "/x", "refused", cause)
        : LeaderUnavailableException.answerLost("tcp://leader:8529", "/x", "cut", cause);
  }

  /// Sends each request through a chance of faults.
  private static final class Unreliable extends HookedLeader {
    private final Random random;
    private final int percent;

    Unreliable(LeaderClient leader, long seed, int percent) {
      super(leader);
      this.random = new Random(seed);
      this.percent = percent;
    }

    @Override
    <T> T around(String name, Request<T> request) throws InterruptedException {
      Fault fault;
      synchronized (random) {
        if (random.nextInt(100) >= percent) {
          return request.send();
        }
        fault = Fault.values()[random.nextInt(Fault.values().length)];
      }
      return disturbed(fault, request);
    }
  }

  private static <T> T disturbed(Fault fault, HookedLeader.Request<T> request)
      throws InterruptedException {
    switch (fault) {
      case REQUEST_LOST -> throw lost(true);
      case ANSWER_LOST -> {
        request.send();
        throw lost(false);
      }
      case REPEATED -> {
        request.send();
        return request.send();
      }
      case REPEATED_AND_LOST -> {
        request.send();
        request.send();
        throw lost(false);
      }
    }
    throw new IllegalStateException("unreachable");
  }

  /// One fault at one place: the copy is right all the same.
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void succeedsWhenAnyOneRequestIsDisturbed(boolean asStock) throws InterruptedException {
    world.asStock = asStock;
    TestServer.fill(world.leaderServer.create("test"), 200);
    TestServer.fill(world.followerServer.create("test"), 3);
    for (String place : REQUESTS) {
      for (Fault fault : Fault.values()) {
        // A stock leader that gets one request twice is ahead of us, and nobody can know.
        if (asStock && fault == Fault.REPEATED && place.equals("dump")) {
          continue;
        }
        AtomicInteger occurrences = new AtomicInteger();
        int which = place.equals("dump") ? 3 : 1;
        world.disturbance =
            client ->
                new HookedLeader(client) {
                  @Override
                  <T> T around(String name, Request<T> request) throws InterruptedException {
                    return name.equals(place) && occurrences.incrementAndGet() == which
                        ? disturbed(fault, request)
                        : request.send();
                  }
                };

        world.sync("test");

        assertThat(occurrences.get()).as("%s at %s", fault, place).isGreaterThanOrEqualTo(which);
        world.assertEqual("test");
      }
    }
  }

  /// Many faults anywhere: either the new data completely, or the old data untouched; nothing else
  /// stays behind.
  @ParameterizedTest
  @ValueSource(ints = {2, 10, 30})
  void endsWithTheNewOrTheOldDataUnderAnyFaults(int percent) throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 150);
    world
        .there("test")
        .ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("value"), true, false));
    TestServer.fill(world.followerServer.create("test"), 20);
    List<String> old = TestServer.contents(world.here("test"));
    List<String> wanted = TestServer.contents(world.there("test"));
    int succeeded = 0;
    for (long seed = 1; seed <= 40; seed++) {
      long thisSeed = seed;
      world.asStock = seed % 2 == 0;
      world.disturbance =
          client -> {
            // Unnoticed repetitions derail a stock leader; see above.
            return world.asStock
                ? new LossyStock(client, thisSeed, percent)
                : new Unreliable(client, thisSeed, percent);
          };
      try {
        world.sync("test");
        succeeded++;
        assertThat(TestServer.contents(world.here("test"))).as("seed %d", seed).isEqualTo(wanted);
        old = wanted;
      } catch (ReplicationException e) {
        assertThat(e.number().number()).as("seed %d", seed).isEqualTo(1400);
        assertThat(TestServer.contents(world.here("test"))).as("seed %d", seed).isEqualTo(old);
      }
    }
    assertThat(succeeded).isGreaterThan(percent == 30 ? 5 : 30);
    world.disturbance = client -> client;
    world.sync("test");
    world.assertEqual("test");
    assertNothingIsLeftBehind();
  }

  private static final class LossyStock extends HookedLeader {
    private final Random random;
    private final int percent;

    LossyStock(LeaderClient leader, long seed, int percent) {
      super(leader);
      this.random = new Random(seed);
      this.percent = percent;
    }

    @Override
    <T> T around(String name, Request<T> request) throws InterruptedException {
      boolean isHit;
      boolean isUnseen;
      synchronized (random) {
        isHit = random.nextInt(100) < percent;
        isUnseen = random.nextBoolean();
      }
      if (!isHit) {
        return request.send();
      }
      return disturbed(isUnseen ? Fault.REQUEST_LOST : Fault.ANSWER_LOST, request);
    }
  }

  /// After everything unreachable was purged, the follower holds as many rows as a server that was
  /// synchronized once without trouble.
  private void assertNothingIsLeftBehind() throws InterruptedException {
    try (SyncWorld fresh = new SyncWorld()) {
      TestServer.fill(fresh.leaderServer.create("test"), 150);
      fresh
          .there("test")
          .ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("value"), true, false));
      TestServer.fill(fresh.followerServer.create("test"), 20);
      fresh.sync("test");
      fresh.followerServer.store().start();
      world.followerServer.store().start();
      await()
          .atMost(20, TimeUnit.SECONDS)
          .untilAsserted(() -> {
            for (Keyspace keyspace :
                List.of(Keyspace.DOCUMENTS, Keyspace.PRIMARY, Keyspace.INDEXES, Keyspace.TREES)) {
              assertThat(rows(world.followerServer.engine(), keyspace))
                  .as(keyspace.name())
                  .isEqualTo(rows(fresh.followerServer.engine(), keyspace));
            }
          });
    }
  }

  private static int rows(MemoryStorageEngine engine, Keyspace keyspace) {
    int rows = 0;
    try (StorageCursor cursor = engine.scan(keyspace, KeyRange.all())) {
      while (cursor.next()) {
        rows++;
      }
    }
    return rows;
  }

  @Test
  void givesUpWithinItsRetriesWhenTheLeaderIsGone() {
    TestServer.fill(world.leaderServer.create("test"), 10);
    AtomicInteger attempts = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) {
                attempts.incrementAndGet();
                throw lost(true);
              }
            };

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1400))
        .hasMessage("could not connect to leader at tcp://leader:8529 for URL /x: refused");
    assertThat(attempts).hasValue(1 + world.settings.firstContactRetries());
  }

  @Test
  void onBehalfOfAnApplierALeaderThatIsAwayIsWaitedForFromTheFirstRequestOn()
      throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 10);
    int failures = world.settings.firstContactRetries() + 2;
    AtomicInteger attempts = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("state") && attempts.incrementAndGet() <= failures) {
                  throw lost(true);
                }
                return request.send();
              }
            };

    world
        .follower()
        .syncForApplier(
            SyncWorld.request(SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP), job -> {});

    world.assertEqual("test");
    assertThat(attempts).hasValue(failures + 1);
  }

  @Test
  void neverRepeatsWhatWasRefused() {
    TestServer.fill(world.leaderServer.create("test"), 10);
    AtomicInteger attempts = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("inventory")) {
                  attempts.incrementAndGet();
                  throw new LeaderRefusedException(endpoint(), "/i", 403, "Forbidden", "");
                }
                return request.send();
              }
            };

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1402));
    assertThat(attempts).hasValue(1);
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  @Test
  void goesOnWithTheHalfBuiltCopyOnANewBatchWhenTheOldOneIsLost() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 300);
    AtomicInteger dumps = new AtomicInteger();
    AtomicReference<String> lastBatch = new AtomicReference<>("");
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public DumpPage dump(DumpRequest request) throws InterruptedException {
                lastBatch.set(request.batchId());
                if (dumps.incrementAndGet() == 4) {
                  leader.closeBatch(request.batchId());
                }
                return super.dump(request);
              }
            };
    ReplicationFollower follower = world.follower();

    SyncWorld.sync(follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});

    world.assertEqual("test");
    assertThat(dumps).hasValue(4);
    SyncProgress job = follower.jobs().getFirst();
    assertThat(job.statistics().method()).isEqualTo(SyncMethod.NEWER_REVISIONS);
    // Each document came once, before or after.
    assertThat(job.statistics().documentsFetched()).isEqualTo(300);
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  @Test
  void theNextSynchronizationGoesOnWithWhatHadComeBeforeTheLeaderWasGone()
      throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 300);
    TestServer.fill(world.followerServer.create("test"), 3);
    AtomicInteger dumps = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public DumpPage dump(DumpRequest request) throws InterruptedException {
                if (dumps.incrementAndGet() >= 4) {
                  throw lost(true);
                }
                return super.dump(request);
              }
            };
    ReplicationFollower follower = world.follower();
    assertThatThrownBy(() -> sync(follower))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1400));
    long came = follower.jobs().getFirst().statistics().documentsFetched();
    assertThat(came).isPositive().isLessThan(300);
    assertThat(world.here("test").count()).isEqualTo(3);
    world.disturbance = client -> client;

    sync(follower);

    world.assertEqual("test");
    SyncStatistics second = follower.jobs().getFirst().statistics();
    assertThat(second.method()).isEqualTo(SyncMethod.NEWER_REVISIONS);
    assertThat(second.documentsFetched()).isEqualTo(300 - came);
  }

  @Test
  void cancelingWhatARestartHasInterruptedRemovesTheHalfBuiltCopy() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 300);
    TestServer.fill(world.followerServer.create("test"), 3);
    world.followerServer.store().start();
    int before = rows(world.followerServer.engine(), Keyspace.DOCUMENTS);
    endServerHalfway();
    assertThat(rows(world.followerServer.engine(), Keyspace.DOCUMENTS)).isGreaterThan(before);
    ReplicationFollower second = world.follower();
    String id = second.interrupted().getFirst().id();

    assertThatThrownBy(() -> second.resume(id, SyncJob::cancel))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(21));

    assertThat(second.interrupted()).isEmpty();
    assertThat(world.here("test").count()).isEqualTo(3);
    await()
        .atMost(20, TimeUnit.SECONDS)
        .untilAsserted(() ->
            assertThat(rows(world.followerServer.engine(), Keyspace.DOCUMENTS)).isEqualTo(before));
  }

  /// The follower's process ends in the middle of a synchronization, and cannot end its batch.
  private void endServerHalfway() {
    ReplicationFollower first = world.follower();
    AtomicInteger dumps = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public DumpPage dump(DumpRequest request) throws InterruptedException {
                if (dumps.incrementAndGet() == 4) {
                  // Pages are fetched ahead: at this point none may have been written yet.
                  await()
                      .atMost(20, TimeUnit.SECONDS)
                      .until(() -> first.jobs().getFirst().documentsDone() > 0);
                  first.close();
                }
                return super.dump(request);
              }

              @Override
              public void closeBatch(String batchId) {
                throw lost(true);
              }
            };
    assertThatThrownBy(() -> sync(first))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1412));
    world.disturbance = client -> client;
  }

  @Test
  void endsTheBatchThatADeadProcessHasLeft() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 300);
    endServerHalfway();
    assertThat(world.leader.batches().openBatches()).isOne();
    ReplicationFollower second = world.follower();

    second.resume(second.interrupted().getFirst().id(), job -> {});

    world.assertEqual("test");
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  @Test
  void waitsForALeaderThatHasAsManyBatchesAsItMay() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 30);
    DirectLeaderClient others = new DirectLeaderClient(world.leader, "_system", false);
    List<String> open = new ArrayList<>();
    for (int i = 0; i < LeaderSettings.of("3.11.9").batchesMax(); i++) {
      open.add(others.openBatch(Duration.ofMinutes(10)).id());
    }
    AtomicInteger attempts = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public BatchOpened openBatch(Duration lease) throws InterruptedException {
                if (attempts.incrementAndGet() == 3) {
                  leader.closeBatch(open.getFirst());
                }
                return super.openBatch(lease);
              }
            };
    ReplicationFollower follower = world.follower();

    sync(follower);

    world.assertEqual("test");
    SyncProgress job = follower.jobs().getFirst();
    assertThat(job.leader().retries()).isEqualTo(2);
    assertThat(job.leader().lastError()).contains("--replication.batches-max");
  }

  private static void sync(ReplicationFollower follower) throws InterruptedException {
    SyncWorld.sync(follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});
  }

  @Test
  void failsWhenEveryBatchIsLost() {
    TestServer.fill(world.leaderServer.create("test"), 300);
    TestServer.fill(world.followerServer.create("test"), 3);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public DumpPage dump(DumpRequest request) throws InterruptedException {
                if (request.from() == 2) {
                  leader.closeBatch(request.batchId());
                }
                return super.dump(request);
              }

              @Override
              public RevisionPage revisionRanges(RevisionRangesRequest request)
                  throws InterruptedException {
                leader.closeBatch(request.batchId());
                return super.revisionRanges(request);
              }
            };

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1402))
        .hasMessageContaining("HTTP 404");
    assertThat(world.here("test").count()).isEqualTo(3);
  }

  @Test
  void renewsTheLeaseWhateverItIsDoing() throws InterruptedException {
    // Long enough that a busy machine does not lose it: renewed every half second.
    world.settings = SyncWorld.settings(Duration.ofSeconds(2));
    TestServer.fill(world.leaderServer.create("test"), 50);
    AtomicInteger renewals = new AtomicInteger();
    CountDownLatch enough = new CountDownLatch(3);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("dump")) {
                  // A slow answer: the lease ends before it unless somebody renews it.
                  assertThat(enough.await(20, TimeUnit.SECONDS)).isTrue();
                }
                T answer = request.send();
                if (name.equals("extend")) {
                  renewals.incrementAndGet();
                  enough.countDown();
                }
                return answer;
              }
            };

    world.sync("test");

    world.assertEqual("test");
    assertThat(renewals.get()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void endsAtOnceWhenItIsCancelled() throws InterruptedException, ExecutionException {
    endsWhenStopped(SyncJob::cancel, 21, "canceled request", SyncPhase.CANCELED);
  }

  @Test
  void endsAtOnceWhenTheServerEnds() throws InterruptedException, ExecutionException {
    endsWhenStopped(SyncJob::stopReplication, 1412, "replication stopped", SyncPhase.CANCELED);
  }

  private void endsWhenStopped(Consumer<SyncJob> stop, int number, String sentence, SyncPhase phase)
      throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 300);
    TestServer.fill(world.followerServer.create("test"), 3);
    Map<String, SyncPhase> phaseAt =
        Map.of(
            "state", SyncPhase.CONNECTING,
            "open", SyncPhase.CONNECTING,
            "inventory", SyncPhase.LISTING,
            "dump", SyncPhase.COPYING);
    for (String place : phaseAt.keySet()) {
      CountDownLatch reached = new CountDownLatch(1);
      AtomicReference<SyncJob> job = new AtomicReference<>();
      world.disturbance =
          client ->
              new HookedLeader(client) {
                @Override
                <T> T around(String name, Request<T> request) throws InterruptedException {
                  if (name.equals(place)) {
                    reached.countDown();
                    // Waits for ever, as a hung leader makes us.
                    new CountDownLatch(1).await();
                  }
                  return request.send();
                }
              };
      ReplicationFollower follower = world.follower();
      CompletableFuture<Throwable> outcome = new CompletableFuture<>();
      Thread runner =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  SyncWorld.sync(
                      follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job::set);
                  outcome.complete(new AssertionError("it succeeded"));
                } catch (Throwable e) {
                  outcome.complete(e);
                }
              });
      assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();

      stop.accept(job.get());

      assertThat(outcome)
          .as(place)
          .succeedsWithin(Duration.ofSeconds(20))
          .isInstanceOfSatisfying(
              LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(number));
      runner.join();
      SyncProgress progress = follower.jobs().getFirst();
      assertThat(progress.phase()).isEqualTo(phase);
      assertThat(progress.failedIn()).as(place).isEqualTo(phaseAt.get(place));
      assertThat(progress.errorNum()).isEqualTo(number);
      assertThat(progress.errorMessage()).isEqualTo(sentence);
      assertThat(world.here("test").count()).isEqualTo(3);
      // A request that was cut while it opened a batch may leave one to its lease.
      assertThat(world.leader.batches().openBatches()).isZero();
    }
  }

  @Test
  void letsOnlyOneSynchronizationIntoADatabase() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 300);
    ReplicationFollower follower = world.follower();
    AtomicInteger refused = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("dump")) {
                  try {
                    SyncWorld.sync(
                        follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});
                    fail("a second synchronization began");
                  } catch (LockstepException e) {
                    assertThat(e.number().number()).isEqualTo(28);
                    assertThat(e).hasMessage("locked");
                    refused.incrementAndGet();
                  }
                }
                return request.send();
              }
            };

    SyncWorld.sync(follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});

    assertThat(refused.get()).isPositive();
    world.assertEqual("test");
    world.disturbance = client -> client;
    SyncWorld.sync(follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});
  }

  @Test
  void canBeWatched() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 300);
    ReplicationFollower follower = world.follower();
    List<SyncProgress> seen = new ArrayList<>();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                T answer = request.send();
                synchronized (seen) {
                  seen.add(follower.jobs().getFirst());
                }
                return answer;
              }
            };

    SyncWorld.sync(follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});

    assertThat(seen)
        .extracting(SyncProgress::phase)
        .contains(SyncPhase.CONNECTING, SyncPhase.LISTING, SyncPhase.COPYING, SyncPhase.FINISHING);
    assertThat(seen).extracting(SyncProgress::documentsDone).isSorted();
    assertThat(seen)
        .filteredOn(progress -> progress.documentsDone() > 0)
        .allMatch(progress ->
            progress.documentsExpected() != null && progress.documentsExpected() == 300);
    SyncProgress last = follower.jobs().getFirst();
    assertThat(last.phase()).isEqualTo(SyncPhase.DONE);
    assertThat(last.failedIn()).isNull();
    assertThat(last.documentsDone()).isEqualTo(300);
    assertThat(last.collection()).isEqualTo("test");
    assertThat(last.collectionsDone()).isOne();
    assertThat(last.bytesDone()).isGreaterThan(300 * 50);
    assertThat(last.errorNum()).isZero();
    assertThat(follower.job(last.id())).isEqualTo(last);
    assertThat(follower.job("1234567")).isNull();
  }

  @Test
  void forgetsOldJobs() throws InterruptedException {
    world.leaderServer.create("test");
    ReplicationFollower follower = world.follower();
    for (int i = 0; i < 8; i++) {
      SyncWorld.sync(follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});
    }

    assertThat(follower.jobs()).hasSize(world.settings.finishedJobsKept());
  }

  @Test
  void noticesThatDocumentsAreMissing() {
    TestServer.fill(world.leaderServer.create("test"), 300);
    TestServer.fill(world.followerServer.create("test"), 3);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public DumpPage dump(DumpRequest request) throws InterruptedException {
                DumpPage page = super.dump(request);
                // A leader that ends too early.
                return new DumpPage(
                    page.form(),
                    page.body(),
                    page.hasMore() && request.from() < 2,
                    page.lastIncluded(),
                    page.leaderCount(),
                    page.url());
              }
            };

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1401))
        .hasMessageContaining("the leader has 300 documents")
        .hasMessageContaining("nothing was changed here");
    assertThat(world.here("test").count()).isEqualTo(3);
  }

  @Test
  void noticesThatADocumentCameTwice() {
    TestServer.fill(world.leaderServer.create("test"), 100);
    world.asStock = true;
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public DumpPage dump(DumpRequest request) throws InterruptedException {
                DumpPage page = super.dump(request);
                byte[] twice = new byte[2 * page.body().length];
                System.arraycopy(page.body(), 0, twice, 0, page.body().length);
                System.arraycopy(page.body(), 0, twice, page.body().length, page.body().length);
                return new DumpPage(
                    page.form(), twice, page.hasMore(), page.lastIncluded(), null, page.url());
              }
            };

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1401))
        .hasMessageContaining("200 documents were sent, but they have only 100 different keys");
    assertThat(world.followerServer.system().collection("test")).isNull();
  }

  @Test
  void refusesADumpThatPromisesMoreWithoutGoingOn() {
    TestServer.fill(world.leaderServer.create("test"), 100);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public DumpPage dump(DumpRequest request) throws InterruptedException {
                DumpPage page = super.dump(request);
                return new DumpPage(
                    page.form(),
                    page.body(),
                    true,
                    Math.min(page.lastIncluded(), 2),
                    null,
                    page.url());
              }
            };

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1401));
  }

  /// A leader of 3.2 with its older engine sends everything that ever happened.
  @Test
  void takesTheLastWordOfAHistory() throws InterruptedException {
    world.leaderServer.create("test");
    world.asStock = true;
    List<String> parts =
        List.of(
            """
            {"tick":"10","type":2300,"data":{"_id":"test/a","_key":"a","_rev":"_md9uUHK---","v":1}}
            {"tick":"11","type":2300,"data":{"_id":"test/b","_key":"b","_rev":"_md9uUHK--_","v":1}}
            {"tick":"12","type":2300,"data":{"_id":"test/a","_key":"a","_rev":"_md9uUHK--A","v":2}}
            {"tick":"13","type":2302,"data":{"_key":"b","_rev":"_md9uUHK--B"}}
            {"tick":"14","type":2300,"data":{"_id":"test/c","_key":"c","_rev":"_md9uUHK--C","v":1}}
            """,
            """
            {"tick":"15","type":2302,"data":{"_key":"c","_rev":"_md9uUHK--D"}}
            {"tick":"16","type":2300,"data":{"_id":"test/d","_key":"d","_rev":"_md9uUHK--Z","v":1}}
            {"tick":"17","type":2300,"data":{"_id":"test/d","_key":"d","_rev":"_md9uUHK--E","v":2}}
            {"tick":"18","type":2300,"data":{"_id":"test/b","_key":"b","_rev":"_md9uUHK--F","v":3}}
            """);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public BatchOpened openBatch(Duration lease) throws InterruptedException {
                return new BatchOpened(super.openBatch(lease).id(), null, null);
              }

              @Override
              public DumpPage dump(DumpRequest request) {
                int part = request.from() == 0 ? 0 : 1;
                return new DumpPage(
                    DumpForm.JSON,
                    parts.get(part).getBytes(StandardCharsets.UTF_8),
                    part == 0,
                    part == 0 ? 14 : 18,
                    null,
                    "/dump");
              }
            };

    world.sync("test");

    DocumentCollection copy = world.here("test");
    assertThat(TestServer.contents(copy))
        .containsExactlyInAnyOrder(
            "{\"_key\":\"a\",\"_rev\":\"_md9uUHK--A\",\"v\":2}",
            // Restored with an older revision: the last line counts, not the greatest revision.
            "{\"_key\":\"d\",\"_rev\":\"_md9uUHK--E\",\"v\":2}",
            "{\"_key\":\"b\",\"_rev\":\"_md9uUHK--F\",\"v\":3}");
    assertThat(copy.count()).isEqualTo(3);
  }

  @Test
  void keepsTheOldDataWhenTheFollowerDiesAtAnyCommit() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 60);
    world
        .there("test")
        .ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("value"), true, false));
    List<String> wanted = TestServer.contents(world.there("test"));
    int survivedOld = 0;
    int survivedNew = 0;
    for (int dieAt = 1; dieAt <= 400 && survivedNew < 3; dieAt++) {
      MemoryStorageEngine engine = MemoryStorageEngine.tinyLimits();
      try (TestServer before = new TestServer(engine)) {
        TestServer.fill(before.create("test"), 5);
        List<String> old = TestServer.contents(before.system().requireCollection("test"));
        CommitCounter counter = new CommitCounter(dieAt);
        engine.injectFaults(counter::fault);
        ReplicationFollower follower =
            new ReplicationFollower(
                before.store(),
                address -> new DirectLeaderClient(world.leader, address.database(), false),
                SyncWorld.SETTINGS,
                InstantSource.system());
        boolean died = false;
        try {
          SyncWorld.sync(follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});
        } catch (RuntimeException e) {
          died = true;
        }
        before.store().close();
        try (TestServer after = new TestServer(engine.killProcess())) {
          List<String> found = TestServer.contents(after.system().requireCollection("test"));
          assertThat(found).as("died at commit %d", dieAt).isIn(old, wanted);
          if (!died) {
            assertThat(found).isEqualTo(wanted);
          }
          survivedOld += found.equals(old) ? 1 : 0;
          survivedNew += found.equals(wanted) ? 1 : 0;
        }
      }
    }
    assertThat(survivedOld).isGreaterThan(5);
    assertThat(survivedNew).isGreaterThanOrEqualTo(3);
  }

  /// Crashes the process at one commit, and at every later one.
  private static final class CommitCounter {
    private final int dieAt;
    private int commits;

    CommitCounter(int dieAt) {
      this.dieAt = dieAt;
    }

    synchronized @Nullable CommitFault fault(long ignored) {
      if (++commits >= dieAt) {
        throw new IllegalStateException("the process died at commit " + commits);
      }
      return null;
    }
  }
}
