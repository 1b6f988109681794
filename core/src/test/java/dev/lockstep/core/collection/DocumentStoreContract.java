package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeRead;
import dev.lockstep.core.changelog.LoggedChange;
import dev.lockstep.core.collection.DocumentWrite.Insert;
import dev.lockstep.core.collection.DocumentWrite.Remove;
import dev.lockstep.core.collection.DocumentWrite.Replace;
import dev.lockstep.core.collection.DocumentWrite.Update;
import dev.lockstep.core.collection.WriteResult.Ignored;
import dev.lockstep.core.collection.WriteResult.Refused;
import dev.lockstep.core.collection.WriteResult.Written;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentChecksum;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.Tick;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a [DocumentStore] must do, whatever engine is below. After every test the store is checked
/// for agreement with itself.
public abstract class DocumentStoreContract {
  /// 2024-01-01T00:00:00Z
  protected static final long NOW = 1704067200000L;

  @TempDir protected Path directory;

  protected final AtomicLong millis = new AtomicLong(NOW);
  protected StorageEngine engine;
  protected DocumentStore store;

  /// A new, empty engine in `directory`.
  protected abstract StorageEngine open(Path directory);

  /// Opens again what `closed`, closed already, has left in `directory`.
  protected abstract StorageEngine reopen(StorageEngine closed, Path directory);

  protected StoreSettings settings() {
    return StoreSettings.DEFAULT.withMillis(millis::get);
  }

  @BeforeEach
  void openStore() {
    engine = open(directory);
    store = openStore(engine);
  }

  @AfterEach
  void closeStore() {
    try {
      store.unreachable().purgeWaiting();
      assertConsistent(store);
    } finally {
      store.close();
      engine.close();
    }
  }

  private DocumentStore openStore(StorageEngine opened) {
    return DocumentStore.open(opened, new HybridLogicalClock(millis::get), settings());
  }

  private void reopenStore() {
    store.close();
    engine.close();
    engine = reopen(engine, directory);
    store = openStore(engine);
  }

  static void assertConsistent(DocumentStore store) {
    try (StoreSnapshot snapshot = store.snapshot()) {
      assertThat(CollectionChecker.check(snapshot)).isEmpty();
      assertThat(snapshot.image().unreachable).isEmpty();
      assertThat(snapshot.image().largeDocuments).isEmpty();
    }
  }

  // --- helpers

  private Database system() {
    return store.requireDatabase(DocumentStore.SYSTEM);
  }

  private DocumentCollection create(String name) {
    return system().createCollection(CollectionProperties.of(name, CollectionType.DOCUMENT));
  }

  private DocumentCollection createWith(String name, KeyOptions keyOptions) {
    return system()
        .createCollection(
            CollectionProperties.of(name, CollectionType.DOCUMENT).withKeyOptions(keyOptions));
  }

  static VPackSlice json(String text) {
    return JsonToVPack.parse(text.replace('\'', '"'));
  }

  static Insert insert(String text) {
    return Insert.of(json(text));
  }

  static Written written(WriteResult result) {
    assertThat(result).isInstanceOf(Written.class);
    return (Written) result;
  }

  static Refused refused(WriteResult result, ErrorNumber number) {
    assertThat(result).isInstanceOf(Refused.class);
    Refused refused = (Refused) result;
    assertThat(refused.error().number()).isEqualTo(number);
    return refused;
  }

  static Written put(DocumentCollection collection, String text) {
    return written(collection.write(insert(text), WriteOptions.DEFAULT));
  }

  private static String body(DocumentCollection collection, String key) {
    Document document = Objects.requireNonNull(collection.document(key));
    return document.slice().toJson().replaceFirst("\"_rev\":\"[^\"]*\"", "\"_rev\":\"*\"");
  }

  private static List<String> keys(CollectionView view) {
    List<String> keys = new ArrayList<>();
    try (KeyCursor cursor = view.byKey(null, null)) {
      while (cursor.next()) {
        keys.add(cursor.key());
      }
    }
    return keys;
  }

  private static LockstepException failure(Runnable call) {
    try {
      call.run();
    } catch (LockstepException e) {
      return e;
    }
    throw new AssertionError("nothing was thrown");
  }

  private static Document stored(String key, long revision, String text) {
    return StoredDocument.normalize(json(text), key, new Revision(revision));
  }

  static String large(int bytes) {
    byte[] text = new byte[bytes];
    new Random(bytes).nextBytes(text);
    StringBuilder result = new StringBuilder(bytes);
    for (byte b : text) {
      result.append((char) ('a' + (b & 15)));
    }
    return result.toString();
  }

  /// A body that needs many chunks, and with tiny limits several commits.
  private int largeBytes() {
    return Math.min(5 << 20, (int) engine.limits().commitBytesMax() * 3);
  }

  // --- founding and reopening

  @Test
  void foundsTheSystemDatabaseWithItsCollections() {
    assertThat(store.databases()).extracting(Database::name).containsExactly("_system");
    assertThat(system().isSystem()).isTrue();
    assertThat(system().id()).isEqualTo(1);
    assertThat(system().collections())
        .extracting(DocumentCollection::name)
        .contains("_users", "_graphs", "_jobs", "_queues", "_statistics")
        .isSorted();
    assertThat(system().requireCollection("_users").definition().globallyUniqueId())
        .isEqualTo("_users");
    assertThat(store.serverId()).isBetween(1L, (1L << 48) - 1);
  }

  @Test
  void findsEverythingAgainAfterReopening() {
    long serverId = store.serverId();
    long lastId = store.newId();
    Database database = store.createDatabase("shop");
    DocumentCollection orders =
        database.createCollection(
            new CollectionProperties(
                "orders",
                CollectionType.EDGE,
                false,
                true,
                new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, 5, 10),
                null,
                true,
                false,
                false));
    EnsuredIndex index =
        orders.ensureIndex(
            new IndexDefinition(
                0,
                "byTotal",
                IndexType.PERSISTENT,
                List.of("total", "tags[*]"),
                true,
                true,
                false,
                false,
                null,
                json("{'storedValues':['x']}").toByteArray()));
    Written first = put(orders, "{'_from':'a/1','_to':'b/2','total':1.5}");
    CollectionDefinition definition = orders.definition();

    reopenStore();

    assertThat(store.serverId()).isEqualTo(serverId);
    assertThat(store.newId()).isGreaterThan(lastId);
    DocumentCollection again = store.requireDatabase("shop").requireCollection("orders");
    assertThat(again.definition()).isEqualTo(definition);
    assertThat(again.definition().lastKeyValue()).isEqualTo(10);
    assertThat(again.definition().indexes()).containsExactly(index.definition());
    assertThat(again.count()).isEqualTo(1);
    assertThat(again.revision()).isEqualTo(first.revision());
    assertThat(body(again, "10"))
        .isEqualTo(
            "{\"_key\":\"10\",\"_rev\":\"*\",\"_from\":\"a/1\",\"_to\":\"b/2\",\"total\":1.5}");
    assertThat(put(again, "{'_from':'a/1','_to':'b/2'}").key()).isEqualTo("15");
  }

  @Test
  void givesLaterRevisionsThanStoredOnesAfterTheClockWentBack() {
    DocumentCollection collection = create("c");
    Revision before = put(collection, "{}").revision();
    millis.addAndGet(-3_600_000);
    reopenStore();
    Revision after = put(system().requireCollection("c"), "{}").revision();
    assertThat(after).isGreaterThan(before);
  }

  // --- databases

  @Test
  void createsAndDropsDatabases() {
    Database shop = store.createDatabase("shop");
    assertThat(store.database("shop")).isSameAs(shop);
    assertThat(store.databaseById(shop.id())).isSameAs(shop);
    assertThat(shop.collections())
        .extracting(DocumentCollection::name)
        .contains("_graphs")
        .doesNotContain("_users");
    assertThat(failure(() -> store.createDatabase("shop")).number())
        .isEqualTo(ErrorNumber.DUPLICATE_NAME);
    DocumentCollection collection =
        shop.createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    put(collection, "{}");

    store.dropDatabase("shop");

    assertThat(store.database("shop")).isNull();
    assertThat(failure(() -> store.requireDatabase("shop")).number())
        .isEqualTo(ErrorNumber.DATABASE_NOT_FOUND);
    assertThat(failure(() -> store.dropDatabase("shop")).number())
        .isEqualTo(ErrorNumber.DATABASE_NOT_FOUND);
    assertThat(failure(collection::count).number()).isEqualTo(ErrorNumber.COLLECTION_NOT_FOUND);
    assertThat(
            failure(() ->
                    shop.createCollection(CollectionProperties.of("late", CollectionType.DOCUMENT)))
                .number())
        .isEqualTo(ErrorNumber.DATABASE_NOT_FOUND);
  }

  @Test
  void refusesToDropTheSystemDatabaseAndIllegalNames() {
    assertThat(failure(() -> store.dropDatabase("_system")).number())
        .isEqualTo(ErrorNumber.FORBIDDEN);
    for (String name : List.of("", "_x", "1a", "a b", "ä", "a".repeat(65))) {
      assertThat(failure(() -> store.createDatabase(name)).number())
          .as(name)
          .isEqualTo(ErrorNumber.DATABASE_NAME_INVALID);
    }
    assertThat(store.createDatabase("a".repeat(64)).name()).hasSize(64);
  }

  // --- collections

  @Test
  void findsACollectionByNameIdAndGuid() {
    DocumentCollection collection = create("things");
    String guid = collection.definition().globallyUniqueId();
    assertThat(guid)
        .isEqualTo("h" + Long.toHexString(store.serverId()).toUpperCase() + "/" + collection.id());
    assertThat(system().collection("things")).isSameAs(collection);
    assertThat(system().collection(Long.toString(collection.id()))).isSameAs(collection);
    assertThat(system().collection(guid)).isSameAs(collection);
    assertThat(system().collection("other")).isNull();
    assertThatThrownBy(() -> system().requireCollection("other"))
        .hasMessage("collection or view not found: other");
  }

  @Test
  void refusesIllegalAndDuplicateCollectionNames() {
    create("c");
    assertThat(failure(() -> create("c")).number()).isEqualTo(ErrorNumber.DUPLICATE_NAME);
    for (String name : List.of("", "1c", "a/b", "é", "a".repeat(257))) {
      assertThat(failure(() -> create(name)).number()).as(name).isEqualTo(ErrorNumber.ILLEGAL_NAME);
    }
    CollectionProperties plain = CollectionProperties.of("d", CollectionType.DOCUMENT);
    assertThat(failure(() -> system().createCollection(plain.withName("_d"))).number())
        .isEqualTo(ErrorNumber.ILLEGAL_NAME);
  }

  @Test
  void aHandleStaysValidOverRenaming() {
    DocumentCollection collection = create("old");
    put(collection, "{'_key':'k'}");
    system().renameCollection(collection, "new");
    assertThat(collection.name()).isEqualTo("new");
    assertThat(system().collection("old")).isNull();
    assertThat(system().collection("new")).isSameAs(collection);
    assertThat(collection.document("k")).isNotNull();
    create("old");
    assertThat(failure(() -> system().renameCollection(collection, "old")).number())
        .isEqualTo(ErrorNumber.DUPLICATE_NAME);
    assertThat(failure(() -> system().renameCollection(collection, "_new")).number())
        .isEqualTo(ErrorNumber.ILLEGAL_NAME);
    DocumentCollection users = system().requireCollection("_users");
    assertThat(failure(() -> system().renameCollection(users, "users")).number())
        .isEqualTo(ErrorNumber.FORBIDDEN);
    reopenStore();
    assertThat(system().requireCollection("new").count()).isEqualTo(1);
  }

  @Test
  void aDroppedCollectionAnswers1203ToEverything() {
    DocumentCollection collection = create("c");
    put(collection, "{'_key':'k'}");
    CollectionView view = collection.view();
    system().dropCollection(collection, false);
    for (Runnable call :
        List.<Runnable>of(
            collection::count,
            collection::revision,
            collection::definition,
            () -> collection.document("k"),
            () -> view.document("k"),
            () -> view.byRevision(Revision.NONE),
            () -> collection.write(insert("{}"), WriteOptions.DEFAULT),
            () -> collection.truncate(Durability.PROCESS_CRASH),
            () -> collection.dropIndex(7),
            () -> system().dropCollection(collection, false))) {
      assertThat(failure(call).number()).isEqualTo(ErrorNumber.COLLECTION_NOT_FOUND);
    }
    assertThat(create("c").count()).isZero();
    DocumentCollection users = system().requireCollection("_users");
    assertThat(failure(() -> system().dropCollection(users, false)).number())
        .isEqualTo(ErrorNumber.FORBIDDEN);
  }

  @Test
  void changesPropertiesThatCanBeChanged() {
    DocumentCollection collection = create("c");
    collection.changeProperties(true, true, null, false);
    assertThat(collection.definition().properties().waitForSync()).isTrue();
    collection.changeProperties(null, null, null, true);
    reopenStore();
    CollectionProperties properties = system().requireCollection("c").definition().properties();
    assertThat(properties.waitForSync()).isTrue();
    assertThat(properties.cacheEnabled()).isTrue();
    assertThat(
            failure(() ->
                    system()
                        .requireCollection("c")
                        .changeProperties(null, null, json("{'rule':{}}").toByteArray(), true))
                .number())
        .isEqualTo(ErrorNumber.NOT_IMPLEMENTED);
  }

  // --- inserting

  @Test
  void insertsAndReadsADocument() {
    DocumentCollection collection = create("c");
    Written result =
        written(
            collection.write(
                insert("{'b':1,'_key':'k','a':[1,2.0,'x'],'_rev':'nonsense','_id':'q/q'}"),
                new WriteOptions(Durability.POWER_LOSS, true, true, false, Origin.CLIENT)));
    assertThat(result.key()).isEqualTo("k");
    assertThat(result.oldRevision()).isNull();
    assertThat(result.oldDocument()).isNull();
    Document document = Objects.requireNonNull(collection.document("k"));
    assertThat(document.revision()).isEqualTo(result.revision());
    assertThat(document.body()).isEqualTo(Objects.requireNonNull(result.newDocument()).body());
    assertThat(body(collection, "k"))
        .isEqualTo("{\"_key\":\"k\",\"_rev\":\"*\",\"b\":1,\"a\":[1,2.0,\"x\"]}");
    assertThat(collection.count()).isEqualTo(1);
    assertThat(collection.revision()).isEqualTo(result.revision());
    assertThat(collection.document("other")).isNull();
    assertThat(collection.document("no key at all/")).isNull();
    assertThat(collection.documents(List.of("x", "k")))
        .extracting(found -> found == null ? "" : found.key())
        .containsExactly("", "k");
  }

  @Test
  void refusesWhatIsNoDocument() {
    DocumentCollection collection = create("c");
    for (String text : List.of("[]", "1", "'x'", "null")) {
      refused(
          collection.write(insert(text), WriteOptions.DEFAULT), ErrorNumber.DOCUMENT_TYPE_INVALID);
    }
    for (String key : List.of("1", "null", "''", "'a/b'", "'" + "a".repeat(255) + "'")) {
      refused(
          collection.write(insert("{'_key':" + key + "}"), WriteOptions.DEFAULT),
          ErrorNumber.DOCUMENT_KEY_BAD);
    }
    assertThat(put(collection, "{'_key':'" + "a".repeat(254) + "'}").key()).hasSize(254);
    refused(
        collection.write(new Replace("k", json("[]"), null), WriteOptions.DEFAULT),
        ErrorNumber.DOCUMENT_TYPE_INVALID);
  }

  @Test
  void refusesAnExistingKeyUnlessToldOtherwise() {
    DocumentCollection collection = create("c");
    Written first = put(collection, "{'_key':'k','a':1,'o':{'x':1}}");
    Refused refused =
        refused(
            collection.write(insert("{'_key':'k'}"), WriteOptions.DEFAULT),
            ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    assertThat(refused.error())
        .hasMessage(
            "unique constraint violated - in index primary of type primary over '_key';"
                + " conflicting key: k");
    assertThat(refused.key()).isEqualTo("k");
    assertThat(refused.current()).isEqualTo(first.revision());

    assertThat(
            collection.write(
                new Insert(json("{'_key':'k','b':2}"), OverwriteMode.IGNORE, true, true, null),
                WriteOptions.DEFAULT))
        .isEqualTo(new Ignored("k", first.revision()));
    assertThat(body(collection, "k"))
        .isEqualTo("{\"_key\":\"k\",\"_rev\":\"*\",\"a\":1,\"o\":{\"x\":1}}");

    Written updated =
        written(
            collection.write(
                new Insert(
                    json("{'_key':'k','a':null,'o':{'y':2}}"),
                    OverwriteMode.UPDATE,
                    false,
                    true,
                    null),
                WriteOptions.DEFAULT));
    assertThat(updated.oldRevision()).isEqualTo(first.revision());
    assertThat(body(collection, "k"))
        .isEqualTo("{\"_key\":\"k\",\"_rev\":\"*\",\"o\":{\"x\":1,\"y\":2}}");

    written(
        collection.write(
            new Insert(json("{'_key':'k','c':3}"), OverwriteMode.REPLACE, true, true, null),
            WriteOptions.DEFAULT));
    assertThat(body(collection, "k")).isEqualTo("{\"_key\":\"k\",\"_rev\":\"*\",\"c\":3}");
    assertThat(collection.count()).isEqualTo(1);
  }

  @Test
  void edgesNeedBothEnds() {
    DocumentCollection edges =
        system().createCollection(CollectionProperties.of("e", CollectionType.EDGE));
    for (String text :
        List.of(
            "{}",
            "{'_from':'a/1'}",
            "{'_from':'a/1','_to':'b'}",
            "{'_from':1,'_to':'b/1'}",
            "{'_from':'a/1','_to':'b/1/2'}")) {
      refused(edges.write(insert(text), WriteOptions.DEFAULT), ErrorNumber.INVALID_EDGE_ATTRIBUTE);
    }
    put(edges, "{'_key':'k','w':1,'_from':'a/1','_to':'b/1'}");
    assertThat(body(edges, "k"))
        .isEqualTo("{\"_key\":\"k\",\"_rev\":\"*\",\"_from\":\"a/1\",\"_to\":\"b/1\",\"w\":1}");
    refused(
        edges.write(new Replace("k", json("{'w':2}"), null), WriteOptions.DEFAULT),
        ErrorNumber.INVALID_EDGE_ATTRIBUTE);
    written(
        edges.write(
            new Update("k", json("{'_to':'b/2'}"), null, true, true), WriteOptions.DEFAULT));
    refused(
        edges.write(new Update("k", json("{'_to':null}"), null, false, true), WriteOptions.DEFAULT),
        ErrorNumber.INVALID_EDGE_ATTRIBUTE);
    assertThat(body(edges, "k")).contains("\"_to\":\"b/2\"");
    written(edges.write(insert("{'_key':'l'}"), WriteOptions.REPLICATION));
    DocumentCollection documents = create("d");
    put(documents, "{'_from':1}");
  }

  // --- replacing, updating, removing

  @Test
  void replacesUpdatesAndRemovesUnderPreconditions() {
    DocumentCollection collection = create("c");
    Revision first = put(collection, "{'_key':'k','a':1}").revision();
    Revision wrong = new Revision(first.value() - 1);

    for (DocumentWrite write :
        List.of(
            new Replace("k", json("{}"), wrong),
            new Update("k", json("{}"), wrong, true, true),
            new Remove("k", wrong))) {
      Refused refused =
          refused(collection.write(write, WriteOptions.DEFAULT), ErrorNumber.CONFLICT);
      assertThat(refused.error()).hasMessage("conflict, _rev values do not match");
      assertThat(refused.current()).isEqualTo(first);
    }
    for (DocumentWrite write :
        List.of(
            new Replace("x", json("{}"), null),
            new Update("x", json("{}"), wrong, true, true),
            new Remove("x", wrong),
            new Remove("not/a/key", null))) {
      refused(collection.write(write, WriteOptions.DEFAULT), ErrorNumber.DOCUMENT_NOT_FOUND);
    }

    WriteOptions all = new WriteOptions(Durability.PROCESS_CRASH, true, true, false, Origin.CLIENT);
    Written replaced =
        written(collection.write(new Replace("k", json("{'_key':'z','b':1}"), first), all));
    assertThat(replaced.key()).isEqualTo("k");
    assertThat(replaced.oldRevision()).isEqualTo(first);
    assertThat(Objects.requireNonNull(replaced.oldDocument()).revision()).isEqualTo(first);
    assertThat(body(collection, "k")).isEqualTo("{\"_key\":\"k\",\"_rev\":\"*\",\"b\":1}");
    Written updated =
        written(
            collection.write(
                new Update("k", json("{'c':null,'b':null}"), replaced.revision(), true, true),
                all));
    assertThat(Objects.requireNonNull(updated.newDocument()).slice().toJson())
        .endsWith("\"b\":null,\"c\":null}");
    Written removed = written(collection.write(new Remove("k", updated.revision()), all));
    assertThat(removed.revision()).isEqualTo(updated.revision());
    assertThat(removed.oldDocument()).isNotNull();
    assertThat(removed.newDocument()).isNull();
    assertThat(collection.document("k")).isNull();
    assertThat(collection.count()).isZero();
    assertThat(collection.revision()).isGreaterThan(updated.revision());
  }

  @Test
  void laterOperationsOfACallSeeEarlierOnes() {
    DocumentCollection collection = create("c");
    collection.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("u"), true, true));
    List<WriteResult> results =
        collection.write(
            List.of(
                insert("{'_key':'a','u':1}"),
                insert("{'_key':'a','u':2}"),
                insert("{'_key':'b','u':1}"),
                new Update("a", json("{'u':2}"), null, true, true),
                insert("{'_key':'b','u':1}"),
                new Remove("a", null),
                insert("{'_key':'c','u':2}"),
                new Update("a", json("{}"), null, true, true),
                insert("{'_key':'a','u':3}"),
                new Replace("a", json("{'u':1}"), null),
                new Replace("a", json("{'u':3,'z':1}"), null)),
            WriteOptions.DEFAULT);
    List<String> kinds =
        results.stream()
            .map(result ->
                result instanceof Refused refused
                    ? Integer.toString(refused.error().number().number())
                    : "ok")
            .toList();
    assertThat(kinds)
        .containsExactly("ok", "1210", "1210", "ok", "ok", "ok", "ok", "1202", "ok", "1210", "ok");
    assertThat(((Refused) results.get(2)).error())
        .hasMessageEndingWith("over 'u'; conflicting key: a");
    assertThat(keys(collection.view())).containsExactly("a", "b", "c");
    assertThat(body(collection, "a")).contains("\"u\":3,\"z\":1");
  }

  @Test
  void anAtomicCallWritesAllOrNothing() {
    DocumentCollection collection = create("c");
    put(collection, "{'_key':'taken'}");
    WriteOptions atomic =
        new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT);
    List<WriteResult> results =
        collection.write(
            List.of(
                insert("{'_key':'a'}"),
                new Remove("taken", null),
                insert("{'_key':'a'}"),
                insert("{'_key':'b'}")),
            atomic);
    assertThat(results).hasSize(4).allMatch(Refused.class::isInstance);
    for (WriteResult result : results) {
      refused(result, ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    }
    assertThat(((Refused) results.get(3)).error())
        .hasMessageStartingWith("not written, because another part failed: unique constraint");
    assertThat(keys(collection.view())).containsExactly("taken");

    results = collection.write(List.of(insert("{'_key':'a'}"), insert("{'_key':'b'}")), atomic);
    assertThat(results).allMatch(Written.class::isInstance);
    assertThat(collection.count()).isEqualTo(3);
  }

  @Test
  void anAtomicCallTooLargeForOneCommitIsRefusedWhole() {
    DocumentCollection collection = create("c");
    WriteOptions atomic =
        new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT);
    long limit = Math.min(WriteSession.ATOMIC_BYTES, engine.limits().commitBytesMax());
    int each = Math.min(500_000, engine.limits().valueBytesMax() - 200);
    List<DocumentWrite> inserts = new ArrayList<>();
    for (long bytes = 0; bytes <= limit; bytes += each) {
      inserts.add(insert("{'a':'" + large(each) + "'}"));
    }
    for (WriteResult result : collection.write(inserts, atomic)) {
      refused(result, ErrorNumber.RESOURCE_LIMIT);
    }
    assertThat(collection.count()).isZero();
    assertThat(collection.write(inserts, WriteOptions.DEFAULT)).allMatch(Written.class::isInstance);
    assertThat(collection.count()).isEqualTo(inserts.size());
  }

  @Test
  void writesManyDocumentsInOneCall() {
    DocumentCollection collection = create("c");
    List<DocumentWrite> inserts = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      inserts.add(insert("{'_key':'k%04d','i':%d}".formatted(i, i)));
    }
    assertThat(collection.write(inserts, WriteOptions.DEFAULT))
        .hasSize(1000)
        .allMatch(Written.class::isInstance);
    assertThat(collection.count()).isEqualTo(1000);
    List<Revision> revisions = new ArrayList<>();
    try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
      while (cursor.next()) {
        assertThat(cursor.document().key()).isEqualTo("k%04d".formatted(revisions.size()));
        revisions.add(cursor.document().revision());
      }
    }
    assertThat(revisions).hasSize(1000).doesNotHaveDuplicates().isSorted();
    collection.recalculateCount();
    assertThat(collection.count()).isEqualTo(1000);
  }

  // --- restored revisions

  @Test
  void keepsARestoredRevisionAndGivesLaterOnesAfterwards() {
    DocumentCollection collection = create("c");
    Revision future = new Revision((NOW + 3_600_000L) << 20 | 7);
    Written restored =
        written(
            collection.write(
                new Insert(json("{'_key':'k'}"), OverwriteMode.REPLACE, true, true, future),
                WriteOptions.REPLICATION));
    assertThat(restored.revision()).isEqualTo(future);
    assertThat(put(collection, "{}").revision()).isGreaterThan(future);
    Revision old = new Revision(17);
    assertThat(
            written(
                    collection.write(
                        new Insert(json("{'_key':'o'}"), OverwriteMode.CONFLICT, true, true, old),
                        WriteOptions.REPLICATION))
                .revision())
        .isEqualTo(old);
    assertThat(collection.revision()).isGreaterThan(future);
  }

  @Test
  void refusesARevisionThatAnotherKeyHas() {
    DocumentCollection collection = create("c");
    Revision taken = put(collection, "{'_key':'k'}").revision();
    Refused refused =
        refused(
            collection.write(
                new Insert(json("{'_key':'l'}"), OverwriteMode.REPLACE, true, true, taken),
                WriteOptions.REPLICATION),
            ErrorNumber.CONFLICT);
    assertThat(refused.error()).hasMessageContaining("already the revision of document 'k'");
    Insert again =
        new Insert(json("{'_key':'m'}"), OverwriteMode.REPLACE, true, true, new Revision(99));
    Insert clash =
        new Insert(json("{'_key':'n'}"), OverwriteMode.REPLACE, true, true, new Revision(99));
    List<WriteResult> results =
        collection.write(List.of(again, clash, again), WriteOptions.REPLICATION);
    written(results.get(0));
    refused(results.get(1), ErrorNumber.CONFLICT);
    // The same document once more: nothing to do, no error.
    assertThat(written(results.get(2)).revision()).isEqualTo(new Revision(99));
    for (Revision revision :
        List.of(Revision.NONE, Revision.INVALID, new Revision(-2), new Revision(0xa0L << 56))) {
      refused(
          collection.write(
              new Insert(json("{'_key':'z'}"), OverwriteMode.REPLACE, true, true, revision),
              WriteOptions.REPLICATION),
          ErrorNumber.DOCUMENT_REVISION_BAD);
    }
  }

  @Test
  void aRevisionIsFreeAgainOnceItsDocumentHasMovedOn() {
    DocumentCollection collection = create("c");
    Revision revision = put(collection, "{'_key':'k'}").revision();
    List<WriteResult> results =
        collection.write(
            List.of(
                new Update("k", json("{'a':1}"), null, true, true),
                new Insert(json("{'_key':'l'}"), OverwriteMode.REPLACE, true, true, revision)),
            WriteOptions.REPLICATION);
    assertThat(results).allMatch(Written.class::isInstance);
    assertThat(Objects.requireNonNull(collection.document("l")).revision()).isEqualTo(revision);
  }

  // --- key generators

  @Test
  void traditionalKeysAscendBeyondGivenOnes() {
    DocumentCollection collection = create("c");
    long first = Long.parseLong(put(collection, "{}").key());
    put(collection, "{'_key':'9000000'}");
    put(collection, "{'_key':'x9999999999'}");
    assertThat(put(collection, "{}").key()).isEqualTo("9000001");
    assertThat(first).isLessThan(9000000);
    assertThat(collection.definition().lastKeyValue()).isEqualTo(9000001);
    put(collection, "{'_key':'99999999999999999999999'}");
    assertThat(put(collection, "{}").key()).isEqualTo("9000002");
    put(collection, "{'_key':'18446744073709551615'}");
    Refused refused =
        refused(collection.write(insert("{}"), WriteOptions.DEFAULT), ErrorNumber.DOCUMENT_KEY_BAD);
    assertThat(refused.error()).hasMessageContaining("no numbers left");
  }

  @Test
  void autoincrementKeysFollowOffsetAndIncrement() {
    DocumentCollection collection =
        createWith("c", new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, 5, 10));
    assertThat(put(collection, "{}").key()).isEqualTo("10");
    assertThat(put(collection, "{}").key()).isEqualTo("15");
    put(collection, "{'_key':'17'}");
    assertThat(put(collection, "{}").key()).isEqualTo("20");
    DocumentCollection plain =
        createWith("d", new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, 1, 0));
    assertThat(put(plain, "{}").key()).isEqualTo("1");
    assertThat(put(plain, "{}").key()).isEqualTo("2");
    written(plain.write(new Remove("2", null), WriteOptions.DEFAULT));
    reopenStore();
    assertThat(put(system().requireCollection("d"), "{}").key()).isEqualTo("3");
  }

  @Test
  void paddedKeysAscendInByteOrder() {
    DocumentCollection collection =
        createWith("c", new KeyOptions(KeyGeneratorType.PADDED, true, 1, 0));
    String first = put(collection, "{}").key();
    assertThat(first).matches("[0-9a-f]{16}");
    put(collection, "{'_key':'00000000ffffffff'}");
    put(collection, "{'_key':'00000001FFFFFFFF'}");
    assertThat(put(collection, "{}").key()).isEqualTo("0000000100000000");
  }

  @Test
  void uuidKeysAreRandom() {
    DocumentCollection collection =
        createWith("c", new KeyOptions(KeyGeneratorType.UUID, true, 1, 0));
    String key = put(collection, "{}").key();
    assertThat(key).matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    assertThat(put(collection, "{}").key()).isNotEqualTo(key);
    assertThat(collection.definition().lastKeyValue()).isZero();
  }

  @Test
  void clientsMayNotChooseKeysWhereThatIsForbidden() {
    DocumentCollection collection =
        createWith("c", new KeyOptions(KeyGeneratorType.TRADITIONAL, false, 1, 0));
    refused(
        collection.write(insert("{'_key':'k'}"), WriteOptions.DEFAULT),
        ErrorNumber.DOCUMENT_KEY_UNEXPECTED);
    written(collection.write(insert("{'_key':'k'}"), WriteOptions.REPLICATION));
    refused(
        collection.write(insert("{}"), WriteOptions.REPLICATION), ErrorNumber.DOCUMENT_KEY_MISSING);
    put(collection, "{}");
  }

  @Test
  void rejectsImpossibleKeyOptions() {
    for (long increment : new long[] {0, -1, 1 << 16}) {
      assertThat(
              failure(() -> new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, increment, 0))
                  .number())
          .isEqualTo(ErrorNumber.INVALID_KEY_GENERATOR);
    }
    assertThat(failure(() -> new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, 1, -1)).number())
        .isEqualTo(ErrorNumber.INVALID_KEY_GENERATOR);
  }

  // --- large documents

  @Test
  void storesDocumentsLargerThanAnyCommit() {
    DocumentCollection collection = create("c");
    String text = large(largeBytes());
    Written first = put(collection, "{'_key':'big','a':'" + text + "'}");
    put(collection, "{'_key':'small'}");
    assertThat(body(collection, "big")).contains(text);
    written(
        collection.write(
            new Update("big", json("{'b':1}"), first.revision(), true, true),
            WriteOptions.DEFAULT));
    assertThat(body(collection, "big")).contains(text).endsWith("\"b\":1}");
    List<String> keys = new ArrayList<>();
    try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
      while (cursor.next()) {
        keys.add(cursor.document().key());
      }
    }
    assertThat(keys).containsExactly("small", "big");
    try (RevisionCursor cursor = collection.view().revisions(Revision.NONE, Revision.INVALID)) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.key()).isEqualTo("small");
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.key()).isEqualTo("big");
      assertThat(cursor.next()).isFalse();
    }
    assertConsistent(store);
    written(collection.write(new Remove("big", null), WriteOptions.DEFAULT));
    assertThat(collection.document("big")).isNull();
    assertThat(collection.count()).isEqualTo(1);
  }

  @Test
  void anAtomicCallMayHoldLargeDocuments() {
    DocumentCollection collection = create("c");
    WriteOptions atomic =
        new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT);
    String text = large(20 << 20);
    List<DocumentWrite> inserts =
        List.of(
            insert("{'_key':'a','a':'" + text + "'}"), insert("{'_key':'b','a':'" + text + "'}"));
    collection.write(insert("{'_key':'b'}"), WriteOptions.DEFAULT);
    for (WriteResult result : collection.write(inserts, atomic)) {
      refused(result, ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    }
    assertThat(keys(collection.view())).containsExactly("b");
    assertConsistent(store);
    collection.write(new Remove("b", null), WriteOptions.DEFAULT);
    assertThat(collection.write(inserts, atomic)).allMatch(Written.class::isInstance);
    assertThat(collection.count()).isEqualTo(2);
  }

  // --- truncating

  @Test
  void truncatesByANewGeneration() {
    DocumentCollection collection =
        createWith("c", new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, 1, 0));
    collection.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, false));
    put(collection, "{'u':1}");
    put(collection, "{'u':2}");
    long generation = collection.definition().generation();
    Revision newest = collection.revision();
    try (StoreSnapshot snapshot = store.snapshot()) {
      collection.truncate(Durability.POWER_LOSS);
      store.unreachable().purgeWaiting();
      assertThat(collection.count()).isZero();
      assertThat(keys(collection.view())).isEmpty();
      assertThat(collection.definition().generation()).isNotEqualTo(generation);
      assertThat(collection.definition().indexes()).hasSize(1);
      assertThat(collection.revision()).isGreaterThan(newest);
      CollectionView before = Objects.requireNonNull(snapshot.collection("_system", "c"));
      assertThat(before.count()).isEqualTo(2);
      assertThat(keys(before)).containsExactly("1", "2");
      assertThat(before.document("1")).isNotNull();
    }
    assertThat(put(collection, "{'u':1}").key()).isEqualTo("3");
    refused(
        collection.write(insert("{'u':1}"), WriteOptions.DEFAULT),
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
  }

  @Test
  void aCursorOverTheNewestStateSurvivesTruncation() {
    DocumentCollection collection = create("c");
    put(collection, "{'_key':'a'}");
    put(collection, "{'_key':'b'}");
    try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
      collection.truncate(Durability.PROCESS_CRASH);
      store.unreachable().purgeWaiting();
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.document().key()).isEqualTo("a");
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.next()).isFalse();
    }
  }

  // --- indexes

  @Test
  void aUniqueIndexKnowsOneNullUnlessSparse() {
    DocumentCollection collection = create("c");
    EnsuredIndex dense =
        collection.ensureIndex(
            IndexDefinition.of(IndexType.PERSISTENT, List.of("a.b"), true, false));
    assertThat(dense.isNew()).isTrue();
    assertThat(dense.definition().name()).startsWith("idx_");
    put(collection, "{'_key':'k','a':{'c':1}}");
    Refused refused =
        refused(
            collection.write(insert("{'a':{'b':null}}"), WriteOptions.DEFAULT),
            ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    assertThat(refused.error())
        .hasMessage(
            "unique constraint violated - in index "
                + dense.definition().name()
                + " of type persistent over 'a.b'; conflicting key: k");
    put(collection, "{'a':{'b':1}}");
    refused(
        collection.write(insert("{'a':{'b':1.0}}"), WriteOptions.DEFAULT),
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);

    DocumentCollection other = create("d");
    other.ensureIndex(IndexDefinition.of(IndexType.SKIPLIST, List.of("a", "b"), true, true));
    put(other, "{'a':1}");
    put(other, "{'a':1}");
    put(other, "{'a':1,'b':null}");
    put(other, "{'a':1,'b':2}");
    refused(
        other.write(insert("{'b':2,'a':1}"), WriteOptions.DEFAULT),
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
  }

  @Test
  void anArrayIndexHasOneEntryPerElement() {
    DocumentCollection collection = create("c");
    collection.ensureIndex(
        IndexDefinition.of(IndexType.PERSISTENT, List.of("t[*].n"), true, false));
    put(collection, "{'_key':'a','t':[{'n':1},{'n':2},{'n':1}]}");
    put(collection, "{'t':[]}");
    put(collection, "{'t':[]}");
    put(collection, "{'t':'no array'}");
    put(collection, "{}");
    refused(
        collection.write(insert("{'t':[{'n':3},{'n':2}]}"), WriteOptions.DEFAULT),
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    put(collection, "{'t':[{'n':3}]}");
    written(
        collection.write(
            new Replace("a", json("{'t':[{'n':2},{'n':4}]}"), null), WriteOptions.DEFAULT));
    put(collection, "{'t':[{'n':1}]}");

    DocumentCollection strict = create("d");
    strict.ensureIndex(
        new IndexDefinition(
            0, "", IndexType.HASH, List.of("t[*]"), true, false, false, true, null, null));
    refused(
        strict.write(insert("{'_key':'s','t':[1,1]}"), WriteOptions.DEFAULT),
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    put(strict, "{'t':[1,2]}");
  }

  @Test
  void comparesVeryLongValuesAsAWhole() {
    DocumentCollection collection = create("c");
    collection.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("a"), true, false));
    String text = large(100_000);
    put(collection, "{'_key':'k','a':'" + text + "1'}");
    put(collection, "{'a':'" + text + "2'}");
    Refused refused =
        refused(
            collection.write(insert("{'a':'" + text + "1'}"), WriteOptions.DEFAULT),
            ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    assertThat(refused.error()).hasMessageEndingWith("conflicting key: k");
  }

  @Test
  void buildsAnIndexOverExistingDocuments() {
    DocumentCollection collection = create("c");
    List<DocumentWrite> inserts = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      inserts.add(insert("{'_key':'k%d','u':%d,'t':['x%d','y']}".formatted(i, i, i)));
    }
    collection.write(inserts, WriteOptions.DEFAULT);
    collection.ensureIndex(
        IndexDefinition.of(IndexType.PERSISTENT, List.of("t[*]", "u"), false, false));
    collection.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, false));
    assertConsistent(store);
    LockstepException violation =
        failure(() ->
            collection.ensureIndex(
                IndexDefinition.of(IndexType.HASH, List.of("t[*]"), true, false)));
    assertThat(violation.number()).isEqualTo(ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    assertThat(violation).hasMessageContaining("conflicting key: k0; and document with key: k1");
    assertThat(collection.definition().indexes()).hasSize(2);
    refused(
        collection.write(insert("{'u':77}"), WriteOptions.DEFAULT),
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
  }

  @Test
  void findsTheIndexOfTheSameDefinition() {
    DocumentCollection collection = create("c");
    IndexDefinition wanted = IndexDefinition.of(IndexType.HASH, List.of("a"), false, false);
    EnsuredIndex first = collection.ensureIndex(wanted.withIdAndName(0, "mine"));
    EnsuredIndex again = collection.ensureIndex(wanted);
    assertThat(again.isNew()).isFalse();
    assertThat(again.definition()).isEqualTo(first.definition());
    assertThat(
            collection
                .ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("a"), false, false))
                .isNew())
        .isTrue();
    assertThat(
            failure(() ->
                    collection.ensureIndex(
                        IndexDefinition.of(IndexType.HASH, List.of("b"), false, false)
                            .withIdAndName(0, "mine")))
                .number())
        .isEqualTo(ErrorNumber.DUPLICATE_IDENTIFIER);
    assertThat(
            failure(() ->
                    collection.ensureIndex(
                        IndexDefinition.of(IndexType.HASH, List.of("b"), false, false)
                            .withIdAndName(first.definition().id(), "")))
                .number())
        .isEqualTo(ErrorNumber.DUPLICATE_IDENTIFIER);
    assertThat(collection.indexesWithPrimary())
        .extracting(IndexDefinition::name)
        .startsWith("primary", "mine");
    assertThat(collection.dropIndex(first.definition().id())).isTrue();
    assertThat(collection.dropIndex(first.definition().id())).isFalse();
    assertThat(failure(() -> collection.dropIndex(0)).number()).isEqualTo(ErrorNumber.FORBIDDEN);
    reopenStore();
    assertThat(system().requireCollection("c").definition().indexes()).hasSize(1);
  }

  @Test
  void rejectsImpossibleIndexes() {
    DocumentCollection collection = create("c");
    for (IndexDefinition wanted :
        List.of(
            IndexDefinition.of(IndexType.PRIMARY, List.of("_key"), true, false),
            IndexDefinition.of(IndexType.HASH, List.of(), true, false),
            IndexDefinition.of(IndexType.HASH, List.of("a", "a"), true, false),
            IndexDefinition.of(IndexType.HASH, List.of("a[*].b[*]"), true, false),
            IndexDefinition.of(IndexType.HASH, List.of("_id"), true, false),
            IndexDefinition.of(IndexType.TTL, List.of("a"), false, false))) {
      assertThat(failure(() -> collection.ensureIndex(wanted)).number())
          .as(wanted.toString())
          .isEqualTo(ErrorNumber.BAD_PARAMETER);
    }
    assertThat(
            failure(() ->
                    collection.ensureIndex(
                        IndexDefinition.of(IndexType.HASH, List.of("a"), false, false)
                            .withIdAndName(0, "1x")))
                .number())
        .isEqualTo(ErrorNumber.ILLEGAL_NAME);
  }

  @Test
  void keepsDefinitionsOfIndexesItDoesNotUse() {
    DocumentCollection collection = create("c");
    byte[] extra = json("{'geoJson':true}").toByteArray();
    IndexDefinition geo =
        new IndexDefinition(
            4711, "place", IndexType.GEO, List.of("loc"), false, true, false, false, null, extra);
    assertThat(collection.ensureIndex(geo).isNew()).isTrue();
    put(collection, "{'loc':[1,2]}");
    reopenStore();
    assertThat(system().requireCollection("c").definition().indexes()).containsExactly(geo);
    assertThat(system().requireCollection("c").ensureIndex(geo).isNew()).isFalse();
    assertThat(geo.type().isUsed()).isFalse();
  }

  // --- expiry

  @Test
  void removesDocumentsWhoseTimeIsOver() {
    DocumentCollection collection = create("c");
    put(collection, "{'_key':'old','t':%d}".formatted(NOW / 1000 - 100));
    put(collection, "{'_key':'date','t':'2023-12-31T23:00:00Z'}");
    put(collection, "{'_key':'day','t':'2023-12-31'}");
    collection.ensureIndex(
        new IndexDefinition(
            0, "", IndexType.TTL, List.of("t"), false, false, false, true, 50.0, null));
    put(collection, "{'_key':'soon','t':%d}".formatted(NOW / 1000 - 10));
    put(collection, "{'_key':'never','t':'tomorrow'}");
    put(collection, "{'_key':'none'}");
    assertThat(collection.definition().indexes().getFirst().sparse()).isTrue();

    assertThat(store.expiry().sweep()).isEqualTo(3);
    assertThat(keys(collection.view())).containsExactly("never", "none", "soon");
    millis.addAndGet(60_000);
    store.setReadOnly(true);
    assertThat(store.expiry().sweep()).isZero();
    store.setReadOnly(false);
    assertThat(store.expiry().sweep()).isEqualTo(1);
    assertThat(
            failure(() ->
                    collection.ensureIndex(
                        new IndexDefinition(
                            0,
                            "",
                            IndexType.TTL,
                            List.of("u"),
                            false,
                            true,
                            true,
                            false,
                            1.0,
                            null)))
                .number())
        .isEqualTo(ErrorNumber.BAD_PARAMETER);
  }

  @Test
  void itsThreadsPurgeAndExpireByThemselves() {
    store.close();
    store =
        DocumentStore.open(
            engine,
            new HybridLogicalClock(millis::get),
            new StoreSettings(
                millis::get,
                new Random(5),
                Duration.ofSeconds(5),
                Duration.ofMillis(5),
                10,
                definition -> !definition.name().equals("follower"),
                RuleCompiler.NONE,
                DocumentSizeLimit.NONE));
    store.start();
    for (String name : List.of("c", "follower")) {
      DocumentCollection collection = create(name);
      collection.ensureIndex(
          new IndexDefinition(
              0, "", IndexType.TTL, List.of("t"), false, true, false, true, 0.0, null));
      put(collection, "{'t':%d}".formatted(NOW / 1000 - 100));
    }
    DocumentCollection collection = system().requireCollection("c");
    await().atMost(Duration.ofSeconds(20)).until(() -> collection.count() == 0);
    assertThat(system().requireCollection("follower").count()).isEqualTo(1);
    collection.truncate(Durability.PROCESS_CRASH);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          try (StoreSnapshot snapshot = store.snapshot()) {
            assertThat(snapshot.image().unreachable).isEmpty();
          }
        });
    store.close();
    store.close();
  }

  // --- snapshots, views

  @Test
  void aSnapshotIsOneStateOfEverything() {
    DocumentCollection collection =
        createWith("c", new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, 1, 0));
    put(collection, "{}");
    String guid = collection.definition().globallyUniqueId();
    try (StoreSnapshot snapshot = store.snapshot()) {
      put(collection, "{}");
      written(collection.write(new Remove("1", null), WriteOptions.DEFAULT));
      create("later");
      store.createDatabase("later");
      system().renameCollection(collection, "renamed");

      assertThat(snapshot.databaseNames()).containsExactly("_system");
      assertThat(snapshot.collections("nowhere")).isEmpty();
      assertThat(snapshot.collections("_system"))
          .extracting(CollectionDefinition::name)
          .contains("c", "_users")
          .doesNotContain("later", "renamed")
          .isSorted();
      assertThat(snapshot.collection("_system", "renamed")).isNull();
      for (String name : List.of("c", guid, Long.toString(collection.id()))) {
        CollectionView view = Objects.requireNonNull(snapshot.collection("_system", name));
        assertThat(view.count()).isEqualTo(1);
        assertThat(view.definition().lastKeyValue()).isEqualTo(1);
        assertThat(view.document("1")).isNotNull();
        assertThat(view.document("2")).isNull();
      }
      assertThat(snapshot.tick()).isLessThan(engine.closedTick());
    }
    assertThat(collection.definition().lastKeyValue()).isEqualTo(2);
  }

  @Test
  void cursorsKeepTheirBounds() {
    DocumentCollection collection = create("c");
    List<Revision> revisions = new ArrayList<>();
    for (String key : List.of("b", "a", "ab", "c", "B")) {
      revisions.add(put(collection, "{'_key':'" + key + "'}").revision());
    }
    CollectionView view = collection.view();
    assertThat(keys(view)).containsExactly("B", "a", "ab", "b", "c");
    List<String> range = new ArrayList<>();
    try (KeyCursor cursor = view.byKey("a", "b")) {
      while (cursor.next()) {
        range.add(cursor.key());
        assertThat(cursor.revision())
            .isEqualTo(Objects.requireNonNull(view.document(cursor.key())).revision());
      }
    }
    assertThat(range).containsExactly("a", "ab", "b");
    List<String> after = new ArrayList<>();
    try (DocumentCursor cursor = view.byRevision(revisions.get(2))) {
      while (cursor.next()) {
        after.add(cursor.document().key());
      }
    }
    assertThat(after).containsExactly("c", "B");
    List<Revision> between = new ArrayList<>();
    try (RevisionCursor cursor = view.revisions(revisions.get(1), revisions.get(3))) {
      while (cursor.next()) {
        between.add(cursor.revision());
      }
    }
    assertThat(between).isEqualTo(revisions.subList(1, 4));
  }

  @Test
  void theChecksumIsThatOfItsDocuments() {
    DocumentCollection collection = create("c");
    assertThat(collection.checksum(true, true)).isZero();
    DocumentChecksum expected = new DocumentChecksum(true, true);
    for (int i = 0; i < 20; i++) {
      Written result =
          written(
              collection.write(
                  insert("{'i':%d}".formatted(i)),
                  new WriteOptions(Durability.PROCESS_CRASH, false, true, false, Origin.CLIENT)));
      expected.add(Objects.requireNonNull(result.newDocument()).slice());
    }
    assertThat(collection.checksum(true, true)).isEqualTo(expected.value()).isNotZero();
    assertThat(collection.checksum(false, false)).isNotEqualTo(expected.value());
  }

  // --- the change log

  @Test
  void everyChangeIsInTheLogInOrder() {
    Tick start = engine.closedTick();
    DocumentCollection collection = create("c");
    Revision first = put(collection, "{'_key':'k'}").revision();
    collection.write(new Remove("k", null), WriteOptions.DEFAULT);
    EnsuredIndex index =
        collection.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("a"), false, false));
    collection.dropIndex(index.definition().id());
    collection.truncate(Durability.PROCESS_CRASH);
    collection.changeProperties(true, null, null, false);
    system().renameCollection(collection, "d");
    system().dropCollection(collection, false);
    ChangeRead read = store.changeLog().read(engine, start, 100);
    List<Change> changes =
        ((ChangeRead.Page) read).changes().stream().map(logged -> logged.change()).toList();
    assertThat(changes)
        .extracting(change -> change.getClass().getSimpleName())
        .containsExactly(
            "CollectionCreated",
            "DocumentWritten",
            "DocumentRemoved",
            "IndexCreated",
            "IndexDropped",
            "Truncated",
            "PropertiesChanged",
            "CollectionRenamed",
            "CollectionDropped");
    Change.DocumentWritten writtenChange = (Change.DocumentWritten) changes.get(1);
    assertThat(writtenChange.revision()).isEqualTo(first);
    assertThat(writtenChange.collectionId()).isEqualTo(collection.id());
    Change.DocumentRemoved removed = (Change.DocumentRemoved) changes.get(2);
    assertThat(removed.previous()).isEqualTo(first);
    assertThat(removed.revision()).isGreaterThan(first);
  }

  private static final WriteOptions ATOMIC =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT);

  /// What readers of the log get now of the documents written from one tick to another, by key;
  /// null for one that is left out.
  private Map<String, @Nullable String> told(Tick from, Tick to) {
    Map<String, @Nullable String> told = new HashMap<>();
    int changes = (int) (to.value() - from.value());
    ChangeRead read = store.changeLog().read(engine, from, changes);
    for (LoggedChange logged : ((ChangeRead.Page) read).changes()) {
      if (logged.change() instanceof Change.DocumentWritten written) {
        Document document = store.changeLookup().document(written);
        told.put(written.key(), document == null ? null : document.slice().toJson());
      }
    }
    return told;
  }

  private long keptRows() {
    long rows = 0;
    try (StorageCursor cursor = engine.scan(Keyspace.SUPERSEDED, KeyRange.all())) {
      while (cursor.next()) {
        rows++;
      }
    }
    return rows;
  }

  @Test
  void readersOfTheLogGetATransactionWholeAfterItsDocumentsHaveChanged() {
    DocumentCollection collection = create("c");
    String large = large(Math.min(1_200_000, engine.limits().valueBytesMax() / 4 * 5));
    Tick start = engine.closedTick();
    collection.write(
        List.of(
            insert("{'_key':'a','v':1}"),
            insert("{'_key':'b','v':2}"),
            insert("{'_key':'large','v':'" + large + "'}"),
            insert("{'_key':'same','v':3}")),
        ATOMIC);
    Tick committed = engine.closedTick();
    Map<String, @Nullable String> transaction = told(start, committed);
    assertThat(transaction).hasSize(4).doesNotContainValue(null);
    put(collection, "{'_key':'single','v':4}");
    Tick end = engine.closedTick();

    collection.write(new Replace("a", json("{'v':11}"), null), WriteOptions.DEFAULT);
    collection.write(new Remove("b", null), WriteOptions.DEFAULT);
    collection.write(
        List.of(new Replace("large", json("{}"), null), insert("{'_key':'d'}")), ATOMIC);
    collection.write(new Replace("single", json("{'v':44}"), null), WriteOptions.DEFAULT);

    assertThat(told(start, committed)).isEqualTo(transaction);
    assertThat(told(committed, end)).as("written alone").containsEntry("single", null);
  }

  @Test
  void whatWasKeptForTheLogGoesWithItOrWithTheGeneration() {
    store.start();
    DocumentCollection collection = create("c");
    collection.write(List.of(insert("{'_key':'a'}"), insert("{'_key':'b'}")), ATOMIC);
    collection.write(new Replace("a", json("{'v':1}"), null), WriteOptions.DEFAULT);
    Tick first = engine.closedTick();
    collection.write(new Remove("b", null), WriteOptions.DEFAULT);
    assertThat(keptRows()).isEqualTo(4);

    store.pruneChanges(new Tick(first.value() - 1));
    assertThat(keptRows()).as("what is still in the log").isEqualTo(2);
    store.pruneChanges(first);
    assertThat(keptRows()).isZero();

    collection.write(
        List.of(insert("{'_key':'c','v':'" + large(600) + "'}"), insert("{'_key':'d'}")), ATOMIC);
    collection.write(new Replace("c", json("{}"), null), WriteOptions.DEFAULT);
    assertThat(keptRows()).isPositive();
    collection.truncate(Durability.PROCESS_CRASH);
    await().atMost(20, TimeUnit.SECONDS).until(() -> keptRows() <= 1);
    store.pruneChanges(engine.closedTick());
    assertThat(keptRows()).isZero();
  }

  // --- read-only mode

  @Test
  void readOnlyModeRefusesClientsAndServesReplication() {
    DocumentCollection collection = create("c");
    store.setReadOnly(true);
    assertThat(failure(() -> collection.write(insert("{}"), WriteOptions.DEFAULT)).number())
        .isEqualTo(ErrorNumber.READ_ONLY);
    written(collection.write(insert("{'_key':'k'}"), WriteOptions.REPLICATION));
    store.setReadOnly(false);
    put(collection, "{}");
  }

  // --- generation loads

  private ReplicatedCollection leaders(String name, String guid, IndexDefinition... indexes) {
    return new ReplicatedCollection(
        CollectionProperties.of(name, CollectionType.DOCUMENT), guid, Arrays.asList(indexes));
  }

  private static final IndexDefinition UNIQUE_U =
      IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, true)
          .withIdAndName(68127, "idx_1761718534518341632");

  private static List<Document> documents(int from, int to) {
    List<Document> documents = new ArrayList<>();
    for (int i = from; i < to; i++) {
      documents.add(stored("k" + i, 1000L + i, "{'u':%d}".formatted(i)));
    }
    return documents;
  }

  @Test
  void aLoadReplacesACollectionOnlyWhenItSwaps() {
    DocumentCollection collection = create("c");
    put(collection, "{'_key':'local'}");
    long id = collection.id();
    try (GenerationLoad load = system().beginLoad(leaders("c", "hABC/17", UNIQUE_U))) {
      load.append(documents(0, 600));
      load.append(documents(600, 1200));
      load.remove("k7");
      load.remove("nobody");
      assertThat(load.count()).isEqualTo(1199);
      assertThat(keys(collection.view())).containsExactly("local");
      List<Long> progress = new ArrayList<>();
      load.buildIndexes((done, total) -> progress.add(done));
      assertThat(progress).endsWith(1199L);
      assertThat(collection.count()).isEqualTo(1);
      put(collection, "{'_key':'during'}");

      CollectionDefinition definition = load.swap(Durability.PROCESS_CRASH);

      assertThat(definition.id()).isNotEqualTo(id);
      assertThat(definition.globallyUniqueId()).isEqualTo("hABC/17");
      assertThat(definition.indexes()).containsExactly(UNIQUE_U);
    }
    assertThat(collection.id()).isEqualTo(system().requireCollection("hABC/17").id());
    assertThat(system().collection(Long.toUnsignedString(id))).isNull();
    assertThat(system().collection("c")).isSameAs(collection);
    assertThat(system().collection("hABC/17")).isSameAs(collection);
    assertThat(collection.count()).isEqualTo(1199);
    assertThat(collection.document("local")).isNull();
    assertThat(collection.document("k7")).isNull();
    assertThat(Objects.requireNonNull(collection.document("k8")).revision())
        .isEqualTo(new Revision(1008));
    refused(
        collection.write(insert("{'u':8}"), WriteOptions.DEFAULT),
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
    store.unreachable().purgeWaiting();
    assertConsistent(store);
    reopenStore();
    assertThat(system().requireCollection("c").count()).isEqualTo(1199);
  }

  /// Ascending keys are neither looked up nor remembered; those that follow must be found all the
  /// same.
  @Test
  void aLoadFindsKeysThatCameWhileTheyAscended() {
    try (GenerationLoad load = system().beginLoad(leaders("c", "hABC/17", UNIQUE_U))) {
      load.append(documents(0, 1200));
      load.append(
          List.of(
              stored("k5", 5000, "{'u':5,'again':1}"),
              stored("k1100", 900, "{'u':1100,'older':true}"),
              stored("a", 5001, "{'u':5001}")));
      load.append(documents(1200, 1300));
      load.append(List.of(stored("k1250", 5002, "{'u':1250,'again':2}")));
      assertThat(load.count()).isEqualTo(1301);
      load.swap(Durability.POWER_LOSS);
    }

    DocumentCollection collection = system().requireCollection("c");
    assertThat(collection.count()).isEqualTo(1301);
    assertThat(revisionOf(collection, "k5")).isEqualTo(5000);
    assertThat(revisionOf(collection, "k1100")).isEqualTo(2100);
    assertThat(revisionOf(collection, "k1250")).isEqualTo(5002);
    assertThat(revisionOf(collection, "k1299")).isEqualTo(2299);
    assertConsistent(store);
  }

  private static long revisionOf(DocumentCollection collection, String key) {
    return Objects.requireNonNull(collection.document(key)).revision().value();
  }

  @Test
  void aLoadWithoutSwapLeavesNothing() {
    DocumentCollection collection = create("c");
    put(collection, "{'_key':'local'}");
    try (GenerationLoad load = system().beginLoad(leaders("c", "", UNIQUE_U))) {
      load.append(documents(0, 300));
      load.buildIndexes((done, total) -> {});
    }
    assertThat(keys(collection.view())).containsExactly("local");
    assertConsistent(store);
    GenerationLoad abandoned = system().beginLoad(leaders("c", "", UNIQUE_U));
    abandoned.append(documents(0, 300));
    abandoned.buildIndexes((done, total) -> {});
    // As after a crash: nobody closes the load.
    reopenStore();
    assertThat(keys(system().requireCollection("c").view())).containsExactly("local");
    assertConsistent(store);
  }

  @Test
  void aSuspendedLoadIsGoneOnWith() {
    DocumentCollection collection = create("c");
    put(collection, "{'_key':'local'}");
    ReplicatedCollection target = leaders("c", "hABC/17", UNIQUE_U);
    GenerationLoad first = system().resumeLoad(target, 5);
    first.append(documents(0, 300));
    first.buildIndexes((done, total) -> {});
    first.suspend();
    reopenStore();
    assertConsistent(store);
    try (GenerationLoad load = system().resumeLoad(target, 5)) {
      assertThat(load.count()).isEqualTo(300);
      try (GenerationLoad others = system().resumeLoad(target, 6)) {
        assertThat(others.count()).as("at work at the same time").isZero();
      }
      assertThat(keys(system().requireCollection("c").view())).containsExactly("local");
      // Two documents have exchanged their places, one is new, one is gone, one is the same.
      assertThat(load.replace(stored("k1", 1002, "{}"))).isTrue();
      assertThat(load.replace(stored("k2", 1001, "{}"))).isTrue();
      assertThat(load.replace(stored("new", 1, "{}"))).isTrue();
      assertThat(load.replace(stored("k3", 1003, "{}"))).isFalse();
      assertThat(load.remove("k4", new Revision(1003))).isFalse();
      assertThat(load.remove("k4", new Revision(1004))).isTrue();
      assertThat(load.remove(new Revision(1004))).isFalse();
      assertThat(load.remove(new Revision(1005))).isTrue();
      try (GenerationLoad.Frozen frozen = load.freeze()) {
        load.remove("k6");
        assertThat(frozen.view().count()).isEqualTo(299);
        assertThat(keys(frozen.view())).contains("k6", "new").doesNotContain("k5");
      }
      assertThat(load.count()).isEqualTo(298);
      load.swap(Durability.POWER_LOSS);
    }
    store.unreachable().purgeWaiting();
    assertThat(system().requireCollection("c").count()).isEqualTo(298);
    assertConsistent(store);
    reopenStore();
    assertThat(Objects.requireNonNull(system().requireCollection("c").document("k1")).revision())
        .isEqualTo(new Revision(1002));
    assertConsistent(store);
  }

  @Test
  void aLoadThatNobodyWillGoOnWithIsDiscarded() {
    GenerationLoad load = system().resumeLoad(leaders("c", "hABC/17", UNIQUE_U), 5);
    load.append(documents(0, 300));
    load.suspend();
    store.discardLoads(owner -> owner != 5);
    try (GenerationLoad kept = system().resumeLoad(leaders("c", "hABC/17"), 6)) {
      assertThat(kept.count()).isEqualTo(300);
      kept.clear();
      assertThat(kept.count()).isZero();
      kept.suspend();
    }
    reopenStore();
    store.discardLoads(owner -> owner == 5);
    assertThat(store.unreachable().halfBuilt()).as("taken over by 6").hasSize(1);
    store.discardLoads(owner -> owner == 6);
    assertThat(store.unreachable().halfBuilt()).isEmpty();
    assertConsistent(store);
  }

  @Test
  void aLoadCreatesWhatIsNotThere() {
    try (GenerationLoad load = system().beginLoad(leaders("c", "hABC/17"))) {
      load.append(documents(0, 3));
      load.append(List.of(stored("8000000000", 5, "{}")));
      load.swap(Durability.POWER_LOSS);
    }
    DocumentCollection collection = system().requireCollection("hABC/17");
    assertThat(collection.name()).isEqualTo("c");
    assertThat(keys(collection.view())).containsExactly("8000000000", "k0", "k1", "k2");
    assertThat(put(collection, "{}").key()).isEqualTo("8000000001");
    Revision last = new Revision((NOW + 1_000_000) << 20);
    try (GenerationLoad load = system().beginLoad(leaders("empty", ""))) {
      load.append(List.of(stored("x", last.value(), "{}")));
      load.swap(Durability.POWER_LOSS);
    }
    DocumentCollection other = system().requireCollection("empty");
    assertThat(other.definition().globallyUniqueId()).startsWith("h").endsWith("/" + other.id());
    assertThat(put(other, "{}").revision()).isGreaterThan(last);
  }

  @Test
  void aLoadFollowsALeaderWhoRenamed() {
    try (GenerationLoad load = system().beginLoad(leaders("a", "hABC/17"))) {
      load.append(documents(0, 3));
      load.swap(Durability.POWER_LOSS);
    }
    DocumentCollection a = system().requireCollection("a");
    DocumentCollection b = create("b");
    put(b, "{}");
    try (GenerationLoad load = system().beginLoad(leaders("z", "hABC/17"))) {
      load.append(documents(0, 4));
      load.swap(Durability.POWER_LOSS);
    }
    assertThat(a.name()).isEqualTo("z");
    assertThat(system().collection("a")).isNull();
    assertThat(a.count()).isEqualTo(4);
    // Now the guid is one local collection's and the name another's.
    try (GenerationLoad load = system().beginLoad(leaders("b", "hABC/17"))) {
      load.append(documents(0, 5));
      load.swap(Durability.POWER_LOSS);
    }
    assertThat(system().collection("z")).isNull();
    assertThat(system().requireCollection("hABC/17")).isSameAs(b);
    assertThat(b.count()).isEqualTo(5);
    assertThat(failure(a::count).number()).isEqualTo(ErrorNumber.COLLECTION_NOT_FOUND);
    store.unreachable().purgeWaiting();
    assertConsistent(store);
    reopenStore();
    assertThat(system().requireCollection("b").definition().globallyUniqueId())
        .isEqualTo("hABC/17");
    assertThat(system().requireCollection("b").count()).isEqualTo(5);
    assertConsistent(store);
  }

  @Test
  void theLogTellsWhichCollectionACopyHasReplaced() {
    load("c", "hABC/17", 3);
    DocumentCollection c = system().requireCollection("c");
    long id = c.id();

    assertThat(loggedBy(() -> load("c", "hABC/17", 4)))
        .as("a later state of the same one")
        .containsExactly("PropertiesChanged of " + id, "GenerationSwapped of " + id);
    assertThat(c.id()).isEqualTo(id);

    List<String> anotherOne = loggedBy(() -> load("c", "hABC/18", 3));
    long another = c.id();
    assertThat(anotherOne)
        .containsExactly(
            "CollectionDropped of " + id,
            "CollectionCreated of " + another,
            "GenerationSwapped of " + another);

    load("d", "hABC/17", 3);
    long back = system().requireCollection("d").id();
    assertThat(loggedBy(() -> load("c", "hABC/17", 3)))
        .as("the name is one collection's, the globally unique id another's")
        .containsExactly(
            "CollectionDropped of " + another,
            "CollectionRenamed of " + back,
            "PropertiesChanged of " + back,
            "GenerationSwapped of " + back);
    assertThat(system().requireCollection("c")).isSameAs(c);
    assertThat(c.id()).isEqualTo(back);
    assertThat(system().collection("d")).isNull();
    put(c, "{}");
    assertThat(c.count()).isEqualTo(4);
    store.unreachable().purgeWaiting();
    assertConsistent(store);
  }

  private void load(String name, String guid, int documents) {
    try (GenerationLoad load = system().beginLoad(leaders(name, guid))) {
      load.append(documents(0, documents));
      load.swap(Durability.POWER_LOSS);
    }
  }

  private List<String> loggedBy(Runnable what) {
    Tick before = engine.closedTick();
    what.run();
    ChangeRead read = store.changeLog().read(engine, before, 100);
    return ((ChangeRead.Page) read)
        .changes().stream()
            .map(LoggedChange::change)
            .map(change ->
                change.getClass().getSimpleName()
                    + " of "
                    + Long.toUnsignedString(
                        switch (change) {
                          case Change.CollectionCreated c -> c.collectionId();
                          case Change.CollectionDropped c -> c.collectionId();
                          case Change.CollectionRenamed c -> c.collectionId();
                          case Change.PropertiesChanged c -> c.collectionId();
                          case Change.GenerationSwapped c -> c.collectionId();
                          default -> throw new AssertionError(change);
                        }))
            .toList();
  }

  @Test
  void aLoadKeepsTheNewestOfEachKey() {
    try (GenerationLoad load = system().beginLoad(leaders("c", ""))) {
      load.append(
          List.of(
              stored("a", 10, "{'v':1}"),
              stored("b", 11, "{'v':1}"),
              stored("a", 13, "{'v':3}"),
              stored("a", 12, "{'v':2}"),
              stored("a", 13, "{'v':3}")));
      List<Document> filler = documents(0, 400);
      load.append(filler);
      load.append(List.of(stored("b", 9, "{'v':0}"), stored("a", 14, "{'v':4}")));
      load.append(filler);
      assertThat(load.count()).isEqualTo(402);
      load.swap(Durability.POWER_LOSS);
    }
    DocumentCollection collection = system().requireCollection("c");
    assertThat(body(collection, "a")).contains("\"v\":4");
    assertThat(body(collection, "b")).contains("\"v\":1");
    assertThat(collection.count()).isEqualTo(402);
  }

  @Test
  void aLoadReplacesOnlyWhatItMay() {
    DocumentCollection local = create("c");
    local.write(insert("{'_key':'mine'}"), WriteOptions.DEFAULT);
    try (GenerationLoad load = system().beginLoad(leaders("c", "hABC/17"))) {
      load.append(List.of(stored("theirs", 10, "{}")));
      LockstepException refused =
          failure(() -> load.swap(Durability.POWER_LOSS, collection -> collection != local));
      assertThat(refused.number()).isEqualTo(ErrorNumber.CONFLICT);
      assertThat(refused).hasMessageContaining("collection 'c' came here while");
    }
    assertThat(local.document("mine")).isNotNull();
    assertThat(local.count()).isEqualTo(1);
    local.write(insert("{}"), WriteOptions.DEFAULT);
    assertConsistent(store);
  }

  @Test
  void aLoadRefusesWhatCannotBeStored() {
    for (Document second :
        List.of(stored("b", 10, "{}"), stored("b", -2, "{}"), stored("bad/key", 11, "{}"))) {
      try (GenerationLoad load = system().beginLoad(leaders("c", ""))) {
        load.append(List.of(stored("a", 10, "{}")));
        assertThatThrownBy(() -> load.append(List.of(second)))
            .isInstanceOf(LockstepException.class);
        assertThatThrownBy(() -> load.swap(Durability.POWER_LOSS))
            .isInstanceOf(IllegalStateException.class);
      }
    }
    try (GenerationLoad load = system().beginLoad(leaders("c", "", UNIQUE_U))) {
      load.append(List.of(stored("a", 10, "{'u':1}"), stored("b", 11, "{'u':1}")));
      LockstepException violation = failure(() -> load.buildIndexes((done, total) -> {}));
      assertThat(violation)
          .hasMessage(
              "unique constraint violated - in index idx_1761718534518341632 of type persistent"
                  + " over 'u'; conflicting key: a; and document with key: b");
    }
    assertThat(system().collection("c")).isNull();
    assertConsistent(store);
  }

  @Test
  void aLoadTakesLargeDocuments() {
    String text = large(largeBytes());
    try (GenerationLoad load = system().beginLoad(leaders("c", ""))) {
      load.append(
          List.of(
              stored("small", 9, "{}"),
              stored("big", 10, "{'a':'" + text + "'}"),
              stored("gone", 11, "{'a':'" + text + "'}")));
      load.remove("gone");
      load.append(List.of(stored("big", 12, "{'b':'" + text + "'}")));
      load.swap(Durability.POWER_LOSS);
    }
    DocumentCollection collection = system().requireCollection("c");
    assertThat(collection.count()).isEqualTo(2);
    assertThat(body(collection, "big")).contains("\"b\":\"" + text);
  }

  @Test
  void aLoadIntoADroppedDatabaseFails() {
    Database shop = store.createDatabase("shop");
    try (GenerationLoad load = shop.beginLoad(leaders("c", ""))) {
      load.append(documents(0, 3));
      store.dropDatabase("shop");
      assertThat(failure(() -> load.swap(Durability.POWER_LOSS)).number())
          .isEqualTo(ErrorNumber.DATABASE_NOT_FOUND);
    }
  }

  // --- against a plain model

  @Test
  void behavesLikeAMapWithUniqueValues() {
    long seed = 4711;
    Random random = new Random(seed);
    DocumentCollection collection = create("c");
    collection.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, true));
    collection.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("t[*]"), false, false));
    ReferenceCollection model = new ReferenceCollection();
    for (int call = 0; call < 150; call++) {
      List<DocumentWrite> writes = new ArrayList<>();
      int size = 1 + random.nextInt(12);
      for (int i = 0; i < size; i++) {
        writes.add(ReferenceCollection.randomWrite(random));
      }
      List<WriteResult> results = collection.write(writes, WriteOptions.DEFAULT);
      for (int i = 0; i < size; i++) {
        @Nullable ErrorNumber actual =
            results.get(i) instanceof Refused refused ? refused.error().number() : null;
        assertThat(actual)
            .as("seed %d call %d write %d %s", seed, call, i, writes.get(i))
            .isEqualTo(model.apply(writes.get(i)));
      }
      if (random.nextInt(50) == 0) {
        collection.truncate(Durability.PROCESS_CRASH);
        model.clear();
      }
    }
    assertThat(keys(collection.view())).as("seed %d", seed).isEqualTo(model.keys());
    assertThat(collection.count()).isEqualTo(model.keys().size()).isPositive();
  }
}
