package dev.lockstep.replication.protocol;

import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.storage.Tick;
import org.jspecify.annotations.Nullable;

/// One thing that happened on a leader, as a tail tells it. Immutable. Source: `docs/protocol.md`,
/// "Markers".
public sealed interface Marker {
  /// Number of [CollectionReplaced] on the wire; far from any number of a stock server.
  int COLLECTION_REPLACED = 10_004;

  /// Its place in the leader's log; [Tick#NONE] where an old leader does not tell it.
  Tick tick();

  /// The database it happened in: the name, or the id in the form of old leaders; empty where the
  /// leader does not tell it.
  String database();

  /// What a marker says about which collection it means. Empty texts: not told.
  ///
  /// @param globallyUniqueId told by all but old leaders
  /// @param name told by old leaders, as it was when the marker was written
  /// @param id told by old leaders
  record CollectionReference(String globallyUniqueId, String name, String id) {
    /// For messages.
    public String shown() {
      return name.isEmpty() ? globallyUniqueId.isEmpty() ? id : globallyUniqueId : name;
    }
  }

  /// A marker about one collection.
  sealed interface OfCollection extends Marker {
    CollectionReference collection();
  }

  /// A change of one document.
  sealed interface OfDocument extends OfCollection {
    /// Of the transaction it belongs to; empty or `0` outside of one.
    String transaction();

    String key();

    /// Whether it belongs to a transaction.
    default boolean isInTransaction() {
      return !transaction().isEmpty() && !transaction().equals("0");
    }
  }

  /// 1100. `database` is the new one.
  record DatabaseCreated(Tick tick, String database) implements Marker {}

  /// 1101.
  record DatabaseDropped(Tick tick, String database) implements Marker {}

  /// 2000.

  /// @param description name, properties and perhaps indexes
  record CollectionCreated(
      Tick tick, String database, CollectionReference collection, InventoryCollection description)
      implements OfCollection {}

  /// 2001.
  record CollectionDropped(Tick tick, String database, CollectionReference collection)
      implements OfCollection {}

  /// 2002.
  record CollectionRenamed(
      Tick tick, String database, CollectionReference collection, String newName)
      implements OfCollection {}

  /// 2003.

  /// @param description all properties after the change; its indexes say nothing
  record PropertiesChanged(
      Tick tick, String database, CollectionReference collection, InventoryCollection description)
      implements OfCollection {}

  /// 2004.
  record CollectionTruncated(Tick tick, String database, CollectionReference collection)
      implements OfCollection {}

  /// 2100.

  /// @param index null where it is of a kind that is not kept (primary, edge, unknown)
  record IndexCreated(
      Tick tick, String database, CollectionReference collection, @Nullable IndexDefinition index)
      implements OfCollection {}

  /// 2101.

  /// @param indexId the leader's, unsigned
  record IndexDropped(Tick tick, String database, CollectionReference collection, long indexId)
      implements OfCollection {}

  /// 2110, 2111, 2112: something about a view, which Lockstep does not have.
  record ViewChanged(Tick tick, String database) implements Marker {}

  /// 2200.
  record TransactionBegun(Tick tick, String database, String transaction) implements Marker {}

  /// 2201.
  record TransactionCommitted(Tick tick, String database, String transaction) implements Marker {}

  /// 2202.
  record TransactionAborted(Tick tick, String database, String transaction) implements Marker {}

  /// 2300 (and 2301 of very old leaders): inserted or replaced.
  ///
  /// @param document in stored form
  record DocumentWritten(
      Tick tick,
      String database,
      CollectionReference collection,
      String transaction,
      Document document)
      implements OfDocument {
    @Override
    public String key() {
      return document.key();
    }
  }

  /// 2302.
  record DocumentRemoved(
      Tick tick, String database, CollectionReference collection, String transaction, String key)
      implements OfDocument {}

  /// [#COLLECTION_REPLACED]: all documents were replaced at once by a synchronization on the
  /// leader; they are not in its log. The collection has to be compared again.
  record CollectionReplaced(Tick tick, String database, CollectionReference collection)
      implements OfCollection {}
}
