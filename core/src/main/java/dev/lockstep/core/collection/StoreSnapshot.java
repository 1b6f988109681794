package dev.lockstep.core.collection;

import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.Tick;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One consistent state of all databases and collections. Thread-safe. Pins storage until closed;
/// using it afterwards fails with [dev.lockstep.core.storage.StorageException].
public final class StoreSnapshot implements AutoCloseable {
  private final Snapshot snapshot;
  private final DocumentRows documentRows;
  private final int indexKeyBytesMax;
  private final Map<Long, RevisionSummary> trees;

  /// Trees that were missing and have been read since, for who asks once asks again. Two threads
  /// may read the same one.
  private final Map<Long, RevisionSummary> treesRead = new ConcurrentHashMap<>();

  /// Read when first needed; the catalog of a snapshot never changes.
  private volatile @Nullable CatalogImage image;

  /// @param trees of this very state, by generation; those missing are read from it
  StoreSnapshot(
      Snapshot snapshot,
      DocumentRows documentRows,
      int indexKeyBytesMax,
      Map<Long, RevisionSummary> trees) {
    this.snapshot = snapshot;
    this.documentRows = documentRows;
    this.indexKeyBytesMax = indexKeyBytesMax;
    this.trees = trees;
  }

  /// The last change this state contains; it contains every earlier one.
  public Tick tick() {
    return snapshot.tick();
  }

  /// Sorted.
  public List<String> databaseNames() {
    return image().databases.values().stream().sorted().toList();
  }

  /// Sorted by name; empty if there is no such database.
  public List<CollectionDefinition> collections(String database) {
    return views(database).stream().map(CollectionView::definition).toList();
  }

  /// All collections of a database. Sorted by name; empty if there is no such database.
  public List<CollectionView> views(String database) {
    Long databaseId = databaseId(database);
    if (databaseId == null) {
      return List.of();
    }
    List<CollectionView> views = new ArrayList<>();
    for (CollectionState state : image().collections.values()) {
      if (state.databaseId() == databaseId) {
        views.add(view(state));
      }
    }
    views.sort(Comparator.comparing(view -> view.definition().name()));
    return views;
  }

  /// Null if there is none.
  public @Nullable CollectionView collection(String database, String nameOrIdOrGuid) {
    Long databaseId = databaseId(database);
    if (databaseId == null) {
      return null;
    }
    CollectionState found = null;
    for (CollectionState state : image().collections.values()) {
      if (state.databaseId() == databaseId) {
        if (state.name().equals(nameOrIdOrGuid)) {
          found = state;
          break;
        }
        if (state.globallyUniqueId().equals(nameOrIdOrGuid)
            || Long.toUnsignedString(state.id()).equals(nameOrIdOrGuid)) {
          found = state;
        }
      }
    }
    return found == null ? null : view(found);
  }

  private CollectionView view(CollectionState state) {
    long generation = state.generation();
    GenerationReader reader = new GenerationReader(snapshot, documentRows, generation);
    return new GenerationView(reader, definition(state), () -> summary(generation, reader));
  }

  private RevisionSummary summary(long generation, GenerationReader reader) {
    RevisionSummary known = trees.getOrDefault(generation, treesRead.get(generation));
    if (known == null) {
      known = reader.revisionSummary();
      treesRead.put(generation, known);
    }
    return known;
  }

  private CollectionDefinition definition(CollectionState state) {
    return state.definition(image().progressOf(state).lastKeyValue());
  }

  private @Nullable Long databaseId(String name) {
    for (Map.Entry<Long, String> database : image().databases.entrySet()) {
      if (database.getValue().equals(name)) {
        return database.getKey();
      }
    }
    return null;
  }

  CatalogImage image() {
    CatalogImage known = image;
    if (known == null) {
      // Two threads may both read it; they read the same.
      known = CatalogImage.read(snapshot, indexKeyBytesMax);
      image = known;
    }
    return known;
  }

  Map<Long, RevisionSummary> trees() {
    return trees;
  }

  Snapshot storage() {
    return snapshot;
  }

  DocumentRows documentRows() {
    return documentRows;
  }

  @Override
  public void close() {
    snapshot.close();
  }
}
