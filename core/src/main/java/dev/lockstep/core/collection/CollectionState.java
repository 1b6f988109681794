package dev.lockstep.core.collection;

import java.util.ArrayList;
import java.util.List;

/// What the catalog says about a collection at one moment. Immutable: a change of the catalog makes
/// a new one.
///
/// @param indexes in the order of their ids
/// @param dropped nothing may be read or written any more
record CollectionState(
    long id,
    long databaseId,
    String globallyUniqueId,
    long generation,
    CollectionProperties properties,
    List<StoredIndex> indexes,
    boolean dropped) {
  CollectionState {
    indexes = List.copyOf(indexes);
  }

  String name() {
    return properties.name();
  }

  /// The indexes in which documents have entries.
  List<StoredIndex> maintainedIndexes() {
    if (indexes.isEmpty()) {
      return indexes;
    }
    List<StoredIndex> maintained = new ArrayList<>(indexes.size());
    for (StoredIndex index : indexes) {
      if (index.isMaintained()) {
        maintained.add(index);
      }
    }
    return maintained;
  }

  CollectionDefinition definition(long lastKeyValue) {
    List<IndexDefinition> definitions = new ArrayList<>(indexes.size());
    for (StoredIndex index : indexes) {
      definitions.add(index.definition());
    }
    return new CollectionDefinition(
        id, databaseId, globallyUniqueId, generation, properties, definitions, lastKeyValue);
  }

  CollectionState withProperties(CollectionProperties newProperties) {
    return new CollectionState(
        id, databaseId, globallyUniqueId, generation, newProperties, indexes, dropped);
  }

  CollectionState withIndexes(List<StoredIndex> newIndexes) {
    return new CollectionState(
        id, databaseId, globallyUniqueId, generation, properties, newIndexes, dropped);
  }

  CollectionState withGeneration(long newGeneration, List<StoredIndex> newIndexes) {
    return new CollectionState(
        id, databaseId, globallyUniqueId, newGeneration, properties, newIndexes, dropped);
  }

  CollectionState asDropped() {
    return new CollectionState(
        id, databaseId, globallyUniqueId, generation, properties, indexes, true);
  }
}
