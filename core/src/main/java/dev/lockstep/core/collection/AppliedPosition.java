package dev.lockstep.core.collection;

import dev.lockstep.core.storage.Tick;

/// Up to where a collection has taken over what happened on a leader. Stored in the same commit as
/// the documents, so that after a crash nothing is applied twice and nothing is left out.
///
/// @param leaderId the leader's server id, unsigned; ticks of different servers say nothing about
///   each other
/// @param tick in the leader's log; every change of this collection up to it is here
public record AppliedPosition(long leaderId, Tick tick) {
  /// Whether a change of this leader is contained already.
  public boolean covers(long leader, Tick change) {
    return leaderId == leader && change.compareTo(tick) <= 0;
  }
}
