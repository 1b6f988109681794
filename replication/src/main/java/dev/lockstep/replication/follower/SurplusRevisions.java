package dev.lockstep.replication.follower;

import dev.lockstep.core.document.Revision;
import java.util.Arrays;

/// Local revisions that the leader does not have. Their documents are removed when everything else
/// has come: most of them have then been replaced in place by a newer revision of the same key, and
/// readers have not missed them for a moment. What is remembered is bounded; beyond, the oldest
/// half is removed at once. One thread.
final class SurplusRevisions {
  private final ReplicaWriter writer;
  private final int capacity;
  private long[] revisions = new long[1024];
  private int size;

  /// @param capacity revisions remembered, 8 bytes each
  SurplusRevisions(ReplicaWriter writer, int capacity) {
    this.writer = writer;
    this.capacity = capacity;
  }

  void add(long revision) {
    if (size == capacity) {
      int half = (size + 1) / 2;
      removeFirst(half);
    }
    if (size == revisions.length) {
      revisions = Arrays.copyOf(revisions, Math.min(capacity, 2 * size));
    }
    revisions[size++] = revision;
  }

  /// Removes all that are still there.
  void removeAll() {
    removeFirst(size);
  }

  private void removeFirst(int count) {
    for (int i = 0; i < count; i++) {
      writer.remove(new Revision(revisions[i]));
    }
    System.arraycopy(revisions, count, revisions, 0, size - count);
    size -= count;
  }
}
