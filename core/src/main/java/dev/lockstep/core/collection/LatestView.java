package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlocks;
import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageView;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A collection in its newest committed state, whatever generation that is in.
final class LatestView implements CollectionView {
  /*
   * Readers take no lock. A generation is purged only after the collection's state no longer names
   * it; so whoever reads and then still finds the same state has read a living generation, and
   * whoever does not tries again.
   */

  /// Plain attempts before a reader that keeps meeting writers takes a snapshot.
  private static final int PLAIN_ATTEMPTS = 3;

  /// A generation would have to be replaced this often during one read.
  private static final int ATTEMPTS_MAX = 100;

  private final DocumentCollection collection;
  private final DocumentStore store;

  LatestView(DocumentCollection collection, DocumentStore store) {
    this.collection = collection;
    this.store = store;
  }

  @Override
  public CollectionDefinition definition() {
    return collection.definition();
  }

  @Override
  public long count() {
    return read(GenerationReader::count);
  }

  @Override
  public long fingerprint() {
    return read(GenerationReader::fingerprint);
  }

  @Override
  public @Nullable Document document(String key) {
    for (int attempt = 0; attempt < PLAIN_ATTEMPTS; attempt++) {
      CollectionState state = collection.state();
      GenerationReader reader = reader(store.engine(), state);
      PrimaryEntry entry = reader.primary(key);
      if (entry == null) {
        if (collection.isCurrent(state)) {
          return null;
        }
      } else {
        Document document = reader.document(entry);
        if (document != null) {
          return document;
        }
      }
    }
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      CollectionState state = collection.state();
      try (Snapshot snapshot = store.engine().snapshot()) {
        if (collection.isCurrent(state)) {
          GenerationReader reader = reader(snapshot, state);
          return new GenerationView(reader, state.definition(0), reader::revisionSummary)
              .document(key);
        }
      }
    }
    throw restless();
  }

  @Override
  public @Nullable Document document(Revision revision) {
    return read(reader -> Optional.ofNullable(reader.document(revision))).orElse(null);
  }

  @Override
  public RevisionTree revisionTree() {
    return revisionSummary().tree();
  }

  @Override
  public RevisionBlocks revisionBlocks() {
    return revisionSummary().blocks();
  }

  private RevisionSummary revisionSummary() {
    RevisionSummary current = store.trees().current(collection.state().generation());
    return current == null ? read(GenerationReader::revisionSummary) : current;
  }

  @Override
  public DocumentCursor byRevision(Revision fromExclusive) {
    return open(reader -> reader.byRevision(fromExclusive));
  }

  @Override
  public DocumentCursor byRevisionOnce(Revision fromExclusive) {
    return open(reader -> reader.byRevisionOnce(fromExclusive));
  }

  @Override
  public Revision newestRevision() {
    return read(GenerationReader::newestRevision);
  }

  @Override
  public RevisionCursor revisions(Revision fromInclusive, Revision toInclusive) {
    return open(reader -> reader.revisions(fromInclusive, toInclusive));
  }

  @Override
  public KeyCursor byKey(@Nullable String fromInclusive, @Nullable String toInclusive) {
    return open(reader -> reader.byKey(fromInclusive, toInclusive));
  }

  private GenerationReader reader(StorageView view, CollectionState state) {
    return new GenerationReader(view, store.documentRows(), state.generation());
  }

  private <T> T read(Function<GenerationReader, T> question) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      CollectionState state = collection.state();
      T answer = question.apply(reader(store.engine(), state));
      if (collection.isCurrent(state)) {
        return answer;
      }
    }
    throw restless();
  }

  private <C extends AutoCloseable> C open(Function<GenerationReader, C> opening) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      CollectionState state = collection.state();
      C cursor = opening.apply(reader(store.engine(), state));
      if (collection.isCurrent(state)) {
        return cursor;
      }
      close(cursor);
    }
    throw restless();
  }

  private static void close(AutoCloseable cursor) {
    try {
      cursor.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("a cursor's close throws nothing checked", e);
    }
  }

  private LockstepException restless() {
    return new LockstepException(
        ErrorNumber.CONFLICT,
        "conflict: collection '" + collection.name() + "' was replaced again and again");
  }
}
