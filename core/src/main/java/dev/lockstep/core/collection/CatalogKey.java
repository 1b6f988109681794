package dev.lockstep.core.collection;

import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;

/// Keys of the catalog keyspace: one letter for the kind of row, then numbers, big-endian. Rows:
/// `docs/storage-format.md`, "catalog".
final class CatalogKey {
  /// collection -> its definition without indexes.
  static final byte COLLECTION = 'C';

  /// database -> its name.
  static final byte DATABASE = 'D';

  /// The one row of format, server id and layout constants.
  static final byte IDENTITY = 'F';

  /// collection -> last key value, newest revision.
  static final byte PROGRESS = 'K';

  /// generation, revision -> nothing: chunks of a document whose head is not written yet.
  static final byte LARGE_DOCUMENT = 'L';

  /// The one row of the id counter.
  static final byte NEXT_ID = 'N';

  /// job -> wish and outcome of a synchronization, whose form is the replication module's matter.
  static final byte SYNC_JOB = 'J';

  /// database (0: all of them) -> configuration and state of its applier, whose form is the
  /// replication module's matter.
  static final byte APPLIER = 'R';

  /// generation or index object -> what it is: storage no definition leads to (any more, or yet).
  static final byte UNREACHABLE = 'U';

  /// generation, index -> its definition. Belongs to the generation: a new generation brings new
  /// rows.
  static final byte INDEX = 'X';

  private CatalogKey() {}

  static byte[] of(byte kind) {
    return new byte[] {kind};
  }

  static byte[] of(byte kind, long first) {
    byte[] key = new byte[1 + Long.BYTES];
    key[0] = kind;
    Keys.putLong(key, 1, first);
    return key;
  }

  static byte[] of(byte kind, long first, long second) {
    byte[] key = new byte[1 + 2 * Long.BYTES];
    key[0] = kind;
    Keys.putLong(key, 1, first);
    Keys.putLong(key, 1 + Long.BYTES, second);
    return key;
  }

  static long first(byte[] key) {
    return Keys.longAt(key, 1);
  }

  static long second(byte[] key) {
    return Keys.longAt(key, 1 + Long.BYTES);
  }

  static KeyRange indexesOf(long generation) {
    return KeyRange.prefix(of(INDEX, generation));
  }
}
