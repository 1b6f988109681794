package dev.lockstep.core.collection;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An index as clients and peers see it.
///
/// @param id unique within the collection; 0 in a request: assign one
/// @param name unique within the collection; empty in a request: assign one
/// @param fields attribute paths as given
/// @param deduplicate whether equal elements of one array count once (array expansion only)
/// @param estimates kept for clients, without effect
/// @param expireAfter seconds after the time in the attribute when a document expires; ttl only
/// @param extra a VelocyPack object with further members of the definition, kept verbatim
public record IndexDefinition(
    long id,
    String name,
    IndexType type,
    List<String> fields,
    boolean unique,
    boolean sparse,
    boolean deduplicate,
    boolean estimates,
    @Nullable Double expireAfter,
    byte @Nullable [] extra) {
  // Spelled out, because javac forgets the @Nullable of an array in a compact constructor.
  public IndexDefinition(
      long id,
      String name,
      IndexType type,
      List<String> fields,
      boolean unique,
      boolean sparse,
      boolean deduplicate,
      boolean estimates,
      @Nullable Double expireAfter,
      byte @Nullable [] extra) {
    this.id = id;
    this.name = name;
    this.type = type;
    this.fields = List.copyOf(fields);
    this.unique = unique;
    this.sparse = sparse;
    this.deduplicate = deduplicate;
    this.estimates = estimates;
    this.expireAfter = expireAfter;
    this.extra = extra;
  }

  /// A request for an index of the given type with every default and neither id nor name.
  public static IndexDefinition of(
      IndexType type, List<String> fields, boolean unique, boolean sparse) {
    return new IndexDefinition(0, "", type, fields, unique, sparse, true, true, null, null);
  }

  public IndexDefinition withIdAndName(long newId, String newName) {
    return new IndexDefinition(
        newId, newName, type, fields, unique, sparse, deduplicate, estimates, expireAfter, extra);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IndexDefinition that
        && id == that.id
        && name.equals(that.name)
        && type == that.type
        && fields.equals(that.fields)
        && unique == that.unique
        && sparse == that.sparse
        && deduplicate == that.deduplicate
        && estimates == that.estimates
        && (expireAfter == null ? that.expireAfter == null : expireAfter.equals(that.expireAfter))
        && Arrays.equals(extra, that.extra);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(id) * 31 + name.hashCode();
  }
}
