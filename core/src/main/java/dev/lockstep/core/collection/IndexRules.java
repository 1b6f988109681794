package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.AttributePath;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which index definitions are possible, and which mean the same.
final class IndexRules {
  private static final String ID = "_id";

  private IndexRules() {}

  /// Checks a wanted index and sets what its type decides.
  ///
  /// @throws LockstepException 10 or 1208
  static IndexDefinition completed(IndexDefinition wanted) {
    IndexType type = wanted.type();
    if (type == IndexType.PRIMARY || type == IndexType.EDGE) {
      throw bad("an index of type " + type.wireName() + " cannot be created");
    }
    if (!wanted.name().isEmpty()) {
      NameRules.requireIndexName(wanted.name());
    }
    requireFields(wanted);
    if (type != IndexType.TTL) {
      return wanted;
    }
    Double expireAfter = wanted.expireAfter();
    if (wanted.fields().size() != 1) {
      throw bad("a ttl index has exactly one field, not " + wanted.fields().size());
    }
    if (expireAfter == null || !(expireAfter >= 0) || expireAfter.isInfinite()) {
      throw bad(
          "a ttl index needs 'expireAfter', a number of seconds that is not negative"
              + (expireAfter == null ? "" : ", not " + expireAfter));
    }
    if (wanted.unique()) {
      throw bad("a ttl index cannot be unique");
    }
    return new IndexDefinition(
        wanted.id(),
        wanted.name(),
        type,
        wanted.fields(),
        false,
        true,
        wanted.deduplicate(),
        false,
        expireAfter,
        wanted.extra());
  }

  private static void requireFields(IndexDefinition wanted) {
    List<String> fields = wanted.fields();
    if (fields.isEmpty() && wanted.type() != IndexType.INVERTED) {
      throw bad("an index needs at least one field");
    }
    if (!wanted.type().isUsed()) {
      return;
    }
    if (new HashSet<>(fields).size() != fields.size()) {
      throw bad("an index cannot have the same field twice: " + fields);
    }
    for (String field : fields) {
      AttributePath path;
      try {
        path = AttributePath.parse(field);
      } catch (IllegalArgumentException e) {
        throw new LockstepException(
            ErrorNumber.BAD_PARAMETER,
            "field '" + field + "' of the index is no attribute path: " + e.getMessage(),
            e);
      }
      if (field.equals(ID) || field.startsWith(ID + "[")) {
        throw bad("the attribute _id cannot be indexed");
      }
      if (wanted.type() == IndexType.TTL && path.isExpanding()) {
        throw bad("a ttl index cannot expand an array: " + field);
      }
    }
  }

  /// The existing index that does what the wanted one would do, null if there is none.
  static @Nullable IndexDefinition same(IndexDefinition wanted, List<StoredIndex> existing) {
    for (StoredIndex index : existing) {
      if (isSame(wanted, index.definition())) {
        return index.definition();
      }
    }
    return null;
  }

  /// Completes a leader's index. Its name stands, whatever our rules for new names.
  ///
  /// @param id of the local one
  /// @throws LockstepException 10
  static IndexDefinition replicated(IndexDefinition wanted, long id) {
    return completed(wanted.withIdAndName(id, ""))
        .withIdAndName(
            id, wanted.name().isEmpty() ? "idx_" + Long.toUnsignedString(id) : wanted.name());
  }

  /// How a local index stands to a leader's.
  enum Relation {
    /// It is one of them, or has nothing to do with them and forbids nothing.
    COMPATIBLE,
    /// It has nothing in common with the leader's index of its id.
    SAME_ID,
    /// It cannot be beside them, or could forbid a document of the leader's.
    CONTRADICTORY
  }

  /// See [DocumentCollection#dropIndexesAgainst].
  static Relation relation(StoredIndex index, List<IndexDefinition> leaders) {
    IndexDefinition local = index.definition();
    boolean isContradictory = index.isUnique();
    boolean hasId = false;
    for (IndexDefinition wanted : leaders) {
      IndexDefinition theirs = replicated(wanted, wanted.id());
      if (theirs.equals(local)) {
        return Relation.COMPATIBLE;
      }
      hasId |= theirs.id() == local.id();
      isContradictory |=
          theirs.name().equals(local.name())
              || isSame(theirs, local)
              || theirs.type() == IndexType.TTL && local.type() == IndexType.TTL;
    }
    return isContradictory
        ? Relation.CONTRADICTORY
        : hasId ? Relation.SAME_ID : Relation.COMPATIBLE;
  }

  private static boolean isSame(IndexDefinition wanted, IndexDefinition existing) {
    return wanted
        .withIdAndName(existing.id(), existing.name())
        .equals(
            new IndexDefinition(
                existing.id(),
                existing.name(),
                existing.type(),
                existing.fields(),
                existing.unique(),
                existing.sparse(),
                existing.deduplicate(),
                wanted.estimates(),
                existing.expireAfter(),
                existing.extra()));
  }

  /// @throws LockstepException 1005 if id or name belong to an index that does something else, 10
  ///   for a second ttl index
  static void requireRoom(IndexDefinition wanted, List<StoredIndex> existing) {
    for (StoredIndex index : existing) {
      IndexDefinition other = index.definition();
      if (wanted.id() == other.id()) {
        throw new LockstepException(
            ErrorNumber.DUPLICATE_IDENTIFIER,
            "duplicate identifier: index id "
                + Long.toUnsignedString(wanted.id())
                + " belongs to index '"
                + other.name()
                + "', which is defined differently");
      }
      if (wanted.name().equals(other.name())) {
        throw new LockstepException(
            ErrorNumber.DUPLICATE_IDENTIFIER,
            "duplicate identifier: an index named '"
                + other.name()
                + "' exists and is defined differently");
      }
      if (wanted.type() == IndexType.TTL && other.type() == IndexType.TTL) {
        throw bad("a collection can have one ttl index, and '" + other.name() + "' exists already");
      }
    }
  }

  private static LockstepException bad(String sentence) {
    return new LockstepException(ErrorNumber.BAD_PARAMETER, "bad parameter: " + sentence);
  }
}
