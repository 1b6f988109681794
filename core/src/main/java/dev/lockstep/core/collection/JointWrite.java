package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeCodec;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.WriteBatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.Lock;

/// Writes of several collections in one commit: readers see all of them or none.
final class JointWrite {
  private final DocumentStore store;
  private final WriteOptions options;
  private final List<CollectionWrites> parts;

  /// @param parts one per collection
  JointWrite(DocumentStore store, List<CollectionWrites> parts, WriteOptions options) {
    this.store = store;
    this.options = options;
    this.parts =
        parts.stream()
            .sorted(Comparator.comparing(CollectionWrites::collection, DocumentCollection.LOCKING))
            .toList();
  }

  void run() {
    List<DocumentCollection> locked = new ArrayList<>(parts.size());
    try {
      for (CollectionWrites part : parts) {
        part.collection().lockForChange();
        locked.add(part.collection());
      }
      writeLocked();
    } finally {
      locked.forEach(DocumentCollection::unlock);
    }
  }

  private void writeLocked() {
    long transaction = store.newId();
    List<WriteSession> sessions = new ArrayList<>(parts.size());
    try (WriteBatch batch = store.engine().newBatch()) {
      long database = parts.getFirst().collection().database().id();
      batch.appendChange(ChangeCodec.encode(new Change.TransactionBegun(database, transaction)));
      for (CollectionWrites part : parts) {
        DocumentCollection collection = part.collection();
        WriteSession session =
            collection.session(collection.state(), options, part.operations().size(), batch);
        sessions.add(session);
        session.stageShared(part.operations());
      }
      requireFits(sessions);
      batch.appendChange(
          ChangeCodec.encode(new Change.TransactionCommitted(database, transaction)));
      commit(batch, sessions);
    } finally {
      sessions.forEach(WriteSession::endShared);
    }
  }

  private void requireFits(List<WriteSession> sessions) {
    long bytes = sessions.stream().mapToLong(WriteSession::sharedBytes).sum();
    long operations = sessions.stream().mapToLong(WriteSession::sharedOperations).sum();
    long bytesMax = Math.min(WriteSession.ATOMIC_BYTES, store.engine().limits().commitBytesMax());
    int operationsMax = store.engine().limits().commitKeysMax();
    if (bytes > bytesMax || operations > operationsMax) {
      throw new LockstepException(
          ErrorNumber.RESOURCE_LIMIT,
          "the operations of one transaction need "
              + bytes
              + " bytes and "
              + operations
              + " rows in one commit, this storage takes at most "
              + bytesMax
              + " and "
              + operationsMax);
    }
  }

  private void commit(WriteBatch batch, List<WriteSession> sessions) {
    Lock commitLock = store.trees().commitLock();
    commitLock.lock();
    try {
      store.gate().commitOrThrow(batch, Durability.PROCESS_CRASH);
      sessions.forEach(WriteSession::sharedCommitted);
    } finally {
      commitLock.unlock();
    }
    for (int i = 0; i < parts.size(); i++) {
      parts.get(i).collection().progressed(sessions.get(i));
    }
  }
}
