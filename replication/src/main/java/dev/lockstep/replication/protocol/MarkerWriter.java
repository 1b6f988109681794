package dev.lockstep.replication.protocol;

import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Tick;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Collects markers into the body of one answer of a tail; in [MarkerForm#DOCUMENTS] those of
/// documents alone, the others leave no trace. One thread. Source of the members:
/// `docs/protocol.md`, "Markers".
public final class MarkerWriter {
  /// Where something happened.
  ///
  /// @param databaseId for followers of old leaders' form, decimal
  /// @param collection null for markers about no collection
  public record Place(String database, long databaseId, @Nullable Followed collection) {
    /// A collection as markers name it.
    public record Followed(long id, String globallyUniqueId, String name) {}
  }

  /// Closes a marker whose last member is written.
  private static final byte[] LINE_END = {'}', '\n'};

  private final MarkerForm form;

  /// Whether to name things as leaders before 3.3 did.
  private final boolean isLegacy;

  private final DumpWriter.Pieces pieces = new DumpWriter.Pieces();

  public MarkerWriter(MarkerForm form, boolean isLegacy) {
    this.form = form;
    this.isLegacy = isLegacy;
  }

  /// Bytes so far.
  public long bytes() {
    return pieces.length();
  }

  /// The body; this writer is used up.
  public DumpBody finish() {
    long length = pieces.length();
    return new DumpBody(pieces.finish(), length);
  }

  public void databaseCreated(Tick tick, Place place) {
    write(
        tick,
        MarkerType.DATABASE_CREATED,
        place,
        null,
        object(data ->
            data.member("database", Long.toUnsignedString(place.databaseId()))
                .member("id", Long.toUnsignedString(place.databaseId()))
                .member("name", place.database())));
  }

  public void databaseDropped(Tick tick, Place place) {
    write(tick, MarkerType.DATABASE_DROPPED, place, null, null);
  }

  /// @param definition without indexes: each has a marker of its own
  public void collectionCreated(Tick tick, Place place, CollectionDefinition definition) {
    description(tick, MarkerType.COLLECTION_CREATED, place, definition);
  }

  public void collectionDropped(Tick tick, Place place) {
    write(tick, MarkerType.COLLECTION_DROPPED, place, null, null);
  }

  public void collectionRenamed(Tick tick, Place place, String newName) {
    write(
        tick,
        MarkerType.COLLECTION_RENAMED,
        place,
        null,
        object(data -> data.member("name", newName)));
  }

  public void propertiesChanged(Tick tick, Place place, CollectionDefinition definition) {
    description(tick, MarkerType.PROPERTIES_CHANGED, place, definition);
  }

  private void description(Tick tick, int type, Place place, CollectionDefinition definition) {
    VPackBuilder description = new VPackBuilder();
    InventoryCollection.of(definition).renderParameters(description);
    write(tick, type, place, null, description.toSlice());
  }

  public void truncated(Tick tick, Place place) {
    write(tick, MarkerType.COLLECTION_TRUNCATED, place, null, null);
  }

  public void indexCreated(Tick tick, Place place, IndexDefinition index) {
    VPackBuilder description = new VPackBuilder();
    InventoryCollection.render(index, description);
    write(tick, MarkerType.INDEX_CREATED, place, null, description.toSlice());
  }

  public void indexDropped(Tick tick, Place place, long indexId) {
    write(
        tick,
        MarkerType.INDEX_DROPPED,
        place,
        null,
        object(data -> data.member("id", Long.toUnsignedString(indexId))));
  }

  public void transactionBegun(Tick tick, Place place, String transaction) {
    write(tick, MarkerType.TRANSACTION_BEGUN, place, transaction, null);
  }

  public void transactionCommitted(Tick tick, Place place, String transaction) {
    write(tick, MarkerType.TRANSACTION_COMMITTED, place, transaction, null);
  }

  /// For [MarkerForm#STORED] only.
  public void collectionReplaced(Tick tick, Place place) {
    write(tick, Marker.COLLECTION_REPLACED, place, null, null);
  }

  /// @param revision the one that stands for the removal
  public void documentRemoved(
      Tick tick, Place place, String transaction, String key, Revision revision) {
    if (form == MarkerForm.DOCUMENTS) {
      add(new VPackBuilder().value(key).toByteArray());
      add(new VPackBuilder().unsigned(revision.value()).toByteArray());
      return;
    }
    write(
        tick,
        MarkerType.DOCUMENT_REMOVED,
        place,
        transaction,
        object(data -> data.member("_key", key).member("_rev", revision.toString())));
  }

  public void documentWritten(Tick tick, Place place, String transaction, Document document) {
    Place.Followed collection = place.collection();
    if (collection == null) {
      throw new IllegalArgumentException("a document is in a collection");
    }
    VPackSlice stored = document.slice();
    switch (form) {
      case STORED -> write(tick, MarkerType.DOCUMENT_WRITTEN, place, transaction, stored);
      case DOCUMENTS -> add(document.body());
      case VELOCYPACK ->
          write(
              tick,
              MarkerType.DOCUMENT_WRITTEN,
              place,
              transaction,
              StoredDocument.withId(stored, collection.name()));
      case JSON -> {
        // Everything but the document, whose text goes in as it is made: it may be large.
        VPackBuilder head = new VPackBuilder().openObject();
        members(head, tick, MarkerType.DOCUMENT_WRITTEN, place, transaction);
        String text = head.close().toSlice().toJson();
        pieces.write(
            (text.substring(0, text.length() - 1) + ",\"data\":").getBytes(StandardCharsets.UTF_8));
        try {
          StoredDocument.writeJson(stored, collection.name(), pieces);
        } catch (IOException e) {
          throw new IllegalStateException("writing to memory failed", e);
        }
        pieces.write(LINE_END);
      }
    }
  }

  /// The members of a marker's `data`.
  private static VPackSlice object(Consumer<VPackBuilder> members) {
    VPackBuilder object = new VPackBuilder().openObject();
    members.accept(object);
    return object.close().toSlice();
  }

  private void write(
      Tick tick, int type, Place place, @Nullable String transaction, @Nullable VPackSlice data) {
    if (form == MarkerForm.DOCUMENTS) {
      return;
    }
    VPackBuilder marker = new VPackBuilder().openObject();
    members(marker, tick, type, place, transaction);
    if (data != null) {
      marker.member("data", data);
    }
    marker.close();
    if (form == MarkerForm.JSON) {
      pieces.write((marker.toSlice().toJson() + "\n").getBytes(StandardCharsets.UTF_8));
    } else {
      add(marker.toByteArray());
    }
  }

  private void add(byte[] bytes) {
    pieces.add(bytes, bytes.length);
  }

  private void members(
      VPackBuilder marker, Tick tick, int type, Place place, @Nullable String transaction) {
    marker.member("tick", tick.toString()).member("type", type);
    if (isLegacy) {
      marker.member("database", Long.toUnsignedString(place.databaseId()));
    } else {
      marker.member("db", place.database());
    }
    Place.Followed collection = place.collection();
    if (collection != null) {
      if (isLegacy) {
        marker
            .member("cid", Long.toUnsignedString(collection.id()))
            .member("cname", collection.name());
      }
      marker.member("cuid", collection.globallyUniqueId());
    }
    if (transaction != null) {
      marker.member("tid", transaction);
    }
  }
}
