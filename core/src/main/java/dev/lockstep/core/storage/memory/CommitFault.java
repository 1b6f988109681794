package dev.lockstep.core.storage.memory;

import dev.lockstep.core.storage.CommitOutcome;

/// What a simulated disk does to one commit.
public enum CommitFault {
  /// Answers [CommitOutcome.NotApplied] with [CommitOutcome.Reason#NO_SPACE].
  NO_SPACE,
  /// Applies it, answers [CommitOutcome.Unknown] and takes no further writes until reopened.
  UNKNOWN_BUT_APPLIED,
  /// Drops it, answers [CommitOutcome.Unknown] and takes no further writes until reopened.
  UNKNOWN_AND_LOST,
  /// Answers [CommitOutcome.Fenced], now and ever after.
  FENCED
}
