package dev.lockstep.replication.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.KeyGeneratorType;
import dev.lockstep.core.collection.KeyOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.KeyChunk;
import dev.lockstep.replication.protocol.KeyChunkPart;
import dev.lockstep.replication.protocol.KeyRevision;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.ReplicationException;
import dev.lockstep.replication.protocol.RevisionBlocksRequest;
import dev.lockstep.replication.protocol.RevisionDocumentsRequest;
import dev.lockstep.replication.protocol.SyncResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Comparing with leaders that have revision trees (3.8 on) and that do not (3.7), ours and stock
/// ones. What the change log tells is in [ChangeLogSyncTest].
class IncrementalSyncTest {
  private static final String COMPARING = ",\"incremental\":true,\"useChangeLog\":false";

  private SyncWorld world = new SyncWorld();
  private @Nullable SyncProgress progress;

  @AfterEach
  void close() {
    world.close();
  }

  private void use(String version, boolean asStock) {
    world.close();
    world = new SyncWorld(version, new MemoryStorageEngine(), new MemoryStorageEngine());
    world.asStock = asStock;
  }

  private void sync(String... moreOptions) throws InterruptedException {
    sync(world.follower(), moreOptions);
  }

  private SyncResult sync(ReplicationFollower follower, String... moreOptions)
      throws InterruptedException {
    SyncJob[] job = new SyncJob[1];
    String options = SyncWorld.only("test") + COMPARING + String.join("", moreOptions);
    try {
      return SyncWorld.sync(
          follower, options, SyncRequest.Caller.LOCKSTEP, started -> job[0] = started);
    } finally {
      progress = job[0].progress();
    }
  }

  private SyncProgress progress() {
    return Objects.requireNonNull(progress);
  }

  private SyncStatistics statistics() {
    return progress().statistics();
  }

  /// Both sides have the same 1000 documents.
  private DocumentCollection shared(int documents) throws InterruptedException {
    DocumentCollection source = world.leaderServer.create("test");
    TestServer.fill(source, documents);
    world.sync("test");
    return source;
  }

  private static void remove(DocumentCollection collection, String key) {
    assertThat(collection.write(new DocumentWrite.Remove(key, null), TestServer.WRITE))
        .isInstanceOf(WriteResult.Written.class);
  }

  @ParameterizedTest
  @CsvSource({
    "3.11.9, false, REVISION_BLOCKS",
    "3.11.9, true, REVISION_TREE",
    "3.8.0, true, REVISION_TREE",
    "3.7.21, true, KEYS",
    "4.0.1, true, REVISION_TREE"
  })
  void takesOverJustTheDifferences(String version, boolean asStock, SyncMethod method)
      throws InterruptedException {
    use(version, asStock);
    DocumentCollection source = shared(1000);
    DocumentCollection local = world.here("test");
    TestServer.insert(source, "{\"_key\":\"k8\",\"new\":1}", "{\"_key\":\"more\"}");
    remove(source, "k9");
    // Changed here only: undone.
    TestServer.insert(local, "{\"_key\":\"k500\",\"mine\":1}", "{\"_key\":\"mine\"}");
    remove(local, "k501");

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(method);
    // k8, more, k500, k501
    assertThat(statistics().documentsFetched()).isEqualTo(4);
    // k9 and mine
    assertThat(statistics().documentsRemoved()).isEqualTo(2);
    assertThat(progress().kind()).isEqualTo("incremental");
    assertThat(progress().warnings()).isEmpty();
    assertThat(world.leader.batches().openBatches()).isZero();
  }

  @Test
  void tellsHowMuchThatIsNewerIsToBeExpected() throws InterruptedException {
    DocumentCollection source = shared(100);
    TestServer.insert(source, "{\"_key\":\"k8\",\"new\":1}", "{\"_key\":\"more\"}");
    List<Long> expected = new CopyOnWriteArrayList<>();
    ReplicationFollower follower = world.follower();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("documents")) {
                  expected.add(
                      Objects.requireNonNull(follower.jobs().getFirst().documentsExpected()));
                }
                return request.send();
              }
            };

    SyncWorld.sync(
        follower, SyncWorld.only("test") + COMPARING, SyncRequest.Caller.LOCKSTEP, job -> {});

    assertThat(expected).containsOnly(2L);
  }

  /// However close together the revisions of all documents are.
  @Test
  void listsOnlyWhatIsNewerWhereTheLeaderHasOnlyInsertedAndReplaced() throws InterruptedException {
    DocumentCollection source = shared(1000);
    TestServer.insert(source, "{\"_key\":\"k8\",\"new\":1}", "{\"_key\":\"more\"}");
    Map<String, Integer> requests = world.countRequests();

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.NEWER_REVISIONS);
    assertThat(statistics().documentsFetched()).isEqualTo(2);
    assertThat(statistics().documentsRemoved()).isZero();
    assertThat(progress().warnings()).isEmpty();
    assertThat(requests)
        .doesNotContainKey("tree")
        .containsEntry("ranges", 1)
        .containsEntry("blocks", 1);
  }

  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.11.9, true", "3.7.21, true"})
  void movesNoDocumentWhereNothingDiffers(String version, boolean asStock)
      throws InterruptedException {
    use(version, asStock);
    shared(300);
    Map<String, Integer> requests = world.countRequests();

    sync();

    world.assertEqual("test");
    assertThat(statistics().documentsFetched()).isZero();
    assertThat(statistics().documentsRemoved()).isZero();
    assertThat(requests).doesNotContainKeys("dump", "documents", "chunkDocuments", "ranges");
    if (!version.startsWith("3.7")) {
      Map<String, Integer> expected =
          new TreeMap<>(Map.of("state", 1, "open", 1, "inventory", 1, "close", 1));
      if (asStock) {
        expected.put("tree", 1);
      }
      assertThat(requests).containsExactlyInAnyOrderEntriesOf(expected);
    }
  }

  @Test
  void asksOnceWhereNothingDiffersFromALeaderThatIsKnown() throws InterruptedException {
    DocumentCollection source = shared(10);
    ReplicationFollower follower = world.follower();
    sync(follower);
    // Another collection's change: the state is a later one.
    TestServer.fill(world.leaderServer.create("other"), 3);
    Map<String, Integer> requests = world.countRequests();

    SyncResult result = sync(follower);

    assertThat(requests).containsExactly(Map.entry("state", 1));
    assertThat(statistics().method()).isEqualTo(SyncMethod.FINGERPRINT);
    assertThat(progress().collectionsDone()).isEqualTo(1);
    // Who follows from here on misses nothing.
    Tick now = world.leaderServer.engine().closedTick();
    assertThat(result.lastLogTick()).isEqualTo(now);
    assertThat(result.collections())
        .containsExactly(new SyncResult.Collection(Long.toUnsignedString(source.id()), "test"));
    assertThat(world.here("test").appliedPosition())
        .isEqualTo(new AppliedPosition(world.leaderServer.store().serverId(), now));
  }

  /// The first answer's digest covers the definition as well.
  @Test
  void whatDiffersInTheDefinitionOnlyIsTakenOver() throws InterruptedException {
    DocumentCollection source = shared(10);
    ReplicationFollower follower = world.follower();
    sync(follower);
    source.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("v"), false, false));

    sync(follower);

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.FINGERPRINT);
    assertThat(world.here("test").definition().indexes()).hasSize(1);
  }

  /// Another one may be at the same address by now.
  @Test
  void aLeaderThatNoLongerAnnouncesItIsNotAskedTwice() throws InterruptedException {
    shared(10);
    ReplicationFollower follower = world.follower();
    sync(follower);
    world.asStock = true;
    Map<String, Integer> requests = world.countRequests();

    sync(follower);
    sync(follower);

    world.assertEqual("test");
    assertThat(requests).containsEntry("tree", 2);
    assertThat(statistics().method()).isEqualTo(SyncMethod.REVISION_TREE);
  }

  /// Others must not hold a collection while it is found to be the same.
  @Test
  void nothingIsConcludedAboutACollectionThatIsHeld() throws InterruptedException {
    shared(10);
    ReplicationFollower follower = world.follower();
    sync(follower);
    try (CollectionHold _ =
        world.here("test").hold("is held", CollectionHold.ClientWrites.REFUSED)) {
      assertThatThrownBy(() -> sync(follower))
          .isInstanceOf(LockstepException.class)
          .extracting(failure -> ((LockstepException) failure).number())
          .isEqualTo(ErrorNumber.LOCKED);
    }
  }

  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.7.21, true"})
  void copiesAsAWholeWhatIsNotThereOrEmpty(String version, boolean asStock)
      throws InterruptedException {
    use(version, asStock);
    TestServer.fill(world.leaderServer.create("test"), 100);

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.FULL);
    world.here("test").truncate(Durability.PROCESS_CRASH);

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.FULL);
    assertThat(progress().warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.7.21, true"})
  void emptiesWhatTheLeaderHasEmptied(String version, boolean asStock) throws InterruptedException {
    use(version, asStock);
    DocumentCollection source = shared(100);
    source.truncate(Durability.PROCESS_CRASH);

    sync();

    world.assertEqual("test");
    assertThat(statistics().documentsFetched()).isZero();
    assertThat(statistics().documentsRemoved()).isEqualTo(100);
  }

  @Test
  void copiesAsAWholeWhatIsAnotherCollectionOfTheSameName() throws InterruptedException {
    TestServer.fill(world.leaderServer.create("test"), 30);
    TestServer.insert(world.followerServer.create("test"), "{\"_key\":\"mine\"}");

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.FULL);
    assertThat(progress().warnings())
        .anyMatch(warning ->
            warning.contains("copied as a whole") && warning.contains("globally unique"));
    TestServer.insert(world.there("test"), "{\"_key\":\"next\"}");

    sync();

    world.assertEqual("test");
    assertThat(statistics().documentsFetched()).isEqualTo(1);
  }

  @Test
  void copiesAsAWholeWhatHasAnotherType() throws InterruptedException {
    shared(10);
    DocumentCollection local = world.here("test");
    String guid = local.definition().globallyUniqueId();
    world.leaderServer.system().dropCollection(world.there("test"), false);
    world.leaderServer.createEdges("test");
    assertThat(world.there("test").definition().globallyUniqueId()).isNotEqualTo(guid);
    TestServer.insert(world.there("test"), "{\"_key\":\"e\",\"_from\":\"a/1\",\"_to\":\"a/2\"}");

    sync();

    world.assertEqual("test");
    assertThat(world.here("test").type()).isEqualTo(CollectionType.EDGE);
  }

  @Test
  void followsARenamedCollection() throws InterruptedException {
    shared(20);
    DocumentCollection local = world.here("test");
    world.leaderServer.system().renameCollection(world.there("test"), "renamed");
    TestServer.insert(world.there("renamed"), "{\"_key\":\"next\"}");

    SyncWorld.sync(
        world.follower(),
        SyncWorld.only("renamed") + ",\"incremental\":true",
        SyncRequest.Caller.LOCKSTEP,
        job -> {});

    world.assertEqual("renamed");
    assertThat(local.name()).isEqualTo("renamed");
  }

  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.7.21, true"})
  void exchangesUniqueValues(String version, boolean asStock) throws InterruptedException {
    use(version, asStock);
    DocumentCollection source = world.leaderServer.create("test");
    source.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, true));
    source.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("v"), true, true));
    int documents = 200;
    List<Integer> values = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      values.add(i);
    }
    write(source, values);
    world.sync("test");
    Collections.shuffle(values, new Random(1));
    for (int i = 0; i < documents; i++) {
      remove(source, "k" + i);
    }
    write(source, values);

    sync();

    world.assertEqual("test");
  }

  private static void write(DocumentCollection source, List<Integer> values) {
    for (int i = 0; i < values.size(); i++) {
      int value = values.get(i);
      TestServer.insert(
          source,
          "{\"_key\":\"k%d\",\"u\":%d,\"v\":%d}".formatted(i, value, values.size() - value));
    }
  }

  @Test
  void bringsPropertiesAndIndexesAndKeepsLocalIndexesThatForbidNothing()
      throws InterruptedException {
    DocumentCollection source = shared(50);
    DocumentCollection local = world.here("test");
    source.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("value"), true, false));
    source.changeProperties(true, true, null, false);
    local.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("text"), false, false));
    local.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("half"), true, false));
    TestServer.insert(source, "{\"_key\":\"k1\",\"value\":-1,\"half\":2.5}");

    sync();

    assertThat(local.definition().properties()).isEqualTo(source.definition().properties());
    assertThat(local.definition().indexes())
        .containsAll(source.definition().indexes())
        .extracting(IndexDefinition::fields)
        .containsExactlyInAnyOrder(List.of("value"), List.of("text"));
    assertThat(progress().warnings()).hasSize(1).first().asString().contains("no such index");
    assertThat(TestServer.contents(local)).isEqualTo(TestServer.contents(source));
  }

  @Test
  void goesOnWithKeysWhereTheLeaderIs() throws InterruptedException {
    CollectionProperties plain = CollectionProperties.of("test", CollectionType.DOCUMENT);
    DocumentCollection source =
        world
            .leaderServer
            .system()
            .createCollection(
                new CollectionProperties(
                    "test",
                    plain.type(),
                    false,
                    false,
                    new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, 1, 0),
                    null,
                    false,
                    true,
                    true));
    TestServer.insert(source, "{}", "{}");
    world.sync("test");
    TestServer.insert(source, "{}", "{}", "{}");
    remove(source, "5");

    sync();

    WriteResult next =
        world
            .here("test")
            .write(DocumentWrite.Insert.of(JsonToVPack.parse("{}")), TestServer.WRITE);
    assertThat(((WriteResult.Written) next).key()).isEqualTo("6");
  }

  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.7.21, true"})
  void isTheStateOfOneMomentWhileTheLeaderWrites(String version, boolean asStock)
      throws InterruptedException {
    use(version, asStock);
    DocumentCollection source = shared(300);
    TestServer.insert(source, "{\"_key\":\"k3\",\"new\":1}", "{\"_key\":\"x\"}");
    List<String> expected = TestServer.contents(source);
    world.disturbance =
        client ->
            new HookedLeader(client) {
              private int writes;

              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                T answer = request.send();
                if (!name.equals("state")) {
                  synchronized (this) {
                    TestServer.insert(source, "{\"_key\":\"k" + writes++ + "\",\"later\":1}");
                  }
                }
                return answer;
              }
            };

    sync();

    assertThat(TestServer.contents(world.here("test"))).isEqualTo(expected);
  }

  /// Readers here find everything that is the same before and after, at every moment.
  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.7.21, true"})
  void servesReadersAllTheTime(String version, boolean asStock) throws InterruptedException {
    use(version, asStock);
    world.settings = SyncWorld.settings(Duration.ofSeconds(60), 1000);
    DocumentCollection source = shared(400);
    DocumentCollection local = world.here("test");
    for (int i = 0; i < 400; i += 3) {
      TestServer.insert(source, "{\"_key\":\"k" + i + "\",\"new\":" + i + "}");
      TestServer.insert(local, "{\"_key\":\"mine" + i + "\"}");
    }
    Map<String, String> common = new TreeMap<>();
    List<String> keysInBoth = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      String key = "k" + i;
      keysInBoth.add(key);
      if (json(source, key).equals(json(local, key))) {
        common.put(key, json(local, key));
      }
    }
    int[] looks = {0};
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                synchronized (looks) {
                  common.forEach((key, json) -> assertThat(json(local, key)).isEqualTo(json));
                  keysInBoth.forEach(key -> assertThat(local.document(key)).as(key).isNotNull());
                  looks[0]++;
                }
                return request.send();
              }
            };

    sync();

    world.assertEqual("test");
    assertThat(looks[0]).isGreaterThan(10);
  }

  private static String json(DocumentCollection collection, String key) {
    Document document = collection.document(key);
    return document == null ? "" : document.slice().toJson();
  }

  @Test
  void refusesClientsWritesMeanwhile() throws InterruptedException {
    DocumentCollection source = shared(10);
    TestServer.insert(source, "{\"_key\":\"next\"}");
    remove(source, "k3");
    DocumentCollection local = world.here("test");
    List<WriteResult> unexpected = new ArrayList<>();
    List<LockstepException> refused = new ArrayList<>();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("blocks")) {
                  try {
                    unexpected.add(
                        local.write(
                            DocumentWrite.Insert.of(JsonToVPack.parse("{}")), TestServer.WRITE));
                  } catch (LockstepException e) {
                    refused.add(e);
                  }
                }
                return request.send();
              }
            };

    sync();

    world.assertEqual("test");
    assertThat(unexpected).isEmpty();
    assertThat(refused)
        .isNotEmpty()
        .allSatisfy(refusal -> {
          assertThat(refusal.number()).isEqualTo(ErrorNumber.READ_ONLY);
          assertThat(refusal).hasMessageContaining("synchronized with the leader");
        });
    TestServer.insert(local, "{\"_key\":\"afterwards\"}");
  }

  @Test
  void arrivesAtTheLeadersStateThoughClientsMayWriteMeanwhile() throws InterruptedException {
    DocumentCollection source = shared(10);
    TestServer.insert(source, "{\"_key\":\"next\"}");
    remove(source, "k3");
    world.settings = SyncWorld.SETTINGS.withClientWrites(CollectionHold.ClientWrites.ALLOWED);
    DocumentCollection local = world.here("test");
    AtomicInteger written = new AtomicInteger();
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("blocks") && written.getAndIncrement() == 0) {
                  TestServer.insert(local, "{\"_key\":\"foreign\"}");
                }
                return request.send();
              }
            };

    sync();

    assertThat(written).hasPositiveValue();
    world.assertEqual("test");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void comparesKeysWhereTheLeaderHasNoTree(boolean asStock) throws InterruptedException {
    use("3.11.9", asStock);
    DocumentCollection source = shared(100);
    TestServer.insert(source, "{\"_key\":\"k1\",\"new\":1}");
    remove(source, "k2");
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals("tree") || name.equals("blocks")) {
                  throw new LeaderRefusedException(endpoint(), "/x", 501, "", "");
                }
                return request.send();
              }
            };

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.KEYS);
    assertThat(statistics().documentsFetched()).isEqualTo(1);
    assertThat(progress().warnings()).isEmpty();
  }

  /// Revisions that fit into no tree: ticks from before revisions were times.
  @Test
  void comparesKeysOfRevisionsFromBeforeRevisionsWereTimes() throws InterruptedException {
    DocumentCollection source = world.leaderServer.create("test");
    for (int i = 1; i <= 30; i++) {
      TestServer.insert(source, "{\"_key\":\"k" + i + "\"}", new Revision(1000 + i));
    }
    world.sync("test");
    TestServer.insert(source, "{\"_key\":\"k7\",\"new\":1}", new Revision(2000));
    remove(source, "k8");

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.KEYS);
    assertThat(statistics().documentsFetched()).isEqualTo(1);
  }

  /// PR #14384: a leader's tree that has drifted from its data made followers fetch for ever.
  @Test
  void getsOverALeaderWhoseTreeIsWrong() throws InterruptedException {
    use("3.11.9", true);
    DocumentCollection source = shared(100);
    TestServer.insert(source, "{\"_key\":\"k1\",\"new\":1}");
    remove(source, "k2");
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public RevisionTree revisionTree(String batchId, String collection)
                  throws InterruptedException {
                var editor = new RevisionTreeEditor(super.revisionTree(batchId, collection));
                editor.insert(new Revision(Revision.LOWER_BOUND.value() + 77));
                return editor.toTree();
              }
            };

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.KEYS);
    assertThat(statistics().documentsFetched()).isEqualTo(1);
    assertThat(progress().warnings())
        .hasSize(2)
        .allMatch(text -> text.contains("trees still differ"));
  }

  @Test
  void getsOverALeaderWhoseBlocksAreWrong() throws InterruptedException {
    DocumentCollection source = shared(100);
    TestServer.insert(source, "{\"_key\":\"k1\",\"new\":1}");
    remove(source, "k2");
    DocumentCollection local = world.here("test");
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public RevisionBlockList revisionBlocks(RevisionBlocksRequest request) {
                return local
                    .view()
                    .revisionBlocks()
                    .within(request.ranges())
                    .coarsened(request.countMax());
              }
            };

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.KEYS);
    assertThat(statistics().documentsRemoved()).isEqualTo(1);
    assertThat(progress().warnings())
        .hasSize(2)
        .allMatch(text -> text.contains("is not yet the leader's"));
  }

  /// The cost of a comparison follows the difference.
  @Test
  void asksForFewBlocksAndRevisionsWhereLittleDiffers() throws InterruptedException {
    DocumentCollection source = shared(30_000);
    for (int i = 0; i < 5; i++) {
      remove(source, "k" + i * 5_000);
    }
    Map<String, Integer> requests = world.countRequests();

    sync();

    world.assertEqual("test");
    assertThat(statistics().method()).isEqualTo(SyncMethod.REVISION_BLOCKS);
    assertThat(statistics().documentsRemoved()).isEqualTo(5);
    assertThat(statistics().documentsSkipped()).isLessThan(5 * 64);
    assertThat(requests.get("blocks")).isLessThan(5);
    assertThat(requests).doesNotContainKey("tree");
  }

  /// A leader that lists what it does not send: bounded, and told.
  @Test
  void failsWhereTheLeaderDoesNotSendWhatItLists() throws InterruptedException {
    DocumentCollection source = shared(50);
    TestServer.insert(source, "{\"_key\":\"k1\",\"new\":1}", "{\"_key\":\"k2\",\"new\":1}");
    int[] asked = {0};
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public FetchedDocuments revisionDocuments(RevisionDocumentsRequest request)
                  throws InterruptedException {
                asked[0]++;
                FetchedDocuments answer = super.revisionDocuments(request);
                return new FetchedDocuments(
                    answer.documents().stream()
                        .filter(document -> !document.key().equals("k1"))
                        .toList(),
                    answer.bytes(),
                    answer.url());
              }
            };

    assertThatThrownBy(this::sync)
        .isInstanceOfSatisfying(
            ReplicationException.class, e -> assertThat(e.number().number()).isEqualTo(1401))
        .hasMessageContaining("1 documents that the leader lists were asked for 3 times");
    assertThat(asked[0]).isEqualTo(4);
    assertThat(world.here("test").count()).isEqualTo(50);

    world.disturbance = client -> client;
    sync();
    world.assertEqual("test");
  }

  /// What lies in no chunk of the leader's is removed here: no reason to believe everything.
  @Test
  void removesNothingForALeaderThatListsNoChunks() throws InterruptedException {
    use("3.7.21", true);
    TestServer.insert(shared(50), "{\"_key\":\"k1\",\"new\":1}");
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public List<KeyChunk> keyChunks(String keysId, String collection, int chunkSize) {
                return List.of();
              }
            };

    assertThatThrownBy(this::sync)
        .isInstanceOfSatisfying(
            ReplicationException.class, e -> assertThat(e.number().number()).isEqualTo(1401))
        .hasMessageContaining("50 documents, but no chunks");
    assertThat(world.here("test").count()).isEqualTo(50);
  }

  /// As one does that takes the first key of a chunk for another one.
  @Test
  void removesNothingForALeaderThatListsTheKeysOfAnotherChunk() throws InterruptedException {
    use("3.7.21", true);
    TestServer.insert(shared(50), "{\"_key\":\"k1\",\"new\":1}");
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public List<KeyRevision> chunkKeys(KeyChunkPart part) throws InterruptedException {
                List<KeyRevision> keys = super.chunkKeys(part);
                return keys.subList(1, keys.size());
              }
            };

    assertThatThrownBy(this::sync)
        .isInstanceOfSatisfying(
            ReplicationException.class, e -> assertThat(e.number().number()).isEqualTo(1401))
        .hasMessageContaining("has keys from 'k0'");
    assertThat(world.here("test").count()).isEqualTo(50);
  }

  @ParameterizedTest
  @CsvSource({"3.11.9, false", "3.11.9, true", "3.7.21, true"})
  void goesOnWithANewBatchFromWhatItHas(String version, boolean asStock)
      throws InterruptedException {
    use(version, asStock);
    DocumentCollection source = shared(400);
    for (int i = 0; i < 400; i += 2) {
      TestServer.insert(source, "{\"_key\":\"k" + i + "\",\"new\":" + i + "}");
    }
    String place = version.startsWith("3.7") ? "chunkDocuments" : "documents";
    int[] occurrences = {0};
    String[] batch = {""};
    world.disturbance =
        client ->
            new HookedLeader(client) {
              @Override
              public BatchOpened openBatch(Duration lease) throws InterruptedException {
                var opened = super.openBatch(lease);
                batch[0] = opened.id();
                return opened;
              }

              @Override
              <T> T around(String name, Request<T> request) throws InterruptedException {
                if (name.equals(place)) {
                  synchronized (occurrences) {
                    if (++occurrences[0] == 3) {
                      leader.closeBatch(batch[0]);
                    }
                  }
                }
                return request.send();
              }
            };

    sync();

    world.assertEqual("test");
    assertThat(statistics().documentsFetched()).isBetween(200L, 320L);
  }

  /// A leader that makes the list of keys in the background.
  private final class SlowKeys extends HookedLeader {
    private final int polls;
    private final KeysAnswer atLast;
    private int polled;
    private KeysAnswer ready = new KeysAnswer.Gone();

    SlowKeys(LeaderClient leader, int polls, KeysAnswer atLast) {
      super(leader);
      this.polls = polls;
      this.atLast = atLast;
    }

    @Override
    public KeysAnswer openKeys(String batchId, String collection, Tick to, boolean quick)
        throws InterruptedException {
      ready = super.openKeys(batchId, collection, to, quick);
      return new KeysAnswer.Pending("17");
    }

    @Override
    public KeysAnswer pollKeys(KeysAnswer.Pending pending) {
      return ++polled < polls ? pending : atLast instanceof KeysAnswer.Ready ? ready : atLast;
    }
  }

  @Test
  void waitsForTheListOfKeys() throws InterruptedException {
    use("3.7.21", true);
    TestServer.insert(shared(50), "{\"_key\":\"more\"}");
    world.disturbance = client -> new SlowKeys(client, 3, new KeysAnswer.Ready("", 0));

    sync();

    world.assertEqual("test");
    assertThat(statistics().documentsFetched()).isEqualTo(1);
  }

  @Test
  void saysThatTheListOfKeysTookTooLong() throws InterruptedException {
    use("3.7.21", true);
    shared(50);
    world.disturbance = client -> new SlowKeys(client, 1000, new KeysAnswer.Gone());

    assertThatThrownBy(() -> sync(",\"initialSyncMaxWaitTime\":0.1"))
        .isInstanceOfSatisfying(
            ReplicationException.class, e -> assertThat(e.number().number()).isEqualTo(1400))
        .hasMessageStartingWith("timed out waiting for response from leader at tcp://leader:8529")
        .hasMessageContaining("initialSyncMaxWaitTime");
    assertThat(world.here("test").count()).isEqualTo(50);
  }

  @Test
  void saysThatTheLeaderHasForgottenTheListOfKeys() throws InterruptedException {
    use("3.7.21", true);
    shared(50);
    world.disturbance = client -> new SlowKeys(client, 1, new KeysAnswer.Gone());

    assertThatThrownBy(this::sync)
        .isInstanceOfSatisfying(
            ReplicationException.class, e -> assertThat(e.number().number()).isEqualTo(1400))
        .hasMessage("job not found on leader at tcp://leader:8529");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 50, 333})
  void survivesAnyNumberOfSurplusDocuments(int surplus) throws InterruptedException {
    shared(100);
    DocumentCollection local = world.here("test");
    for (int i = 0; i < surplus; i++) {
      TestServer.insert(local, "{\"_key\":\"mine" + i + "\"}");
    }

    sync();

    world.assertEqual("test");
    assertThat(statistics().documentsRemoved()).isEqualTo(surplus);
    assertThat(statistics().documentsFetched()).isZero();
  }

  /// More bytes of keys than are remembered, so that some are removed by revision only; and some of
  /// them have been replaced in place meanwhile.
  @Test
  void removesSurplusDocumentsWhateverTheLengthOfTheirKeys() throws InterruptedException {
    DocumentCollection source = shared(100);
    DocumentCollection local = world.here("test");
    Random random = new Random(5);
    for (int i = 0; i < 333; i++) {
      String key = "mine" + i + "x".repeat(random.nextInt(10) == 0 ? 0 : random.nextInt(246));
      TestServer.insert(local, "{\"_key\":\"" + key + "\"}");
    }
    for (int i = 0; i < 100; i += 3) {
      TestServer.insert(local, "{\"_key\":\"k" + i + "\",\"here\":1}");
      TestServer.insert(source, "{\"_key\":\"k" + i + "\",\"there\":1}");
    }

    sync();

    world.assertEqual("test");
    assertThat(statistics().documentsFetched()).isEqualTo(34);
  }

  @Test
  void fetchesDocumentsOfAnySizeOneByOneWhereTheyAreLarge() throws InterruptedException {
    DocumentCollection source = shared(10);
    for (int i = 0; i < 20; i++) {
      TestServer.insert(
          source,
          "{\"_key\":\"big" + i + "\",\"p\":\"" + "x".repeat(i % 3 == 0 ? 30_000 : 10) + "\"}");
    }

    sync();

    world.assertEqual("test");
    assertThat(statistics().documentsFetched()).isEqualTo(20);
  }

  @Test
  void survivesPowerLossOnceItHasSucceeded() throws InterruptedException {
    DocumentCollection source = shared(100);
    TestServer.insert(source, "{\"_key\":\"k1\",\"new\":1}");
    remove(source, "k2");
    sync();

    MemoryStorageEngine rebooted = world.followerServer.engine().losePower(new Random(1));
    try (TestServer after = new TestServer(rebooted)) {
      TestServer.assertSame(source, after.system().requireCollection("test"));
    }
  }
}
