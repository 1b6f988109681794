package dev.lockstep.replication.protocol;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Tick;
import java.util.HexFormat;
import java.util.List;

/// What a leader has of one collection in one state, in few bytes: enough to see that a follower
/// has the same. Between Lockstep servers only; specified in `docs/protocol.md`.
///
/// A match means that everything a synchronization brings over is equal: name, globally unique id,
/// properties, indexes, and the documents' number and fingerprint. The digest covers the other
/// members and the leader's server id as well, so a damaged answer does not match.
///
/// @param id of the collection on the leader, decimal
/// @param tick the last change of the state, at least 1
/// @param lastKeyValue see [CollectionDefinition#lastKeyValue]
/// @param digest 32 hexadecimal digits
public record CollectionDigest(String id, Tick tick, long lastKeyValue, String digest) {
  /// Parameter of the request for the logger state; its value is the collection's name.
  public static final String PARAMETER = "collectionDigest";

  private static final HexFormat HEX = HexFormat.of();

  /// Of a leader's collection.
  ///
  /// @param serverId the leader's, unsigned
  public static CollectionDigest of(long serverId, Tick tick, CollectionView view) {
    CollectionDefinition definition = view.definition();
    String id = Long.toUnsignedString(definition.id());
    long lastKeyValue = definition.lastKeyValue();
    return new CollectionDigest(
        id,
        tick,
        lastKeyValue,
        digest(serverId, tick, id, lastKeyValue, definition, CollectionTotals.of(view)));
  }

  /// Whether a local collection is what this one is.
  ///
  /// @param serverId the leader's, unsigned
  public boolean matches(long serverId, CollectionView local) {
    return digest.equals(
        digest(serverId, tick, id, lastKeyValue, local.definition(), CollectionTotals.of(local)));
  }

  private static String digest(
      long serverId,
      Tick tick,
      String id,
      long lastKeyValue,
      CollectionDefinition definition,
      CollectionTotals totals) {
    // Local id and last key differ between equal collections; those that were told take part.
    InventoryCollection description =
        new InventoryCollection(
            id,
            definition.globallyUniqueId(),
            false,
            definition.properties(),
            lastKeyValue,
            definition.indexes(),
            totals,
            List.of());
    VPackBuilder rendered = new VPackBuilder();
    description.render(rendered);
    HashValue128 hash =
        Hashing.xxh3_128()
            .hashStream()
            .putLong(serverId)
            .putLong(tick.value())
            .putBytes(rendered.toByteArray())
            .get();
    return HEX.toHexDigits(hash.getMostSignificantBits())
        + HEX.toHexDigits(hash.getLeastSignificantBits());
  }

  /// Reads what [#render] has written.
  ///
  /// @throws MessageException if a member is missing or of another type
  static CollectionDigest parse(VPackSlice message) {
    Tick tick = new Tick(Messages.requiredUnsigned(message, "tick"));
    if (tick.equals(Tick.NONE)) {
      throw new MessageException("a collection's digest has the tick 0");
    }
    return new CollectionDigest(
        Long.toUnsignedString(Messages.requiredUnsigned(message, "id")),
        tick,
        Messages.requiredUnsigned(message, "lastKeyValue"),
        Messages.string(message, "digest", ""));
  }

  /// Writes an object.
  void render(VPackBuilder target) {
    target
        .openObject()
        .member("id", id)
        .member("tick", tick.toString())
        .member("lastKeyValue", Long.toUnsignedString(lastKeyValue))
        .member("digest", digest)
        .close();
  }
}
