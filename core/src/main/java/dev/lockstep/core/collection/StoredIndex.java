package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.AttributePath;
import dev.lockstep.core.document.IndexKeyEncoder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An index with its place in storage, and the rule by which documents get entries in it.
/// Immutable; thread-safe.
final class StoredIndex {
  /*
   * Entries. A unique index: object, encoded values -> revision; so a second document with the same
   * values is one look-up away. Others: object, encoded values, revision -> nothing. A ttl index:
   * object, time, revision -> nothing, so what has expired is one range.
   *
   * Encoded values beyond `keyBytesMax` are cut and end with the SHA-256 of the whole, which keeps
   * equality (up to collision) and, but for the cut ones among each other, order.
   */
  private static final int SHA_256_BYTES = 32;

  /// Most entries one document may have in one index. Bounds memory where two arrays multiply.
  static final int ENTRIES_MAX = 1 << 20;

  private final IndexDefinition definition;
  private final long objectId;
  private final int keyBytesMax;
  private final List<AttributePath> paths;
  private final boolean expanding;

  /// @param keyBytesMax most bytes of the encoded values in a key
  /// @throws LockstepException 10 if a field is no attribute path
  StoredIndex(IndexDefinition definition, long objectId, int keyBytesMax) {
    this.definition = definition;
    this.objectId = objectId;
    this.keyBytesMax = keyBytesMax;
    this.paths = definition.type().isUsed() ? parse(definition) : List.of();
    this.expanding = paths.stream().anyMatch(AttributePath::isExpanding);
  }

  private static List<AttributePath> parse(IndexDefinition definition) {
    List<AttributePath> paths = new ArrayList<>();
    for (String field : definition.fields()) {
      try {
        paths.add(AttributePath.parse(field));
      } catch (IllegalArgumentException e) {
        throw new LockstepException(
            ErrorNumber.BAD_PARAMETER,
            "field '" + field + "' of the index is no attribute path: " + e.getMessage(),
            e);
      }
    }
    return paths;
  }

  IndexDefinition definition() {
    return definition;
  }

  long objectId() {
    return objectId;
  }

  /// Whether documents have entries in this index at all.
  boolean isMaintained() {
    return !paths.isEmpty();
  }

  boolean isUnique() {
    return definition.unique() && definition.type().isEnforced();
  }

  KeyRange range() {
    return KeyRange.prefix(Keys.of(objectId));
  }

  /// The keys of a document's entries, without duplicates.
  ///
  /// @throws LockstepException 1210 if the document repeats a value in itself where that is
  ///   forbidden, 32 if it would have too many entries
  List<byte[]> entries(String key, VPackSlice document, long revision) {
    if (definition.type() == IndexType.TTL) {
      Double seconds = ExpiryTime.seconds(paths.getFirst().value(document));
      return seconds == null ? List.of() : List.of(expiryEntry(seconds, revision));
    }
    if (!expanding) {
      IndexKeyEncoder encoder = new IndexKeyEncoder();
      for (AttributePath path : paths) {
        VPackSlice value = path.value(document);
        if (definition.sparse() && (value == null || value.isNull())) {
          return List.of();
        }
        encoder.add(value);
      }
      return List.of(entry(encoder.toByteArray(), revision));
    }
    return expandedEntries(key, document, revision);
  }

  private List<byte[]> expandedEntries(String key, VPackSlice document, long revision) {
    List<List<@Nullable VPackSlice>> rows = new ArrayList<>();
    rows.add(new ArrayList<>());
    for (AttributePath path : paths) {
      List<@Nullable VPackSlice> values = new ArrayList<>();
      if (path.isExpanding()) {
        values.addAll(path.values(document));
      } else {
        values.add(path.value(document));
      }
      if (definition.sparse()) {
        values.removeIf(value -> value == null || value.isNull());
      }
      if ((long) rows.size() * values.size() > ENTRIES_MAX) {
        throw new LockstepException(
            ErrorNumber.RESOURCE_LIMIT,
            "document '"
                + key
                + "' would have more than "
                + ENTRIES_MAX
                + " entries in index "
                + definition.name());
      }
      List<List<@Nullable VPackSlice>> longer = new ArrayList<>(rows.size() * values.size());
      for (List<@Nullable VPackSlice> row : rows) {
        for (VPackSlice value : values) {
          List<@Nullable VPackSlice> extended = new ArrayList<>(row);
          extended.add(value);
          longer.add(extended);
        }
      }
      rows = longer;
    }
    Set<EntryKey> entries = new LinkedHashSet<>();
    IndexKeyEncoder encoder = new IndexKeyEncoder();
    for (List<@Nullable VPackSlice> row : rows) {
      encoder.reset();
      for (VPackSlice value : row) {
        encoder.add(value);
      }
      boolean added = entries.add(new EntryKey(entry(encoder.toByteArray(), revision)));
      if (!added && isUnique() && !definition.deduplicate()) {
        throw violation(key);
      }
    }
    List<byte[]> keys = new ArrayList<>(entries.size());
    for (EntryKey entry : entries) {
      keys.add(entry.bytes());
    }
    return keys;
  }

  private byte[] entry(byte[] encoded, long revision) {
    byte[] values = encoded.length <= keyBytesMax ? encoded : cut(encoded);
    byte[] key = new byte[Long.BYTES + values.length + (isUnique() ? 0 : Long.BYTES)];
    Keys.putLong(key, 0, objectId);
    System.arraycopy(values, 0, key, Long.BYTES, values.length);
    if (!isUnique()) {
      Keys.putLong(key, Long.BYTES + values.length, revision);
    }
    return key;
  }

  private byte[] cut(byte[] encoded) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(encoded);
      byte[] values = Arrays.copyOf(encoded, keyBytesMax);
      System.arraycopy(hash, 0, values, keyBytesMax - SHA_256_BYTES, SHA_256_BYTES);
      return values;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private byte[] expiryEntry(double seconds, long revision) {
    byte[] key = new byte[3 * Long.BYTES];
    Keys.putLong(key, 0, objectId);
    Keys.putLong(key, Long.BYTES, sortable(seconds));
    Keys.putLong(key, 2 * Long.BYTES, revision);
    return key;
  }

  /// Entries of documents whose time lies before `seconds`; ttl indexes only.
  KeyRange expiredBefore(double seconds) {
    return new KeyRange(Keys.of(objectId), Keys.of(objectId, sortable(seconds)));
  }

  /// Bits whose unsigned order is the order of the numbers.
  private static long sortable(double value) {
    long bits = Double.doubleToLongBits(value);
    return bits ^ (bits >> 63 | Long.MIN_VALUE);
  }

  /// What an entry's row holds.
  byte[] entryValue(long revision) {
    return isUnique() ? Keys.of(revision) : NOTHING;
  }

  private static final byte[] NOTHING = {};

  LockstepException violation(@Nullable String conflictingKey) {
    return new LockstepException(
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED,
        "unique constraint violated - in index "
            + definition.name()
            + " of type "
            + definition.type().wireName()
            + " over '"
            + String.join(", ", definition.fields())
            + "'; conflicting key: "
            + conflictingKey);
  }

  /// A key of the index keyspace as a map key.
  @SuppressWarnings("ArrayRecordComponent") // equality is defined below
  record EntryKey(byte[] bytes) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof EntryKey that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }
}
