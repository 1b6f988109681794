package dev.lockstep.core.collection;

import static dev.lockstep.core.collection.DocumentStoreContract.assertConsistent;
import static dev.lockstep.core.collection.DocumentStoreContract.insert;
import static dev.lockstep.core.collection.DocumentStoreContract.json;
import static dev.lockstep.core.collection.DocumentStoreContract.large;
import static dev.lockstep.core.collection.DocumentStoreContract.put;
import static dev.lockstep.core.collection.DocumentStoreContract.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.WriteResult.Refused;
import dev.lockstep.core.collection.WriteResult.Written;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import dev.lockstep.core.storage.memory.CommitFault;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What clients are told, and what stays on the disk, when commits fail.
class DocumentStoreFaultsTest {
  private static DocumentStore open(MemoryStorageEngine engine) {
    return DocumentStore.open(
        engine, new HybridLogicalClock(() -> DocumentStoreContract.NOW), StoreSettings.DEFAULT);
  }

  private static DocumentCollection create(DocumentStore store) {
    return store
        .requireDatabase(DocumentStore.SYSTEM)
        .createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
  }

  /// The n-th commit from now on fails.
  private static void fail(MemoryStorageEngine engine, int n, CommitFault fault) {
    AtomicLong left = new AtomicLong(n);
    engine.injectFaults(commit -> left.decrementAndGet() == 0 ? fault : null);
  }

  private static List<DocumentWrite> inserts(int count) {
    List<DocumentWrite> inserts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      inserts.add(insert("{'_key':'k%d','p':'%s'}".formatted(i, large(1000))));
    }
    return inserts;
  }

  @Test
  void aFullDiskRefusesWhatWasNotWrittenAndNothingElse() {
    MemoryStorageEngine engine = MemoryStorageEngine.tinyLimits();
    DocumentStore store = open(engine);
    DocumentCollection collection = create(store);
    put(collection, "{'_key':'before'}");
    fail(engine, 2, CommitFault.NO_SPACE);
    List<WriteResult> results = collection.write(inserts(40), WriteOptions.DEFAULT);
    assertThat(results).hasSize(40);
    int writtenFirst = 0;
    while (results.get(writtenFirst) instanceof Written) {
      writtenFirst++;
    }
    assertThat(writtenFirst).isBetween(5, 20);
    for (WriteResult result : results.subList(writtenFirst, 40)) {
      assertThat(refused(result, ErrorNumber.OUT_OF_DISK_SPACE).error())
          .hasMessageContaining("no space left on the disk");
    }
    assertThat(collection.count()).isEqualTo(1 + writtenFirst);
    put(collection, "{'_key':'after'}");
    assertConsistent(store);
  }

  @Test
  void aFullDiskInTheMiddleOfALargeDocumentLeavesNoChunks() {
    MemoryStorageEngine engine = MemoryStorageEngine.tinyLimits();
    DocumentStore store = open(engine);
    DocumentCollection collection = create(store);
    for (int commit = 1; commit <= 6; commit++) {
      fail(engine, commit, CommitFault.NO_SPACE);
      refused(
          collection.write(
              insert("{'_key':'big','p':'" + large(60_000) + "'}"), WriteOptions.DEFAULT),
          ErrorNumber.OUT_OF_DISK_SPACE);
      assertThat(collection.document("big")).isNull();
      assertConsistent(store);
    }
    engine.injectFaults(commit -> null);
    put(collection, "{'_key':'big','p':'" + large(60_000) + "'}");
    assertConsistent(store);
  }

  @ParameterizedTest
  @EnumSource(
      value = CommitFault.class,
      names = {"UNKNOWN_BUT_APPLIED", "UNKNOWN_AND_LOST", "FENCED"})
  void refusesFurtherWritesOnceACommitsFateIsUnknown(CommitFault fault) {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    DocumentCollection collection = create(store);
    put(collection, "{'_key':'before'}");
    fail(engine, 1, fault);
    Refused refused =
        refused(
            collection.write(insert("{'_key':'during'}"), WriteOptions.DEFAULT),
            ErrorNumber.READ_ONLY);
    assertThat(refused.error()).hasMessageContaining("simulated").hasMessageContaining("restart");
    assertThatThrownBy(() -> collection.write(insert("{}"), WriteOptions.DEFAULT))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("read only");
    assertThatThrownBy(() -> collection.truncate(Durability.PROCESS_CRASH))
        .hasMessageContaining("read only");
    assertThat(collection.document("before")).isNotNull();

    DocumentStore next = open(engine.killProcess());
    DocumentCollection again = next.requireDatabase("_system").requireCollection("c");
    assertThat(again.document("before")).isNotNull();
    assertThat(again.document("during") != null)
        .isEqualTo(fault == CommitFault.UNKNOWN_BUT_APPLIED);
    put(again, "{'_key':'after'}");
    assertConsistent(next);
  }

  /// A load that was swapped in after all must not be purged because its swap seemed to fail.
  @ParameterizedTest
  @EnumSource(
      value = CommitFault.class,
      names = {"UNKNOWN_BUT_APPLIED", "UNKNOWN_AND_LOST", "FENCED", "NO_SPACE"})
  void aSwapOfUnknownFateLeavesTheOldOrTheNewCollection(CommitFault fault) {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    put(create(store), "{'_key':'old'}");
    try (GenerationLoad load =
        store
            .requireDatabase("_system")
            .beginLoad(
                new ReplicatedCollection(
                    CollectionProperties.of("c", CollectionType.DOCUMENT), "h1/2", List.of()))) {
      load.append(
          List.of(
              StoredDocument.normalize(json("{}"), "new", new Revision(1)),
              StoredDocument.normalize(json("{}"), "newer", new Revision(2))));
      load.buildIndexes((done, total) -> {});
      fail(engine, 1, fault);
      assertThatThrownBy(() -> load.swap(Durability.POWER_LOSS))
          .isInstanceOf(LockstepException.class);
    }
    store.unreachable().purgeWaiting();
    DocumentStore next = open(engine.killProcess());
    DocumentCollection collection = next.requireDatabase("_system").requireCollection("c");
    boolean swapped = fault == CommitFault.UNKNOWN_BUT_APPLIED;
    assertThat(collection.count()).isEqualTo(swapped ? 2 : 1);
    assertThat(collection.document("old") == null).isEqualTo(swapped);
    assertConsistent(next);
  }

  @Test
  void aFailedIndexBuildLeavesNoEntries() {
    MemoryStorageEngine engine = MemoryStorageEngine.tinyLimits();
    DocumentStore store = open(engine);
    DocumentCollection collection = create(store);
    collection.write(inserts(100), WriteOptions.DEFAULT);
    for (int commit = 1; commit <= 4; commit++) {
      fail(engine, commit, CommitFault.NO_SPACE);
      assertThatThrownBy(() ->
              collection.ensureIndex(
                  IndexDefinition.of(IndexType.PERSISTENT, List.of("_key"), true, false)))
          .isInstanceOf(LockstepException.class)
          .extracting(e -> ((LockstepException) e).number())
          .isEqualTo(ErrorNumber.OUT_OF_DISK_SPACE);
      assertThat(collection.definition().indexes()).isEmpty();
      assertConsistent(store);
    }
  }

  @Test
  void aNewerFormatIsRefused() {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    open(engine);
    byte[] key = CatalogKey.of(CatalogKey.IDENTITY);
    byte[] row = Objects.requireNonNull(engine.get(Keyspace.CATALOG, key));
    ByteBuffer.wrap(row).putInt(StoreIdentity.FORMAT + 1);
    try (WriteBatch batch = engine.newBatch()) {
      batch.put(Keyspace.CATALOG, key, row);
      engine.commit(batch, Durability.POWER_LOSS);
    }
    assertThatThrownBy(() -> open(engine))
        .hasMessage(
            "the data have format 2, this program reads and writes format 1: start a newer version"
                + " of the program on them");
  }

  @Test
  void theCheckerSeesDamage() {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    DocumentCollection collection = create(store);
    collection.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("u"), true, true));
    put(collection, "{'_key':'k','u':1}");
    put(collection, "{'_key':'l','u':2}");
    long generation = collection.definition().generation();
    try (WriteBatch batch = engine.newBatch()) {
      batch.delete(Keyspace.PRIMARY, PrimaryEntry.key(generation, "k"));
      batch.delete(
          Keyspace.INDEXES,
          collection
              .state()
              .indexes()
              .getFirst()
              .entries("l", Objects.requireNonNull(collection.document("l")).slice(), 0)
              .getFirst());
      batch.put(Keyspace.DOCUMENTS, DocumentRows.key(999_999, 1), new byte[] {10});
      engine.commit(batch, Durability.PROCESS_CRASH);
    }
    try (StoreSnapshot snapshot = store.snapshot()) {
      assertThat(CollectionChecker.check(snapshot))
          .anyMatch(problem -> problem.contains("document 'k' has no primary row"))
          .anyMatch(problem -> problem.contains("2 documents, 1 primary rows and a count of 2"))
          .anyMatch(problem -> problem.contains("lacks an entry of document 'l'"))
          .anyMatch(problem -> problem.contains("leads to DOCUMENTS 999999"));
      assertThat(CollectionChecker.check(snapshot, "_system", "_users")).isEmpty();
      assertThat(CollectionChecker.check(snapshot, "_system", "nope")).hasSize(1);
    }
  }

  @Test
  void recountingRepairsTheCount() {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    DocumentCollection collection = create(store);
    put(collection, "{}");
    try (WriteBatch batch = engine.newBatch()) {
      batch.add(Keys.of(collection.definition().generation()), 5);
      engine.commit(batch, Durability.PROCESS_CRASH);
    }
    assertThat(collection.count()).isEqualTo(6);
    assertThat(collection.recalculateCount()).isEqualTo(1);
    assertThat(collection.count()).isEqualTo(1);
    assertConsistent(store);
  }

  /// A random number generator that keeps nothing a power loss may take.
  private static final RandomGenerator WORST = () -> 0;

  @Test
  void waitForSyncOfTheCallOrTheCollectionSurvivesPowerLoss() {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store = open(engine);
    DocumentCollection collection = create(store);
    collection.write(
        insert("{'_key':'synced'}"), WriteOptions.DEFAULT.withDurability(Durability.POWER_LOSS));
    collection.changeProperties(true, null, null, false);
    put(collection, "{'_key':'by-the-collection'}");
    collection.changeProperties(false, null, null, false);
    put(collection, "{'_key':'lost'}");

    DocumentStore next = open(engine.losePower(WORST));
    DocumentCollection again = next.requireDatabase("_system").requireCollection("c");
    assertThat(again.document("synced")).isNotNull();
    assertThat(again.document("by-the-collection")).isNotNull();
    assertThat(again.document("lost")).isNull();
    assertConsistent(next);
  }

  @Test
  void aWriterWaitsForAnotherOneOnlySoLong() throws Exception {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    DocumentStore store =
        DocumentStore.open(
            engine,
            new HybridLogicalClock(() -> DocumentStoreContract.NOW),
            new StoreSettings(
                () -> DocumentStoreContract.NOW,
                new Random(1),
                Duration.ofMillis(20),
                Duration.ofSeconds(1),
                1,
                definition -> true,
                RuleCompiler.NONE,
                DocumentSizeLimit.NONE));
    DocumentCollection collection = create(store);
    CountDownLatch locked = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              collection.lockForChange();
              locked.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                collection.unlock();
              }
            });
    locked.await();
    assertThatThrownBy(() -> collection.write(insert("{}"), WriteOptions.DEFAULT))
        .isInstanceOf(LockstepException.class)
        .extracting(e -> ((LockstepException) e).number())
        .isEqualTo(ErrorNumber.LOCK_TIMEOUT);
    assertThat(collection.count()).isZero();
    release.countDown();
    other.join();
    put(collection, "{}");
  }

  @Test
  void purgesStoredTreesThatCameTooLate() {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    open(engine);
    try (WriteBatch batch = engine.newBatch()) {
      batch.put(Keyspace.TREES, Keys.of(999_999, 0), new byte[] {1});
      engine.commit(batch, Durability.POWER_LOSS);
    }
    assertConsistent(open(engine.killProcess()));
  }
}
