package dev.lockstep.core.collection;

import java.util.List;

/// A collection in one committed state of the catalog.
///
/// @param id local, decimal on the wire, never reused
/// @param globallyUniqueId the same on leader and follower, stable over renaming; unique within the
///   database
/// @param generation the storage prefix that holds the documents now
/// @param indexes in the order of their ids, without primary and edge index
/// @param lastKeyValue the greatest number the key generator has given or seen, unsigned; 0: none
public record CollectionDefinition(
    long id,
    long databaseId,
    String globallyUniqueId,
    long generation,
    CollectionProperties properties,
    List<IndexDefinition> indexes,
    long lastKeyValue) {
  public CollectionDefinition {
    indexes = List.copyOf(indexes);
  }

  public String name() {
    return properties.name();
  }
}
