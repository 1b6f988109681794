package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.Marker.CollectionReference;
import org.jspecify.annotations.Nullable;

/// Takes one answer of a tail apart, in any form a leader may send. Nothing in it is trusted. One
/// thread. Source of the numbers: `docs/protocol.md`, "Markers".
public final class MarkerReader {
  /// Of a marker in a message.
  private static final int EXCERPT_CHARACTERS = 1024;

  private final String endpoint;
  private final String url;
  private final ValueSource source;

  /// @param endpoint of the leader, for messages
  public MarkerReader(String endpoint, TailPage page) {
    this.endpoint = endpoint;
    this.url = page.url();
    this.source =
        switch (page.form()) {
          case JSON -> ValueSource.lines(page.body());
          // Documents alone are no markers, and are refused as such.
          case VELOCYPACK, STORED, DOCUMENTS -> ValueSource.velocyPack(page.body());
        };
  }

  /// The next marker, null at the end.
  ///
  /// @throws ProtocolViolationException if the answer is malformed or a marker's type is unknown
  public @Nullable Marker next() {
    VPackSlice value = null;
    try {
      value = source.next();
      return value == null ? null : read(value);
    } catch (InvalidJsonException
        | InvalidVPackException
        | VPackTooLargeException
        | MessageException e) {
      throw ProtocolViolationException.inResponse(
          endpoint, url, e.getMessage() + (value == null ? "" : offending(value)));
    }
  }

  /// The wire's way of showing what was wrong.
  private static String offending(VPackSlice marker) {
    String text = marker.byteSize() > 64 << 10 ? "(large)" : marker.toJson();
    return ", offending marker: " + text.substring(0, Math.min(text.length(), EXCERPT_CHARACTERS));
  }

  private Marker read(VPackSlice marker) {
    if (!marker.isObject()) {
      throw new MessageException("a marker is no object");
    }
    long type = Messages.requiredUnsigned(marker, "type");
    // Leaders of 3.2 leave the tick out where an index is created.
    Tick tick = new Tick(Messages.unsigned(marker, "tick", 0));
    String database = text(marker, "db");
    if (database.isEmpty()) {
      database = text(marker, "database");
    }
    if (type < 0 || type > Integer.MAX_VALUE) {
      throw unknown(type, marker);
    }
    return switch ((int) type) {
      case MarkerType.DATABASE_CREATED ->
          new Marker.DatabaseCreated(
              tick, requiredText(Messages.requiredObject(marker, "data"), "name"));
      case MarkerType.DATABASE_DROPPED -> new Marker.DatabaseDropped(tick, database);
      case MarkerType.COLLECTION_CREATED ->
          new Marker.CollectionCreated(
              tick,
              database,
              collection(marker),
              InventoryCollection.ofParameters(Messages.requiredObject(marker, "data")));
      case MarkerType.COLLECTION_DROPPED ->
          new Marker.CollectionDropped(tick, database, collection(marker));
      case MarkerType.COLLECTION_RENAMED ->
          new Marker.CollectionRenamed(
              tick,
              database,
              collection(marker),
              requiredText(Messages.requiredObject(marker, "data"), "name"));
      case MarkerType.PROPERTIES_CHANGED ->
          new Marker.PropertiesChanged(
              tick,
              database,
              collection(marker),
              InventoryCollection.ofParameters(Messages.requiredObject(marker, "data")));
      case MarkerType.COLLECTION_TRUNCATED ->
          new Marker.CollectionTruncated(tick, database, collection(marker));
      case MarkerType.INDEX_CREATED -> {
        CollectionReference collection = collection(marker);
        yield new Marker.IndexCreated(
            tick,
            database,
            collection,
            InventoryCollection.index(Messages.requiredObject(marker, "data"), collection.shown()));
      }
      case MarkerType.INDEX_DROPPED ->
          new Marker.IndexDropped(
              tick,
              database,
              collection(marker),
              Messages.requiredUnsigned(Messages.requiredObject(marker, "data"), "id"));
      case MarkerType.VIEW_CREATED, MarkerType.VIEW_DROPPED, MarkerType.VIEW_CHANGED ->
          new Marker.ViewChanged(tick, database);
      case MarkerType.TRANSACTION_BEGUN ->
          new Marker.TransactionBegun(tick, database, requiredText(marker, "tid"));
      case MarkerType.TRANSACTION_COMMITTED ->
          new Marker.TransactionCommitted(tick, database, requiredText(marker, "tid"));
      case MarkerType.TRANSACTION_ABORTED ->
          new Marker.TransactionAborted(tick, database, requiredText(marker, "tid"));
      case MarkerType.DOCUMENT_WRITTEN, MarkerType.EDGE_WRITTEN ->
          new Marker.DocumentWritten(
              tick,
              database,
              collection(marker),
              text(marker, "tid"),
              LeaderDocument.read(Messages.requiredObject(marker, "data")));
      case MarkerType.DOCUMENT_REMOVED ->
          new Marker.DocumentRemoved(
              tick,
              database,
              collection(marker),
              text(marker, "tid"),
              LeaderDocument.key(Messages.requiredObject(marker, "data")));
      case Marker.COLLECTION_REPLACED ->
          new Marker.CollectionReplaced(tick, database, collection(marker));
      default -> throw unknown(type, marker);
    };
  }

  private ProtocolViolationException unknown(long type, VPackSlice marker) {
    return ProtocolViolationException.unknownMarker(endpoint, url, type, offending(marker));
  }

  private static CollectionReference collection(VPackSlice marker) {
    CollectionReference collection =
        new CollectionReference(text(marker, "cuid"), text(marker, "cname"), text(marker, "cid"));
    if (collection.shown().isEmpty()) {
      throw new MessageException("a marker names no collection");
    }
    return collection;
  }

  /// A string, or a number's digits; empty where it is missing.
  private static String text(VPackSlice object, String name) {
    VPackSlice value = Messages.member(object, name);
    if (value == null) {
      return "";
    }
    if (value.isString()) {
      return value.asString();
    }
    return Long.toUnsignedString(Messages.unsigned(value, name));
  }

  private static String requiredText(VPackSlice object, String name) {
    String text = text(object, name);
    if (text.isEmpty()) {
      throw new MessageException("'" + name + "' is missing");
    }
    return text;
  }
}
