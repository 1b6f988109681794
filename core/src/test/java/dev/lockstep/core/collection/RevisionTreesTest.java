package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Trees in memory, in snapshots and across restarts always equal the data.
class RevisionTreesTest {
  private final AtomicLong millis = new AtomicLong(1_704_067_200_000L);

  /// What happens whenever a tree begins to be built, see [#openInterrupted].
  private volatile Runnable meanwhile = () -> {};

  private DocumentStore open(MemoryStorageEngine engine) {
    return DocumentStore.open(
        engine, new HybridLogicalClock(millis::incrementAndGet), StoreSettings.DEFAULT);
  }

  private static DocumentCollection collection(DocumentStore store) {
    Database database = store.requireDatabase(DocumentStore.SYSTEM);
    DocumentCollection existing = database.collection("c");
    return existing == null
        ? database.createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT))
        : existing;
  }

  private static void changeAtRandom(DocumentCollection collection, Random random, int operations) {
    for (int i = 0; i < operations; i++) {
      String key = "k" + random.nextInt(500);
      List<DocumentWrite> writes = new ArrayList<>();
      if (random.nextInt(4) == 0) {
        writes.add(new DocumentWrite.Remove(key, null));
      } else {
        writes.add(
            new DocumentWrite.Insert(
                JsonToVPack.parse("{\"_key\":\"" + key + "\",\"v\":" + i + "}"),
                OverwriteMode.REPLACE,
                true,
                true,
                null));
        writes.add(new DocumentWrite.Remove("k" + random.nextInt(500), null));
      }
      collection.write(writes, WriteOptions.DEFAULT);
      if (random.nextInt(400) == 0) {
        collection.truncate(WriteOptions.DEFAULT.durability());
      }
    }
  }

  private static RevisionSummary kept(DocumentStore store, DocumentCollection collection) {
    RevisionSummary kept = store.trees().current(collection.state().generation());
    return Objects.requireNonNull(kept, "no tree in memory");
  }

  private static void assertTreeEqualsData(DocumentStore store, DocumentCollection collection) {
    RevisionSummary kept = kept(store, collection);
    assertSame(kept, RevisionTrees.read(store.engine(), collection.state().generation()));
    assertThat(kept.tree().count()).isEqualTo(collection.count());
  }

  private static void assertSame(RevisionSummary kept, RevisionSummary read) {
    assertThat(RevisionTree.differences(kept.tree(), read.tree())).isEmpty();
    assertThat(RevisionBlockList.differences(kept.blocks().all(), read.blocks().all()).ranges())
        .isEmpty();
    assertThat(kept.blocks().count()).isEqualTo(kept.tree().count());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aRestartBringsTheStoredTreeUpToDateFromTheLog(long seed) {
    Random random = new Random(seed);
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    changeAtRandom(collection(store), random, 300);
    store.close();
    engine.close();

    engine = engine.reopen();
    store = open(engine);
    assertTreeEqualsData(store, collection(store));
    changeAtRandom(collection(store), random, 300);
    // No close: what followed the stored copy is only in the log.
    engine = engine.killProcess();
    store = open(engine);
    assertTreeEqualsData(store, collection(store));
    store.close();
    engine.close();
  }

  /// Small collections never change enough for a copy while the server runs.
  @Test
  void aSmallCollectionWithoutAStoredTreeHasItAfterAKillWhateverTheLogHasForgotten() {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    changeAtRandom(collection(store), new Random(5), 300);
    store.changeLog().prune(store.publishedTick());

    engine = engine.killProcess();
    store = open(engine);

    assertThat(collection(store).count()).isPositive();
    assertTreeEqualsData(store, collection(store));
    changeAtRandom(collection(store), new Random(6), 300);
    assertTreeEqualsData(store, collection(store));
    store.close();
    engine.close();
  }

  /// Changes after the stored copy that the log has forgotten must not be missing from the tree.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 50, 1_000_000})
  void aLogThatWasPrunedBehindTheStoredTreeHasTheTreeBuiltAnew(int changesKept) {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    insert(collection(store), 0, 300);
    store.close();
    engine.close();
    engine = engine.reopen();
    store = open(engine);
    insert(collection(store), 300, 600);
    long newest = store.publishedTick().value();
    store.changeLog().prune(new Tick(Math.max(0, newest - changesKept)));

    engine = engine.killProcess();
    store = open(engine);

    boolean isReplayed = changesKept > newest;
    assertThat(store.trees().current(collection(store).state().generation()) != null)
        .isEqualTo(isReplayed);
    if (!isReplayed) {
      collection(store).rebuildRevisionTree();
    }
    assertTreeEqualsData(store, collection(store));
    store.close();
    engine.close();
  }

  private static void insert(DocumentCollection collection, int from, int to) {
    for (int i = from; i < to; i++) {
      collection.write(
          DocumentWrite.Insert.of(JsonToVPack.parse("{\"_key\":\"k" + i + "\"}")),
          WriteOptions.DEFAULT);
    }
  }

  @Test
  void aTreeThatIsMissingIsBuiltWhileWritersGoOn() throws Exception {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    DocumentCollection collection = collection(store);
    changeAtRandom(collection, new Random(4), 200);
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              Random random = new Random(5);
              while (!stop.get()) {
                changeAtRandom(collection, random, 20);
              }
            });
    for (int i = 0; i < 20; i++) {
      // Also where a truncation comes in between.
      collection.rebuildRevisionTree();
    }
    stop.set(true);
    writer.join();
    assertTreeEqualsData(store, collection);
    store.close();
    engine.close();
  }

  @Test
  void aTruncationWhileATreeIsBuiltLeavesTheTreeOfNothing() {
    try (MemoryStorageEngine engine = new MemoryStorageEngine();
        DocumentStore store = openInterrupted(engine)) {
      DocumentCollection collection = collection(store);
      changeAtRandom(collection, new Random(8), 50);
      long before = collection.state().generation();
      meanwhile = () -> collection.truncate(WriteOptions.DEFAULT.durability());

      collection.rebuildRevisionTree();

      assertThat(kept(store, collection).tree().count()).isZero();
      assertThat(store.trees().current(before)).isNull();
      changeAtRandom(collection, new Random(9), 50);
      assertTreeEqualsData(store, collection);
    }
  }

  @Test
  void aCollectionThatIsDroppedWhileItsTreeIsBuiltIsNotFound() {
    try (MemoryStorageEngine engine = new MemoryStorageEngine();
        DocumentStore store = openInterrupted(engine)) {
      DocumentCollection collection = collection(store);
      changeAtRandom(collection, new Random(10), 10);
      meanwhile =
          () -> store.requireDatabase(DocumentStore.SYSTEM).dropCollection(collection, false);

      assertThatThrownBy(collection::rebuildRevisionTree)
          .isInstanceOfSatisfying(
              LockstepException.class,
              e -> assertThat(e.number()).isEqualTo(ErrorNumber.COLLECTION_NOT_FOUND));
    }
  }

  @Test
  void aTreeThatWritersOvertookIsBuiltByItselfLater() {
    try (MemoryStorageEngine engine = new MemoryStorageEngine();
        DocumentStore store = openInterrupted(engine)) {
      DocumentCollection collection = collection(store);
      changeAtRandom(collection, new Random(11), 50);
      // As many changes as nobody could note; what they are makes no difference.
      RevisionTrees.TreeChange flood =
          new RevisionTrees.TreeChange(
              new long[RevisionTrees.NOTED_MAX + 1], new boolean[RevisionTrees.NOTED_MAX + 1]);
      meanwhile = () -> store.trees().apply(collection.state().generation(), flood);

      assertThatThrownBy(collection::rebuildRevisionTree)
          .isInstanceOfSatisfying(
              LockstepException.class, e -> assertThat(e.number()).isEqualTo(ErrorNumber.LOCKED))
          .hasMessageContaining("'c'");

      // Whoever asks meanwhile gets the tree of the data.
      assertThat(collection.view().revisionTree().count()).isEqualTo(collection.count());
      meanwhile = () -> {};
      store.start();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> store.trees().current(collection.state().generation()) != null);
      assertTreeEqualsData(store, collection);
    }
  }

  /// A store on an engine that runs something whenever the rows of a snapshot begin to be read, as
  /// they are to build a tree.
  private DocumentStore openInterrupted(MemoryStorageEngine engine) {
    StorageEngine interrupted =
        delegating(
            StorageEngine.class,
            engine,
            (method, result) ->
                method.getName().equals("snapshot")
                    ? delegating(
                        Snapshot.class,
                        (Snapshot) result,
                        (called, answer) -> {
                          if (called.getName().equals("scanOnce")) {
                            meanwhile.run();
                          }
                          return answer;
                        })
                    : result);
    return DocumentStore.open(
        interrupted, new HybridLogicalClock(millis::incrementAndGet), StoreSettings.DEFAULT);
  }

  private static <T> T delegating(
      Class<T> type, T target, BiFunction<Method, Object, Object> afterwards) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return afterwards.apply(method, method.invoke(target, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @Test
  void everySnapshotComesWithTheTreeOfItsOwnState() throws Exception {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    DocumentCollection collection = collection(store);
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              Random random = new Random(6);
              while (!stop.get()) {
                changeAtRandom(collection, random, 20);
              }
            });
    for (int i = 0; i < 50; i++) {
      try (StoreSnapshot snapshot = store.snapshot()) {
        CollectionView view =
            Objects.requireNonNull(snapshot.collection(DocumentStore.SYSTEM, "c"));
        RevisionSummary kept =
            Objects.requireNonNull(snapshot.trees().get(view.definition().generation()));
        assertThat(view.revisionTree()).isSameAs(kept.tree());
        assertThat(view.revisionBlocks()).isSameAs(kept.blocks());
        assertThat(kept.tree().count()).isEqualTo(view.count());
        assertSame(kept, RevisionTrees.read(snapshot.storage(), view.definition().generation()));
      }
    }
    stop.set(true);
    writer.join();
    store.close();
    engine.close();
  }

  @Test
  void aCollectionWithRevisionsOlderThanAnyTreeTakesWritesAndHasNone() {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    DocumentCollection collection = collection(store);
    WriteResult old =
        collection.write(
            new DocumentWrite.Insert(
                JsonToVPack.parse("{\"_key\":\"old\"}"),
                OverwriteMode.REPLACE,
                true,
                true,
                new Revision(4711)),
            WriteOptions.REPLICATION);
    assertThat(old).isInstanceOf(WriteResult.Written.class);
    assertThat(store.trees().current(collection.state().generation())).isNull();
    changeAtRandom(collection, new Random(7), 20);
    assertThat(collection.document("old")).isNotNull();
    assertThatThrownBy(collection::rebuildRevisionTree).isInstanceOf(RevisionTreeException.class);

    collection.write(new DocumentWrite.Remove("old", null), WriteOptions.DEFAULT);
    collection.rebuildRevisionTree();
    assertTreeEqualsData(store, collection);
    store.close();
    engine.close();
  }
}
