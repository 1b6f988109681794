package dev.lockstep.core.collection;

import static dev.lockstep.core.collection.DocumentStoreContract.insert;
import static dev.lockstep.core.collection.DocumentStoreContract.json;
import static dev.lockstep.core.collection.DocumentStoreContract.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeRead;
import dev.lockstep.core.changelog.LoggedChange;
import dev.lockstep.core.collection.DocumentWrite.Remove;
import dev.lockstep.core.collection.DocumentWrite.Replace;
import dev.lockstep.core.collection.WriteResult.Refused;
import dev.lockstep.core.collection.WriteResult.Written;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.Tick;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What holds when many threads use one [DocumentStore], whatever engine is below.
public abstract class DocumentStoreConcurrencyContract {
  private static final int THREADS = 4;
  private static final int ROUNDS = 300;

  @TempDir protected Path directory;
  private StorageEngine engine;
  private DocumentStore store;
  // Platform threads: a reader that never blocks would keep a carrier from the writer.
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /// A new, empty engine in `directory`.
  protected abstract StorageEngine open(Path directory);

  @BeforeEach
  void openStore() {
    engine = open(directory);
    store =
        DocumentStore.open(
            engine, new HybridLogicalClock(System::currentTimeMillis), StoreSettings.DEFAULT);
    store.start();
  }

  @AfterEach
  void closeStore() {
    threads.close();
    store.close();
    store.unreachable().purgeWaiting();
    try (StoreSnapshot snapshot = store.snapshot()) {
      assertThat(CollectionChecker.check(snapshot)).isEmpty();
    }
    engine.close();
  }

  private DocumentCollection create(String name) {
    return store
        .requireDatabase(DocumentStore.SYSTEM)
        .createCollection(CollectionProperties.of(name, CollectionType.DOCUMENT));
  }

  /// Runs all and rethrows what any of them threw.
  private void together(List<Callable<Void>> tasks) throws Exception {
    List<Future<Void>> futures = new ArrayList<>();
    for (Callable<Void> task : tasks) {
      futures.add(threads.submit(task));
    }
    Exception failure = null;
    for (Future<Void> future : futures) {
      try {
        future.get();
      } catch (ExecutionException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Test
  void aUniqueValueHasOneOwnerWhoeverWins() throws Exception {
    DocumentCollection collection = create("c");
    collection.ensureIndex(IndexDefinition.of(IndexType.HASH, List.of("u"), true, false));
    Map<Integer, String> owners = new ConcurrentHashMap<>();
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int id = thread;
      tasks.add(() -> {
        for (int u = 0; u < ROUNDS; u++) {
          WriteResult result =
              collection.write(
                  insert("{'_key':'t%d-%d','u':%d}".formatted(id, u, u)), WriteOptions.DEFAULT);
          if (result instanceof Written written) {
            assertThat(owners.put(u, written.key())).isNull();
          } else {
            assertThat(((Refused) result).error().number())
                .isEqualTo(ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED);
          }
        }
        return null;
      });
    }
    together(tasks);
    assertThat(owners).hasSize(ROUNDS);
    assertThat(collection.count()).isEqualTo(ROUNDS);
  }

  @Test
  void revisionsAscendInCommitOrderInEveryCollection() throws Exception {
    List<DocumentCollection> collections = List.of(create("a"), create("b"));
    Tick start = engine.closedTick();
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int seed = thread;
      tasks.add(() -> {
        Random random = new Random(seed);
        for (int i = 0; i < ROUNDS; i++) {
          DocumentCollection collection = collections.get(random.nextInt(2));
          String key = "k" + random.nextInt(20);
          collection.write(
              random.nextInt(4) == 0
                  ? new Remove(key, null)
                  : new DocumentWrite.Insert(
                      json("{'_key':'" + key + "'}"), OverwriteMode.REPLACE, true, true, null),
              random.nextInt(50) == 0
                  ? WriteOptions.DEFAULT.withDurability(Durability.POWER_LOSS)
                  : WriteOptions.DEFAULT);
        }
        return null;
      });
    }
    together(tasks);
    Map<Long, Revision> last = new HashMap<>();
    int changes = 0;
    Tick from = start;
    while (store.changeLog().read(engine, from, 1000) instanceof ChangeRead.Page page
        && !page.changes().isEmpty()) {
      for (LoggedChange logged : page.changes()) {
        long collection;
        Revision revision;
        switch (logged.change()) {
          case Change.DocumentWritten change -> {
            collection = change.collectionId();
            revision = change.revision();
          }
          case Change.DocumentRemoved change -> {
            collection = change.collectionId();
            revision = change.revision();
          }
          default -> throw new AssertionError("unexpected " + logged);
        }
        Revision before = last.put(collection, revision);
        if (before != null) {
          assertThat(revision).isGreaterThan(before);
        }
        changes++;
        from = logged.tick();
      }
    }
    assertThat(changes).isGreaterThan(ROUNDS);
  }

  @Test
  void aSnapshotNeverSeesHalfAnAtomicCall() throws Exception {
    DocumentCollection collection = create("c");
    put(collection, "{'_key':'left','n':0}");
    put(collection, "{'_key':'right','n':0}");
    AtomicBoolean done = new AtomicBoolean();
    WriteOptions atomic =
        new WriteOptions(Durability.PROCESS_CRASH, false, false, true, Origin.CLIENT);
    Callable<Void> writer =
        () -> {
          try {
            for (int i = 1; i <= ROUNDS; i++) {
              List<WriteResult> results =
                  collection.write(
                      List.of(
                          new Replace("left", json("{'n':" + i + "}"), null),
                          new Replace("right", json("{'n':" + i + "}"), null),
                          insert("{'_key':'x" + i + "'}")),
                      atomic);
              assertThat(results).allMatch(Written.class::isInstance);
            }
          } finally {
            done.set(true);
          }
          return null;
        };
    Callable<Void> reader =
        () -> {
          do {
            try (StoreSnapshot snapshot = store.snapshot()) {
              CollectionView view = Objects.requireNonNull(snapshot.collection("_system", "c"));
              long n = number(view, "left");
              assertThat(number(view, "right")).isEqualTo(n);
              assertThat(view.count()).isEqualTo(n + 2);
              long documents = 0;
              try (DocumentCursor cursor = view.byRevision(Revision.NONE)) {
                while (cursor.next()) {
                  documents++;
                }
              }
              assertThat(documents).isEqualTo(n + 2);
            }
          } while (!done.get());
          return null;
        };
    together(List.of(writer, reader, reader));
    assertThat(number(collection.view(), "left")).isEqualTo(ROUNDS);
  }

  private static long number(CollectionView view, String key) {
    return Objects.requireNonNull(Objects.requireNonNull(view.document(key)).slice().get("n"))
        .asLong();
  }

  /// The document exists in every state, whatever generation or revision it is in.
  @Test
  void readersAlwaysFindADocumentThatIsReplacedAllTheTime() throws Exception {
    DocumentCollection collection = create("c");
    String large = DocumentStoreContract.large(40_000);
    put(collection, "{'_key':'k','p':'" + large + "'}");
    AtomicBoolean done = new AtomicBoolean();
    Callable<Void> writer =
        () -> {
          try {
            for (int i = 0; i < ROUNDS / 10; i++) {
              for (int j = 0; j < 10; j++) {
                String body = j % 2 == 0 ? "{'j':1}" : "{'p':'" + large + "'}";
                assertThat(
                        collection.write(new Replace("k", json(body), null), WriteOptions.DEFAULT))
                    .isInstanceOf(Written.class);
              }
              try (GenerationLoad load =
                  collection
                      .database()
                      .beginLoad(
                          new ReplicatedCollection(
                              CollectionProperties.of("c", CollectionType.DOCUMENT),
                              "",
                              List.of()))) {
                load.append(
                    List.of(
                        StoredDocument.normalize(
                            json("{'p':'" + large + "'}"), "k", store.clock().next())));
                load.swap(Durability.PROCESS_CRASH);
              }
            }
          } finally {
            done.set(true);
          }
          return null;
        };
    Callable<Void> reader =
        () -> {
          do {
            Document document = Objects.requireNonNull(collection.document("k"));
            assertThat(StoredDocument.revision(document.slice())).isEqualTo(document.revision());
            assertThat(collection.count()).isEqualTo(1);
            try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
              assertThat(cursor.next()).isTrue();
              assertThat(cursor.document().key()).isEqualTo("k");
              assertThat(cursor.next()).isFalse();
            }
          } while (!done.get());
          return null;
        };
    together(List.of(writer, reader, reader));
  }

  @Test
  void ddlAndWritesDoNotDisturbEachOther() throws Exception {
    DocumentCollection collection = create("c");
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int thread = 0; thread < 2; thread++) {
      int id = thread;
      tasks.add(() -> {
        for (int i = 0; i < ROUNDS; i++) {
          put(collection, "{'_key':'t%d-%d','u':%d}".formatted(id, i, i));
        }
        return null;
      });
    }
    tasks.add(() -> {
      for (int i = 0; i < 10; i++) {
        EnsuredIndex index =
            collection.ensureIndex(
                IndexDefinition.of(IndexType.PERSISTENT, List.of("u", "x" + i), false, false));
        if (i % 2 == 0) {
          collection.dropIndex(index.definition().id());
        }
      }
      return null;
    });
    tasks.add(() -> {
      for (int i = 0; i < 10; i++) {
        DocumentCollection other = create("other" + i);
        put(other, "{}");
        other.truncate(Durability.PROCESS_CRASH);
        collection.database().renameCollection(other, "renamed" + i);
        collection.database().dropCollection(other, false);
      }
      return null;
    });
    together(tasks);
    assertThat(collection.count()).isEqualTo(2L * ROUNDS);
    assertThat(collection.definition().indexes()).hasSize(5);
  }
}
