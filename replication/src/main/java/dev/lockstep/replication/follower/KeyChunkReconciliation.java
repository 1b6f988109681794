package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.KeyCursor;
import dev.lockstep.core.document.ChunkHash;
import dev.lockstep.core.document.Document;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.KeyChunk;
import dev.lockstep.replication.protocol.KeyChunkPart;
import dev.lockstep.replication.protocol.KeyRevision;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Compares chunks of documents in order of their keys by a hash over keys and revisions, then keys
/// and revisions of the chunks that differ, and fetches what is missing or another here. Works with
/// every leader; the only way with those that have no revision trees.
///
/// Source: `docs/protocol.md`, "Keys".
final class KeyChunkReconciliation implements Reconciliation {
  /*
   * Holds the list of chunks (a hundred bytes for 5000 documents) and the keys of one chunk of the
   * leader. The local side is read from a snapshot in one pass; a chunk that differs is read once
   * more, so that a local range with far more documents than the leader's needs no memory.
   */

  private final CollectionTask task;
  private final Replica replica;
  private final LeaderSession leader;
  private final JobRecord record;
  private final ComparisonSettings settings;

  KeyChunkReconciliation(CollectionTask task, Replica replica) {
    this.task = task;
    this.replica = replica;
    this.leader = task.leader();
    this.record = task.record();
    this.settings = task.settings().comparison();
  }

  @Override
  public Outcome run() throws InterruptedException {
    String name = task.source().name();
    String asked = task.collectionOnLeader();
    record.say("fetching leader collection keys for collection '" + name + "'");
    KeysAnswer.Ready keys = leader.openKeys(asked, task.options().initialSyncMaxWaitTime());
    try {
      if (keys.count() == 0) {
        record.transition(SyncPhase.UPDATING, "the leader's collection '" + name + "' is empty");
        long removed = replica.totals().count();
        replica.clear();
        record.applied(0, removed);
        record.transition(SyncPhase.CHECKING, "comparing collection '" + name + "' as a whole");
        return replica.totalsAre(0, task.source().totals());
      }
      List<KeyChunk> chunks = leader.keyChunks(keys.id(), asked, settings.keyChunkDocuments());
      // Whatever lies in no chunk is removed here; so chunks are not simply believed.
      if (chunks.isEmpty()) {
        throw ProtocolViolationException.inResponse(
            leader.endpoint(),
            "collection '" + name + "' has " + keys.count() + " documents, but no chunks of keys");
      }
      record.transition(
          SyncPhase.UPDATING,
          "comparing " + chunks.size() + " chunks of keys of collection '" + name + "'");
      record.expecting(keys.count());
      update(keys.id(), chunks);
      record.transition(SyncPhase.CHECKING, "comparing collection '" + name + "' as a whole");
      return check(chunks, keys.count());
    } finally {
      leader.closeKeys(keys.id(), asked);
    }
  }

  private void update(String keysId, List<KeyChunk> chunks) throws InterruptedException {
    ReplicaWriter writer = new ReplicaWriter(replica, settings, record);
    try (Replica.Frozen frozen = replica.freeze()) {
      CollectionView ours = frozen.view();
      try (KeyCursor local = ours.byKey(null, null)) {
        boolean hasLocal = local.next();
        for (int i = 0; i < chunks.size(); i++) {
          task.stop().throwIfStopped();
          KeyChunk chunk = chunks.get(i);
          while (hasLocal && local.key().compareTo(chunk.low()) < 0) {
            writer.remove(local.key(), local.revision());
            hasLocal = local.next();
          }
          ChunkHash hash = new ChunkHash();
          int documents = 0;
          while (hasLocal && local.key().compareTo(chunk.high()) <= 0) {
            hash.add(local.key(), local.revision());
            documents++;
            hasLocal = local.next();
          }
          if (hash.value() == chunk.hash()) {
            record.compared(documents, documents);
          } else {
            var part =
                new KeyChunkPart(
                    keysId,
                    task.collectionOnLeader(),
                    i,
                    settings.keyChunkDocuments(),
                    chunk.low());
            update(part, chunk, ours, writer);
          }
        }
        while (hasLocal) {
          writer.remove(local.key(), local.revision());
          hasLocal = local.next();
        }
      }
    }
    writer.flush();
  }

  private void update(KeyChunkPart part, KeyChunk chunk, CollectionView ours, ReplicaWriter writer)
      throws InterruptedException {
    List<KeyRevision> theirs = leader.chunkKeys(part);
    String first = theirs.getFirst().key();
    String last = theirs.getLast().key();
    if (!first.equals(chunk.low()) || !last.equals(chunk.high())) {
      throw ProtocolViolationException.inResponse(
          leader.endpoint(),
          "chunk "
              + part.chunk()
              + " of collection '"
              + task.source().name()
              + "' has keys from '"
              + chunk.low()
              + "' to '"
              + chunk.high()
              + "', but those listed go from '"
              + first
              + "' to '"
              + last
              + "'");
    }
    int[] wanted = new int[theirs.size()];
    int wantedCount = 0;
    try (KeyCursor local = ours.byKey(chunk.low(), chunk.high())) {
      boolean hasLocal = local.next();
      for (int position = 0; position < theirs.size(); position++) {
        KeyRevision their = theirs.get(position);
        while (hasLocal && local.key().compareTo(their.key()) < 0) {
          writer.remove(local.key(), local.revision());
          hasLocal = local.next();
        }
        boolean isHere = hasLocal && local.key().equals(their.key());
        if (!isHere || !local.revision().equals(their.revision())) {
          wanted[wantedCount++] = position;
        }
        if (isHere) {
          hasLocal = local.next();
        }
      }
      while (hasLocal) {
        writer.remove(local.key(), local.revision());
        hasLocal = local.next();
      }
    }
    record.compared(theirs.size(), theirs.size() - wantedCount);
    fetch(part, theirs, Arrays.copyOf(wanted, wantedCount), writer);
  }

  private void fetch(
      KeyChunkPart part, List<KeyRevision> theirs, int[] positions, ReplicaWriter writer)
      throws InterruptedException {
    for (int received = 0; received < positions.length; ) {
      FetchedDocuments answer = leader.chunkDocuments(part, positions, received);
      record.fetched(answer.documents().size(), answer.bytes());
      for (Document document : answer.documents()) {
        KeyRevision expected = theirs.get(positions[received]);
        if (!document.key().equals(expected.key())
            || !document.revision().equals(expected.revision())) {
          throw ProtocolViolationException.inResponse(
              leader.endpoint(),
              answer.url(),
              "asked for document '"
                  + expected.key()
                  + "' with revision "
                  + expected.revision()
                  + ", got '"
                  + document.key()
                  + "' with "
                  + document.revision());
        }
        writer.put(document);
        received++;
      }
    }
  }

  /// Compares with the leader's hashes once more. The RocksDB engine of 3.2 goes on with the hash
  /// of one chunk in the next; either all hashes are of that kind, or none.
  private Outcome check(List<KeyChunk> chunks, long count) {
    try (Replica.Frozen frozen = replica.freeze();
        KeyCursor local = frozen.view().byKey(null, null)) {
      boolean isEqual = true;
      boolean isEqualRunning = true;
      ChunkHash running = new ChunkHash();
      List<String> unequal = new ArrayList<>();
      boolean hasLocal = local.next();
      for (KeyChunk chunk : chunks) {
        ChunkHash hash = new ChunkHash();
        while (hasLocal && local.key().compareTo(chunk.high()) <= 0) {
          hash.add(local.key(), local.revision());
          running.add(local.key(), local.revision());
          hasLocal = local.next();
        }
        isEqualRunning &= running.value() == chunk.hash();
        if (hash.value() != chunk.hash()) {
          isEqual = false;
          if (unequal.isEmpty()) {
            unequal.add("'" + chunk.low() + "' to '" + chunk.high() + "'");
          }
        }
      }
      if (!isEqual && !isEqualRunning) {
        return new Outcome.Unequal("the documents still differ, first from " + unequal.getFirst());
      }
    }
    return replica.totalsAre(count, task.source().totals());
  }
}
