package dev.lockstep.core.collection;

import java.util.List;

/// A collection as its leader describes it.
///
/// @param globallyUniqueId empty when the leader gives none
/// @param indexes without primary and edge; ids and names are kept
public record ReplicatedCollection(
    CollectionProperties properties, String globallyUniqueId, List<IndexDefinition> indexes) {
  public ReplicatedCollection {
    indexes = List.copyOf(indexes);
  }
}
