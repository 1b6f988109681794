package dev.lockstep.replication.protocol;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.KeyGeneratorType;
import dev.lockstep.core.collection.KeyOptions;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One collection of a leader's inventory. Reading tolerates what leaders from 3.2 to 4.x send and
/// leave out; writing gives what a stock follower needs and a little more.
///
/// @param id on the leader, decimal
/// @param globallyUniqueId empty when the leader gives none (before 3.3)
/// @param isDeleted being dropped on the leader; to be left out
/// @param lastKeyValue of the leader's key generator, unsigned; 0 = unknown or none
/// @param indexes without primary and edge index
/// @param totals of its documents; null where the leader does not tell them
/// @param notes what of the description we cannot keep, as sentences
public record InventoryCollection(
    String id,
    String globallyUniqueId,
    boolean isDeleted,
    CollectionProperties properties,
    long lastKeyValue,
    List<IndexDefinition> indexes,
    @Nullable CollectionTotals totals,
    List<String> notes) {

  /// Members of an index that have a place of their own, or are the leader's business only.
  private static final Set<String> INDEX_MEMBERS =
      Set.of(
          "id",
          "name",
          "type",
          "fields",
          "unique",
          "sparse",
          "deduplicate",
          "estimates",
          "expireAfter",
          "selectivityEstimate",
          "objectId",
          "isNewlyCreated",
          "error",
          "code",
          "figures",
          "progress",
          "isBuilding");

  /// The layout version that followers expect of collections.
  private static final int FORMAT_VERSION = 8;

  private static final VPackSlice NO_INDEXES =
      VPackSlice.of(new VPackBuilder().openArray().close().toByteArray());

  /// The wire's status "loaded".
  private static final int STATUS_LOADED = 3;

  public InventoryCollection {
    indexes = List.copyOf(indexes);
    notes = List.copyOf(notes);
  }

  public String name() {
    return properties.name();
  }

  public CollectionType type() {
    return properties.type();
  }

  /// A collection of ours, as it is told to followers.
  public static InventoryCollection of(CollectionView view) {
    return of(view.definition(), CollectionTotals.of(view));
  }

  /// A collection of ours without what its documents add up to.
  static InventoryCollection of(CollectionDefinition definition) {
    return of(definition, null);
  }

  private static InventoryCollection of(
      CollectionDefinition definition, @Nullable CollectionTotals totals) {
    return new InventoryCollection(
        Long.toUnsignedString(definition.id()),
        definition.globallyUniqueId(),
        false,
        definition.properties(),
        definition.lastKeyValue(),
        definition.indexes(),
        totals,
        List.of());
  }

  /// As a leader describes it that tells no totals.
  public InventoryCollection withoutTotals() {
    return new InventoryCollection(
        id, globallyUniqueId, isDeleted, properties, lastKeyValue, indexes, null, notes);
  }

  /// Reads one element of `collections`.
  ///
  /// @throws MessageException if it has no name, id or type
  public static InventoryCollection parse(VPackSlice entry) {
    return read(
        Messages.requiredObject(entry, "parameters"),
        Messages.requiredArray(entry, "indexes"),
        totals(entry));
  }

  /// Reads the description that a marker carries: the parameters alone.
  ///
  /// @throws MessageException if it has no name, id or type
  static InventoryCollection ofParameters(VPackSlice parameters) {
    return read(parameters, NO_INDEXES, null);
  }

  private static InventoryCollection read(
      VPackSlice parameters, VPackSlice indexes, @Nullable CollectionTotals totals) {
    String name = Messages.string(parameters, "name", "");
    if (name.isEmpty()) {
      throw new MessageException("a collection without name");
    }
    long id = Messages.unsigned(parameters, "id", 0);
    if (id == 0) {
      id = Messages.unsigned(parameters, "cid", 0);
    }
    if (id == 0) {
      throw new MessageException("collection '" + name + "' has no id");
    }
    CollectionType type =
        CollectionType.ofNumber(
            Messages.unsigned(parameters, "type", CollectionType.DOCUMENT.number()));
    if (type == null) {
      throw new MessageException("collection '" + name + "' has an unknown type");
    }
    VPackSlice keyOptions = Messages.member(parameters, "keyOptions");
    VPackSlice schema = Messages.member(parameters, "schema");
    List<String> notes = new ArrayList<>();
    CollectionProperties properties =
        new CollectionProperties(
            name,
            type,
            Messages.bool(parameters, "isSystem", name.startsWith("_")),
            Messages.bool(parameters, "waitForSync", false),
            keyOptions == null || !keyOptions.isObject()
                ? KeyOptions.DEFAULT
                : keyOptions(keyOptions, name),
            schema == null || !schema.isObject() ? null : schema.toByteArray(),
            Messages.bool(parameters, "cacheEnabled", false),
            Messages.bool(parameters, "syncByRevision", false),
            Messages.bool(parameters, "usesRevisionsAsDocumentIds", false));
    return new InventoryCollection(
        Long.toUnsignedString(id),
        Messages.string(parameters, "globallyUniqueId", ""),
        Messages.bool(parameters, "deleted", false),
        properties,
        keyOptions == null || !keyOptions.isObject() ? 0 : lastValue(keyOptions),
        indexes(indexes, name, notes),
        totals,
        notes);
  }

  private static @Nullable CollectionTotals totals(VPackSlice entry) {
    VPackSlice fingerprint = Messages.member(entry, "fingerprint");
    return fingerprint == null
        ? null
        : new CollectionTotals(
            Messages.requiredUnsigned(entry, "count"),
            Messages.requiredUnsigned(entry, "fingerprint"));
  }

  private static KeyOptions keyOptions(VPackSlice options, String collection) {
    KeyGeneratorType type =
        KeyGeneratorType.ofWireName(Messages.string(options, "type", "traditional"));
    if (type == null) {
      throw new MessageException("collection '" + collection + "' has an unknown key generator");
    }
    try {
      return new KeyOptions(
          type,
          Messages.bool(options, "allowUserKeys", true),
          Messages.unsigned(options, "increment", 1),
          Messages.unsigned(options, "offset", 0));
    } catch (LockstepException e) {
      throw new MessageException("collection '" + collection + "': " + e.getMessage(), e);
    }
  }

  private static long lastValue(VPackSlice options) {
    VPackSlice value = Messages.member(options, "lastValue");
    // Some generators of some leaders print what is no number; the keys themselves tell as much.
    return value != null && (value.isInteger() || value.isString()) ? lenientUnsigned(options) : 0;
  }

  private static long lenientUnsigned(VPackSlice options) {
    try {
      return Messages.unsigned(options, "lastValue", 0);
    } catch (MessageException _) {
      return 0;
    }
  }

  /// Reads one index.
  ///
  /// @param collection for messages
  /// @return null for the kinds that every collection has and for unknown ones
  /// @throws MessageException if it is malformed
  static @Nullable IndexDefinition index(VPackSlice entry, String collection) {
    List<IndexDefinition> one = new ArrayList<>(1);
    addIndex(entry, collection, one, new ArrayList<>());
    return one.isEmpty() ? null : one.getFirst();
  }

  private static List<IndexDefinition> indexes(
      VPackSlice list, String collection, List<String> notes) {
    List<IndexDefinition> indexes = new ArrayList<>();
    for (VPackSlice entry : list.elements()) {
      addIndex(entry, collection, indexes, notes);
    }
    return indexes;
  }

  private static void addIndex(
      VPackSlice entry, String collection, List<IndexDefinition> indexes, List<String> notes) {
    if (!entry.isObject()) {
      throw new MessageException("collection '" + collection + "' has an index that is no object");
    }
    String typeName = Messages.string(entry, "type", "");
    IndexType type = IndexType.ofWireName(typeName);
    if (type == null) {
      notes.add(
          "collection '"
              + collection
              + "': an index of the unknown type '"
              + ReplicationException.excerpt(typeName)
              + "' is left out");
    } else if (type != IndexType.PRIMARY && type != IndexType.EDGE) {
      indexes.add(index(entry, type, collection));
    }
  }

  // javac drops the annotation of a record's array component from its compact constructor.
  @SuppressWarnings("NullAway")
  private static IndexDefinition index(VPackSlice entry, IndexType type, String collection) {
    long id = indexId(entry, collection);
    List<String> fields = new ArrayList<>();
    boolean plainFields = true;
    VPackSlice given = Messages.requiredArray(entry, "fields");
    for (VPackSlice field : given.elements()) {
      if (field.isString()) {
        fields.add(field.asString());
      } else if (field.isObject()) {
        // Inverted indexes describe each field; the description is kept with the rest.
        fields.add(Messages.string(field, "name", ""));
        plainFields = false;
      } else {
        throw new MessageException(
            "index " + Long.toUnsignedString(id) + " of '" + collection + "' has a bad field");
      }
    }
    VPackSlice expireAfter = Messages.member(entry, "expireAfter");
    return new IndexDefinition(
        id,
        Messages.string(entry, "name", "idx_" + Long.toUnsignedString(id)),
        type,
        fields,
        Messages.bool(entry, "unique", false),
        Messages.bool(entry, "sparse", false),
        Messages.bool(entry, "deduplicate", true),
        Messages.bool(entry, "estimates", true),
        expireAfter == null || !expireAfter.isNumber() ? null : expireAfter.asDouble(),
        extra(entry, plainFields));
  }

  /// The id, with or without the collection's name before it.
  private static long indexId(VPackSlice entry, String collection) {
    VPackSlice id = Messages.member(entry, "id");
    if (id != null && id.isString() && id.asString().indexOf('/') >= 0) {
      String text = id.asString();
      try {
        return Long.parseUnsignedLong(text.substring(text.indexOf('/') + 1));
      } catch (NumberFormatException e) {
        throw new MessageException("collection '" + collection + "' has an index with a bad id", e);
      }
    }
    return Messages.requiredUnsigned(entry, "id");
  }

  private static byte @Nullable [] extra(VPackSlice entry, boolean plainFields) {
    VPackBuilder builder = new VPackBuilder();
    builder.openObject();
    int members = 0;
    for (VPackMember member : entry.members()) {
      boolean isKept =
          !INDEX_MEMBERS.contains(member.name())
              || (member.name().equals("fields") && !plainFields);
      if (isKept) {
        builder.member(member.name(), member.value());
        members++;
      }
    }
    builder.close();
    return members == 0 ? null : builder.toByteArray();
  }

  /// Writes the element.
  public void render(VPackBuilder target) {
    target.openObject();
    target.key("parameters");
    renderParameters(target);
    target.key("indexes").openArray();
    indexes.forEach(index -> render(index, target));
    target.close();
    if (totals != null) {
      target.member("count", totals.count());
      target.member("fingerprint", Long.toUnsignedString(totals.fingerprint()));
    }
    target.close();
  }

  /// Writes the parameters alone, as a marker carries them.
  void renderParameters(VPackBuilder target) {
    boolean isDefaultKeys = properties.keyOptions().type() != KeyGeneratorType.AUTOINCREMENT;
    target.openObject();
    target.member("allowUserKeys", properties.keyOptions().allowUserKeys());
    target.member("cacheEnabled", properties.cacheEnabled());
    target.member("cid", id);
    target.member("deleted", isDeleted);
    target.member("globallyUniqueId", globallyUniqueId);
    target.member("id", id);
    target.member("isDisjoint", false);
    target.member("isSmart", false);
    target.member("isSmartChild", false);
    target.member("isSystem", properties.isSystem());
    target.key("keyOptions").openObject();
    target.member("allowUserKeys", properties.keyOptions().allowUserKeys());
    target.member("type", properties.keyOptions().type().wireName());
    if (!isDefaultKeys) {
      target.member("increment", properties.keyOptions().increment());
      target.member("offset", properties.keyOptions().offset());
    }
    target.key("lastValue").unsigned(lastKeyValue);
    target.close();
    target.member("minReplicationFactor", 1);
    target.member("name", name());
    target.member("numberOfShards", 1);
    target.member("planId", id);
    target.member("replicationFactor", 1);
    target.key("schema");
    byte[] schema = properties.schema();
    if (schema == null) {
      target.nullValue();
    } else {
      target.slice(VPackSlice.of(schema));
    }
    target.key("shardKeys").openArray().value("_key").close();
    target.member("status", STATUS_LOADED);
    target.member("syncByRevision", properties.syncByRevision());
    target.member("type", type().number());
    target.member("usesRevisionsAsDocumentIds", properties.usesRevisionsAsDocumentIds());
    target.member("version", FORMAT_VERSION);
    target.member("waitForSync", properties.waitForSync());
    target.member("writeConcern", 1);
    target.close();
  }

  /// Writes one index.
  static void render(IndexDefinition index, VPackBuilder target) {
    VPackSlice extra = index.extra() == null ? null : VPackSlice.of(index.extra());
    target.openObject();
    target.member("id", Long.toUnsignedString(index.id()));
    target.member("name", index.name());
    target.member("type", index.type().wireName());
    if (extra == null || extra.get("fields") == null) {
      target.key("fields").openArray();
      index.fields().forEach(target::value);
      target.close();
    }
    target.member("unique", index.unique());
    target.member("sparse", index.sparse());
    target.member("deduplicate", index.deduplicate());
    target.member("estimates", index.estimates());
    if (index.expireAfter() != null) {
      target.member("expireAfter", index.expireAfter());
    }
    if (extra != null) {
      for (VPackMember member : extra.members()) {
        target.member(member.name(), member.value());
      }
    }
    target.close();
  }
}
