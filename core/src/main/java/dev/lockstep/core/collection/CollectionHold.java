package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Durability;
import java.util.List;

/// While it is open nobody else can hold the collection, and only its holder writes documents:
/// clients' writes are refused with 1004 and the reason, unless the holder lets them pass. It does
/// not survive a restart. Readers notice nothing. Thread-safe.
///
/// Made by [DocumentCollection#hold].
public final class CollectionHold implements AutoCloseable {
  /// What becomes of clients' writes.
  public enum ClientWrites {
    REFUSED,
    /// They may vanish with whatever the holder does next.
    ALLOWED
  }

  private final DocumentCollection collection;
  private final String reason;
  private final ClientWrites clientWrites;

  CollectionHold(DocumentCollection collection, String reason, ClientWrites clientWrites) {
    this.collection = collection;
    this.reason = reason;
    this.clientWrites = clientWrites;
  }

  /// What is held.
  public DocumentCollection collection() {
    return collection;
  }

  boolean refusesClients() {
    return clientWrites == ClientWrites.REFUSED;
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
    collection.truncate(durability, Origin.REPLICATION, null);
  }

  /// Lets clients write again. Repeating is harmless.
  @Override
  public void close() {
    collection.endHold(this);
  }
}
