package dev.lockstep.replication.follower;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/// Where a synchronization is. Allowed moves:
///
/// ```
/// STARTING   -> CONNECTING
/// CONNECTING -> LISTING               the leader is one we may follow and has opened a batch
///             | FINISHING             its first answer shows that nothing differs
///             | UPDATING              its change log is to tell what does
/// LISTING    -> next collection
/// COPYING    -> REOPENING | INDEXING  all documents are here, or the batch is no longer of use
/// COMPARING                           a collection, or a half-built copy of it
///            -> UPDATING              something differs
///             | CHECKING              nothing differs
///             | COMPARING             it cannot be compared in this way: in another
///             | REOPENING             the batch is of no use
/// UPDATING   -> CHECKING | REOPENING  all differences are gone, or the batch is of no use
///             | FINISHING | LISTING   without a batch: all differences are gone, or it needs one
/// CHECKING   -> INDEXING              the documents are in the leader's state
///             | COMPARING | COPYING   it is not: repair it in another way
/// REOPENING  -> COPYING | COMPARING   on a new batch: compare what is here; copy if there is nothing
///             | REOPENING             the new batch is gone, too
/// INDEXING   -> SWITCHING             indexes are built beside the old data, counts agree
///             | next collection       they are built in place
/// SWITCHING  -> next collection       the new generation is in place
/// FINISHING  -> DONE
/// any before DONE -> FAILED | CANCELED
/// ```
///
/// `next collection` is COPYING or COMPARING, REOPENING if the batch was lost before it began, or
/// FINISHING if there is none.
public enum SyncPhase {
  STARTING,
  CONNECTING,
  LISTING,
  COPYING,
  COMPARING,
  UPDATING,
  CHECKING,
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
      case CONNECTING -> EnumSet.of(LISTING, FINISHING, UPDATING);
      case LISTING, SWITCHING -> EnumSet.of(COPYING, COMPARING, REOPENING, FINISHING);
      case COPYING -> EnumSet.of(REOPENING, INDEXING);
      case COMPARING -> EnumSet.of(UPDATING, CHECKING, COMPARING, REOPENING);
      case UPDATING -> EnumSet.of(CHECKING, REOPENING, FINISHING, LISTING);
      case CHECKING -> EnumSet.of(INDEXING, COMPARING, COPYING);
      case REOPENING -> EnumSet.of(REOPENING, COPYING, COMPARING);
      case INDEXING -> EnumSet.of(SWITCHING, COPYING, COMPARING, REOPENING, FINISHING);
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

  static SyncPhase ofWireName(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /// The wire's spelling.
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
