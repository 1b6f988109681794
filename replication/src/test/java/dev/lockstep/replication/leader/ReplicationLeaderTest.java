package dev.lockstep.replication.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.MarkerForm;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReplicationLeaderTest {
  private static final FollowerIdentity FOLLOWER = new FollowerIdentity("4711", "0", "", "_system");
  private static final Duration TTL = Duration.ofSeconds(60);

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private TestServer server = new TestServer();
  private ReplicationLeader leader = leader(LeaderSettings.of("3.11.9"));

  private ReplicationLeader leader(LeaderSettings settings) {
    return new ReplicationLeader(server.store(), () -> now, settings);
  }

  @BeforeEach
  void start() {
    server = new TestServer();
    leader = leader(LeaderSettings.of("3.11.9"));
  }

  @AfterEach
  void stop() {
    leader.close();
    server.close();
  }

  @Test
  void tellsWhoItIs() {
    LoggerState state = leader.loggerState(FOLLOWER);

    assertThat(state.server().version()).isEqualTo("3.11.9");
    assertThat(state.server().serverId()).isEqualTo(server.store().serverId());
    assertThat(state.server().engine()).isEqualTo("rocksdb");
    assertThat(state.lastLogTick()).isGreaterThan(Tick.NONE);
    assertThat(state.clients()).isEmpty();
  }

  @Test
  void keepsABatchInItsStateWhateverIsWrittenLater() throws InterruptedException {
    DocumentCollection collection = server.create("c");
    TestServer.insert(collection, "{\"_key\":\"a\"}");
    BatchOpened batch = open();
    TestServer.insert(collection, "{\"_key\":\"b\"}");
    server.create("later");

    Inventory inventory = leader.inventory(FOLLOWER, batch.id(), "_system", true, true, "");

    assertThat(inventory.collections())
        .extracting(InventoryCollection::name)
        .contains("c")
        .doesNotContain("later");
    assertThat(inventory.lastLogTick()).isEqualTo(batch.lastTick());
    assertThat(dumpText(batch.id(), "c", 0, 1000)).contains("\"a\"").doesNotContain("\"b\"");
    assertThat(leader.lastTick()).isGreaterThan(Objects.requireNonNull(batch.lastTick()));
  }

  @Test
  void endsABatchWhenItsLeaseRunsOut() {
    BatchOpened batch = open();
    now = now.plus(TTL).minusMillis(1);
    leader.inventory(FOLLOWER, batch.id(), "_system", true, false, "");
    // The inventory renewed the lease.
    now = now.plus(TTL);

    assertUnknown(batch.id());
    leader.batches().collectExpired();
    assertThat(leader.batches().openBatches()).isZero();
  }

  @Test
  void neverShortensALease() {
    BatchOpened batch = open();
    leader.extendBatch(FOLLOWER, batch.id(), Duration.ofSeconds(1));
    now = now.plus(TTL).minusMillis(1);

    leader.extendBatch(FOLLOWER, batch.id(), TTL);
    now = now.plus(TTL).minusMillis(1);

    leader.extendBatch(FOLLOWER, batch.id(), TTL);
  }

  @Test
  void neverTakesABatchFromWhoeverWorksOnIt() {
    DocumentCollection collection = server.create("c");
    TestServer.insert(collection, "{\"_key\":\"a\"}");
    BatchOpened batch = open();
    try (ReplicationBatches.Use use = leader.batches().use(batch.id())) {
      now = now.plus(TTL.multipliedBy(10));
      leader.batches().collectExpired();
      assertThat(leader.batches().openBatches()).isOne();
      leader.deleteBatch(FOLLOWER, batch.id());
      assertThat(use.batch().snapshot().collection("_system", "c")).isNotNull();
    }
    assertUnknown(batch.id());
  }

  @Test
  void limitsOpenBatchesAndNamesTheSetting() {
    ReplicationLeader small = leader(LeaderSettings.of("3.11.9").withBatchesMax(2));
    BatchOpened first = small.openBatch(FOLLOWER, TTL, false);
    small.openBatch(FOLLOWER, TTL, false);

    assertThatThrownBy(() -> small.openBatch(FOLLOWER, TTL, false))
        .isInstanceOfSatisfying(
            LockstepException.class,
            e -> assertThat(e.number()).isEqualTo(ErrorNumber.HTTP_SERVICE_UNAVAILABLE))
        .hasMessageContaining("replication batches")
        .hasMessageContaining("(--replication.batches-max is 2)");

    small.deleteBatch(FOLLOWER, first.id());
    small.openBatch(FOLLOWER, TTL, false);
    now = now.plus(TTL);
    // Both leases have run out: there is room again.
    small.openBatch(FOLLOWER, TTL, false);
    assertThat(small.batches().openBatches()).isOne();
    small.close();
  }

  @Test
  void doesNotKnowABatchTwice() {
    BatchOpened batch = open();
    leader.deleteBatch(FOLLOWER, batch.id());

    assertUnknown(batch.id());
    assertUnknown("");
    assertUnknown("x");
    assertUnknown("18446744073709551616");
  }

  private void assertUnknown(String id) {
    assertThatThrownBy(() -> leader.deleteBatch(FOLLOWER, id))
        .isInstanceOfSatisfying(
            LockstepException.class,
            e -> {
              assertThat(e.number().number()).isEqualTo(1600);
              assertThat(e.number().httpStatus()).isEqualTo(404);
            });
  }

  @Test
  void listsVerticesBeforeEdgesAndLeavesOutWhatNeverTravels() {
    server.createEdges("a_edges");
    server.create("z");
    server.create("b");
    BatchOpened batch = open();

    assertThat(leader.inventory(FOLLOWER, batch.id(), "_system", false, false, "").collections())
        .extracting(InventoryCollection::name)
        .containsExactly("b", "z", "a_edges");
    assertThat(leader.inventory(FOLLOWER, batch.id(), "_system", true, false, "").collections())
        .extracting(InventoryCollection::name)
        .contains("_users", "_graphs")
        .doesNotContain("_jobs", "_queues", "_statistics", "_frontend");
    assertThat(leader.inventory(FOLLOWER, batch.id(), "_system", true, true, "").collections())
        .extracting(InventoryCollection::name)
        .contains("_jobs", "_queues");
    assertThat(leader.inventory(FOLLOWER, batch.id(), "_system", true, true, "z").collections())
        .extracting(InventoryCollection::name)
        .containsExactly("z");
    assertThat(leader.inventoryOfAll(FOLLOWER, batch.id(), true, false)).containsKey("_system");
  }

  @ParameterizedTest
  @EnumSource(DumpForm.class)
  void dumpsEveryDocumentOnceInOrderOfRevisions(DumpForm form) throws InterruptedException {
    DocumentCollection collection = server.create("c");
    TestServer.fill(collection, 300);
    BatchOpened batch = open();
    List<byte[]> parts = new ArrayList<>();
    long from = 0;
    while (true) {
      DumpPart part = dump(batch.id(), "c", form, from, 2000);
      parts.add(part.body().toByteArray());
      assertThat(part.number()).isEqualTo(from + 1);
      assertThat(part.collectionCount()).isEqualTo(300);
      if (!part.hasMore()) {
        break;
      }
      assertThat(part.body().length()).isGreaterThanOrEqualTo(2000);
      from = part.number();
    }
    assertThat(parts).hasSizeGreaterThan(10);
    DumpPart whole = dump(open().id(), "c", form, 0, 10_000_000);
    assertThat(whole.hasMore()).isFalse();
    int offset = 0;
    byte[] all = whole.body().toByteArray();
    for (byte[] part : parts) {
      assertThat(part).isEqualTo(Arrays.copyOfRange(all, offset, offset + part.length));
      offset += part.length;
    }
    assertThat(offset).isEqualTo(all.length);
  }

  @Test
  void givesALostPartAgain() throws InterruptedException {
    TestServer.fill(server.create("c"), 500);
    BatchOpened batch = open();
    long seed = 42;
    Random random = new Random(seed);
    List<byte[]> parts = new ArrayList<>();
    long from = 0;
    while (true) {
      DumpPart part = dump(batch.id(), "c", DumpForm.STORED, from, 3000);
      byte[] body = part.body().toByteArray();
      parts.add(body);
      while (random.nextBoolean()) {
        // Another size must not move the borders.
        DumpPart again = dump(batch.id(), "c", DumpForm.STORED, from, 1 + random.nextInt(9000));
        if (part.hasMore()) {
          assertThat(again.body().toByteArray()).as("seed %d", seed).isEqualTo(body);
        }
      }
      if (from > 0 && random.nextBoolean()) {
        DumpPart before = dump(batch.id(), "c", DumpForm.STORED, from - 1, 3000);
        assertThat(before.body().toByteArray()).isEqualTo(parts.get((int) from - 1));
        assertThat(before.hasMore()).isTrue();
      }
      if (!part.hasMore()) {
        break;
      }
      from = part.number();
    }
    assertThat(parts).hasSizeGreaterThan(20);
    // From the beginning, however far it went.
    assertThat(dump(batch.id(), "c", DumpForm.STORED, 0, 3000).body().toByteArray())
        .isEqualTo(parts.getFirst());
    long tooOld = 3;
    assertThatThrownBy(() -> dump(batch.id(), "c", DumpForm.STORED, tooOld, 3000))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().httpStatus()).isEqualTo(400));
  }

  @Test
  void sendsAtLeastOneDocumentHoweverLarge() throws InterruptedException {
    DocumentCollection collection = server.create("c");
    String text = "x".repeat(100_000);
    TestServer.insert(collection, "{\"_key\":\"a\",\"t\":\"" + text + "\"}", "{\"_key\":\"b\"}");
    BatchOpened batch = open();

    DumpPart first = dump(batch.id(), "c", DumpForm.JSON, 0, 1);
    DumpPart second = dump(batch.id(), "c", DumpForm.JSON, 1, 1);

    assertThat(first.body().length()).isGreaterThan(100_000);
    assertThat(first.hasMore()).isTrue();
    assertThat(second.hasMore()).isFalse();
    assertThat(second.number()).isEqualTo(2);
  }

  @Test
  void hasAnEmptyLastPartForTheEmptyCollectionAndBehindTheEnd() throws InterruptedException {
    DocumentCollection collection = server.create("c");
    BatchOpened batch = open();

    DumpPart empty = dump(batch.id(), "c", DumpForm.JSON, 0, 100);

    assertThat(empty.body().length()).isZero();
    assertThat(empty.hasMore()).isFalse();
    assertThat(empty.number()).isZero();
    TestServer.insert(collection, "{\"_key\":\"a\"}");
    BatchOpened later = open();
    assertThat(dump(later.id(), "c", DumpForm.JSON, 0, 100).hasMore()).isFalse();
    assertThat(dump(later.id(), "c", DumpForm.JSON, 1, 100).body().length()).isZero();
  }

  @Test
  void shortensPagesToItsOwnLimit() throws InterruptedException {
    TestServer.fill(server.create("c"), 200);
    ReplicationLeader small = leader(LeaderSettings.of("3.11.9").withDumpPageBytesMax(1000));
    BatchOpened batch = small.openBatch(FOLLOWER, TTL, false);

    try (var dump =
        small.dump(
            FOLLOWER,
            batch.id(),
            "_system",
            "c",
            new DumpParameters(DumpForm.JSON, 0, 1 << 20, false, false))) {
      assertThat(dump.part().body().length()).isBetween(1000L, 2000L);
      assertThat(dump.part().hasMore()).isTrue();
    }
    small.close();
  }

  @Test
  void findsACollectionByAnyOfItsNames() throws InterruptedException {
    DocumentCollection collection = server.create("c");
    TestServer.insert(collection, "{\"_key\":\"a\"}");
    BatchOpened batch = open();

    for (String name :
        List.of(
            "c",
            Long.toUnsignedString(collection.id()),
            collection.definition().globallyUniqueId())) {
      assertThat(dumpText(batch.id(), name, 0, 100)).contains("\"a\"");
    }
    assertThatThrownBy(() -> dumpText(batch.id(), "nosuch", 0, 100))
        .isInstanceOfSatisfying(
            LockstepException.class,
            e -> assertThat(e.number()).isEqualTo(ErrorNumber.HTTP_BAD_PARAMETER))
        .hasMessage("replication dump - bad parameter");
  }

  @Test
  void remembersFollowersApartAndTheOldestTickOfAll() {
    TestServer.insert(server.create("c"), "{}");
    BatchOpened first = leader.openBatch(new FollowerIdentity("1", "0", "", "a"), TTL, false);
    TestServer.insert(server.create("d"), "{}");
    leader.openBatch(new FollowerIdentity("1", "0", "", "b"), TTL, false);
    leader.openBatch(new FollowerIdentity("1", "77", "", "a"), TTL, false);
    leader.openBatch(FollowerIdentity.anonymous("a"), TTL, false);

    LoggerState state = leader.loggerState(FOLLOWER);

    assertThat(state.clients()).hasSize(3);
    assertThat(state.clients())
        .extracting(LoggerState.Client::syncerId)
        .containsExactly("0", "0", "77");
    assertThat(leader.oldestTickNeeded()).isEqualTo(first.lastTick());
    now = now.plus(Duration.ofHours(2)).plusMillis(1);
    assertThat(leader.loggerState(FOLLOWER).clients()).isEmpty();
    assertThat(leader.oldestTickNeeded()).isNull();
  }

  private static TailParameters tail(Tick from) {
    return new TailParameters(
        "_system",
        from,
        null,
        Tick.NONE,
        1 << 20,
        true,
        false,
        "",
        MarkerForm.JSON,
        false,
        Duration.ZERO);
  }

  /// A synchronization beside an applier of the same server must not let the applier's place go.
  @Test
  void aFollowerNeedsTheLowerOfWhatItTailsAndWhatItCopied() throws InterruptedException {
    DocumentCollection collection = server.create("c");
    TestServer.insert(collection, "{}");
    Tick behind = server.store().changeLog().lastTick();
    leader.tail(FOLLOWER, tail(behind)).close();
    TestServer.insert(collection, "{}", "{}", "{}");
    leader.noteTick();
    now = now.plusSeconds(5);

    Tick copied = leader.openBatch(FOLLOWER, TTL, false).lastTick();

    assertThat(leader.oldestTickNeeded()).isEqualTo(behind);
    LoggerState state = leader.loggerState(FOLLOWER);
    assertThat(state.ticksBehind(state.clients().getFirst())).isEqualTo(3);
    assertThat(state.clients().getFirst().behind()).isEqualTo(Duration.ofSeconds(5));
    assertThat(state.clients().getFirst().database()).isEqualTo("_system");

    leader.tail(FOLLOWER, tail(Objects.requireNonNull(copied))).close();

    assertThat(leader.oldestTickNeeded()).isEqualTo(copied);
    assertThat(leader.loggerState(FOLLOWER).clients().getFirst().behind()).isZero();
  }

  @Test
  void countsWhatDidNotConcernAFollowerAsDone() throws InterruptedException {
    DocumentCollection collection = server.create("c");
    Tick from = server.store().changeLog().lastTick();
    TestServer.insert(collection, "{}", "{}");
    leader.noteTick();
    now = now.plusSeconds(5);
    Tick scanned = server.store().changeLog().lastTick();
    TailParameters first = tail(from);

    leader
        .tail(
            FOLLOWER,
            new TailParameters(
                first.database(),
                from,
                null,
                scanned,
                first.chunkSize(),
                first.includeSystem(),
                first.includeFoxxQueues(),
                "another",
                first.form(),
                first.isLegacy(),
                first.waitMax()))
        .close();

    assertThat(leader.oldestTickNeeded()).isEqualTo(scanned);
    assertThat(leader.loggerState(FOLLOWER).clients().getFirst().behind()).isZero();
  }

  @Test
  void servesFromAnEngineThatTakesLittleAtOnce() throws InterruptedException {
    leader.close();
    server.close();
    server = new TestServer(MemoryStorageEngine.tinyLimits());
    leader = leader(LeaderSettings.of("3.11.9"));
    DocumentCollection collection = server.create("c");
    String text = "y".repeat(10_000);
    TestServer.insert(collection, "{\"_key\":\"a\",\"t\":\"" + text + "\"}", "{\"_key\":\"b\"}");

    assertThat(dumpText(open().id(), "c", 0, 1_000_000)).contains(text).contains("\"b\"");
  }

  private BatchOpened open() {
    return leader.openBatch(FOLLOWER, TTL, false);
  }

  private DumpPart dump(String batchId, String collection, DumpForm form, long from, long chunkSize)
      throws InterruptedException {
    try (var dump =
        leader.dump(
            FOLLOWER,
            batchId,
            "_system",
            collection,
            new DumpParameters(form, from, chunkSize, false, false))) {
      return dump.part();
    }
  }

  private String dumpText(String batchId, String collection, long from, long chunkSize)
      throws InterruptedException {
    return new String(
        dump(batchId, collection, DumpForm.JSON, from, chunkSize).body().toByteArray(),
        StandardCharsets.UTF_8);
  }
}
