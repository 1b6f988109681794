package dev.lockstep.replication.leader;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LimitExceededException;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.StoreSnapshot;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The open batches. A batch ends when it is deleted or its lease runs out, but never while a
/// request works on it, and such work renews the lease; prolonging never shortens. Thread-safe.
public final class ReplicationBatches implements AutoCloseable {
  private final DocumentStore store;
  private final InstantSource time;
  private final int batchesMax;
  private final Duration ttlMax;
  private final Map<Long, ReplicationBatch> batches = new HashMap<>();
  private boolean isClosed;

  ReplicationBatches(DocumentStore store, InstantSource time, LeaderSettings settings) {
    this.store = store;
    this.time = time;
    this.batchesMax = settings.batchesMax();
    this.ttlMax = settings.batchTtlMax();
  }

  /// Keeps a batch from ending until it is closed.
  public final class Use implements AutoCloseable {
    private final ReplicationBatch batch;
    private boolean isOver;

    private Use(ReplicationBatch batch) {
      this.batch = batch;
    }

    public ReplicationBatch batch() {
      return batch;
    }

    /// Repeating is harmless.
    @Override
    public void close() {
      if (!isOver) {
        isOver = true;
        release(batch);
      }
    }
  }

  /// Pins a snapshot of now.
  ///
  /// @throws LockstepException 503 if too many are open: this passes, as every lease runs out
  ReplicationBatch open(Duration ttl) {
    synchronized (this) {
      requireRoom();
    }
    // Outside of the lock: an engine may take its time.
    StoreSnapshot snapshot = store.snapshot();
    boolean isKept = false;
    try {
      synchronized (this) {
        requireRoom();
        ReplicationBatch batch =
            new ReplicationBatch(store.newId(), snapshot, clamp(ttl), time.instant());
        batches.put(batch.id(), batch);
        isKept = true;
        return batch;
      }
    } finally {
      if (!isKept) {
        snapshot.close();
      }
    }
  }

  private void requireRoom() {
    if (isClosed) {
      throw new LockstepException(ErrorNumber.SHUTTING_DOWN);
    }
    collectExpired();
    if (batches.size() >= batchesMax) {
      throw new LimitExceededException(
          ErrorNumber.HTTP_SERVICE_UNAVAILABLE,
          LeaderSettings.BATCHES_MAX_OPTION,
          batchesMax,
          "as many replication batches as are allowed are open; wait until one ends, or raise the"
              + " limit");
    }
  }

  /// Marks a batch as being worked on.
  ///
  /// @param id decimal
  /// @throws LockstepException 404/1600 if there is none
  synchronized Use use(String id) {
    ReplicationBatch batch = find(id);
    batch.uses++;
    return new Use(batch);
  }

  /// Prolongs the lease.
  ///
  /// @throws LockstepException 404/1600 if there is no such batch
  synchronized void extend(String id, Duration ttl) {
    ReplicationBatch batch = find(id);
    batch.ttl = clamp(ttl);
    batch.prolong(time.instant());
  }

  /// Ends a batch; requests that work on it finish.
  ///
  /// @throws LockstepException 404/1600 if there is none
  synchronized void delete(String id) {
    ReplicationBatch batch = find(id);
    batches.remove(batch.id());
    batch.isClosed = true;
    closeIfUnused(batch);
  }

  private synchronized void release(ReplicationBatch batch) {
    batch.uses--;
    batch.prolong(time.instant());
    closeIfUnused(batch);
  }

  private static void closeIfUnused(ReplicationBatch batch) {
    if (batch.isClosed && batch.uses == 0) {
      batch.snapshot().close();
    }
  }

  private ReplicationBatch find(String id) {
    ReplicationBatch batch = null;
    try {
      batch = batches.get(Long.parseUnsignedLong(id));
    } catch (NumberFormatException _) {
      // Not an id: not found.
    }
    if (batch == null || isExpired(batch)) {
      throw new LockstepException(
          ErrorNumber.CURSOR_NOT_FOUND,
          id.isEmpty()
              ? "batchId not specified"
              : "replication batch '" + id + "' not found: it ended or its lease ran out");
    }
    return batch;
  }

  private boolean isExpired(ReplicationBatch batch) {
    return batch.uses == 0 && !time.instant().isBefore(batch.expires);
  }

  /// Ends every batch whose lease ran out and on which nobody works.
  synchronized void collectExpired() {
    List<ReplicationBatch> expired = new ArrayList<>();
    for (ReplicationBatch batch : batches.values()) {
      if (isExpired(batch)) {
        expired.add(batch);
      }
    }
    for (ReplicationBatch batch : expired) {
      batches.remove(batch.id());
      batch.isClosed = true;
      closeIfUnused(batch);
    }
  }

  private Duration clamp(Duration ttl) {
    return ttl.compareTo(ttlMax) > 0 ? ttlMax : ttl;
  }

  /// How many are open.
  public synchronized int openBatches() {
    return batches.size();
  }

  /// Ends all; none can be opened afterwards.
  @Override
  public synchronized void close() {
    isClosed = true;
    for (ReplicationBatch batch : batches.values()) {
      batch.isClosed = true;
      closeIfUnused(batch);
    }
    batches.clear();
  }
}
