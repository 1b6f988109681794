package dev.lockstep.replication.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.KeyOptions;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.memory.CommitFault;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What once broke in synchronizations elsewhere, each under the name of what broke, with its
/// number there. The others of its kind: `KnownPainsTest` in the server, and the table in
/// docs/guarantees.md.
class SyncPainsTest {
  private SyncWorld world = new SyncWorld();
  private final AtomicReference<@Nullable SyncJob> job = new AtomicReference<>();

  @AfterEach
  void close() {
    world.close();
  }

  private void use(String version, boolean asStock) {
    world.close();
    world = new SyncWorld(version, new MemoryStorageEngine(), new MemoryStorageEngine());
    world.asStock = asStock;
  }

  private void sync(String options) throws InterruptedException {
    SyncWorld.sync(world.follower(), options, SyncRequest.Caller.LOCKSTEP, job::set);
  }

  private void compare() throws InterruptedException {
    sync(SyncWorld.only("test") + ",\"incremental\":true");
  }

  private SyncProgress progress() {
    SyncJob started = job.get();
    if (started == null) {
      throw new IllegalStateException("no job was started");
    }
    return started.progress();
  }

  private boolean isIn(SyncPhase phase) {
    return job.get() != null && progress().phase() == phase;
  }

  /// 17 indexes, and documents for them.
  private void fillWithManyIndexes() {
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.fill(source, 50);
    for (int i = 0; i < 17; i++) {
      source.ensureIndex(
          IndexDefinition.of(IndexType.PERSISTENT, List.of("value", "f" + i), false, false));
    }
  }

  private interface Step {
    void perform() throws InterruptedException;
  }

  /// Does something once, when the first index entries are to be written.
  private void whenIndexesAreBuilt(Step step) {
    AtomicBoolean isDone = new AtomicBoolean();
    world
        .followerServer
        .engine()
        .injectFaults(commit -> {
          if (isIn(SyncPhase.INDEXING) && !isDone.getAndSet(true)) {
            try {
              step.perform();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          }
          return (@Nullable CommitFault) null;
        });
  }

  /// #13230: nothing renewed the leader's batch while 17 indexes were built.
  @Test
  void theBatchRanOutWhileManyIndexesWereBuilt() throws InterruptedException {
    world.settings = SyncWorld.settings(Duration.ofSeconds(2));
    fillWithManyIndexes();
    Semaphore renewals = new Semaphore(0);
    AtomicInteger openBatches = new AtomicInteger(-1);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                T answer = request.send();
                if (name.equals("extend")) {
                  renewals.release();
                }
                return answer;
              }
            };
    whenIndexesAreBuilt(() -> {
      renewals.drainPermits();
      // Four in a lease: longer than it lasts by itself.
      if (renewals.tryAcquire(5, 20, TimeUnit.SECONDS)) {
        openBatches.set(world.leader.batches().openBatches());
      }
    });

    sync(SyncWorld.only("test"));

    world.assertEqual("test");
    assertThat(openBatches).as("batches after more than a lease of building").hasValue(1);
    assertThat(progress().leader().retries()).isZero();
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  /// #13230: everything had come, and it failed all the same, without a reason.
  @Test
  void aBatchThatWasLostWhileIndexesWereBuiltFailedWhatHadAllItNeeded()
      throws InterruptedException {
    fillWithManyIndexes();
    AtomicReference<@Nullable Step> loss = new AtomicReference<>();
    AtomicBoolean isLost = new AtomicBoolean();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public BatchOpened openBatch(Duration lease) throws InterruptedException {
                BatchOpened batch = super.openBatch(lease);
                loss.set(() -> leader.closeBatch(batch.id()));
                return batch;
              }
            };
    whenIndexesAreBuilt(() -> {
      Objects.requireNonNull(loss.get()).perform();
      isLost.set(world.leader.batches().openBatches() == 0);
    });

    sync(SyncWorld.only("test"));

    assertThat(isLost).isTrue();
    assertThat(progress().phase()).isEqualTo(SyncPhase.DONE);
    assertThat(progress().leader().retries()).isZero();
    world.assertEqual("test");
  }

  /// PR #17778: collections made before 3.8 have no tree, and what differed was one transaction.
  @Test
  void aCollectionFromBefore38WasComparedInOneGiantTransaction() throws InterruptedException {
    use("3.11.9", true);
    DocumentCollection source =
        world
            .leaderServer
            .system()
            .createCollection(
                new CollectionProperties(
                    "test",
                    CollectionType.DOCUMENT,
                    false,
                    false,
                    KeyOptions.DEFAULT,
                    null,
                    false,
                    false,
                    false));
    TestServer.insert(source, "{\"_key\":\"first\"}");
    world.sync("test");
    TestServer.fill(source, 400);
    for (int i = 0; i < 400; i++) {
      TestServer.insert(world.here("test"), "{\"_key\":\"mine" + i + "\"}");
    }
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("tree")) {
                  throw new LeaderRefusedException(endpoint(), "/x", 501, "", "");
                }
                return request.send();
              }
            };
    AtomicInteger commits = new AtomicInteger();
    world
        .followerServer
        .engine()
        .injectFaults(commit -> {
          if (isIn(SyncPhase.UPDATING)) {
            commits.incrementAndGet();
          }
          return (@Nullable CommitFault) null;
        });

    compare();

    world.assertEqual("test");
    assertThat(progress().statistics().method()).isEqualTo(SyncMethod.KEYS);
    assertThat(progress().statistics().documentsRemoved()).isEqualTo(400);
    assertThat(progress().warnings()).isEmpty();
    // At most 20 documents each, by the settings of these tests.
    assertThat(commits.get()).isGreaterThan(800 / 20);
  }

  /// PR #8351: the follower dropped a system collection to fill it anew, and did without meanwhile.
  @Test
  void aSystemCollectionWasGoneWhileItWasSynchronized() throws InterruptedException {
    DocumentCollection local = world.here("_graphs");
    TestServer.insert(local, "{\"_key\":\"old\"}");
    long id = local.definition().id();
    TestServer.fill(world.there("_graphs"), 100);
    List<Long> counts = new ArrayList<>();
    world
        .followerServer
        .engine()
        .injectFaults(commit -> {
          counts.add(world.here("_graphs").count());
          return (@Nullable CommitFault) null;
        });

    sync(SyncWorld.only("_graphs"));

    world.assertEqual("_graphs");
    assertThat(world.here("_graphs").definition().id()).isEqualTo(id);
    assertThat(local.count()).isEqualTo(100);
    assertThat(counts).hasSizeGreaterThan(5).isSubsetOf(1L, 100L);
  }

  /// #10051: named graphs did not come along, and nobody said why.
  @Test
  void graphsStayedInvisibleWhereSystemCollectionsWereLeftOut() throws InterruptedException {
    TestServer.insert(
        world.leaderServer.createEdges("knows"), "{\"_from\":\"a/1\",\"_to\":\"a/2\"}");
    TestServer.insert(world.there("_graphs"), "{\"_key\":\"g\"}");

    sync("\"includeSystem\":false");

    world.assertEqual("knows");
    assertThat(world.here("_graphs").count()).isZero();
    assertThat(progress().warnings())
        .anySatisfy(warning ->
            assertThat(warning).contains("named graphs do not come along", "'includeSystem'"));
    assertThatThrownBy(() -> sync("\"includeSystem\":false," + SyncWorld.only("_graphs")))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1203))
        .hasMessageContaining("'_graphs' is a system collection, and 'includeSystem' is false");

    sync("\"restrictType\":\"exclude\",\"restrictCollections\":[\"_users\"]");

    world.assertEqual("_graphs");
    assertThat(progress().warnings()).noneMatch(warning -> warning.contains("named graphs"));
  }

  /// #16498: a unique index and a sparse unique one on the same attributes.
  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.11.9, true", "3.7.21, true"})
  void twoUniqueIndexesOnTheSameAttributesContradictedEachOther(String version, boolean asStock)
      throws InterruptedException {
    use(version, asStock);
    DocumentCollection source = world.leaderServer.create("test");
    for (boolean isSparse : new boolean[] {true, false}) {
      source.ensureIndex(
          IndexDefinition.of(IndexType.PERSISTENT, List.of("a", "b"), true, isSparse));
    }
    assertThat(source.definition().indexes()).hasSize(2);
    // Values that are absent, null, and there: the sparse index knows only the last kind.
    List<String> values =
        List.of(
            "",
            ",\"a\":1",
            ",\"a\":2,\"b\":null",
            ",\"b\":3",
            ",\"a\":1,\"b\":1",
            ",\"a\":1,\"b\":2");
    for (int i = 0; i < values.size(); i++) {
      TestServer.insert(source, "{\"_key\":\"k" + i + "\"" + values.get(i) + "}");
    }

    sync(SyncWorld.only("test"));
    world.assertEqual("test");

    // Every value wanders on to the next document.
    for (int i = 0; i < values.size(); i++) {
      TestServer.insert(source, "{\"_key\":\"k" + i + "\",\"a\":\"moving\",\"b\":" + i + "}");
    }
    for (int i = 0; i < values.size(); i++) {
      String value = values.get((i + 1) % values.size());
      TestServer.insert(source, "{\"_key\":\"k" + i + "\"" + value + "}");
    }
    compare();

    world.assertEqual("test");
    assertThat(progress().statistics().method()).isNotEqualTo(SyncMethod.FULL);
    assertThat(progress().warnings()).isEmpty();
  }

  /// PR #12846, #12889, #7156: a leader's number of documents had drifted from its documents, and
  /// followers synchronized again and again.
  @ParameterizedTest
  @ValueSource(longs = {1, 49, 51})
  void aLeadersCountThatHadDriftedMadeFollowersBeginAgainAndAgain(long told)
      throws InterruptedException {
    use("3.7.21", true);
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.fill(source, 50);
    world.sync("test");
    AtomicInteger asked = new AtomicInteger();
    AtomicLong fewest = new AtomicLong(Long.MAX_VALUE);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public KeysAnswer openKeys(String batchId, String collection, Tick to, boolean quick)
                  throws InterruptedException {
                asked.incrementAndGet();
                var ready = (KeysAnswer.Ready) super.openKeys(batchId, collection, to, quick);
                return new KeysAnswer.Ready(ready.id(), told);
              }

              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                fewest.accumulateAndGet(world.here("test").count(), Math::min);
                return request.send();
              }
            };

    compare();

    world.assertEqual("test");
    assertThat(asked).as("comparisons").hasValue(1);
    assertThat(fewest).as("documents that readers found").hasValue(50);
    assertThat(progress().warnings())
        .anySatisfy(warning ->
            assertThat(warning).contains("the leader has " + told + " documents, here are 50"));
  }
}
