package dev.lockstep.replication.follower;

import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import java.util.ArrayList;
import java.util.List;

/// Brings a leader's documents and removals into a replica, portion by portion; each portion is
/// committed before the next is gathered. One thread. What was not flushed is lost.
final class ReplicaWriter {
  /// What an operation costs on the heap besides a document's bytes, roughly.
  private static final int OPERATION_OVERHEAD_BYTES = 160;

  private final Replica replica;
  private final ComparisonSettings settings;
  private final JobRecord record;
  private List<DocumentWrite> portion = new ArrayList<>();
  private long portionBytes;

  ReplicaWriter(Replica replica, ComparisonSettings settings, JobRecord record) {
    this.replica = replica;
    this.settings = settings;
    this.record = record;
  }

  void put(Document document) {
    add(new DocumentWrite.PutReplicated(document), document.body().length);
  }

  /// Removes the document that has this revision; if none has it any more, another has taken its
  /// place, and that is fine.
  void remove(Revision revision) {
    add(new DocumentWrite.RemoveRevision(revision), 0);
  }

  /// Removes the document of a key if it has this revision; if it has another, or none is there any
  /// more, that is fine.
  void remove(String key, Revision revision) {
    add(new DocumentWrite.RemoveReplicated(key, revision), 0);
  }

  /// Removes the document of a key, if it is there and older than its removal on the leader.
  void removeOlder(String key, Revision removal) {
    add(new DocumentWrite.RemoveOlder(key, removal), 0);
  }

  private void add(DocumentWrite operation, long bytes) {
    portion.add(operation);
    portionBytes += bytes + OPERATION_OVERHEAD_BYTES;
    if (portionBytes >= settings.portionBytes() || portion.size() >= settings.portionDocuments()) {
      flush();
    }
  }

  /// Commits what is gathered.
  ///
  /// @throws dev.lockstep.core.LockstepException why the store refused an operation
  void flush() {
    if (portion.isEmpty()) {
      return;
    }
    List<DocumentWrite> operations = portion;
    portion = new ArrayList<>();
    portionBytes = 0;
    Replica.Applied applied = replica.write(operations);
    record.applied(applied.written(), applied.removed());
  }
}
