package dev.lockstep.core.collection;

import static dev.lockstep.core.collection.DocumentStoreContract.assertConsistent;
import static dev.lockstep.core.collection.DocumentStoreContract.insert;
import static dev.lockstep.core.collection.DocumentStoreContract.json;
import static dev.lockstep.core.collection.DocumentStoreContract.large;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.collection.DocumentWrite.Remove;
import dev.lockstep.core.collection.DocumentWrite.Update;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Kills the process before and after every single step that a story makes in storage, opens what
/// is left, and demands that it agrees with itself, holds nothing unknown and goes on working.
class DocumentStoreCrashSimulationTest {
  private enum Engine {
    ROOMY,
    TINY
  }

  private static MemoryStorageEngine engine(Engine engine) {
    return engine == Engine.TINY ? MemoryStorageEngine.tinyLimits() : new MemoryStorageEngine();
  }

  private static DocumentStore open(StorageEngine engine) {
    return DocumentStore.open(
        engine, new HybridLogicalClock(() -> DocumentStoreContract.NOW), StoreSettings.DEFAULT);
  }

  /// What has been acknowledged when the crash comes.
  private static final class Acknowledged {
    /// Documents of `c`, by key; of a call under way it is not known.
    final Map<String, Revision> synced = new TreeMap<>();

    boolean swapped;
    boolean loading;
  }

  @FunctionalInterface
  private interface Story {
    void tell(DocumentStore store, Acknowledged acknowledged);
  }

  private static Database system(DocumentStore store) {
    return store.requireDatabase(DocumentStore.SYSTEM);
  }

  private static final WriteOptions SYNCED =
      WriteOptions.DEFAULT.withDurability(Durability.POWER_LOSS);

  private static void everything(DocumentStore store, Acknowledged acknowledged) {
    DocumentCollection collection =
        system(store)
            .createCollection(
                CollectionProperties.of("c", CollectionType.DOCUMENT)
                    .withKeyOptions(new KeyOptions(KeyGeneratorType.AUTOINCREMENT, true, 1, 0)));
    collection.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("u"), true, true));
    write(collection, acknowledged, insert("{'_key':'a','u':1}"), insert("{'u':2}"));
    write(collection, acknowledged, insert("{'_key':'big','p':'" + large(60_000) + "'}"));
    write(
        collection,
        acknowledged,
        new Update("big", json("{'u':3}"), null, true, true),
        new Remove("a", null));
    List<DocumentWrite> many = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      many.add(insert("{'_key':'m%d','u':%d,'t':[1,%d]}".formatted(i, 100 + i, i)));
    }
    write(collection, acknowledged, many.toArray(DocumentWrite[]::new));
    EnsuredIndex tags =
        collection.ensureIndex(
            IndexDefinition.of(IndexType.PERSISTENT, List.of("t[*]"), false, false));
    collection.dropIndex(tags.definition().id());
    store.unreachable().purgeWaiting();
    Database shop = store.createDatabase("shop");
    DocumentCollection orders =
        shop.createCollection(CollectionProperties.of("orders", CollectionType.DOCUMENT));
    orders.write(insert("{}"), WriteOptions.DEFAULT);
    orders.truncate(Durability.PROCESS_CRASH);
    orders.write(insert("{}"), WriteOptions.DEFAULT);
    shop.renameCollection(orders, "bills");
    shop.dropCollection(shop.requireCollection("_jobs"), true);
    store.dropDatabase("shop");
    store.unreachable().purgeWaiting();
  }

  private static void write(
      DocumentCollection collection, Acknowledged acknowledged, DocumentWrite... writes) {
    for (WriteResult result : collection.write(List.of(writes), SYNCED)) {
      WriteResult.Written written = DocumentStoreContract.written(result);
      acknowledged.synced.put(written.key(), written.revision());
    }
    for (DocumentWrite write : writes) {
      if (write instanceof Remove remove) {
        acknowledged.synced.remove(remove.key());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aCrashAnywhereLeavesAConsistentStore(Engine engine) {
    crashEverywhere(
        engine,
        DocumentStoreCrashSimulationTest::everything,
        (store, acknowledged, place) -> {
          DocumentCollection collection = system(store).collection("c");
          if (!acknowledged.synced.isEmpty()) {
            assertThat(collection).as(place).isNotNull();
          }
          acknowledged.synced.forEach((key, revision) -> {
            Document document = collection == null ? null : collection.document(key);
            // A call under way when the crash came may have removed or replaced it.
            if (!key.equals("a")) {
              assertThat(document).as("%s key %s", place, key).isNotNull();
            }
            if (document != null) {
              assertThat(document.revision()).as(place).isGreaterThanOrEqualTo(revision);
            }
          });
        });
  }

  private static void load(DocumentStore store, Acknowledged acknowledged) {
    DocumentCollection collection =
        system(store).createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    collection.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("u"), true, true));
    write(collection, acknowledged, insert("{'_key':'local','u':1}"), insert("{'u':2}"));
    acknowledged.loading = true;
    ReplicatedCollection leaders =
        new ReplicatedCollection(
            CollectionProperties.of("c", CollectionType.DOCUMENT),
            "hABC/7",
            List.of(
                IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, false)
                    .withIdAndName(99, "leaders"),
                IndexDefinition.of(IndexType.PERSISTENT, List.of("t[*]"), false, false)
                    .withIdAndName(100, "tags")));
    try (GenerationLoad generationLoad = system(store).beginLoad(leaders)) {
      List<Document> documents = new ArrayList<>();
      for (int i = 0; i < 150; i++) {
        documents.add(
            StoredDocument.normalize(
                json("{'u':%d,'t':[%d,2]}".formatted(i, i)), "k" + i, new Revision(1000 + i)));
      }
      documents.add(
          StoredDocument.normalize(
              json("{'u':1000,'p':'" + large(50_000) + "'}"), "big", new Revision(2000)));
      generationLoad.append(documents);
      generationLoad.remove("k0");
      generationLoad.buildIndexes((done, total) -> {});
      generationLoad.swap(Durability.POWER_LOSS);
      acknowledged.swapped = true;
    }
    store.unreachable().purgeWaiting();
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aCrashDuringALoadLeavesTheOldOrTheNewCollection(Engine engine) {
    crashEverywhere(
        engine,
        DocumentStoreCrashSimulationTest::load,
        (store, acknowledged, place) -> {
          if (!acknowledged.loading) {
            return;
          }
          DocumentCollection collection = system(store).requireCollection("c");
          boolean isNew = collection.document("k1") != null;
          if (acknowledged.swapped) {
            assertThat(isNew).as(place).isTrue();
          }
          assertThat(collection.count()).as(place).isEqualTo(isNew ? 150 : 2);
          assertThat(collection.document("local") == null).as(place).isEqualTo(isNew);
          assertThat(collection.definition().globallyUniqueId().equals("hABC/7"))
              .as(place)
              .isEqualTo(isNew);
          assertThat(collection.definition().indexes()).as(place).hasSize(isNew ? 2 : 1);
        });
  }

  private static final long OWNER = 4711;

  private static final ReplicatedCollection RESUMED =
      new ReplicatedCollection(
          CollectionProperties.of("c", CollectionType.DOCUMENT),
          "hABC/8",
          List.of(
              IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, false)
                  .withIdAndName(99, "leaders")));

  /// Of the leader, a part of them large; some are another state of a document that came before.
  private static List<Document> ofLeader() {
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      documents.add(
          StoredDocument.normalize(
              json(
                  i % 40 == 39
                      ? "{'u':%d,'p':'%s'}".formatted(i, large(40_000))
                      : "{'u':%d}".formatted(i)),
              "k" + i,
              new Revision(1000 + i)));
    }
    return documents;
  }

  private static void loadInSteps(DocumentStore store, Acknowledged acknowledged) {
    try (GenerationLoad load = system(store).resumeLoad(RESUMED, OWNER)) {
      load.append(ofLeader().subList(0, 60));
      load.append(
          List.of(
              StoredDocument.normalize(json("{'gone':true}"), "gone", new Revision(1098)),
              StoredDocument.normalize(json("{'old':true}"), "k100", new Revision(1099)),
              StoredDocument.normalize(
                  json("{'old':'" + large(30_000) + "'}"), "k79", new Revision(1150))));
      acknowledged.loading = true;
      load.suspend();
    }
    complete(store);
    acknowledged.swapped = true;
    store.unreachable().purgeWaiting();
  }

  private static void complete(DocumentStore store) {
    try (GenerationLoad load = system(store).resumeLoad(RESUMED, OWNER)) {
      load.remove("gone");
      ofLeader().forEach(load::replace);
      load.buildIndexes((done, total) -> {});
      load.swap(Durability.POWER_LOSS);
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aLoadIsGoneOnWithAfterACrashAnywhere(Engine engine) {
    crashEverywhere(
        engine,
        DocumentStoreCrashSimulationTest::loadInSteps,
        (store, acknowledged, place) -> {
          DocumentCollection before = system(store).collection("c");
          if (acknowledged.swapped) {
            assertThat(before).as(place).isNotNull();
          }
          if (before == null) {
            complete(store);
          }
          store.discardLoads(owner -> owner == OWNER);
          store.unreachable().purgeWaiting();
          DocumentCollection collection = system(store).requireCollection("c");
          assertThat(collection.count()).as(place).isEqualTo(120);
          for (Document document : ofLeader()) {
            Document found =
                Objects.requireNonNull(
                    collection.document(document.key()), place + " key " + document.key());
            assertThat(found.revision()).as(place).isEqualTo(document.revision());
            assertThat(found.body()).as(place).isEqualTo(document.body());
          }
          try (StoreSnapshot snapshot = store.snapshot()) {
            assertThat(snapshot.image().halfBuilt).as(place).isEmpty();
          }
        });
  }

  @FunctionalInterface
  private interface Verdict {
    void check(DocumentStore store, Acknowledged acknowledged, String place);
  }

  private static void crashEverywhere(Engine kind, Story story, Verdict verdict) {
    long steps = stepsOf(kind, story);
    assertThat(steps).isGreaterThan(10);
    for (long step = 1; step <= steps; step++) {
      for (boolean afterIt : new boolean[] {false, true}) {
        for (boolean powerLoss : new boolean[] {false, true}) {
          String place =
              "%s crash %s step %d of %d, power loss %s, seed %d"
                  .formatted(kind, afterIt ? "after" : "before", step, steps, powerLoss, step);
          crash(kind, story, verdict, step, afterIt, powerLoss, place);
        }
      }
    }
  }

  private static long stepsOf(Engine kind, Story story) {
    CrashingEngine calm = new CrashingEngine(engine(kind), 0, false);
    DocumentStore store = open(calm);
    story.tell(store, new Acknowledged());
    assertConsistent(store);
    return calm.steps();
  }

  private static void crash(
      Engine kind,
      Story story,
      Verdict verdict,
      long step,
      boolean afterIt,
      boolean powerLoss,
      String place) {
    CrashingEngine crashing = new CrashingEngine(engine(kind), step, afterIt);
    Acknowledged acknowledged = new Acknowledged();
    try {
      story.tell(open(crashing), acknowledged);
    } catch (CrashingEngine.Crash expected) {
      assertThat(crashing.crashed()).isTrue();
    }
    assertThat(crashing.crashed()).as(place).isTrue();

    // The next process dies as well, while it cleans up; the one after that comes through.
    Random random = new Random(step);
    CrashingEngine second =
        new CrashingEngine(
            crashing.remains(powerLoss, random), 1 + random.nextInt(4), random.nextBoolean());
    try {
      open(second);
    } catch (CrashingEngine.Crash expected) {
      assertThat(second.crashed()).isTrue();
    }
    MemoryStorageEngine remains = second.remains(powerLoss, random);
    DocumentStore store = open(remains);
    try (StoreSnapshot snapshot = store.snapshot()) {
      assertThat(CollectionChecker.check(snapshot)).as(place).isEmpty();
      assertThat(snapshot.image().unreachable).as(place).isEmpty();
      assertThat(snapshot.image().largeDocuments).as(place).isEmpty();
    }
    verdict.check(store, acknowledged, place);
    DocumentCollection users = system(store).requireCollection("_users");
    DocumentStoreContract.put(users, "{'_key':'afterwards'}");
    assertConsistent(store);
    remains.close();
  }
}
