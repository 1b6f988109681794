package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.replication.protocol.CollectionTotals;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A copy that was begun in the state of an earlier batch and is completed in the state of another.
final class HalfBuiltReplica implements Replica {
  private final GenerationLoad load;

  HalfBuiltReplica(GenerationLoad load) {
    this.load = load;
  }

  @Override
  public Frozen freeze() {
    GenerationLoad.Frozen frozen = load.freeze();
    return new Frozen() {
      @Override
      public CollectionView view() {
        return frozen.view();
      }

      @Override
      public void close() {
        frozen.close();
      }
    };
  }

  @Override
  public RevisionTree revisionTree() {
    return load.revisionSummary().tree();
  }

  @Override
  public CollectionTotals totals() {
    return new CollectionTotals(load.count(), load.fingerprint());
  }

  /// They were counted when this was taken up again.
  @Override
  public void recount() {}

  /// As [#recount].
  @Override
  public boolean rebuildTree() {
    return false;
  }

  @Override
  public void clear() {
    load.clear();
  }

  /// It is of one state, or of none.
  @Override
  public @Nullable AppliedPosition position() {
    return null;
  }

  @Override
  public void advance(AppliedPosition position) {
    throw new IllegalStateException("a half-built copy has no position to advance from");
  }

  @Override
  public Applied write(List<DocumentWrite> operations) {
    int written = 0;
    int removed = 0;
    for (DocumentWrite operation : operations) {
      switch (operation) {
        case DocumentWrite.PutReplicated put -> {
          load.replace(put.document());
          written++;
        }
        case DocumentWrite.RemoveRevision remove ->
            removed += load.remove(remove.revision()) ? 1 : 0;
        case DocumentWrite.RemoveReplicated(String key, var expected) when expected != null ->
            removed += load.remove(key, expected) ? 1 : 0;
        default -> throw new IllegalArgumentException("no leader's write: " + operation);
      }
    }
    return new Applied(written, removed);
  }
}
