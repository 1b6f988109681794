package dev.lockstep.replication.protocol;

import dev.lockstep.core.storage.Tick;

/// Where an answer of a tail stands in the leader's log: the `x-arango-replication-` headers.
///
/// @param hasMore whether there is more to fetch at once (`checkmore`)
/// @param lastIncluded tick of the last marker in the answer; [Tick#NONE] if there is none
/// @param lastScanned up to where the leader has looked, told or not; at least `lastIncluded`
/// @param lastTick the newest tick on the leader
/// @param isFromPresent whether nothing is missing between the request's `from` and the answer
public record TailPosition(
    boolean hasMore, Tick lastIncluded, Tick lastScanned, Tick lastTick, boolean isFromPresent) {}
