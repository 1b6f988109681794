package dev.lockstep.core.changelog;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// The stored form of a [Change]: one kind byte, then its numbers as 64-bit big-endian, then one
/// trailing text or byte string that ends with the value. Table and history:
/// `docs/storage-format.md`, "changes".
public final class ChangeCodec {
  private static final int DOCUMENT_WRITTEN = 1;
  private static final int DOCUMENT_REMOVED = 2;
  private static final int COLLECTION_CREATED = 3;
  private static final int COLLECTION_DROPPED = 4;

  /// Of servers that did not write down what followers know a collection by; only read.
  private static final int COLLECTION_RENAMED_WITHOUT_ID = 5;

  private static final int PROPERTIES_CHANGED = 6;
  private static final int TRUNCATED = 7;
  private static final int GENERATION_SWAPPED = 8;

  /// Not written any more: it does not tell the index's id.
  private static final int INDEX_CREATED_WITHOUT_ID = 9;

  private static final int INDEX_DROPPED = 10;
  private static final int DATABASE_CREATED = 11;
  private static final int DATABASE_DROPPED = 12;
  private static final int TRANSACTION_BEGUN = 13;
  private static final int TRANSACTION_COMMITTED = 14;
  private static final int INDEX_CREATED = 15;
  private static final int COLLECTION_RENAMED = 16;
  private static final byte[] NOTHING = {};

  private ChangeCodec() {}

  public static byte[] encode(Change change) {
    return switch (change) {
      case Change.DocumentWritten c ->
          bytes(
              DOCUMENT_WRITTEN,
              text(c.key()),
              c.databaseId(),
              c.collectionId(),
              c.generation(),
              c.revision().value(),
              c.previous().value());
      case Change.DocumentRemoved c ->
          bytes(
              DOCUMENT_REMOVED,
              text(c.key()),
              c.databaseId(),
              c.collectionId(),
              c.generation(),
              c.revision().value(),
              c.previous().value());
      case Change.CollectionCreated c ->
          bytes(COLLECTION_CREATED, c.definition(), c.databaseId(), c.collectionId());
      case Change.CollectionDropped c ->
          bytes(COLLECTION_DROPPED, text(c.globallyUniqueId()), c.databaseId(), c.collectionId());
      case Change.CollectionRenamed c ->
          // Names hold no NUL, so it may part them.
          bytes(
              COLLECTION_RENAMED,
              text(c.globallyUniqueId() + '\0' + c.oldName() + '\0' + c.newName()),
              c.databaseId(),
              c.collectionId());
      case Change.PropertiesChanged c ->
          bytes(PROPERTIES_CHANGED, c.definition(), c.databaseId(), c.collectionId());
      case Change.Truncated c ->
          bytes(TRUNCATED, NOTHING, c.databaseId(), c.collectionId(), c.newGeneration());
      case Change.GenerationSwapped c ->
          bytes(GENERATION_SWAPPED, NOTHING, c.databaseId(), c.collectionId(), c.newGeneration());
      case Change.IndexCreated c ->
          bytes(INDEX_CREATED, c.definition(), c.databaseId(), c.collectionId(), c.indexId());
      case Change.IndexDropped c ->
          bytes(INDEX_DROPPED, NOTHING, c.databaseId(), c.collectionId(), c.indexId());
      case Change.DatabaseCreated c -> bytes(DATABASE_CREATED, text(c.name()), c.databaseId());
      case Change.DatabaseDropped c -> bytes(DATABASE_DROPPED, text(c.name()), c.databaseId());
      case Change.TransactionBegun c ->
          bytes(TRANSACTION_BEGUN, NOTHING, c.databaseId(), c.transactionId());
      case Change.TransactionCommitted c ->
          bytes(TRANSACTION_COMMITTED, NOTHING, c.databaseId(), c.transactionId());
    };
  }

  /// @throws StorageException when the bytes are no change of a kind this version knows
  public static Change decode(byte[] stored) {
    if (stored.length == 0) {
      throw new StorageException("empty entry in the change log");
    }
    ByteBuffer in = ByteBuffer.wrap(stored, 1, stored.length - 1);
    try {
      return switch (stored[0]) {
        case DOCUMENT_WRITTEN ->
            new Change.DocumentWritten(
                in.getLong(), in.getLong(), in.getLong(), revision(in), revision(in), text(in));
        case DOCUMENT_REMOVED ->
            new Change.DocumentRemoved(
                in.getLong(), in.getLong(), in.getLong(), revision(in), revision(in), text(in));
        case COLLECTION_CREATED ->
            new Change.CollectionCreated(in.getLong(), in.getLong(), rest(in));
        case COLLECTION_DROPPED ->
            new Change.CollectionDropped(in.getLong(), in.getLong(), text(in));
        case COLLECTION_RENAMED -> renamed(in.getLong(), in.getLong(), text(in));
        case COLLECTION_RENAMED_WITHOUT_ID -> renamed(in.getLong(), in.getLong(), '\0' + text(in));
        case PROPERTIES_CHANGED ->
            new Change.PropertiesChanged(in.getLong(), in.getLong(), rest(in));
        case TRUNCATED -> new Change.Truncated(in.getLong(), in.getLong(), in.getLong());
        case GENERATION_SWAPPED ->
            new Change.GenerationSwapped(in.getLong(), in.getLong(), in.getLong());
        case INDEX_CREATED_WITHOUT_ID ->
            new Change.IndexCreated(in.getLong(), in.getLong(), 0, rest(in));
        case INDEX_CREATED ->
            new Change.IndexCreated(in.getLong(), in.getLong(), in.getLong(), rest(in));
        case INDEX_DROPPED -> new Change.IndexDropped(in.getLong(), in.getLong(), in.getLong());
        case DATABASE_CREATED -> new Change.DatabaseCreated(in.getLong(), text(in));
        case DATABASE_DROPPED -> new Change.DatabaseDropped(in.getLong(), text(in));
        case TRANSACTION_BEGUN -> new Change.TransactionBegun(in.getLong(), in.getLong());
        case TRANSACTION_COMMITTED -> new Change.TransactionCommitted(in.getLong(), in.getLong());
        default ->
            throw new StorageException("entry of unknown kind " + stored[0] + " in the change log");
      };
    } catch (java.nio.BufferUnderflowException cut) {
      throw new StorageException(
          "entry of kind " + stored[0] + " in the change log is cut short", cut);
    }
  }

  private static Change renamed(long databaseId, long collectionId, String names) {
    String[] parts = names.split("\0", -1);
    if (parts.length != 3) {
      throw new StorageException(
          "entry of a rename in the change log has " + parts.length + " parts, not 3");
    }
    return new Change.CollectionRenamed(databaseId, collectionId, parts[0], parts[1], parts[2]);
  }

  private static byte[] bytes(int kind, byte[] tail, long... numbers) {
    ByteBuffer out = ByteBuffer.allocate(1 + numbers.length * Long.BYTES + tail.length);
    out.put((byte) kind);
    for (long number : numbers) {
      out.putLong(number);
    }
    out.put(tail);
    return out.array();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Revision revision(ByteBuffer in) {
    return new Revision(in.getLong());
  }

  private static byte[] rest(ByteBuffer in) {
    byte[] rest = new byte[in.remaining()];
    in.get(rest);
    return rest;
  }

  private static String text(ByteBuffer in) {
    return new String(rest(in), StandardCharsets.UTF_8);
  }
}
