package dev.lockstep.server.api;

import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.KeyGeneratorType;
import dev.lockstep.core.collection.KeyOptions;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;

/// The wire's descriptions of a collection. Thread-safe: no state.
final class CollectionRendering {
  static final int LOADED = 3;
  static final int UNLOADED = 2;

  private CollectionRendering() {}

  /// The short description.
  static void info(VPackBuilder builder, CollectionDefinition definition) {
    info(builder, definition, LOADED);
  }

  static void info(VPackBuilder builder, CollectionDefinition definition, int status) {
    builder
        .member("id", Long.toUnsignedString(definition.id()))
        .member("name", definition.name())
        .member("status", status)
        .member("type", definition.properties().type().number())
        .member("isSystem", definition.properties().isSystem())
        .member("globallyUniqueId", definition.globallyUniqueId());
  }

  /// The long description, the short one included.
  static void properties(VPackBuilder builder, CollectionDefinition definition) {
    info(builder, definition);
    CollectionProperties properties = definition.properties();
    builder
        .member("statusString", "loaded")
        .member("objectId", Long.toUnsignedString(definition.generation()))
        .member("waitForSync", properties.waitForSync())
        .member("writeConcern", 1);
    builder.key("schema");
    if (properties.schema() == null) {
      builder.nullValue();
    } else {
      builder.slice(VPackSlice.of(properties.schema()));
    }
    keyOptions(builder, properties.keyOptions(), definition.lastKeyValue());
    builder
        .member("cacheEnabled", properties.cacheEnabled())
        .member("syncByRevision", properties.syncByRevision())
        .member("usesRevisionsAsDocumentIds", properties.usesRevisionsAsDocumentIds())
        .member("isSmartChild", false)
        .member("isDisjoint", false);
  }

  private static void keyOptions(VPackBuilder builder, KeyOptions options, long lastKeyValue) {
    builder.key("keyOptions").openObject();
    builder
        .member("type", options.type().wireName())
        .member("allowUserKeys", options.allowUserKeys());
    if (options.type() == KeyGeneratorType.AUTOINCREMENT) {
      builder.member("offset", options.offset()).member("increment", options.increment());
    }
    if (options.type() != KeyGeneratorType.UUID) {
      builder.key("lastValue").unsigned(lastKeyValue);
    }
    builder.close();
  }
}
