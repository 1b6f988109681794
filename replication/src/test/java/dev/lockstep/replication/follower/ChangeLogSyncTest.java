package dev.lockstep.replication.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.protocol.LeaderMismatchException;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.ServerIdentity;
import dev.lockstep.replication.protocol.SyncResult;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailRequest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Incremental synchronizations that read the leader's change log; where it does not lead to the
/// leader's state, they compare.
class ChangeLogSyncTest {
  private final SyncWorld world = new SyncWorld();
  private DocumentCollection source;
  private DocumentCollection other;
  private ReplicationFollower follower;
  private @Nullable SyncProgress progress;

  @BeforeEach
  void share() throws InterruptedException {
    source = world.leaderServer.create("test");
    TestServer.fill(source, 300);
    other = world.leaderServer.create("other");
    // One process, which knows the leader from then on.
    follower = world.follower();
    sync();
  }

  @AfterEach
  void close() {
    world.close();
  }

  private void sync(String... moreOptions) throws InterruptedException {
    SyncJob[] job = new SyncJob[1];
    String options =
        SyncWorld.only("test") + ",\"incremental\":true" + String.join("", moreOptions);
    try {
      SyncWorld.sync(follower, options, SyncRequest.Caller.LOCKSTEP, started -> job[0] = started);
    } finally {
      progress = job[0].progress();
    }
  }

  private SyncStatistics statistics() {
    return Objects.requireNonNull(progress).statistics();
  }

  private static void remove(DocumentCollection collection, String key) {
    assertThat(collection.write(new DocumentWrite.Remove(key, null), TestServer.WRITE))
        .isInstanceOf(WriteResult.Written.class);
  }

  private void change() {
    TestServer.insert(source, "{\"_key\":\"k8\",\"new\":1}", "{\"_key\":\"more\"}");
    remove(source, "k9");
    TestServer.insert(source, "{\"_key\":\"k9\",\"again\":1}");
    remove(source, "k10");
    // In the same log, and of no interest.
    TestServer.insert(other, "{\"_key\":\"k8b\",\"other\":1}");
  }

  private Tick newest() {
    return world.leaderServer.engine().closedTick();
  }

  private void assertComparedTo(SyncMethod method) {
    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(method);
    assertThat(Objects.requireNonNull(progress).warnings()).isEmpty();
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  private void assertAt(Tick tick) {
    assertThat(world.here("test").appliedPosition())
        .isEqualTo(new AppliedPosition(world.leaderServer.store().serverId(), tick));
  }

  @Test
  void takesOverJustWhatHasChangedInTwoRequests() throws InterruptedException {
    change();
    Map<String, Integer> requests = world.countRequests();

    sync();

    assertComparedTo(SyncMethod.CHANGE_LOG);
    assertThat(statistics().documentsFetched()).isEqualTo(3);
    // k10, and k9 before it came again.
    assertThat(statistics().documentsRemoved()).isEqualTo(2);
    assertThat(requests).containsExactlyInAnyOrderEntriesOf(Map.of("state", 1, "tail", 1));
    assertThat(Objects.requireNonNull(progress).collectionsDone()).isEqualTo(1);
    assertAt(newest());
  }

  /// Without a batch nothing is noted on the way: the end has to.
  @Test
  void whatItHasComeToIsToldAfterARestart() throws InterruptedException {
    for (SyncMethod method : List.of(SyncMethod.CHANGE_LOG, SyncMethod.FINGERPRINT)) {
      if (method == SyncMethod.CHANGE_LOG) {
        change();
      }
      long jobId = 1000 + method.ordinal();
      SyncRequest asked =
          SyncWorld.request(
              SyncWorld.only("test") + ",\"incremental\":true", SyncRequest.Caller.LOCKSTEP);
      SyncRequest request =
          new SyncRequest(
              asked.database(), asked.options(), asked.caller(), List.of(), jobId, "root");

      SyncResult result = follower.sync(request, _ -> {});

      EndedSync ended =
          world.follower().ended().stream()
              .filter(sync -> sync.jobId() == jobId)
              .findFirst()
              .orElseThrow();
      assertThat(ended.progress().statistics().method()).isEqualTo(method);
      assertThat(ended.result()).isEqualTo(result);
      assertThat(result.collections())
          .extracting(SyncResult.Collection::name)
          .containsExactly("test");
      assertThat(result.lastLogTick()).isEqualTo(newest());
    }
  }

  @Test
  void aLeaderThatIsNotKnownYetIsAskedInABatch() throws InterruptedException {
    change();
    follower = world.follower();
    Map<String, Integer> requests = world.countRequests();

    sync();

    assertComparedTo(SyncMethod.CHANGE_LOG);
    assertThat(statistics().documentsFetched()).isEqualTo(3);
    assertThat(requests)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("state", 1, "open", 1, "inventory", 1, "tail", 1, "close", 1));
    assertAt(newest());
  }

  @Test
  void severalCollectionsAreBroughtOverThroughTheLog() throws InterruptedException {
    TestServer.fill(other, 20);
    String both =
        "\"restrictType\":\"include\",\"restrictCollections\":[\"test\",\"other\"],"
            + "\"incremental\":true";
    SyncWorld.sync(follower, both, SyncRequest.Caller.LOCKSTEP, job -> {});
    change();
    Map<String, Integer> requests = world.countRequests();

    SyncWorld.sync(follower, both, SyncRequest.Caller.LOCKSTEP, job -> {});

    world.assertEqual("test");
    world.assertEqual("other");
    assertThat(requests)
        .containsEntry("tail", 2)
        .doesNotContainKeys("blocks", "ranges", "documents", "dump");
  }

  @Test
  void whatWasChangedHereIsFoundByComparing() throws InterruptedException {
    change();
    TestServer.insert(world.here("test"), "{\"_key\":\"mine\"}");

    sync();

    assertComparedTo(SyncMethod.REVISION_BLOCKS);
    assertThat(statistics().documentsFetched()).isEqualTo(3);
    assertThat(statistics().documentsRemoved()).isEqualTo(3);
  }

  @Test
  void comparesIfTheLogDoesNotReachBackThatFar() throws InterruptedException {
    change();
    world.leaderServer.store().changeLog().prune(new Tick(newest().value() - 1));

    sync();

    assertComparedTo(SyncMethod.REVISION_BLOCKS);
  }

  @Test
  void comparesIfAllDocumentsHaveGoneAtOnce() throws InterruptedException {
    source.truncate(Durability.PROCESS_CRASH);
    TestServer.insert(source, "{\"_key\":\"k8\",\"new\":1}", "{\"_key\":\"more\"}");

    sync();

    assertComparedTo(SyncMethod.REVISION_BLOCKS);
    assertThat(world.here("test").count()).isEqualTo(2);
  }

  @Test
  void doesNotReadALogThatIsLongerThanTheCollection() throws InterruptedException {
    change();
    TestServer.fill(other, 100_001);
    Map<String, Integer> requests = world.countRequests();

    sync();

    assertComparedTo(SyncMethod.REVISION_BLOCKS);
    assertThat(requests).doesNotContainKey("tail");
  }

  @Test
  void doesNotReadTheLogIfItIsNotToBeRead() throws InterruptedException {
    change();
    Map<String, Integer> requests = world.countRequests();

    sync(",\"useChangeLog\":false");

    assertComparedTo(SyncMethod.REVISION_BLOCKS);
    assertThat(requests).doesNotContainKey("tail");
  }

  /// A position in the log of another server says nothing.
  @Test
  void doesNotReadTheLogOfAnotherLeader() throws InterruptedException {
    change();
    world
        .here("test")
        .setAppliedPosition(
            new AppliedPosition(world.leaderServer.store().serverId() + 1, new Tick(1)));
    Map<String, Integer> requests = world.countRequests();

    sync();

    assertComparedTo(SyncMethod.REVISION_BLOCKS);
    assertThat(requests).doesNotContainKey("tail");
  }

  /// A unique index that only the follower has must not displace the leader's documents: the batch
  /// tells which indexes there are.
  @Test
  void readsTheLogInABatchWhereThereAreUniqueIndexes() throws InterruptedException {
    world
        .here("test")
        .ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, true));
    TestServer.insert(source, "{\"_key\":\"a\",\"u\":1}", "{\"_key\":\"b\",\"u\":1}");
    Map<String, Integer> requests = world.countRequests();

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.CHANGE_LOG);
    assertThat(requests).containsEntry("open", 1).containsEntry("tail", 1);
    assertThat(Objects.requireNonNull(progress).warnings()).hasSize(1);
  }

  /// Documents that have been replaced by the time the log is read are not in it, what replaced
  /// them is.
  @Test
  void readsOnWhereTheLeaderGoesOnMeanwhile() throws InterruptedException {
    change();
    AtomicInteger tails = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public TailPage tail(TailRequest request) throws InterruptedException {
                if (tails.incrementAndGet() == 1) {
                  TestServer.insert(source, "{\"_key\":\"k8\",\"new\":2}");
                  remove(source, "more");
                }
                return super.tail(request);
              }
            };

    sync();

    assertComparedTo(SyncMethod.CHANGE_LOG);
    assertThat(tails).hasValue(2);
    assertAt(newest());
  }

  /// It never ends so, and must end.
  @Test
  void comparesWhereTheLeaderGoesOnAllTheTime() throws InterruptedException {
    change();
    AtomicInteger tails = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public TailPage tail(TailRequest request) throws InterruptedException {
                TestServer.insert(source, "{\"_key\":\"k8\",\"new\":" + tails.get() + "}");
                return tails.incrementAndGet() < 1000 ? super.tail(request) : failed();
              }

              private TailPage failed() {
                throw new AssertionError("asked for ever");
              }
            };

    sync();

    // The state of the batch, after which nothing was written but by the last request for the log.
    assertThat(world.here("test").count()).isEqualTo(source.count());
    assertThat(tails.get()).isBetween(3, 5);
  }

  @Test
  void aRunThatWasCutOffIsGoneOnWith() throws InterruptedException {
    for (int i = 0; i < 200; i++) {
      TestServer.insert(source, "{\"_key\":\"k" + i + "\",\"text\":\"" + "x".repeat(100) + "\"}");
    }
    Tick before = Objects.requireNonNull(world.here("test").appliedPosition()).tick();
    AtomicInteger tails = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public TailPage tail(TailRequest request) throws InterruptedException {
                if (tails.incrementAndGet() > 4) {
                  throw LeaderUnavailableException.notConnected(
                      endpoint(), "/tail", "refused", new IOException("gone"));
                }
                return super.tail(request);
              }
            };
    assertThatThrownBy(() -> sync(",\"maxConnectRetries\":1"))
        .isInstanceOf(LockstepException.class);
    long came = statistics().documentsFetched();
    assertThat(came).isPositive().isLessThan(200);
    assertThat(Objects.requireNonNull(world.here("test").appliedPosition()).tick())
        .isGreaterThan(before);
    world.disturbance = client -> client;

    sync();

    assertComparedTo(SyncMethod.CHANGE_LOG);
    assertThat(statistics().documentsFetched()).isEqualTo(200 - came);
  }

  /// Ticks of another server would make the position a lie.
  @Test
  void doesNotGoOnWithAnotherServerInTheLeadersPlace() {
    change();
    AppliedPosition before = world.here("test").appliedPosition();
    AtomicInteger tails = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public TailPage tail(TailRequest request) {
                tails.incrementAndGet();
                throw LeaderUnavailableException.notConnected(
                    endpoint(), "/tail", "refused", new IOException("gone"));
              }

              @Override
              public LoggerState loggerState(String collection) throws InterruptedException {
                LoggerState state = super.loggerState(collection);
                ServerIdentity server = state.server();
                return tails.get() == 0
                    ? state
                    : new LoggerState(
                        state.lastLogTick(),
                        state.time(),
                        new ServerIdentity(
                            server.version(), server.serverId() + 1, server.engine()),
                        List.of());
              }
            };

    assertThatThrownBy(this::sync).isInstanceOf(LeaderMismatchException.class);

    assertThat(tails).hasValue(1);
    assertThat(world.here("test").appliedPosition()).isEqualTo(before);
  }

  @Test
  void comparesWhereTheLeaderDoesNotTellItsLog() throws InterruptedException {
    change();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public TailPage tail(TailRequest request) {
                throw new LeaderRefusedException(endpoint(), "/tail", 403, "", "");
              }
            };

    sync();

    assertComparedTo(SyncMethod.REVISION_BLOCKS);
  }

  @Test
  void anAnswerInAnotherFormIsRefused() {
    change();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public TailPage tail(TailRequest request) throws InterruptedException {
                TailPage page = super.tail(request);
                return new TailPage(MarkerForm.STORED, page.body(), page.position(), page.url());
              }
            };

    assertThatThrownBy(this::sync)
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1401))
        .hasMessageContaining("the answer is no application/x-lockstep-changes");
    assertThat(world.here("test").count()).isEqualTo(300);
  }
}
