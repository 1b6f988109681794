package dev.lockstep.core.storage;

/// The separate ordered key spaces of an engine. In all but [#CATALOG], [#COUNTERS] and [#CHANGES]
/// a key starts with eight bytes, big-endian, that name the generation or index the entry belongs
/// to, so that a whole generation is one [KeyRange]. Formats: `docs/storage-format.md`.
public enum Keyspace {
  /// Databases, collections, indexes, server identity, settings that must survive.
  CATALOG,
  /// generation, revision -> the document's stored form (or its chunks).
  DOCUMENTS,
  /// generation, key -> revision: the small head row of a document.
  PRIMARY,
  /// index object, encoded attribute values[, revision] -> revision or nothing.
  INDEXES,
  /// Commutative counters; written with [WriteBatch#add] only, forgotten with a deletion. Read as
  /// values they are signed and big-endian ([Keys#longAt]).
  COUNTERS,
  /// tick -> change; written with [WriteBatch#appendChange] only, shortened with
  /// [StorageEngine#purge] only.
  CHANGES,
  /// generation, ... -> persisted revision trees.
  TREES,
  /// generation, revision -> a document as a transaction wrote it, after it was replaced or removed
  /// (or its chunks). Under generation 0, which no collection has: tick, generation, revision ->
  /// length; it goes when the change of that tick does.
  SUPERSEDED
}
