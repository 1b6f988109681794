package dev.lockstep.replication.follower;

import dev.lockstep.core.document.Revision;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Local revisions that the leader does not have. Their documents are removed when everything else
/// has come: most of them have then been replaced in place by a newer revision of the same key, and
/// readers have not missed them for a moment. What is remembered is bounded; beyond, the oldest
/// half is removed at once. One thread.
final class SurplusRevisions {
  /*
   * Keys save the store from looking for the document of a revision, which costs a read of its block once more. They lie
   * one behind the other. When the room for them is taken, revisions are remembered without.
   */

  /// Bytes of keys for each revision of the capacity.
  private static final int KEY_BYTES = 16;

  private final ReplicaWriter writer;
  private final int capacity;
  private final long keyBytesMax;
  private long[] revisions = new long[1024];

  /// Of the revision's key; 0: not remembered.
  private byte[] keyLengths = new byte[1024];

  private int size;
  private byte[] keys = new byte[1024 * KEY_BYTES];
  private int keyBytes;

  /// @param capacity revisions remembered, 9 bytes each, and 16 more for keys
  SurplusRevisions(ReplicaWriter writer, int capacity) {
    this.writer = writer;
    this.capacity = capacity;
    this.keyBytesMax = (long) capacity * KEY_BYTES;
  }

  /// @param key of the document that has the revision
  void add(long revision, String key) {
    if (size == capacity) {
      int half = (size + 1) / 2;
      removeFirst(half);
    }
    if (size == revisions.length) {
      int grown = (int) Math.min(capacity, 2L * size);
      revisions = Arrays.copyOf(revisions, grown);
      keyLengths = Arrays.copyOf(keyLengths, grown);
    }
    revisions[size] = revision;
    keyLengths[size] = remember(key);
    size++;
  }

  /// @return its length, 0 if there is no room
  private byte remember(String key) {
    int length = key.length();
    if (keyBytes + length > keyBytesMax) {
      return 0;
    }
    if (keyBytes + length > keys.length) {
      long grown = Math.max(keyBytes + length, Math.min(keyBytesMax, 2L * keys.length));
      keys = Arrays.copyOf(keys, (int) grown);
    }
    System.arraycopy(key.getBytes(StandardCharsets.ISO_8859_1), 0, keys, keyBytes, length);
    keyBytes += length;
    return (byte) length;
  }

  /// Removes all that are still there.
  void removeAll() {
    removeFirst(size);
  }

  private void removeFirst(int count) {
    int keyAt = 0;
    for (int i = 0; i < count; i++) {
      Revision revision = new Revision(revisions[i]);
      int keyLength = Byte.toUnsignedInt(keyLengths[i]);
      if (keyLength == 0) {
        writer.remove(revision);
      } else {
        writer.remove(new String(keys, keyAt, keyLength, StandardCharsets.ISO_8859_1), revision);
        keyAt += keyLength;
      }
    }
    size -= count;
    keyBytes -= keyAt;
    System.arraycopy(revisions, count, revisions, 0, size);
    System.arraycopy(keyLengths, count, keyLengths, 0, size);
    System.arraycopy(keys, keyAt, keys, 0, keyBytes);
  }
}
