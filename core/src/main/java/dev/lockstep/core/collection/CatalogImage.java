package dev.lockstep.core.collection;

import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.StorageView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The catalog's rows in one state, read in one pass.
final class CatalogImage {
  final Map<Long, String> databases = new TreeMap<>();
  final Map<Long, CollectionState> collections = new TreeMap<>();
  final Map<Long, CollectionProgress> progress = new HashMap<>();

  /// By generation, reachable or not.
  final Map<Long, List<StoredIndex>> indexes = new HashMap<>();

  final List<UnreachableStorage.Item> unreachable = new ArrayList<>();

  /// Unreachable, too, but to be completed.
  final List<HalfBuilt> halfBuilt = new ArrayList<>();

  /// Generation and revision of documents whose chunks have no head.
  final List<long[]> largeDocuments = new ArrayList<>();

  /// By database.
  final Map<Long, byte[]> appliers = new TreeMap<>();

  /// By job.
  final Map<Long, byte[]> syncJobs = new TreeMap<>();

  private CatalogImage() {}

  static CatalogImage read(StorageView view, int indexKeyBytesMax) {
    CatalogImage image = new CatalogImage();
    Map<Long, byte[]> collectionRows = new TreeMap<>();
    try (StorageCursor cursor = view.scan(Keyspace.CATALOG, KeyRange.all())) {
      while (cursor.next()) {
        byte[] key = cursor.key();
        switch (key[0]) {
          case CatalogKey.COLLECTION -> collectionRows.put(CatalogKey.first(key), cursor.value());
          case CatalogKey.DATABASE ->
              image.databases.put(CatalogKey.first(key), CatalogRows.databaseName(cursor.value()));
          case CatalogKey.PROGRESS ->
              image.progress.put(CatalogKey.first(key), CollectionProgress.decode(cursor.value()));
          case CatalogKey.LARGE_DOCUMENT ->
              image.largeDocuments.add(new long[] {CatalogKey.first(key), CatalogKey.second(key)});
          case CatalogKey.UNREACHABLE -> {
            long id = CatalogKey.first(key);
            UnreachableStorage.Kind kind = UnreachableStorage.Kind.of(cursor.value());
            if (kind == UnreachableStorage.Kind.HALF_BUILT) {
              image.halfBuilt.add(HalfBuilt.decode(id, cursor.value()));
            } else {
              image.unreachable.add(new UnreachableStorage.Item(id, kind));
            }
          }
          case CatalogKey.INDEX ->
              image
                  .indexes
                  .computeIfAbsent(CatalogKey.first(key), generation -> new ArrayList<>())
                  .add(CatalogRows.index(CatalogKey.second(key), cursor.value(), indexKeyBytesMax));
          case CatalogKey.SYNC_JOB -> image.syncJobs.put(CatalogKey.first(key), cursor.value());
          case CatalogKey.APPLIER -> image.appliers.put(CatalogKey.first(key), cursor.value());
          case CatalogKey.IDENTITY, CatalogKey.NEXT_ID -> {}
          default ->
              throw new StorageException("the catalog holds a row of unknown kind " + key[0]);
        }
      }
    }
    collectionRows.forEach((id, row) -> {
      CollectionState state = CatalogRows.collection(id, row, List.of());
      image.collections.put(
          id, state.withIndexes(image.indexes.getOrDefault(state.generation(), List.of())));
    });
    return image;
  }

  CollectionProgress progressOf(CollectionState state) {
    return progress.getOrDefault(state.id(), CollectionProgress.initial(state.id()));
  }
}
