package dev.lockstep.replication.protocol;

import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/// A follower's connection to one database of one leader. Every call is one request: nothing is
/// repeated here, so that whoever waits and repeats is the only one who does. Safe for use by
/// several threads. After [#close] every call, also one under way, fails with
/// [LeaderUnavailableException].
///
/// All calls throw [LeaderUnavailableException], [LeaderRefusedException] or
/// [ProtocolViolationException]; the sentences name endpoint and URL.
public interface LeaderClient extends AutoCloseable {
  /// The leader's address as the user gave it, for messages.
  String endpoint();

  /// What users should know about this connection, as sentences; empty if nothing.
  default List<String> warnings() {
    return List.of();
  }

  /// What the leader has announced so far; empty before the first answer, and always where
  /// [LeaderAddress#useExtensions] is false.
  Set<Capability> capabilities();

  /// Works in every version; the first thing to ask.
  default LoggerState loggerState() throws InterruptedException {
    return loggerState("");
  }

  /// As [#loggerState()], with what the leader has of one collection in the same state
  /// ([Capability#COLLECTION_DIGEST]). The answer lacks it if the leader has none of that name, or
  /// does not let us read it.
  ///
  /// @param collection its name; empty = none
  LoggerState loggerState(String collection) throws InterruptedException;

  /// Makes a leader move everything from its write-ahead log to where a batch sees it, and waits
  /// for that; only old leaders have to. One that cannot or may not do it for us is left alone.
  void flushLog() throws InterruptedException;

  /// Pins a snapshot. Not idempotent: a repetition after a lost answer leaves a second batch, which
  /// ends with its lease.
  BatchOpened openBatch(Duration lease) throws InterruptedException;

  /// Prolongs the lease to at least `lease` from now.
  ///
  /// @throws LeaderRefusedException with status 404 if the batch is gone
  void extendBatch(String batchId, Duration lease) throws InterruptedException;

  /// Ends a batch; a batch that is gone is fine. Waits a few seconds at most.
  void closeBatch(String batchId) throws InterruptedException;

  /// @param onlyCollection restricts the answer where the leader can do that; empty = everything
  Inventory inventory(
      String batchId, boolean includeSystem, boolean includeFoxxQueues, String onlyCollection)
      throws InterruptedException;

  /// The names of all of the leader's databases.
  List<String> databases() throws InterruptedException;

  /// Reads one part, completely.
  DumpPage dump(DumpRequest request) throws InterruptedException;

  /// Reads the revision tree of a collection in the state of a batch.
  ///
  /// @throws LeaderRefusedException with status 501 if the collection has none: compare keys
  RevisionTree revisionTree(String batchId, String collection) throws InterruptedException;

  /// Reads the blocks of a collection's revisions, as many as the ranges have.
  ///
  /// @throws LeaderRefusedException with status 501 if the collection has none: compare keys
  RevisionBlockList revisionBlocks(RevisionBlocksRequest request) throws InterruptedException;

  /// Reads one page of revisions, completely.
  RevisionPage revisionRanges(RevisionRangesRequest request) throws InterruptedException;

  /// Reads documents by their revisions. Documents that were not asked for are left out of the
  /// answer: an old leader may send the next one where it has none.
  FetchedDocuments revisionDocuments(RevisionDocumentsRequest request) throws InterruptedException;

  /// Asks for a list of a collection's keys in the state of a batch.
  ///
  /// @param to the leader's tick, for leaders that keep a history
  /// @param quick whether the count alone is enough where there are many keys
  KeysAnswer openKeys(String batchId, String collection, Tick to, boolean quick)
      throws InterruptedException;

  /// Asks again for a list that was not ready.
  ///
  /// @throws LeaderRefusedException with the leader's status when making the list has failed, 404
  ///   if it does not know the job
  KeysAnswer pollKeys(KeysAnswer.Pending pending) throws InterruptedException;

  /// Reads all chunks of a list, in order; their ranges of keys are ascending and disjoint.
  ///
  /// @param chunkSize documents in a chunk, 100 to 20000
  List<KeyChunk> keyChunks(String keysId, String collection, int chunkSize)
      throws InterruptedException;

  /// Reads the keys of one chunk, ascending.
  List<KeyRevision> chunkKeys(KeyChunkPart part) throws InterruptedException;

  /// Reads documents of one chunk.
  ///
  /// @param positions inside the chunk, from 0, ascending
  /// @param offset how many of them are here already
  /// @return those of `positions` from `offset` on, perhaps fewer, at least one
  FetchedDocuments chunkDocuments(KeyChunkPart part, int[] positions, int offset)
      throws InterruptedException;

  /// Ends a list of keys; one that is gone is fine.
  void closeKeys(String keysId, String collection) throws InterruptedException;

  /// Reads what happened after a tick, completely, in the order of the log.
  TailPage tail(TailRequest request) throws InterruptedException;

  /// What went over the wire so far; whatever does not travel counts nothing.
  Transferred transferred();

  /// An upper limit for dumps with a history.
  static Tick dumpLimit(Tick lastLogTick) {
    return lastLogTick.next();
  }

  @Override
  void close();
}
