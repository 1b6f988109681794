package dev.lockstep.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentCursor;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.Origin;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.StoreSettings;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A server's store in memory, with shortcuts for tests.
public final class TestServer implements AutoCloseable {
  public static final WriteOptions WRITE =
      new WriteOptions(Durability.PROCESS_CRASH, false, false, false, Origin.CLIENT);

  private static final AtomicInteger COUNTERS = new AtomicInteger();

  private final MemoryStorageEngine engine;
  private final DocumentStore store;

  public TestServer() {
    this(new MemoryStorageEngine());
  }

  public TestServer(MemoryStorageEngine engine) {
    // Two servers of one test write in the same millisecond all the time.
    this(
        engine,
        new HybridLogicalClock(
            System::currentTimeMillis,
            COUNTERS.getAndAdd(10_000) % HybridLogicalClock.COUNTER_FIRST_BOUND));
  }

  public TestServer(MemoryStorageEngine engine, HybridLogicalClock clock) {
    this.engine = engine;
    this.store = DocumentStore.open(engine, clock, StoreSettings.DEFAULT);
  }

  public MemoryStorageEngine engine() {
    return engine;
  }

  public DocumentStore store() {
    return store;
  }

  public Database system() {
    return store.requireDatabase("_system");
  }

  public DocumentCollection create(String name) {
    return system().createCollection(CollectionProperties.of(name, CollectionType.DOCUMENT));
  }

  public DocumentCollection createEdges(String name) {
    return system().createCollection(CollectionProperties.of(name, CollectionType.EDGE));
  }

  public static void insert(DocumentCollection collection, String... documents) {
    for (String json : documents) {
      insert(collection, json, null);
    }
  }

  /// @param revision to be kept; null = a new one
  public static void insert(
      DocumentCollection collection, String json, @Nullable Revision revision) {
    WriteResult result =
        collection.write(
            new DocumentWrite.Insert(
                JsonToVPack.parse(json), OverwriteMode.REPLACE, true, true, revision),
            WRITE);
    assertThat(result).isInstanceOf(WriteResult.Written.class);
  }

  /// Inserts `count` documents with keys `k0`... in few commits.
  public static void fill(DocumentCollection collection, int count) {
    List<DocumentWrite> operations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String json =
          "{\"_key\":\"k"
              + i
              + "\",\"value\":"
              + i
              + ",\"half\":"
              + i
              + ".5,\"text\":\"document "
              + i
              + " äöü\",\"nested\":{\"list\":[1,2.0,null,{\"deep\":true}]}}";
      operations.add(
          new DocumentWrite.Insert(
              JsonToVPack.parse(json), OverwriteMode.CONFLICT, true, true, null));
      if (operations.size() == 500 || i == count - 1) {
        collection
            .write(operations, WRITE)
            .forEach(result -> assertThat(result).isInstanceOf(WriteResult.Written.class));
        operations.clear();
      }
    }
  }

  /// Every document as JSON, in order of revisions.
  public static List<String> contents(CollectionView view) {
    List<String> contents = new ArrayList<>();
    try (DocumentCursor cursor = view.byRevision(Revision.NONE)) {
      while (cursor.next()) {
        contents.add(cursor.document().slice().toJson());
      }
    }
    return contents;
  }

  public static List<String> contents(DocumentCollection collection) {
    return contents(collection.view());
  }

  /// Both hold the same documents, byte for byte, and the same definition, but for the local id.
  public static void assertSame(DocumentCollection expected, DocumentCollection actual) {
    assertThat(actual.definition().properties()).isEqualTo(expected.definition().properties());
    assertThat(actual.definition().globallyUniqueId())
        .isEqualTo(expected.definition().globallyUniqueId());
    assertThat(actual.definition().indexes()).isEqualTo(expected.definition().indexes());
    assertThat(actual.count()).isEqualTo(expected.count());
    List<Document> wanted = documents(expected.view());
    List<Document> found = documents(actual.view());
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(found.get(i).key()).isEqualTo(wanted.get(i).key());
      assertThat(found.get(i).body()).isEqualTo(wanted.get(i).body());
    }
    assertThat(actual.checksum(true, true)).isEqualTo(expected.checksum(true, true));
    for (Document document : wanted) {
      Document byKey = actual.document(document.key());
      assertThat(byKey).isNotNull();
    }
  }

  private static List<Document> documents(CollectionView view) {
    List<Document> documents = new ArrayList<>();
    try (DocumentCursor cursor = view.byRevision(Revision.NONE)) {
      while (cursor.next()) {
        documents.add(cursor.document());
      }
    }
    return documents;
  }

  @Override
  public void close() {
    store.close();
    engine.close();
  }
}
