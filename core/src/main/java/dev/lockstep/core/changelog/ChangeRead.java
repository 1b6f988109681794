package dev.lockstep.core.changelog;

import dev.lockstep.core.storage.Tick;
import java.util.List;

/// What [ChangeLog#read] found.
public sealed interface ChangeRead {
  /// The changes right after the position asked for, without a gap; empty when that position is the
  /// end of the log or beyond it.
  record Page(List<LoggedChange> changes) implements ChangeRead {
    public Page {
      changes = List.copyOf(changes);
    }
  }

  /// Changes after the position asked for have been pruned: whoever followed from there has to
  /// compare states instead. Reading on from just before `firstAvailable` works, with that gap.
  record Pruned(Tick firstAvailable) implements ChangeRead {}
}
