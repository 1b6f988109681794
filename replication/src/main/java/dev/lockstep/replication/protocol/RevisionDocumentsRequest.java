package dev.lockstep.replication.protocol;

/// A request of a follower for documents by their revisions, in the state of a batch.
///
/// @param collection globally unique id, or name, or id
/// @param revisions unsigned values, ascending, at least one, at most [#REVISIONS_MAX]
/// @param chunkSize bytes after which the leader may end the answer; 0 = the leader's default
/// @param isHlc see [RevisionRangesRequest#isHlc]
/// @param isCompact whether the request is written as [CompactRevisions]; only to leaders that can
///   [Capability#COMPACT_REVISIONS]
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record RevisionDocumentsRequest(
    String batchId,
    String collection,
    long[] revisions,
    long chunkSize,
    boolean isHlc,
    boolean isCompact) {
  /// Stock followers ask for no more at a time.
  public static final int REVISIONS_MAX = 5_000;
}
