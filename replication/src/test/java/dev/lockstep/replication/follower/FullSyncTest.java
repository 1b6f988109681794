package dev.lockstep.replication.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.KeyGeneratorType;
import dev.lockstep.core.collection.KeyOptions;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.DirectLeaderClient;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.SyncResult;
import java.io.IOException;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FullSyncTest {
  private SyncWorld world = new SyncWorld();

  @AfterEach
  void close() {
    world.close();
  }

  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.11.9, true", "3.8.0, true", "3.7.21, true", "4.0.1, true"})
  void copiesACollectionExactly(String version, boolean asStock) throws InterruptedException {
    world.close();
    world = new SyncWorld(version, new MemoryStorageEngine(), new MemoryStorageEngine());
    world.asStock = asStock;
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.fill(source, 1000);
    source.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("value"), true, false));
    source.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("nested.list[*]"), false, true));
    source.ensureIndex(IndexDefinition.of(IndexType.GEO, List.of("where"), false, true));
    Tick before = world.leader.lastTick();

    SyncResult result = world.sync("test");

    world.assertEqual("test");
    assertThat(result.collections())
        .containsExactly(new SyncResult.Collection(Long.toUnsignedString(source.id()), "test"));
    assertThat(result.lastLogTick()).isEqualTo(before);
    assertThat(world.leader.batches().openBatches()).isZero();
    // The indexes work: the same value is refused.
    assertThat(
            world
                .here("test")
                .write(
                    new DocumentWrite.Insert(
                        JsonToVPack.parse("{\"value\":7}"),
                        OverwriteMode.CONFLICT,
                        true,
                        true,
                        null),
                    TestServer.WRITE))
        .isInstanceOf(WriteResult.Refused.class);
  }

  @Test
  void replacesWhatWasThereAndItsProperties() throws InterruptedException {
    DocumentCollection local = world.followerServer.create("test");
    TestServer.insert(local, "{\"_key\":\"mine\"}", "{\"_key\":\"k1\",\"old\":true}");
    local.ensureIndex(IndexDefinition.of(IndexType.SKIPLIST, List.of("local"), false, false));
    DocumentCollection source = world.leaderServer.create("test");
    source.changeProperties(true, true, null, false);
    TestServer.fill(source, 10);

    world.sync("test");

    world.assertEqual("test");
    assertThat(world.here("test").document("mine")).isNull();
    assertThat(world.here("test")).as("who reads it reads on").isSameAs(local);
    assertThat(local.count()).isEqualTo(10);
    final long id = local.id();

    world.sync("test");

    assertThat(local.id()).as("the same collection again").isEqualTo(id);
  }

  @Test
  void copiesAgainWhatChanged() throws InterruptedException {
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.fill(source, 300);
    world.sync("test");
    source.write(new DocumentWrite.Remove("k7", null), TestServer.WRITE);
    TestServer.insert(source, "{\"_key\":\"k8\",\"new\":1}", "{\"_key\":\"more\"}");

    world.sync("test");

    world.assertEqual("test");
  }

  /// Before each part of the dump.
  private void whileCopying(Runnable action) {
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("dump")) {
                  action.run();
                }
                return request.send();
              }
            };
  }

  @ParameterizedTest
  @ValueSource(strings = {"test", "oldName"})
  void refusesClientsWritesFromTheCopysBeginToTheSwitch(String localName)
      throws InterruptedException {
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.fill(source, 500);
    world.sync("test");
    DocumentCollection local = world.here("test");
    if (!localName.equals("test")) {
      // Found by its globally unique id alone.
      world.followerServer.system().renameCollection(local, localName);
    }
    TestServer.insert(local, "{\"_key\":\"before\"}");
    List<LockstepException> refused = new CopyOnWriteArrayList<>();
    AtomicInteger dumps = new AtomicInteger();
    whileCopying(() -> {
      dumps.incrementAndGet();
      try {
        TestServer.insert(local, "{\"v\":1}");
      } catch (LockstepException e) {
        refused.add(e);
      }
    });

    world.sync("test");

    world.assertEqual("test");
    assertThat(refused).hasSize(dumps.get()).hasSizeGreaterThan(1);
    assertThat(refused.getFirst().number()).isEqualTo(ErrorNumber.READ_ONLY);
    assertThat(refused.getFirst())
        .hasMessageContaining(
            "collection '" + localName + "' is being synchronized with the leader at ")
        .hasMessageContaining("(job ");
    TestServer.insert(world.here("test"), "{\"_key\":\"afterwards\"}");
  }

  @Test
  void tellsWhomItDealsWithAndWhatItRetried() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 5);
    AtomicInteger failures = new AtomicInteger(2);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("inventory") && failures.getAndDecrement() > 0) {
                  throw LeaderUnavailableException.answerLost(
                      endpoint(), "/inventory", "cut", new IOException("cut"));
                }
                return request.send();
              }
            };
    ReplicationFollower follower = world.follower();

    SyncWorld.sync(follower, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {});

    LeaderContact contact = follower.jobs().getFirst().leader();
    assertThat(contact.retries()).isEqualTo(2);
    assertThat(contact.lastError()).contains("cut");
    assertThat(contact.version()).isEqualTo("3.11.9");
    assertThat(contact.endpoint()).startsWith("tcp://");
  }

  @Test
  void takesWritesAgainWhenACopyHasFailed() {
    TestServer.fill(world.leaderServer.create("test"), 500);
    DocumentCollection local = world.followerServer.create("test");
    TestServer.insert(local, "{\"_key\":\"mine\"}");
    whileCopying(() -> {
      throw new LeaderRefusedException("tcp://leader:8529", "/x", 403, "", "");
    });

    assertThatThrownBy(() -> world.sync("test")).isInstanceOf(LockstepException.class);

    TestServer.insert(local, "{\"_key\":\"afterwards\"}");
    assertThat(local.count()).isEqualTo(2);
  }

  @Test
  void letsClientsWriteMeanwhileWhereTheOperatorAcceptsTheLoss() throws InterruptedException {
    world.settings = SyncWorld.SETTINGS.withClientWrites(CollectionHold.ClientWrites.ALLOWED);
    TestServer.fill(world.leaderServer.create("test"), 500);
    DocumentCollection local = world.followerServer.create("test");
    AtomicInteger written = new AtomicInteger();
    whileCopying(() -> {
      TestServer.insert(local, "{\"v\":1}");
      written.incrementAndGet();
    });

    world.sync("test");

    assertThat(written).hasPositiveValue();
    world.assertEqual("test");
  }

  @Test
  void doesNotStartOnACollectionThatSomebodyElseHolds() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 5);
    DocumentCollection local = world.followerServer.create("test");
    TestServer.insert(local, "{\"_key\":\"mine\"}");
    try (CollectionHold hold = local.hold("is busy")) {
      assertThat(hold.collection()).isSameAs(local);
      assertThatThrownBy(() -> world.sync("test"))
          .isInstanceOfSatisfying(
              LockstepException.class, e -> assertThat(e.number()).isEqualTo(ErrorNumber.LOCKED))
          .hasMessage("locked: collection 'test' is busy");
      assertThat(local.document("mine")).isNotNull();
    }
    world.sync("test");
    world.assertEqual("test");
  }

  @Test
  void doesNotReplaceDocumentsOfACollectionThatWasCreatedMeanwhile() {
    TestServer.fill(world.leaderServer.create("test"), 500);
    whileCopying(() -> {
      if (world.followerServer.system().collection("test") == null) {
        TestServer.insert(world.followerServer.create("test"), "{\"_key\":\"mine\"}");
      }
    });

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number()).isEqualTo(ErrorNumber.CONFLICT))
        .hasMessageContaining("collection 'test' came here while");

    assertThat(world.here("test").document("mine")).isNotNull();
  }

  @Test
  void replacesAnEmptyCollectionThatWasCreatedMeanwhile() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 500);
    whileCopying(() -> {
      if (world.followerServer.system().collection("test") == null) {
        world.followerServer.create("test");
      }
    });

    world.sync("test");

    world.assertEqual("test");
  }

  @Test
  void keepsTheOldDataReadableUntilTheNewIsComplete() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 500);
    DocumentCollection local = world.followerServer.create("test");
    TestServer.insert(local, "{\"_key\":\"mine\",\"v\":1}");
    List<String> old = TestServer.contents(local);
    int[] dumps = {0};
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                // The last request comes after the swap.
                if (!name.equals("close")) {
                  assertThat(TestServer.contents(world.here("test"))).isEqualTo(old);
                }
                dumps[0] += name.equals("dump") ? 1 : 0;
                return request.send();
              }
            };

    world.sync("test");

    assertThat(dumps[0]).isGreaterThan(5);
    world.assertEqual("test");
  }

  @Test
  void copiesTheStateOfOneMomentWhileTheLeaderWrites() throws InterruptedException {
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.fill(source, 400);
    List<String> atFirst = TestServer.contents(source);
    int[] written = {0};
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("dump")) {
                  TestServer.insert(source, "{\"_key\":\"k" + written[0]++ + "\",\"late\":true}");
                }
                return request.send();
              }
            };

    world.sync("test");

    assertThat(written[0]).isGreaterThan(5);
    assertThat(TestServer.contents(world.here("test"))).isEqualTo(atFirst);
  }

  @Test
  void copiesEdgesSystemCollectionsAndEmptyOnes() throws InterruptedException {
    TestServer.insert(
        world.leaderServer.createEdges("knows"),
        "{\"_key\":\"e\",\"_from\":\"a/1\",\"_to\":\"b/2\",\"w\":0.5}");
    TestServer.insert(world.leaderServer.system().requireCollection("_graphs"), "{\"_key\":\"g\"}");
    world.leaderServer.create("empty");
    TestServer.fill(world.followerServer.create("empty"), 3);

    world.sync("knows");
    world.sync("_graphs");
    world.sync("empty");

    world.assertEqual("knows");
    world.assertEqual("_graphs");
    world.assertEqual("empty");
    assertThat(world.here("knows").type()).isEqualTo(CollectionType.EDGE);
    assertThat(world.here("empty").count()).isZero();
  }

  @Test
  void changesTheTypeWhereTheLeadersIsAnother() throws InterruptedException {
    TestServer.fill(world.followerServer.create("test"), 3);
    TestServer.insert(
        world.leaderServer.createEdges("test"), "{\"_from\":\"a/1\",\"_to\":\"a/2\"}");

    world.sync("test");

    world.assertEqual("test");
  }

  @Test
  void followsARenamedCollectionByItsGloballyUniqueId() throws InterruptedException {
    DocumentCollection source = world.leaderServer.create("before");
    TestServer.fill(source, 5);
    world.sync("before");
    final long id = world.here("before").id();
    world.leaderServer.system().renameCollection(source, "after");

    world.sync("after");

    world.assertEqual("after");
    assertThat(world.followerServer.system().collection("before")).isNull();
    assertThat(world.here("after").id()).isEqualTo(id);
  }

  @Test
  void leavesOneCollectionWhereNameAndGloballyUniqueIdPointToTwo() throws InterruptedException {
    DocumentCollection source = world.leaderServer.create("before");
    TestServer.fill(source, 5);
    world.sync("before");
    TestServer.fill(world.followerServer.create("after"), 2);
    world.leaderServer.system().renameCollection(source, "after");

    world.sync("after");

    world.assertEqual("after");
    assertThat(world.followerServer.system().collection("before")).isNull();
  }

  @ParameterizedTest
  @EnumSource(KeyGeneratorType.class)
  void goesOnWithKeysWhereTheLeaderIs(KeyGeneratorType type) throws InterruptedException {
    KeyOptions keys =
        type == KeyGeneratorType.AUTOINCREMENT
            ? new KeyOptions(type, true, 5, 10)
            : new KeyOptions(type, true, 1, 0);
    DocumentCollection source =
        world
            .leaderServer
            .system()
            .createCollection(
                CollectionProperties.of("test", CollectionType.DOCUMENT).withKeyOptions(keys));
    TestServer.insert(source, "{}", "{}", "{}");
    String last = lastKey(source);
    source.write(new DocumentWrite.Remove(last, null), TestServer.WRITE);

    world.sync("test");

    world.assertEqual("test");
    CollectionDefinition copy = world.here("test").definition();
    if (type == KeyGeneratorType.AUTOINCREMENT) {
      assertThat(copy.lastKeyValue()).isEqualTo(20);
      TestServer.insert(world.here("test"), "{}");
      assertThat(lastKey(world.here("test"))).isEqualTo("25");
    } else {
      TestServer.insert(world.here("test"), "{}", "{}");
      assertThat(world.here("test").count()).isEqualTo(4);
    }
  }

  private static String lastKey(DocumentCollection collection) {
    String last = TestServer.contents(collection).getLast();
    return last.replaceFirst(".*\"_key\":\"([^\"]*)\".*", "$1");
  }

  @Test
  void keepsRevisionsOfRestoredData() throws InterruptedException {
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.insert(source, "{\"_key\":\"tick\"}", Revision.parse("180086"));
    TestServer.insert(source, "{\"_key\":\"old\"}", Revision.parse("_Zzz2YvK--_"));
    TestServer.insert(source, "{\"_key\":\"" + "k".repeat(254) + "\"}");

    world.sync("test");

    world.assertEqual("test");
    assertThat(Objects.requireNonNull(world.here("test").document("tick")).revision())
        .hasToString("180086");
  }

  @Test
  void copiesLargeDocumentsBetweenEnginesThatTakeLittleAtOnce() throws InterruptedException {
    world.close();
    world =
        new SyncWorld("3.11.9", MemoryStorageEngine.tinyLimits(), MemoryStorageEngine.tinyLimits());
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.fill(source, 200);
    TestServer.insert(source, "{\"_key\":\"big\",\"t\":\"" + "z".repeat(50_000) + "\"}");

    world.sync("test");

    world.assertEqual("test");
  }

  @Test
  void fetchesFromAnotherDatabaseOfTheLeader() throws InterruptedException {
    var shop = world.leaderServer.store().createDatabase("shop");
    DocumentCollection source =
        shop.createCollection(CollectionProperties.of("test", CollectionType.DOCUMENT));
    TestServer.fill(source, 10);

    world.sync("\"database\":\"shop\"," + SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP);

    TestServer.assertSame(source, world.here("test"));
  }

  @Test
  void copiesEverythingElseThanWhatIsExcluded() throws InterruptedException {
    for (String name : List.of("c", "a", "b")) {
      TestServer.fill(world.leaderServer.create(name), 3);
    }
    TestServer.insert(
        world.leaderServer.createEdges("a_edges"), "{\"_from\":\"a/1\",\"_to\":\"a/2\"}");
    TestServer.fill(world.followerServer.create("mine"), 1);
    Set<String> dumped = new LinkedHashSet<>();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public DumpPage dump(DumpRequest request) throws InterruptedException {
                dumped.add(request.collection());
                return super.dump(request);
              }
            };

    SyncResult result =
        world.sync(
            "\"includeSystem\":false,\"restrictType\":\"exclude\",\"restrictCollections\":[\"b\"]",
            SyncRequest.Caller.LOCKSTEP);

    assertThat(result.collections())
        .extracting(SyncResult.Collection::name)
        .containsExactly("c", "a", "a_edges");
    assertThat(dumped)
        .containsExactly(
            world.there("a").definition().globallyUniqueId(),
            world.there("c").definition().globallyUniqueId(),
            world.there("a_edges").definition().globallyUniqueId());
    assertThat(world.followerServer.system().collection("b")).isNull();
    assertThat(world.here("mine").count()).isOne();
  }

  @Test
  void tellsOurOwnCallersThatTheLeaderHasNoSuchCollection() {
    TestServer.fill(world.leaderServer.create("test"), 1);
    TestServer.fill(world.followerServer.create("nosuch"), 2);

    assertThatThrownBy(() -> world.sync("nosuch"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1203))
        .hasMessageStartingWith("collection or view not found: nosuch");
    assertThatThrownBy(() ->
            world.sync(
                "\"restrictType\":\"include\",\"restrictCollections\":[\"test\",\"nosuch\"]",
                SyncRequest.Caller.LOCKSTEP))
        .hasMessageStartingWith("collection or view not found: nosuch");
    assertThatThrownBy(() -> world.sync("_statistics"))
        .hasMessageContaining("'_statistics' is never replicated");
    assertThat(world.here("nosuch").count()).isEqualTo(2);
    assertThat(world.followerServer.system().collection("test")).isNull();
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  @Test
  void tellsStockCallersNothingButAnEmptyList() throws InterruptedException {
    TestServer.fill(world.followerServer.create("nosuch"), 2);
    ReplicationFollower follower = world.follower();

    SyncResult result =
        SyncWorld.sync(follower, SyncWorld.only("nosuch"), SyncRequest.Caller.STOCK, job -> {});

    assertThat(result.collections()).isEmpty();
    assertThat(result.lastLogTick()).isGreaterThan(Tick.NONE);
    assertThat(world.here("nosuch").count()).isEqualTo(2);
    assertThat(follower.jobs().getFirst().warnings())
        .anySatisfy(warning -> assertThat(warning).contains("nosuch"));
  }

  @Test
  void warnsOfWhatUsersMisunderstand() throws InterruptedException {
    TestServer.insert(
        world.leaderServer.createEdges("knows"), "{\"_from\":\"a/1\",\"_to\":\"a/2\"}");
    TestServer.insert(
        world.followerServer.createEdges("knows"), "{\"_from\":\"a/1\",\"_to\":\"a/2\"}");
    ReplicationFollower follower = world.follower();

    SyncWorld.sync(
        follower,
        "\"incremental\":true,\"keepBarrier\":true," + SyncWorld.only("knows"),
        SyncRequest.Caller.STOCK,
        job -> {});

    assertThat(follower.jobs().getFirst().warnings())
        .satisfiesExactlyInAnyOrder(
            w -> assertThat(w).contains("'keepBarrier'"),
            w -> assertThat(w).contains("cannot be compared with the leader"),
            w -> assertThat(w).contains("1 documents of collection 'knows' will be replaced"),
            w -> assertThat(w).contains("edge collection"));
    world.assertEqual("knows");
  }

  @Test
  void failsWhereTheLeadersDataViolateAUniqueIndexAndKeepsTheOldData() {
    DocumentCollection local = world.followerServer.create("test");
    TestServer.fill(local, 4);
    List<String> old = TestServer.contents(local);
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.insert(source, "{\"_key\":\"a\",\"v\":1}", "{\"_key\":\"b\",\"v\":1}");
    source.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("v"), false, false));
    world.disturbance = UniqueIndexes::new;

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1210));
    assertThat(TestServer.contents(world.here("test"))).isEqualTo(old);
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  /// Claims that every index is unique, as a leader whose data were damaged would.
  private static final class UniqueIndexes extends HookedLeader {
    UniqueIndexes(LeaderClient leader) {
      super(leader);
    }

    @Override
    public Inventory inventory(String batchId, boolean system, boolean queues, String only)
        throws InterruptedException {
      var inventory = super.inventory(batchId, system, queues, only);
      return new Inventory(
          inventory.collections().stream().map(UniqueIndexes::unique).toList(),
          0,
          inventory.lastLogTick());
    }

    private static InventoryCollection unique(InventoryCollection collection) {
      return new InventoryCollection(
          collection.id(),
          collection.globallyUniqueId(),
          false,
          collection.properties(),
          0,
          collection.indexes().stream()
              .map(index ->
                  IndexDefinition.of(index.type(), index.fields(), true, false)
                      .withIdAndName(index.id(), index.name()))
              .toList(),
          collection.totals(),
          List.of());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.8.11", "5.0.0", "devel"})
  void refusesLeadersItDoesNotKnow(String version) {
    world.close();
    world = new SyncWorld(version, new MemoryStorageEngine(), new MemoryStorageEngine());
    world.leaderServer.create("test");

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1403))
        .hasMessage(
            "got incompatible leader version from endpoint 'tcp://leader:8529': '" + version + "'");
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  @Test
  void refusesToFollowItself() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 3);
    var self =
        new ReplicationFollower(
            world.leaderServer.store(),
            address -> new DirectLeaderClient(world.leader, address.database(), false),
            SyncWorld.SETTINGS,
            InstantSource.system());

    assertThatThrownBy(() ->
            SyncWorld.sync(self, SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP, job -> {}))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1405))
        .hasMessage(
            "got same server id ("
                + Long.toUnsignedString(world.leaderServer.store().serverId())
                + ") from endpoint 'tcp://leader:8529' as the local applier server's id");
    assertThat(world.there("test").count()).isEqualTo(3);
  }

  @Test
  void refusesWhileAnApplierWorks() {
    world.isTailing = true;

    assertThatThrownBy(() -> world.sync("test"))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1411))
        .hasMessage("cannot perform operation while applier is running");
  }

  @Test
  void createsNothingWhereThatIsForbidden() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 3);

    assertThatThrownBy(() ->
            world.sync(
                "\"skipCreateDrop\":true," + SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1203));
    world.followerServer.create("test");
    world.sync("\"skipCreateDrop\":true," + SyncWorld.only("test"), SyncRequest.Caller.LOCKSTEP);
    world.assertEqual("test");
  }

  @Test
  void survivesPowerLossOnceItHasSucceeded() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 100);
    world.sync("test");
    world.followerServer.store().close();

    try (var rebooted = new TestServer(world.followerServer.engine().losePower(new Random(1)))) {
      TestServer.assertSame(world.there("test"), rebooted.system().requireCollection("test"));
      rebooted.system().requireCollection("test").truncate(Durability.PROCESS_CRASH);
    }
  }
}
