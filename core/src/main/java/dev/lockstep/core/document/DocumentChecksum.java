package dev.lockstep.core.document;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;

/// The checksum of a collection: the exclusive or of one value per document, so order does not
/// matter. Not thread-safe.
public final class DocumentChecksum {
  /// Seed of the hashes of keys and revisions, here and in the keys protocol.
  static final Hasher64 STRING_HASHER = Hashing.xxh64(0xdeadbeefL);

  private static final long DOCUMENT_SEED = 0xdeadf054L;
  private static final long OBJECT_LENGTH_SALT = 0xf00ba44ba5L;
  private static final long ARRAY_LENGTH_SALT = 0xba5bedf00dL;
  private static final long NAME_SALT = 0xba5befd00dL;
  private static final long VALUE_SALT = 0xd4129f526421L;

  private final boolean withRevisions;
  private final boolean withData;
  private long value;

  public DocumentChecksum(boolean withRevisions, boolean withData) {
    this.withRevisions = withRevisions;
    this.withData = withData;
  }

  /// Adds a document in stored form (see [StoredDocument]); adding it again takes it out.
  public DocumentChecksum add(VPackSlice stored) {
    value ^= of(stored, withRevisions, withData);
    return this;
  }

  /// The value of one document in stored form. `_id` counts as one of its attributes although it is
  /// not stored.
  public static long of(VPackSlice stored, boolean withRevisions, boolean withData) {
    byte[] b = stored.buffer();
    int o = stored.offset();
    // Stored form: _key first, _rev second.
    int key = VPackLayout.skipName(b, VPackLayout.firstItem(b, o));
    long hash = hashString(b, key);
    if (withRevisions) {
      int revisionName = key + VPackLayout.byteSize(b, key);
      hash += hashString(b, VPackLayout.skipName(b, revisionName));
    }
    return withData ? addData(hash, b, o) : hash;
  }

  private static long addData(long keyHash, byte[] b, int o) {
    int count = VPackLayout.count(b, o);
    long seed = fastHash((count + 1) ^ OBJECT_LENGTH_SALT, DOCUMENT_SEED);
    Hasher64 hasher = Hashing.xxh64(seed);
    long hash = keyHash;
    int width = VPackLayout.fieldWidth(b[o] & 0xff);
    int table = VPackLayout.indexTable(b, o, count);
    // The mixture of ^ and + makes the order matter: that of the names, which is that of the index
    // table.
    for (int i = 0; i < count; i++) {
      int name = o + VPackLayout.readSize(b, table + i * width, width);
      if (VPackLayout.nameEquals(b, name, StoredDocument.KEY, 0, StoredDocument.KEY.length)
          || VPackLayout.nameEquals(b, name, StoredDocument.REV, 0, StoredDocument.REV.length)) {
        continue;
      }
      int nameSize = VPackLayout.byteSize(b, name);
      hash ^= hasher.hashBytesToLong(b, name, nameSize) ^ NAME_SALT;
      hash += hashValue(b, name + nameSize, hasher) ^ VALUE_SALT;
    }
    return hash;
  }

  private static long hashString(byte[] b, int o) {
    return STRING_HASHER.hashBytesToLong(b, o, VPackLayout.byteSize(b, o));
  }

  /// Equal for values that are equal whatever their layout: numbers by value, objects in any order
  /// of members.
  private static long hashValue(byte[] b, int o, Hasher64 hasher) {
    int head = b[o] & 0xff;
    if (VPackLayout.isNumberHead(head)) {
      return hasher.hashLongToLong(Double.doubleToRawLongBits(VPackLayout.number(b, o)));
    }
    if (!VPackLayout.isContainerHead(head)) {
      return hasher.hashBytesToLong(b, o, VPackLayout.byteSize(b, o));
    }
    int count = VPackLayout.count(b, o);
    int at = count == 0 ? o : VPackLayout.firstItem(b, o);
    if (VPackLayout.isObjectHead(head)) {
      long seed = hasher.hashLongToLong(count ^ OBJECT_LENGTH_SALT);
      Hasher64 nameHasher = Hashing.xxh64(seed);
      long hash = seed;
      for (int i = 0; i < count; i++) {
        int value = VPackLayout.skipName(b, at);
        long nameHash = nameHasher.hashBytesToLong(b, at, value - at);
        hash ^= nameHash;
        hash ^= hashValue(b, value, Hashing.xxh64(nameHash));
        at = value + VPackLayout.byteSize(b, value);
      }
      return hash;
    }
    long hash = hasher.hashLongToLong(count ^ ARRAY_LENGTH_SALT);
    for (int i = 0; i < count; i++) {
      hash ^= hashValue(b, at, Hashing.xxh64(hash));
      at += VPackLayout.byteSize(b, at);
    }
    return hash;
  }

  private static long fastHash(long value, long seed) {
    long hash = seed ^ 4619197404915747624L;
    hash ^= mix(value);
    hash *= 0x880355f21e6d1965L;
    return mix(hash);
  }

  private static long mix(long hash) {
    long mixed = hash ^ hash >>> 23;
    mixed *= 0x2127599bf4325c37L;
    return mixed ^ mixed >>> 47;
  }

  /// Unsigned 64 bits.
  public long value() {
    return value;
  }

  /// As on the wire: unsigned decimal.
  @Override
  public String toString() {
    return Long.toUnsignedString(value);
  }
}
