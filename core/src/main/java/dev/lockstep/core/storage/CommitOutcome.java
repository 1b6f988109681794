package dev.lockstep.core.storage;

/// How a commit ended. A value, not an exception, because the caller must decide: only [NotApplied]
/// may be retried.
public sealed interface CommitOutcome {
  /// Committed with the durability asked for.
  ///
  /// @param lastTick the tick of the batch's last change, or the newest closed tick when it
  ///   appended none
  /// @param changes number of changes appended; the first has tick `lastTick - changes + 1`
  record Done(Tick lastTick, int changes) implements CommitOutcome {}

  /// Provably nothing of it was applied (limit exceeded, no space before the write, conflict with
  /// another writer).
  ///
  /// @param reason a sentence for people
  record NotApplied(Reason kind, String reason) implements CommitOutcome {}

  /// Another process holds the write lease now; this one must stop writing for good.
  record Fenced(String reason) implements CommitOutcome {}

  /// It may or may not have been applied (an I/O error in the middle). The engine refuses further
  /// writes.
  record Unknown(String reason, Throwable cause) implements CommitOutcome {}

  /// Why a batch was not applied.
  enum Reason {
    CONFLICT,
    LIMIT_EXCEEDED,
    NO_SPACE,
    /// The engine takes no writes any more, because an earlier one ended [Unknown]; reopening it is
    /// the cure.
    WRITES_STOPPED
  }
}
