package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Trees in memory, in snapshots and across restarts always equal the data.
class RevisionTreesTest {
  private final AtomicLong millis = new AtomicLong(1_704_067_200_000L);

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

  private static RevisionTree keptTree(DocumentStore store, DocumentCollection collection) {
    RevisionTree tree = store.trees().current(collection.state().generation());
    return Objects.requireNonNull(tree, "no tree in memory");
  }

  private static void assertTreeEqualsData(DocumentStore store, DocumentCollection collection) {
    RevisionTree kept = keptTree(store, collection);
    RevisionTree read = RevisionTrees.read(store.engine(), collection.state().generation());
    assertThat(RevisionTree.differences(kept, read)).isEmpty();
    assertThat(kept.count()).isEqualTo(collection.count());
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
    int built = 0;
    for (int i = 0; i < 20; i++) {
      if (collection.rebuildRevisionTree()) {
        built++;
      }
    }
    stop.set(true);
    writer.join();
    // A truncation in the middle makes a build pointless; not every time.
    assertThat(built).isPositive();
    assertTreeEqualsData(store, collection);
    store.close();
    engine.close();
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
        RevisionTree tree =
            Objects.requireNonNull(snapshot.trees().get(view.definition().generation()));
        assertThat(view.revisionTree()).isSameAs(tree);
        assertThat(tree.count()).isEqualTo(view.count());
        RevisionTree read = RevisionTrees.read(snapshot.storage(), view.definition().generation());
        assertThat(RevisionTree.differences(tree, read)).isEmpty();
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
    store.close();
    engine.close();
  }
}
