package dev.lockstep.core.collection;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Values of the catalog's rows: VelocyPack objects, so that members can be added without a new
/// format. Members: `docs/storage-format.md`, "catalog".
final class CatalogRows {
  private CatalogRows() {}

  static byte[] database(String name) {
    return new VPackBuilder().openObject().member("name", name).close().toByteArray();
  }

  static String databaseName(byte[] row) {
    return required(VPackSlice.of(row), "name").asString();
  }

  static byte[] collection(CollectionState state) {
    CollectionProperties properties = state.properties();
    KeyOptions keyOptions = properties.keyOptions();
    VPackBuilder row =
        new VPackBuilder()
            .openObject()
            .member("name", properties.name())
            .key("database")
            .unsigned(state.databaseId())
            .member("globallyUniqueId", state.globallyUniqueId())
            .key("generation")
            .unsigned(state.generation())
            .member("type", properties.type().number())
            .member("isSystem", properties.isSystem())
            .member("waitForSync", properties.waitForSync())
            .key("keyOptions")
            .openObject()
            .member("type", keyOptions.type().wireName())
            .member("allowUserKeys", keyOptions.allowUserKeys())
            .member("increment", keyOptions.increment())
            .member("offset", keyOptions.offset())
            .close()
            .member("cacheEnabled", properties.cacheEnabled())
            .member("syncByRevision", properties.syncByRevision())
            .member("usesRevisionsAsDocumentIds", properties.usesRevisionsAsDocumentIds());
    byte[] schema = properties.schema();
    if (schema != null) {
      row.member("schema", VPackSlice.of(schema));
    }
    return row.close().toByteArray();
  }

  static CollectionState collection(long id, byte[] bytes, List<StoredIndex> indexes) {
    VPackSlice row = VPackSlice.of(bytes);
    VPackSlice keyOptions = required(row, "keyOptions");
    VPackSlice schema = row.get("schema");
    long type = required(row, "type").asLong();
    CollectionType collectionType = CollectionType.ofNumber(type);
    String keyType = required(keyOptions, "type").asString();
    KeyGeneratorType generatorType = KeyGeneratorType.ofWireName(keyType);
    if (collectionType == null || generatorType == null) {
      throw new StorageException(
          "the catalog row of collection "
              + Long.toUnsignedString(id)
              + " names an unknown type: "
              + row.toJson());
    }
    CollectionProperties properties =
        new CollectionProperties(
            required(row, "name").asString(),
            collectionType,
            required(row, "isSystem").asBoolean(),
            required(row, "waitForSync").asBoolean(),
            new KeyOptions(
                generatorType,
                required(keyOptions, "allowUserKeys").asBoolean(),
                required(keyOptions, "increment").asLong(),
                required(keyOptions, "offset").asLong()),
            schema == null ? null : schema.toByteArray(),
            required(row, "cacheEnabled").asBoolean(),
            required(row, "syncByRevision").asBoolean(),
            required(row, "usesRevisionsAsDocumentIds").asBoolean());
    return new CollectionState(
        id,
        required(row, "database").asUnsignedLong(),
        required(row, "globallyUniqueId").asString(),
        required(row, "generation").asUnsignedLong(),
        properties,
        indexes,
        false);
  }

  static byte[] index(StoredIndex index) {
    IndexDefinition definition = index.definition();
    VPackBuilder row =
        new VPackBuilder()
            .openObject()
            .key("object")
            .unsigned(index.objectId())
            .member("name", definition.name())
            .member("type", definition.type().wireName())
            .key("fields")
            .openArray();
    for (String field : definition.fields()) {
      row.value(field);
    }
    row.close()
        .member("unique", definition.unique())
        .member("sparse", definition.sparse())
        .member("deduplicate", definition.deduplicate())
        .member("estimates", definition.estimates());
    Double expireAfter = definition.expireAfter();
    if (expireAfter != null) {
      row.member("expireAfter", (double) expireAfter);
    }
    byte[] extra = definition.extra();
    if (extra != null) {
      row.member("extra", VPackSlice.of(extra));
    }
    return row.close().toByteArray();
  }

  static StoredIndex index(long id, byte[] bytes, int keyBytesMax) {
    VPackSlice row = VPackSlice.of(bytes);
    List<String> fields = new ArrayList<>();
    for (VPackSlice field : required(row, "fields").elements()) {
      fields.add(field.asString());
    }
    String typeName = required(row, "type").asString();
    IndexType type = IndexType.ofWireName(typeName);
    if (type == null) {
      throw new StorageException("the catalog holds an index of unknown type: " + row.toJson());
    }
    VPackSlice expireAfter = row.get("expireAfter");
    VPackSlice extra = row.get("extra");
    IndexDefinition definition =
        new IndexDefinition(
            id,
            required(row, "name").asString(),
            type,
            fields,
            required(row, "unique").asBoolean(),
            required(row, "sparse").asBoolean(),
            required(row, "deduplicate").asBoolean(),
            required(row, "estimates").asBoolean(),
            expireAfter == null ? null : expireAfter.asDouble(),
            extra == null ? null : extra.toByteArray());
    return new StoredIndex(definition, required(row, "object").asUnsignedLong(), keyBytesMax);
  }

  private static VPackSlice required(VPackSlice row, String member) {
    @Nullable VPackSlice value = row.get(member);
    if (value == null) {
      throw new StorageException("a row of the catalog lacks '" + member + "': " + row.toJson());
    }
    return value;
  }
}
