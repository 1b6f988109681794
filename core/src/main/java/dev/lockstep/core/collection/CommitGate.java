package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.ChangeLog;
import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.SortedRows;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one way from this package to the engine's commit. Once a commit's fate is unknown, or
/// another process has taken over, nothing passes any more: going on could contradict what is on
/// the disk. Thread-safe.
final class CommitGate {
  private static final Logger LOG = LoggerFactory.getLogger(CommitGate.class);

  private final StorageEngine engine;

  /// Why nothing passes any more. Never null again once set.
  private volatile @Nullable String closedBecause;

  private final ChangeLog changeLog;

  CommitGate(StorageEngine engine, ChangeLog changeLog) {
    this.engine = engine;
    this.changeLog = changeLog;
  }

  /// Commits and answers null, or answers why not. The batch is the caller's to close.
  @Nullable LockstepException commit(WriteBatch batch, Durability durability) {
    String reason = closedBecause;
    if (reason != null) {
      return refusal(reason);
    }
    return refusalOf(engine.commit(batch, durability));
  }

  /// Finishes rows that were written past commits.
  ///
  /// @throws LockstepException as [#commitOrThrow]
  void finishOrThrow(SortedRows rows) {
    checkOpen();
    LockstepException refusal = refusalOf(rows.finish());
    if (refusal != null) {
      throw refusal;
    }
  }

  private @Nullable LockstepException refusalOf(CommitOutcome outcome) {
    return switch (outcome) {
      case CommitOutcome.Done(Tick lastTick, int changes) -> {
        if (changes > 0) {
          changeLog.committed(lastTick);
        }
        yield null;
      }
      case CommitOutcome.NotApplied(CommitOutcome.Reason kind, String why) ->
          switch (kind) {
            case CONFLICT ->
                new LockstepException(
                    ErrorNumber.CONFLICT, "conflict with another writer of the storage: " + why);
            case LIMIT_EXCEEDED ->
                new LockstepException(
                    ErrorNumber.RESOURCE_LIMIT, "too large for one commit of the storage: " + why);
            case NO_SPACE ->
                new LockstepException(
                    ErrorNumber.OUT_OF_DISK_SPACE,
                    "no space left on the disk, nothing was written: " + why);
            case WRITES_STOPPED -> refusal(close("the storage has stopped taking writes: " + why));
          };
      case CommitOutcome.Fenced(String why) ->
          refusal(close("another process has taken over the storage: " + why));
      case CommitOutcome.Unknown(String why, Throwable cause) -> {
        LOG.error("a commit may or may not have been applied: {}", why, cause);
        yield refusal(
            close("a write failed in the middle and may or may not have been applied: " + why));
      }
    };
  }

  /// As [#commit], but throws what that answers.
  void commitOrThrow(WriteBatch batch, Durability durability) {
    LockstepException refusal = commit(batch, durability);
    if (refusal != null) {
      throw refusal;
    }
  }

  /// Makes everything committed so far survive power loss.
  void sync() {
    checkOpen();
    try {
      engine.sync();
    } catch (StorageException e) {
      LOG.error("the storage could not be synced", e);
      throw refusal(close("the disk did not confirm earlier writes: " + e.getMessage()));
    }
  }

  /// @throws LockstepException 1004 once nothing passes any more
  void checkOpen() {
    String reason = closedBecause;
    if (reason != null) {
      throw refusal(reason);
    }
  }

  private String close(String reason) {
    if (closedBecause == null) {
      LOG.error("no further writes until the next start: {}", reason);
      closedBecause = reason;
    }
    return reason;
  }

  private static LockstepException refusal(String reason) {
    return new LockstepException(
        ErrorNumber.READ_ONLY,
        "read only: " + reason + "; the server must be restarted to take writes again");
  }
}
