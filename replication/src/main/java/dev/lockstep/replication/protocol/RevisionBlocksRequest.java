package dev.lockstep.replication.protocol;

import dev.lockstep.core.revision.RevisionRange;
import java.util.List;

/// A request of a follower for the blocks of revisions that a collection has inside ranges, in the
/// state of a batch; only leaders with [Capability#REVISION_BLOCKS].
///
/// @param collection globally unique id, or name, or id
/// @param ranges ascending, disjoint, at least one
/// @param countMax revisions of one block, where the leader can tell them apart that finely; at
///   least 1
public record RevisionBlocksRequest(
    String batchId, String collection, List<RevisionRange> ranges, long countMax) {
  public RevisionBlocksRequest {
    ranges = List.copyOf(ranges);
  }
}
