package dev.lockstep.core.collection;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.WriteBatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Documents whose rows do not fit into one commit: their chunks are committed ahead, where nobody
/// finds them without a head row. A catalog row says so until the head is there; it goes in the
/// same commit as the head comes. Thread-safe.
final class LargeDocuments {
  private static final Logger LOG = LoggerFactory.getLogger(LargeDocuments.class);
  private static final byte[] NOTHING = {};

  private final StorageEngine engine;
  private final CommitGate gate;
  private final DocumentRows rows;

  LargeDocuments(StorageEngine engine, CommitGate gate, DocumentRows rows) {
    this.engine = engine;
    this.gate = gate;
    this.rows = rows;
  }

  /// Commits the chunks in as many commits as it takes; answers why that failed, else null. After a
  /// failure the caller calls [#removeChunks].
  @Nullable LockstepException putChunks(
      long generation, Document document, long bytesMax, int operationsMax) {
    int chunks = rows.chunks(document.body().length);
    int chunk = 0;
    WriteBatch batch = engine.newBatch();
    try {
      batch.put(
          Keyspace.CATALOG,
          CatalogKey.of(CatalogKey.LARGE_DOCUMENT, generation, document.revision().value()),
          NOTHING);
      while (chunk < chunks) {
        rows.putChunk(batch, generation, document, chunk++);
        boolean full =
            batch.bytes() + rows.chunkCost() > bytesMax || batch.operations() >= operationsMax;
        if (full || chunk == chunks) {
          LockstepException refusal = gate.commit(batch, Durability.PROCESS_CRASH);
          if (refusal != null) {
            return refusal;
          }
          batch.close();
          batch = engine.newBatch();
        }
      }
      return null;
    } finally {
      batch.close();
    }
  }

  /// Takes chunks without a head away again. What this cannot remove, the next open does.
  void removeChunks(long generation, long revision) {
    try (WriteBatch batch = engine.newBatch()) {
      DocumentRows.deleteAll(batch, generation, revision);
      batch.delete(
          Keyspace.CATALOG, CatalogKey.of(CatalogKey.LARGE_DOCUMENT, generation, revision));
      LockstepException refusal = gate.commit(batch, Durability.PROCESS_CRASH);
      if (refusal != null) {
        LOG.info(
            "chunks of an unwritten document stay until the next start: {}", refusal.getMessage());
      }
    }
  }
}
