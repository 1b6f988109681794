package dev.lockstep.replication.follower;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/// Where a synchronization is. Allowed moves:
///
/// ```
/// STARTING   -> CONNECTING
/// CONNECTING -> LISTING               the leader is one we may follow and has opened a batch
/// LISTING    -> COPYING | FINISHING   the plan is made; FINISHING if nothing is to be done
/// COPYING    -> REOPENING | INDEXING  all documents are here, or the batch is no longer of use
/// REOPENING  -> COPYING               on a new batch, from the collection's beginning
/// INDEXING   -> SWITCHING             indexes are built, counts agree
/// SWITCHING  -> COPYING | FINISHING   the collection is in place; on to the next one
/// FINISHING  -> DONE
/// any before DONE -> FAILED | CANCELED
/// ```
public enum SyncPhase {
  STARTING,
  CONNECTING,
  LISTING,
  COPYING,
  REOPENING,
  INDEXING,
  SWITCHING,
  FINISHING,
  DONE,
  FAILED,
  CANCELED;

  private Set<SyncPhase> next() {
    return switch (this) {
      case STARTING -> EnumSet.of(CONNECTING);
      case CONNECTING -> EnumSet.of(LISTING);
      case LISTING -> EnumSet.of(COPYING, FINISHING);
      case COPYING -> EnumSet.of(REOPENING, INDEXING);
      case REOPENING -> EnumSet.of(COPYING);
      case INDEXING -> EnumSet.of(SWITCHING);
      case SWITCHING -> EnumSet.of(COPYING, FINISHING);
      case FINISHING -> EnumSet.of(DONE);
      case DONE, FAILED, CANCELED -> EnumSet.noneOf(SyncPhase.class);
    };
  }

  boolean mayMoveTo(SyncPhase to) {
    return next().contains(to) || (!isOver() && (to == FAILED || to == CANCELED));
  }

  /// Whether nothing will follow.
  public boolean isOver() {
    return this == DONE || this == FAILED || this == CANCELED;
  }

  /// The wire's spelling.
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
