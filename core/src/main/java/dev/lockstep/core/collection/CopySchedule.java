package dev.lockstep.core.collection;

/// When a revision tree that changes is to be stored again: what has changed since its last copy is
/// read from the change log when the store is opened, and the first answer waits for it. Also, when
/// a load has ended, so that the engine's log need not be replayed either. Not thread-safe.
final class CopySchedule {
  /// However many come.
  static final long CHANGES_MAX = 100_000;

  /// After a load, when nothing more comes: worth a copy of up to 7 MB.
  static final long CHANGES_WHEN_QUIET = 10_000;

  /// So many looks that find no change make a quiet time. A client that pauses between its loads
  /// shall not have each of them followed by a copy.
  static final int QUIET_LOOKS = 3;

  private long changesSeen;
  private long changesUnsettled;
  private int quietLooks;

  /// What a look has found.
  ///
  /// @param isCopyDue whether the tree is to be stored
  /// @param hasSettled whether a load has ended since this was last so, whatever copies were made
  ///   on the way
  record Finding(boolean isCopyDue, boolean hasSettled) {}

  /// Looks once more; to be called at equal distances.
  ///
  /// @param changes since the last copy
  Finding look(long changes) {
    quietLooks = changes == changesSeen ? quietLooks + 1 : 0;
    // Fewer than before: a copy was made meanwhile.
    changesUnsettled += changes < changesSeen ? changes : changes - changesSeen;
    changesSeen = changes;
    boolean isQuiet = quietLooks >= QUIET_LOOKS;
    boolean hasSettled = isQuiet && changesUnsettled >= CHANGES_WHEN_QUIET;
    if (hasSettled) {
      changesUnsettled = 0;
    }
    boolean isCopyDue = changes >= CHANGES_MAX || isQuiet && changes >= CHANGES_WHEN_QUIET;
    return new Finding(isCopyDue, hasSettled);
  }
}
