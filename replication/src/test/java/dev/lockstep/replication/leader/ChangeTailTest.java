package dev.lockstep.replication.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.Origin;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.ReplicatedCollection;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.TestServer;
import dev.lockstep.replication.protocol.ChangedDocuments;
import dev.lockstep.replication.protocol.Marker;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.MarkerReader;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailPosition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What a leader tells of its change log.
@Timeout(60)
class ChangeTailTest {
  private static final FollowerIdentity FOLLOWER = new FollowerIdentity("4711", "0", "", "_system");
  private static final WriteOptions ATOMIC =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT);

  private TestServer server = new TestServer();
  private ReplicationLeader leader = leader();

  /// Where everything a test does begins.
  private Tick start = Tick.NONE;

  private ReplicationLeader leader() {
    return new ReplicationLeader(
        server.store(), () -> Instant.parse("2026-01-01T00:00:00Z"), LeaderSettings.of("3.11.9"));
  }

  @BeforeEach
  void start() {
    server = new TestServer();
    leader = leader();
    start = end();
  }

  @AfterEach
  void stop() {
    leader.close();
    server.close();
  }

  private Tick end() {
    return server.store().publishedTick();
  }

  /// A request for everything in the log after a tick.
  private record Wish(
      @Nullable String database,
      Tick from,
      @Nullable Tick to,
      @Nullable Tick lastScanned,
      long chunkSize,
      boolean includeSystem,
      String collection,
      MarkerForm form,
      boolean isLegacy,
      Duration waitMax) {
    static Wish from(Tick from) {
      return new Wish(
          null, from, null, Tick.NONE, 1 << 20, true, "", MarkerForm.STORED, false, Duration.ZERO);
    }

    Wish inDatabase(String name) {
      return new Wish(
          name,
          from,
          to,
          lastScanned,
          chunkSize,
          includeSystem,
          collection,
          form,
          isLegacy,
          waitMax);
    }

    Wish to(Tick last) {
      return new Wish(
          database,
          from,
          last,
          lastScanned,
          chunkSize,
          includeSystem,
          collection,
          form,
          isLegacy,
          waitMax);
    }

    Wish chunkSize(long bytes) {
      return new Wish(
          database,
          from,
          to,
          lastScanned,
          bytes,
          includeSystem,
          collection,
          form,
          isLegacy,
          waitMax);
    }

    Wish withoutSystem() {
      return new Wish(
          database, from, to, lastScanned, chunkSize, false, collection, form, isLegacy, waitMax);
    }

    Wish ofCollection(String name) {
      return new Wish(
          database, from, to, lastScanned, chunkSize, includeSystem, name, form, isLegacy, waitMax);
    }

    Wish in(MarkerForm wanted, boolean legacy) {
      return new Wish(
          database,
          from,
          to,
          lastScanned,
          chunkSize,
          includeSystem,
          collection,
          wanted,
          legacy,
          waitMax);
    }

    Wish waiting(Duration max) {
      return new Wish(
          database,
          from,
          to,
          lastScanned,
          chunkSize,
          includeSystem,
          collection,
          form,
          isLegacy,
          max);
    }

    TailParameters parameters() {
      return new TailParameters(
          database,
          from,
          to,
          lastScanned,
          chunkSize,
          includeSystem,
          false,
          collection,
          form,
          isLegacy,
          waitMax);
    }
  }

  private TailPart tail(Wish wish) {
    try (var tail = leader.tail(FOLLOWER, wish.parameters())) {
      return tail.part();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Marker> markers(TailPart part, MarkerForm form) {
    MarkerReader reader =
        new MarkerReader(
            "tcp://leader",
            new TailPage(form, part.body().toByteArray(), part.position(), "/_api/wal/tail"));
    List<Marker> markers = new ArrayList<>();
    for (Marker marker = reader.next(); marker != null; marker = reader.next()) {
      markers.add(marker);
    }
    return markers;
  }

  /// Everything since the beginning of the test, in short.
  private List<String> told(Wish wish) {
    return markers(tail(wish), wish.form()).stream().map(ChangeTailTest::shown).toList();
  }

  private static String shown(Marker marker) {
    return switch (marker) {
      case Marker.DatabaseCreated m -> "database " + m.database();
      case Marker.DatabaseDropped m -> "no database " + m.database();
      case Marker.CollectionCreated m -> "create " + m.description().name();
      case Marker.CollectionDropped _ -> "drop";
      case Marker.CollectionRenamed m -> "rename " + m.newName();
      case Marker.PropertiesChanged m ->
          "properties waitForSync=" + m.description().properties().waitForSync();
      case Marker.CollectionTruncated _ -> "truncate";
      case Marker.IndexCreated m -> "index " + Objects.requireNonNull(m.index()).fields();
      case Marker.IndexDropped _ -> "no index";
      case Marker.ViewChanged _ -> "view";
      case Marker.TransactionBegun _ -> "begin";
      case Marker.TransactionCommitted _ -> "commit";
      case Marker.TransactionAborted _ -> "abort";
      case Marker.DocumentWritten m -> (m.isInTransaction() ? "in transaction " : "") + m.key();
      case Marker.DocumentRemoved m ->
          (m.isInTransaction() ? "in transaction " : "") + "without " + m.key();
      case Marker.CollectionReplaced _ -> "replaced";
    };
  }

  private static void remove(DocumentCollection collection, String key) {
    collection.write(new DocumentWrite.Remove(key, null), TestServer.WRITE);
  }

  private static void insertAtomically(DocumentCollection collection, String... documents) {
    List<DocumentWrite> writes = new ArrayList<>();
    for (String json : documents) {
      writes.add(
          new DocumentWrite.Insert(
              JsonToVPack.parse(json), OverwriteMode.REPLACE, true, true, null));
    }
    collection.write(writes, ATOMIC);
  }

  private void replaceAll(DocumentCollection collection) {
    replaceAll(collection, collection.definition().globallyUniqueId());
  }

  private void replaceAll(DocumentCollection collection, String guid) {
    ReplicatedCollection target =
        new ReplicatedCollection(collection.definition().properties(), guid, List.of());
    try (GenerationLoad load = server.system().beginLoad(target)) {
      load.append(
          List.of(
              StoredDocument.normalize(
                  JsonToVPack.parse("{}"), "loaded", server.store().clock().next())));
      load.swap(Durability.PROCESS_CRASH);
    }
  }

  @Test
  void tellsEveryKindOfChangeInTheOrderOfTheLog() {
    Database shop = server.store().createDatabase("shop");
    DocumentCollection collection =
        shop.createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    TestServer.insert(collection, "{\"_key\":\"a\"}", "{\"_key\":\"b\"}");
    remove(collection, "b");
    IndexDefinition index =
        collection
            .ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("x"), false, false))
            .definition();
    collection.dropIndex(index.id());
    collection.changeProperties(true, null, null, false);
    shop.renameCollection(collection, "d");
    insertAtomically(collection, "{\"_key\":\"e\"}", "{\"_key\":\"f\"}");

    TailPart part = tail(Wish.from(start).withoutSystem());

    assertThat(markers(part, MarkerForm.STORED).stream().map(ChangeTailTest::shown))
        .containsExactly(
            "database shop",
            "create c",
            "a",
            "without b",
            "index [x]",
            "no index",
            "properties waitForSync=true",
            "rename d",
            "begin",
            "in transaction e",
            "in transaction f",
            "commit");
    assertThat(part.position().lastIncluded()).isEqualTo(end());
    assertThat(part.position().lastScanned()).isEqualTo(end());
    assertThat(part.position().lastTick()).isEqualTo(end());
    assertThat(part.position().hasMore()).isFalse();
    assertThat(part.position().isFromPresent()).isTrue();
  }

  @Test
  void tellsATruncationAndWhatIsWrittenAfterIt() {
    DocumentCollection collection = server.create("c");
    TestServer.insert(collection, "{\"_key\":\"a\"}");
    collection.truncate(Durability.PROCESS_CRASH);
    TestServer.insert(collection, "{\"_key\":\"b\"}");

    // The removed document may still be found, or not.
    assertThat(told(Wish.from(start))).endsWith("truncate", "b");
  }

  @Test
  void leavesOutADocumentThatWasReplacedSinceButLooksAtItsEntry() {
    DocumentCollection collection = server.create("c");
    Tick before = end();
    TestServer.insert(collection, "{\"_key\":\"a\",\"v\":1}");
    Tick first = end();
    TestServer.insert(collection, "{\"_key\":\"a\",\"v\":2}");

    assertThat(told(Wish.from(before))).containsExactly("a");
    TailPart upToTheFirst = tail(Wish.from(before).to(first));
    assertThat(upToTheFirst.body().length()).isZero();
    assertThat(upToTheFirst.position().lastIncluded()).isEqualTo(Tick.NONE);
    assertThat(upToTheFirst.position().lastScanned()).isEqualTo(first);
  }

  @Test
  void tellsOfADroppedCollectionWhichNamesItHadWhenForOthersMayHaveThemNow() {
    DocumentCollection first = server.create("a");
    String guid = first.definition().globallyUniqueId();
    Tick afterCreation = end();
    TestServer.insert(first, "{\"_key\":\"gone\"}");
    server.system().renameCollection(first, "b");
    TestServer.insert(server.create("a"), "{\"_key\":\"x\"}");
    server.system().dropCollection(first, false);

    List<Marker> markers = markers(tail(Wish.from(start)), MarkerForm.STORED);

    assertThat(markers.stream().map(ChangeTailTest::shown))
        .containsExactly("create a", "rename b", "create a", "x", "drop");
    assertThat(
            List.of(markers.get(0), markers.get(1), markers.get(4)).stream()
                .map(marker -> ((Marker.OfCollection) marker).collection().globallyUniqueId()))
        .containsOnly(guid);
    assertThat(told(Wish.from(afterCreation))).containsExactly("rename b", "create a", "x", "drop");
  }

  @Test
  void tellsOfADroppedDatabaseThatItIsGone() {
    Database shop = server.store().createDatabase("shop");
    DocumentCollection collection =
        shop.createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    TestServer.insert(collection, "{\"_key\":\"a\"}");
    shop.renameCollection(collection, "d");
    server.store().dropDatabase("shop");
    server.store().createDatabase("shop");

    assertThat(told(Wish.from(start).withoutSystem()))
        .containsExactly("no database shop", "database shop");
  }

  @Test
  void tellsOneDatabaseNothingOfOthers() {
    Database shop = server.store().createDatabase("shop");
    shop.createCollection(CollectionProperties.of("inShop", CollectionType.DOCUMENT));
    server.create("inSystem");

    assertThat(told(Wish.from(start).inDatabase("shop").withoutSystem()))
        .containsExactly("create inShop");
    assertThat(told(Wish.from(start).inDatabase("_system").withoutSystem()))
        .containsExactly("create inSystem");
  }

  @Test
  void tellsOnlyTheCollectionThatIsAskedForUnderAnyOfItsNames() {
    DocumentCollection wanted = server.create("wanted");
    TestServer.insert(wanted, "{\"_key\":\"a\"}");
    DocumentCollection other = server.create("other");
    TestServer.insert(other, "{\"_key\":\"b\"}");
    server.system().dropCollection(other, false);
    String guid = wanted.definition().globallyUniqueId();

    for (String name : List.of("wanted", guid, Long.toUnsignedString(wanted.id()))) {
      assertThat(told(Wish.from(start).ofCollection(name))).containsExactly("create wanted", "a");
    }
    server.system().dropCollection(wanted, false);
    assertThat(told(Wish.from(start).ofCollection(guid))).containsExactly("create wanted", "drop");
  }

  @Test
  void leavesSystemCollectionsOutIfTheyAreNotAskedFor() {
    DocumentCollection system =
        server
            .system()
            .createCollection(CollectionProperties.of("_apps2", CollectionType.DOCUMENT));
    TestServer.insert(system, "{\"_key\":\"a\"}");

    assertThat(told(Wish.from(start))).containsExactly("create _apps2", "a");
    TailPart part = tail(Wish.from(start).withoutSystem());
    assertThat(part.body().length()).isZero();
    assertThat(part.position().lastScanned()).isEqualTo(end());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DOCUMENTS")
  void endsAnswersEarlyAndGoesOnWhereTheyEnded(MarkerForm form) {
    DocumentCollection collection = server.create("c");
    Tick from = end();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      TestServer.insert(
          collection, "{\"_key\":\"k" + i + "\",\"text\":\"" + "x".repeat(1000) + "\"}");
      expected.add("k" + i);
    }

    List<String> told = new ArrayList<>();
    int answers = 0;
    boolean hasMore = true;
    Tick at = from;
    while (hasMore) {
      TailPart part = tail(Wish.from(at).chunkSize(16 << 10).in(form, false));
      assertThat(part.body().length()).isBetween(1L, (16 << 10) + 1500L);
      markers(part, form).forEach(marker -> told.add(shown(marker)));
      assertThat(part.position().lastIncluded()).isGreaterThan(at);
      at = part.position().lastIncluded();
      hasMore = part.position().hasMore();
      answers++;
    }

    assertThat(told).isEqualTo(expected);
    assertThat(answers).isBetween(6, 10);
  }

  @Test
  void neverEndsAnAnswerInsideATransaction() {
    DocumentCollection collection = server.create("c");
    Tick from = end();
    String text = "x".repeat(9000);
    insertAtomically(
        collection,
        "{\"_key\":\"a\",\"t\":\"" + text + "\"}",
        "{\"_key\":\"b\",\"t\":\"" + text + "\"}",
        "{\"_key\":\"c\",\"t\":\"" + text + "\"}");
    Tick inside = new Tick(from.value() + 2);
    TestServer.insert(collection, "{\"_key\":\"d\"}");

    String[] whole = {
      "begin", "in transaction a", "in transaction b", "in transaction c", "commit"
    };
    TailPart part = tail(Wish.from(from).chunkSize(16 << 10));
    assertThat(markers(part, MarkerForm.STORED).stream().map(ChangeTailTest::shown))
        .containsExactly(whole);
    assertThat(part.position().hasMore()).isTrue();
    assertThat(told(Wish.from(from).to(inside))).containsExactly(whole);
    assertThat(told(Wish.from(part.position().lastIncluded()))).containsExactly("d");
  }

  @Test
  void saysNothingOfATransactionOfWhichNothingIsLeft() {
    DocumentCollection collection = server.create("c");
    Tick from = end();
    insertAtomically(collection, "{\"_key\":\"a\"}", "{\"_key\":\"b\"}");
    collection.database().dropCollection(collection, false);

    assertThat(told(Wish.from(from))).containsExactly("drop");
  }

  @Test
  void tellsATransactionWholeOfWhichAPartHasChangedSince() {
    DocumentCollection collection = server.create("c");
    Tick from = end();
    insertAtomically(collection, "{\"_key\":\"a\"}", "{\"_key\":\"b\"}");
    insertAtomically(collection, "{\"_key\":\"a\"}", "{\"_key\":\"c\"}");
    remove(collection, "a");
    remove(collection, "b");

    assertThat(told(Wish.from(from)))
        .containsExactly(
            "begin",
            "in transaction a",
            "in transaction b",
            "commit",
            "begin",
            "in transaction a",
            "in transaction c",
            "commit",
            "without a",
            "without b");
  }

  @Test
  void tellsWhenChangesAfterTheFollowersPositionHaveBeenPruned() {
    DocumentCollection collection = server.create("c");
    TestServer.insert(collection, "{\"_key\":\"a\"}");
    Tick pruned = end();
    TestServer.insert(collection, "{\"_key\":\"b\"}");
    server.store().changeLog().prune(pruned);

    TailPart late = tail(Wish.from(start));
    assertThat(late.position().isFromPresent()).isFalse();
    assertThat(markers(late, MarkerForm.STORED).stream().map(ChangeTailTest::shown))
        .containsExactly("b");
    assertThat(tail(Wish.from(Tick.NONE)).position().isFromPresent())
        .as("the log's beginning")
        .isFalse();
    assertThat(tail(Wish.from(pruned)).position().isFromPresent()).isTrue();
  }

  @Test
  void givesTheWholeLogToWhoeverAsksFromTheBeginning() {
    TailPart part = tail(Wish.from(Tick.NONE));

    assertThat(part.position().isFromPresent()).isTrue();
    assertThat(part.position().lastScanned()).isEqualTo(end());
  }

  @Test
  void tellsOwnFollowersThatACollectionWasReplacedAndSendsOthersBackToCompare() {
    DocumentCollection collection = server.create("c");
    Tick from = end();
    replaceAll(collection);
    Tick swapped = end();
    TestServer.insert(server.system().requireCollection("c"), "{\"_key\":\"later\"}");

    assertThat(told(Wish.from(from)))
        .containsExactly("properties waitForSync=false", "replaced", "later");
    for (MarkerForm form : List.of(MarkerForm.JSON, MarkerForm.VELOCYPACK)) {
      assertThat(tail(Wish.from(from).in(form, false)).position().isFromPresent()).isFalse();
      assertThat(tail(Wish.from(swapped).in(form, false)).position().isFromPresent()).isTrue();
      assertThat(
              tail(Wish.from(from).ofCollection("other").in(form, false))
                  .position()
                  .isFromPresent())
          .as("of no interest")
          .isTrue();
    }
  }

  @Test
  void writesDocumentsInTheFormThatIsAskedFor() {
    DocumentCollection collection = server.create("c");
    Tick from = end();
    TestServer.insert(collection, "{\"_key\":\"a\",\"v\":1.5}");
    String revision = collection.revision().toString();
    String guid = collection.definition().globallyUniqueId();
    String tick = end().toString();

    assertThat(text(Wish.from(from).in(MarkerForm.JSON, false)))
        .isEqualTo(
            "{\"tick\":\""
                + tick
                + "\",\"type\":2300,\"db\":\"_system\",\"cuid\":\""
                + guid
                + "\",\"tid\":\"0\",\"data\":{\"_key\":\"a\",\"_id\":\"c/a\",\"_rev\":\""
                + revision
                + "\",\"v\":1.5}}\n");
    assertThat(text(Wish.from(from).in(MarkerForm.JSON, true)))
        .isEqualTo(
            "{\"tick\":\""
                + tick
                + "\",\"type\":2300,\"database\":\""
                + server.system().id()
                + "\",\"cid\":\""
                + Long.toUnsignedString(collection.id())
                + "\",\"cname\":\"c\",\"cuid\":\""
                + guid
                + "\",\"tid\":\"0\",\"data\":{\"_key\":\"a\",\"_id\":\"c/a\",\"_rev\":\""
                + revision
                + "\",\"v\":1.5}}\n");
    byte[] stored = Objects.requireNonNull(collection.document("a")).body();
    for (MarkerForm form : List.of(MarkerForm.STORED, MarkerForm.VELOCYPACK)) {
      Marker marker = markers(tail(Wish.from(from).in(form, false)), form).getFirst();
      assertThat(((Marker.DocumentWritten) marker).document().body()).isEqualTo(stored);
    }
    assertThat(text(Wish.from(from).in(MarkerForm.VELOCYPACK, false))).contains("c/a");
    assertThat(text(Wish.from(from))).doesNotContain("c/a");
  }

  @Test
  void tellsWhatBecameOfDocumentsWithoutMarkers() {
    DocumentCollection collection = server.create("c");
    DocumentCollection other = server.create("other");
    TestServer.insert(collection, "{\"_key\":\"a\",\"v\":1}");
    Tick from = end();
    TestServer.insert(collection, "{\"_key\":\"a\",\"v\":2}", "{\"_key\":\"b\",\"v\":1}");
    TestServer.insert(other, "{\"_key\":\"x\"}");
    collection.write(new DocumentWrite.Remove("b", null), TestServer.WRITE);
    collection.write(
        List.of(
            DocumentWrite.Insert.of(JsonToVPack.parse("{\"_key\":\"c\"}")),
            new DocumentWrite.Remove("a", null)),
        ATOMIC);
    collection.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("v"), false, false));

    TailPart part = tail(Wish.from(from).ofCollection("c").in(MarkerForm.DOCUMENTS, false));

    // The first versions of 'a' and 'b' are gone.
    assertThat(changes(part)).containsExactly("-b", "+c", "-a");
    assertThat(part.position())
        .isEqualTo(new TailPosition(false, part.position().lastIncluded(), end(), end(), true));
  }

  private static List<String> changes(TailPart part) {
    ChangedDocuments changes =
        new ChangedDocuments(
            "e",
            new TailPage(MarkerForm.DOCUMENTS, part.body().toByteArray(), part.position(), "/u"));
    List<String> told = new ArrayList<>();
    for (ChangedDocuments.Change change = changes.next(); change != null; change = changes.next()) {
      told.add(
          switch (change) {
            case ChangedDocuments.Change.Written(Document document) -> "+" + document.key();
            case ChangedDocuments.Change.Removed(String key, _) -> "-" + key;
          });
    }
    return told;
  }

  /// Documents alone cannot tell it.
  @Test
  void doesNotTellDocumentsWhereAllHaveGoneAtOnce() {
    DocumentCollection collection = server.create("c");
    DocumentCollection other = server.create("other");
    Tick from = end();
    other.truncate(Durability.PROCESS_CRASH);
    Wish wish = Wish.from(from).ofCollection("c").in(MarkerForm.DOCUMENTS, false);
    assertThat(tail(wish).position().isFromPresent()).isTrue();

    collection.truncate(Durability.PROCESS_CRASH);

    assertThat(tail(wish).position().isFromPresent()).isFalse();
    assertThat(tail(wish).position().hasMore()).isFalse();
  }

  private String text(Wish wish) {
    return new String(tail(wish).body().toByteArray(), StandardCharsets.UTF_8);
  }

  @Test
  void answersAWaitingFollowerAsSoonAsThereIsSomethingForIt() throws Exception {
    DocumentCollection collection = server.create("c");
    DocumentCollection other = server.create("other");
    Wish wish = Wish.from(end()).ofCollection("c").waiting(Duration.ofSeconds(60));
    CountDownLatch asking = new CountDownLatch(1);
    CompletableFuture<List<String>> answer =
        CompletableFuture.supplyAsync(() -> {
          asking.countDown();
          return told(wish);
        });
    asking.await();
    TestServer.insert(other, "{\"_key\":\"a\"}");
    TestServer.insert(collection, "{\"_key\":\"b\"}");

    assertThat(answer.get(20, TimeUnit.SECONDS)).containsExactly("b");
  }

  @Test
  void answersAWaitingFollowerWithNothingWhenTheTimeIsUp() {
    TailPart part = tail(Wish.from(end()).waiting(Duration.ofMillis(20)));

    assertThat(part.body().length()).isZero();
    assertThat(part.position().lastScanned()).isEqualTo(end());
  }

  @Test
  void letsWaitingFollowersGoWhenTheServerEnds() {
    Wish wish = Wish.from(end()).waiting(Duration.ofSeconds(60));
    CompletableFuture<List<String>> answer = CompletableFuture.supplyAsync(() -> told(wish));

    leader.endTails();

    await().atMost(Duration.ofSeconds(20)).until(answer::isDone);
    assertThat(answer.join()).isEmpty();
  }

  /// A server in the middle, whose leader has another collection of the name by now.
  @Test
  void tellsTheEndOfWhatACopyOfAnotherCollectionHasReplaced() {
    DocumentCollection collection = server.create("c");
    String replaced = collection.definition().globallyUniqueId();
    TestServer.insert(collection, "{\"_key\":\"a\"}", "{\"_key\":\"b\"}");
    remove(collection, "b");
    Tick before = end();
    remove(collection, "a");
    collection.changeProperties(true, null, null, false);

    replaceAll(collection, "hABC/17");
    TestServer.insert(collection, "{\"_key\":\"new\"}");

    // Nothing of the old one is told as if it were the new one's.
    assertThat(of(tail(Wish.from(before).withoutSystem())))
        .containsExactly(
            "drop of " + replaced, "create c of hABC/17", "replaced of hABC/17", "new of hABC/17");
    assertThat(of(tail(Wish.from(start).withoutSystem())))
        .startsWith("create c of " + replaced, "drop of " + replaced, "create c of hABC/17");
  }

  @Test
  void tellsTheEndOfACollectionThatCameBack() {
    DocumentCollection collection = server.create("c");
    String guid = collection.definition().globallyUniqueId();
    Tick before = end();
    replaceAll(collection, "hABC/17");
    try (GenerationLoad load =
        server
            .system()
            .beginLoad(
                new ReplicatedCollection(
                    CollectionProperties.of("d", CollectionType.DOCUMENT), guid, List.of()))) {
      load.swap(Durability.PROCESS_CRASH);
    }

    // Its name is not free otherwise.
    assertThat(of(tail(Wish.from(before).withoutSystem())))
        .containsExactly(
            "drop of " + guid, "create c of hABC/17", "replaced of hABC/17", "create d of " + guid);
  }

  private static List<String> of(TailPart part) {
    return markers(part, MarkerForm.STORED).stream()
        .map(marker ->
            shown(marker) + " of " + ((Marker.OfCollection) marker).collection().globallyUniqueId())
        .toList();
  }
}
