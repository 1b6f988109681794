package dev.lockstep.replication.leader;

import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.StoreSnapshot;
import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/// A leased snapshot of everything, with one dump cursor per collection. Whoever works on it holds
/// a [ReplicationBatches.Use]; meanwhile the lease cannot end. Its mutable state belongs to
/// [ReplicationBatches], but for the cursors, which lock themselves.
public final class ReplicationBatch {
  private final long id;
  private final StoreSnapshot snapshot;
  private final Map<Long, DumpCursor> cursors = new HashMap<>();

  // All guarded by ReplicationBatches.
  /// The lease last agreed on; work on the batch renews it.
  Duration ttl;

  Instant expires;
  int uses;
  boolean isClosed;

  ReplicationBatch(long id, StoreSnapshot snapshot, Duration ttl, Instant now) {
    this.id = id;
    this.snapshot = snapshot;
    this.ttl = ttl;
    this.expires = now.plus(ttl);
  }

  /// The wire's name of it.
  public String idText() {
    return Long.toUnsignedString(id);
  }

  long id() {
    return id;
  }

  /// The state everything of this batch is read from.
  StoreSnapshot snapshot() {
    return snapshot;
  }

  /// The newest change it contains.
  public Tick tick() {
    return snapshot.tick();
  }

  /// Moves the end of the lease to `ttl` from now, unless it is later already.
  void prolong(Instant now) {
    Instant wanted = now.plus(ttl);
    if (wanted.isAfter(expires)) {
      expires = wanted;
    }
  }

  /// The one cursor over a collection; a snapshot holds a collection under one id, whatever name
  /// the request used.
  DumpCursor cursor(CollectionView collection) {
    synchronized (cursors) {
      return cursors.computeIfAbsent(collection.definition().id(), _ -> new DumpCursor(collection));
    }
  }
}
