package dev.lockstep.replication.follower;

import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.KeyChunk;
import dev.lockstep.replication.protocol.KeyChunkPart;
import dev.lockstep.replication.protocol.KeyRevision;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.RevisionBlocksRequest;
import dev.lockstep.replication.protocol.RevisionDocumentsRequest;
import dev.lockstep.replication.protocol.RevisionPage;
import dev.lockstep.replication.protocol.RevisionRangesRequest;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailRequest;
import dev.lockstep.replication.protocol.Transferred;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/// Passes every request on, through [#around]: tests override what they want to disturb or watch.
class HookedLeader implements LeaderClient {
  /// A request, in a form that can be sent several times.
  interface Request<T> {
    T send() throws InterruptedException;
  }

  final LeaderClient leader;

  HookedLeader(LeaderClient leader) {
    this.leader = leader;
  }

  /// @param name `state`, `flush`, `open`, `extend`, `close`, `inventory`, `dump`, `tree`,
  ///   `ranges`, `documents`, `keys`, `poll`, `chunks`, `chunkKeys`, `chunkDocuments` or
  ///   `closeKeys`, `tail`, `databases`
  <T> T around(String name, Request<T> request) throws InterruptedException {
    return request.send();
  }

  @Override
  public String endpoint() {
    return leader.endpoint();
  }

  @Override
  public Set<Capability> capabilities() {
    return leader.capabilities();
  }

  @Override
  public LoggerState loggerState(String collection) throws InterruptedException {
    return around("state", () -> leader.loggerState(collection));
  }

  @Override
  public void flushLog() throws InterruptedException {
    around(
        "flush",
        () -> {
          leader.flushLog();
          return true;
        });
  }

  @Override
  public BatchOpened openBatch(Duration lease) throws InterruptedException {
    return around("open", () -> leader.openBatch(lease));
  }

  @Override
  public void extendBatch(String batchId, Duration lease) throws InterruptedException {
    around(
        "extend",
        () -> {
          leader.extendBatch(batchId, lease);
          return true;
        });
  }

  @Override
  public void closeBatch(String batchId) throws InterruptedException {
    around(
        "close",
        () -> {
          leader.closeBatch(batchId);
          return true;
        });
  }

  @Override
  public Inventory inventory(
      String batchId, boolean includeSystem, boolean includeFoxxQueues, String onlyCollection)
      throws InterruptedException {
    return around(
        "inventory",
        () -> leader.inventory(batchId, includeSystem, includeFoxxQueues, onlyCollection));
  }

  @Override
  public DumpPage dump(DumpRequest request) throws InterruptedException {
    return around("dump", () -> leader.dump(request));
  }

  @Override
  public RevisionTree revisionTree(String batchId, String collection) throws InterruptedException {
    return around("tree", () -> leader.revisionTree(batchId, collection));
  }

  @Override
  public RevisionBlockList revisionBlocks(RevisionBlocksRequest request)
      throws InterruptedException {
    return around("blocks", () -> leader.revisionBlocks(request));
  }

  @Override
  public RevisionPage revisionRanges(RevisionRangesRequest request) throws InterruptedException {
    return around("ranges", () -> leader.revisionRanges(request));
  }

  @Override
  public FetchedDocuments revisionDocuments(RevisionDocumentsRequest request)
      throws InterruptedException {
    return around("documents", () -> leader.revisionDocuments(request));
  }

  @Override
  public KeysAnswer openKeys(String batchId, String collection, Tick to, boolean quick)
      throws InterruptedException {
    return around("keys", () -> leader.openKeys(batchId, collection, to, quick));
  }

  @Override
  public KeysAnswer pollKeys(KeysAnswer.Pending pending) throws InterruptedException {
    return around("poll", () -> leader.pollKeys(pending));
  }

  @Override
  public List<KeyChunk> keyChunks(String keysId, String collection, int chunkSize)
      throws InterruptedException {
    return around("chunks", () -> leader.keyChunks(keysId, collection, chunkSize));
  }

  @Override
  public List<KeyRevision> chunkKeys(KeyChunkPart part) throws InterruptedException {
    return around("chunkKeys", () -> leader.chunkKeys(part));
  }

  @Override
  public FetchedDocuments chunkDocuments(KeyChunkPart part, int[] positions, int offset)
      throws InterruptedException {
    return around("chunkDocuments", () -> leader.chunkDocuments(part, positions, offset));
  }

  @Override
  public void closeKeys(String keysId, String collection) throws InterruptedException {
    around(
        "closeKeys",
        () -> {
          leader.closeKeys(keysId, collection);
          return true;
        });
  }

  @Override
  public List<String> databases() throws InterruptedException {
    return around("databases", leader::databases);
  }

  @Override
  public TailPage tail(TailRequest request) throws InterruptedException {
    return around("tail", () -> leader.tail(request));
  }

  @Override
  public Transferred transferred() {
    return leader.transferred();
  }

  @Override
  public void close() {
    leader.close();
  }
}
