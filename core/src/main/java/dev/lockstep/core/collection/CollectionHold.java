package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Durability;
import java.util.List;

/// While it is open only its holder writes documents of one collection: clients' writes are refused
/// with 1004 and the reason. It does not survive a restart. Readers notice nothing. Thread-safe.
///
/// Made by [DocumentCollection#hold].
public final class CollectionHold implements AutoCloseable {
  private final DocumentCollection collection;
  private final String reason;

  CollectionHold(DocumentCollection collection, String reason) {
    this.collection = collection;
    this.reason = reason;
  }

  /// Why, as the rest of a sentence that begins with the collection's name.
  String reason() {
    return reason;
  }

  /// As [DocumentCollection#write], for documents of a leader.
  public List<WriteResult> write(List<DocumentWrite> operations) {
    return collection.write(operations, WriteOptions.REPLICATION);
  }

  /// As [DocumentCollection#truncate].
  public void truncate(Durability durability) {
    collection.truncate(durability, Origin.REPLICATION);
  }

  /// Lets clients write again. Repeating is harmless.
  @Override
  public void close() {
    collection.endHold(this);
  }
}
