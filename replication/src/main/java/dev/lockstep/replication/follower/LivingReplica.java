package dev.lockstep.replication.follower;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionHold;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.replication.protocol.CollectionTotals;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A collection that readers see while it is brought to the leader's state.
final class LivingReplica implements Replica {
  private static final Logger LOG = LoggerFactory.getLogger(LivingReplica.class);

  private final DocumentStore store;
  private final CollectionHold hold;
  private final DocumentCollection collection;

  LivingReplica(DocumentStore store, CollectionHold hold) {
    this.store = store;
    this.hold = hold;
    this.collection = hold.collection();
  }

  /// @throws LockstepException 1203 if it was dropped meanwhile
  @Override
  public Frozen freeze() {
    StoreSnapshot snapshot = store.snapshot();
    CollectionView view =
        snapshot.collection(
            collection.database().name(), collection.definition().globallyUniqueId());
    if (view == null) {
      snapshot.close();
      throw new LockstepException(
          ErrorNumber.COLLECTION_NOT_FOUND,
          "collection or view not found: " + collection.name() + " was dropped here meanwhile");
    }
    return new Frozen() {
      @Override
      public CollectionView view() {
        return view;
      }

      @Override
      public void close() {
        snapshot.close();
      }
    };
  }

  @Override
  public RevisionTree revisionTree() {
    return collection.view().revisionTree();
  }

  @Override
  public CollectionTotals totals() {
    return CollectionTotals.of(collection.view());
  }

  @Override
  public void recount() {
    collection.recalculateCount();
  }

  @Override
  public boolean rebuildTree() {
    try {
      collection.rebuildRevisionTree();
      return true;
    } catch (RevisionTreeException impossible) {
      LOG.info(
          "collection '{}' can have no revision tree: {}",
          collection.name(),
          impossible.getMessage());
      return false;
    }
  }

  @Override
  public void clear() {
    hold.truncate(Durability.PROCESS_CRASH);
  }

  @Override
  public @Nullable AppliedPosition position() {
    return collection.appliedPosition();
  }

  @Override
  public void advance(AppliedPosition position) {
    collection.setAppliedPosition(position);
  }

  @Override
  public Applied write(List<DocumentWrite> operations) {
    List<WriteResult> results = hold.write(operations);
    int written = 0;
    int removed = 0;
    for (int i = 0; i < results.size(); i++) {
      boolean isRemoval = !(operations.get(i) instanceof DocumentWrite.PutReplicated);
      switch (results.get(i)) {
        case WriteResult.Refused refused -> {
          if (!isRemoval || refused.error().number() != ErrorNumber.DOCUMENT_NOT_FOUND) {
            throw refused.error();
          }
        }
        case WriteResult.Written _ -> {
          if (isRemoval) {
            removed++;
          } else {
            written++;
          }
        }
        case WriteResult.Ignored _ -> written += isRemoval ? 0 : 1;
      }
    }
    return new Applied(written, removed);
  }
}
