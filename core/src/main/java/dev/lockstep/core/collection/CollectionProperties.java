package dev.lockstep.core.collection;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What can be said about a collection when it is created.
///
/// @param schema a VelocyPack object, or null for none: `rule`, `level`, `message`, `type`
/// @param cacheEnabled kept for clients, without effect
/// @param syncByRevision whether peers may compare revision trees
/// @param usesRevisionsAsDocumentIds kept for peers
public record CollectionProperties(
    String name,
    CollectionType type,
    boolean isSystem,
    boolean waitForSync,
    KeyOptions keyOptions,
    byte @Nullable [] schema,
    boolean cacheEnabled,
    boolean syncByRevision,
    boolean usesRevisionsAsDocumentIds) {

  /// A collection with every default; a system collection if the name starts with `_`.
  public static CollectionProperties of(String name, CollectionType type) {
    return new CollectionProperties(
        name, type, name.startsWith("_"), false, KeyOptions.DEFAULT, null, false, true, true);
  }

  public CollectionProperties withName(String newName) {
    return new CollectionProperties(
        newName,
        type,
        isSystem,
        waitForSync,
        keyOptions,
        schema,
        cacheEnabled,
        syncByRevision,
        usesRevisionsAsDocumentIds);
  }

  public CollectionProperties withKeyOptions(KeyOptions newKeyOptions) {
    return new CollectionProperties(
        name,
        type,
        isSystem,
        waitForSync,
        newKeyOptions,
        schema,
        cacheEnabled,
        syncByRevision,
        usesRevisionsAsDocumentIds);
  }

  public CollectionProperties withSchema(byte @Nullable [] newSchema) {
    return new CollectionProperties(
        name,
        type,
        isSystem,
        waitForSync,
        keyOptions,
        newSchema,
        cacheEnabled,
        syncByRevision,
        usesRevisionsAsDocumentIds);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CollectionProperties that
        && name.equals(that.name)
        && type == that.type
        && isSystem == that.isSystem
        && waitForSync == that.waitForSync
        && keyOptions.equals(that.keyOptions)
        && Arrays.equals(schema, that.schema)
        && cacheEnabled == that.cacheEnabled
        && syncByRevision == that.syncByRevision
        && usesRevisionsAsDocumentIds == that.usesRevisionsAsDocumentIds;
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }
}
