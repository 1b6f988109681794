package dev.lockstep.core.collection;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlocks;
import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.revision.RevisionTree;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A collection in a frozen storage view.
final class GenerationView implements CollectionView {
  private final GenerationReader reader;
  private final CollectionDefinition definition;

  private final Supplier<RevisionSummary> summary;

  /// @param summary of this very state, whenever asked for
  GenerationView(
      GenerationReader reader, CollectionDefinition definition, Supplier<RevisionSummary> summary) {
    this.reader = reader;
    this.definition = definition;
    this.summary = summary;
  }

  @Override
  public RevisionTree revisionTree() {
    return summary.get().tree();
  }

  @Override
  public RevisionBlocks revisionBlocks() {
    return summary.get().blocks();
  }

  @Override
  public @Nullable Document document(Revision revision) {
    return reader.document(revision);
  }

  @Override
  public CollectionDefinition definition() {
    return definition;
  }

  @Override
  public long count() {
    return reader.count();
  }

  @Override
  public long fingerprint() {
    return reader.fingerprint();
  }

  @Override
  public @Nullable Document document(String key) {
    PrimaryEntry entry = reader.primary(key);
    if (entry == null) {
      return null;
    }
    Document document = reader.document(entry);
    if (document == null) {
      throw DocumentRows.damaged(
          definition.generation(), entry.revision(), "the primary index knows it, it is gone");
    }
    return document;
  }

  @Override
  public DocumentCursor byRevision(Revision fromExclusive) {
    return reader.byRevision(fromExclusive);
  }

  @Override
  public DocumentCursor byRevisionOnce(Revision fromExclusive) {
    return reader.byRevisionOnce(fromExclusive);
  }

  @Override
  public Revision newestRevision() {
    return reader.newestRevision();
  }

  @Override
  public RevisionCursor revisions(Revision fromInclusive, Revision toInclusive) {
    return reader.revisions(fromInclusive, toInclusive);
  }

  @Override
  public KeyCursor byKey(@Nullable String fromInclusive, @Nullable String toInclusive) {
    return reader.byKey(fromInclusive, toInclusive);
  }
}
