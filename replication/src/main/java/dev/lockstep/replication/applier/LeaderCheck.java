package dev.lockstep.replication.applier;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.LeaderUnavailableException;

/// What a leader answered when it was asked, at one moment, whether it has changes that are not
/// here. Immutable.
public sealed interface LeaderCheck {
  /// It answered.
  ///
  /// @param lastLogTick the leader's newest change, of whatever database
  /// @param isComplete whether everything that is followed was here at that moment
  record Answered(Tick lastLogTick, boolean isComplete) implements LeaderCheck {}

  /// It did not, or refused.
  record Failed(LockstepException failure) implements LeaderCheck {}

  /// Writes an object: `reachable`, then `lastLogTick` and `complete`, or `errorNum` and
  /// `errorMessage`. A leader that refuses is reachable.
  default void render(VPackBuilder target) {
    target.openObject();
    switch (this) {
      case Answered(Tick lastLogTick, boolean isComplete) ->
          target
              .member("reachable", true)
              .member("lastLogTick", lastLogTick.toString())
              .member("complete", isComplete);
      case Failed(LockstepException failure) ->
          target
              .member("reachable", !(failure instanceof LeaderUnavailableException))
              .member("errorNum", failure.number().number())
              .member("errorMessage", String.valueOf(failure.getMessage()));
    }
    target.close();
  }
}
