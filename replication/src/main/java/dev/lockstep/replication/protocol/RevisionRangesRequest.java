package dev.lockstep.replication.protocol;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import java.util.List;

/// A request of a follower for the revisions that a collection holds inside ranges, in the state of
/// a batch.
///
/// @param collection globally unique id, or name, or id
/// @param ranges ascending, disjoint, at least one; each of at least two revisions, unless the form
///   is [RevisionForm#COMPACT]
/// @param resume where to begin; ranges that end below it are of no interest any more
/// @param isHlc whether revisions are written in the form that no leader confuses with decimal
///   numbers; only leaders that [LeaderVersion#listsHlc]
/// @param form of the answer
public record RevisionRangesRequest(
    String batchId,
    String collection,
    List<RevisionRange> ranges,
    Revision resume,
    boolean isHlc,
    RevisionForm form) {
  public RevisionRangesRequest {
    ranges = List.copyOf(ranges);
  }
}
