package dev.lockstep.replication;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionView;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.leader.DumpParameters;
import dev.lockstep.replication.leader.DumpPart;
import dev.lockstep.replication.leader.FollowerIdentity;
import dev.lockstep.replication.leader.KeyChunks;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.leader.RevisionListing;
import dev.lockstep.replication.leader.TailParameters;
import dev.lockstep.replication.leader.TailPart;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.KeyChunk;
import dev.lockstep.replication.protocol.KeyChunkPart;
import dev.lockstep.replication.protocol.KeyRevision;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LeaderVersion;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.Messages;
import dev.lockstep.replication.protocol.RevisionBlocksCodec;
import dev.lockstep.replication.protocol.RevisionBlocksRequest;
import dev.lockstep.replication.protocol.RevisionDocumentsRequest;
import dev.lockstep.replication.protocol.RevisionPage;
import dev.lockstep.replication.protocol.RevisionRangesRequest;
import dev.lockstep.replication.protocol.RevisionTreeCodec;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailRequest;
import dev.lockstep.replication.protocol.Transferred;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/// A leader in the same process. Messages go through their written form, as on a wire. With
/// `asStock` it behaves like a stock leader: no capabilities, and a dump position that it keeps
/// itself and moves with each answer, lost or not.
public final class DirectLeaderClient implements LeaderClient {
  private final ReplicationLeader leader;
  private final String database;
  private final boolean asStock;
  private final Map<String, Long> stockPositions = new HashMap<>();

  public DirectLeaderClient(ReplicationLeader leader, String database, boolean asStock) {
    this.leader = leader;
    this.database = database;
    this.asStock = asStock;
  }

  @Override
  public String endpoint() {
    return "tcp://leader:8529";
  }

  @Override
  public Set<Capability> capabilities() {
    return asStock ? Set.of() : EnumSet.allOf(Capability.class);
  }

  @Override
  public LoggerState loggerState(String collection) {
    VPackBuilder message = new VPackBuilder();
    LoggerState state =
        collection.isEmpty()
            ? leader.loggerState(follower())
            : leader.loggerState(follower(), collection);
    state.render(message, false);
    return LoggerState.parse(message.toSlice());
  }

  @Override
  public void flushLog() {}

  @Override
  public BatchOpened openBatch(Duration lease) {
    VPackBuilder message = new VPackBuilder();
    translate("batch", () -> leader.openBatch(follower(), lease, true)).render(message);
    return BatchOpened.parse(message.toSlice());
  }

  @Override
  public void extendBatch(String batchId, Duration lease) {
    translate(
        "batch/" + batchId,
        () -> {
          leader.extendBatch(follower(), batchId, lease);
          return true;
        });
  }

  @Override
  public void closeBatch(String batchId) {
    try {
      leader.deleteBatch(follower(), batchId);
    } catch (LockstepException e) {
      if (e.number() != ErrorNumber.CURSOR_NOT_FOUND) {
        throw e;
      }
    }
  }

  @Override
  public Inventory inventory(
      String batchId, boolean includeSystem, boolean includeFoxxQueues, String onlyCollection) {
    Inventory inventory =
        translate(
            "inventory",
            () ->
                leader.inventory(
                    follower(),
                    batchId,
                    database,
                    includeSystem,
                    includeFoxxQueues,
                    onlyCollection));
    VPackBuilder message = new VPackBuilder();
    inventory.render(message, Instant.EPOCH);
    Inventory read =
        Inventory.parse(
            Messages.object(
                "application/json", message.toSlice().toJson().getBytes(StandardCharsets.UTF_8)));
    return asStock ? read.withoutTotals() : read;
  }

  @Override
  public DumpPage dump(DumpRequest request) throws InterruptedException {
    long from = request.from();
    String position = request.batchId() + "/" + request.collection();
    if (asStock) {
      from = stockPositions.getOrDefault(position, 0L);
    }
    long number = from;
    DumpPart part =
        translate(
            "dump",
            () -> {
              try (var dump =
                  leader.dump(
                      follower(),
                      request.batchId(),
                      database,
                      request.collection(),
                      new DumpParameters(
                          request.form(), number, request.chunkSize(), false, false))) {
                return dump.part();
              }
            });
    if (asStock && part.number() > 0) {
      stockPositions.put(position, part.number());
    }
    return new DumpPage(
        request.form(),
        part.body().toByteArray(),
        part.hasMore(),
        part.number(),
        request.form() == DumpForm.STORED ? part.collectionCount() : null,
        "/_api/replication/dump");
  }

  /// Small, so that tests see many pages.
  private static final int REVISIONS_PER_PAGE = 7;

  private static final int DOCUMENT_BYTES_PER_ANSWER = 1 << 10;

  private boolean hasTrees() {
    return Objects.requireNonNull(LeaderVersion.parse(leader.identity().version()))
        .hasRevisionTrees();
  }

  @Override
  public RevisionTree revisionTree(String batchId, String collection) {
    if (!hasTrees()) {
      throw new LeaderRefusedException(endpoint(), "/_api/replication/revisions/tree", 400, "", "");
    }
    VPackBuilder message = new VPackBuilder();
    RevisionTree tree = ask("revisions/tree", batchId, collection, CollectionView::revisionTree);
    RevisionTreeCodec.write(tree, true, message);
    return RevisionTreeCodec.read(message.toSlice());
  }

  @Override
  public RevisionBlockList revisionBlocks(RevisionBlocksRequest request) {
    RevisionBlockList blocks =
        ask(
            "revisions/blocks",
            request.batchId(),
            request.collection(),
            view -> view.revisionBlocks().within(request.ranges()).coarsened(request.countMax()));
    return RevisionBlocksCodec.read(RevisionBlocksCodec.write(blocks), request);
  }

  @Override
  public RevisionPage revisionRanges(RevisionRangesRequest request) {
    return ask(
        "revisions/ranges",
        request.batchId(),
        request.collection(),
        view -> {
          List<Long> revisions = new ArrayList<>();
          Revision[] resume = {null};
          new RevisionListing(view)
              .page(
                  request.ranges(),
                  request.resume(),
                  new RevisionListing.Sink() {
                    @Override
                    public void beginRange() {}

                    @Override
                    public void revision(Revision revision) {
                      if (revisions.size() < REVISIONS_PER_PAGE) {
                        revisions.add(revision.value());
                      } else if (resume[0] == null) {
                        resume[0] = revision;
                      }
                    }

                    @Override
                    public void endRange() {}
                  });
          return new RevisionPage(
              revisions.stream().mapToLong(Long::longValue).toArray(), resume[0], "/ranges");
        });
  }

  @Override
  public FetchedDocuments revisionDocuments(RevisionDocumentsRequest request) {
    return ask(
        "revisions/documents",
        request.batchId(),
        request.collection(),
        view -> {
          List<Document> documents = new ArrayList<>();
          long bytes = 0;
          for (long revision : request.revisions()) {
            Document document = view.document(new Revision(revision));
            if (document == null) {
              throw new LockstepException(ErrorNumber.DOCUMENT_NOT_FOUND);
            }
            documents.add(document);
            bytes += document.body().length;
            if (bytes > Math.min(request.chunkSize(), DOCUMENT_BYTES_PER_ANSWER)) {
              break;
            }
          }
          return new FetchedDocuments(documents, bytes, "/documents");
        });
  }

  @Override
  public KeysAnswer openKeys(String batchId, String collection, Tick to, boolean quick) {
    long count = ask("keys", batchId, collection, CollectionView::count);
    return new KeysAnswer.Ready(batchId + "|" + collection, count);
  }

  @Override
  public KeysAnswer pollKeys(KeysAnswer.Pending pending) {
    throw new IllegalStateException("this leader answers at once");
  }

  private <T> T askKeys(String keysId, Function<CollectionView, T> question) {
    String[] parts = keysId.split("\\|", -1);
    return ask("keys", parts[0], parts[1], question);
  }

  @Override
  public List<KeyChunk> keyChunks(String keysId, String collection, int chunkSize) {
    return askKeys(
        keysId,
        view -> {
          List<KeyChunk> chunks = new ArrayList<>();
          new KeyChunks(view)
              .chunks(chunkSize, (low, high, hash) -> chunks.add(new KeyChunk(low, high, hash)));
          return chunks;
        });
  }

  @Override
  public List<KeyRevision> chunkKeys(KeyChunkPart part) {
    return askKeys(
        part.keysId(),
        view -> {
          List<KeyRevision> keys = new ArrayList<>();
          new KeyChunks(view)
              .keys(
                  part.chunk(),
                  part.chunkSize(),
                  part.low(),
                  (key, revision) -> keys.add(new KeyRevision(key, revision)));
          return keys;
        });
  }

  @Override
  public FetchedDocuments chunkDocuments(KeyChunkPart part, int[] positions, int offset) {
    return askKeys(
        part.keysId(),
        view -> {
          List<Document> documents = new ArrayList<>();
          new KeyChunks(view)
              .documents(
                  part.chunk(),
                  part.chunkSize(),
                  part.low(),
                  positions,
                  offset,
                  document -> {
                    if (document != null && documents.size() < 3) {
                      documents.add(document);
                    }
                  });
          return new FetchedDocuments(documents, 1, "/keys");
        });
  }

  @Override
  public void closeKeys(String keysId, String collection) {}

  @Override
  public List<String> databases() {
    throw new UnsupportedOperationException("databases of a leader in the same process");
  }

  @Override
  public TailPage tail(TailRequest request) {
    TailParameters parameters =
        new TailParameters(
            request.isGlobal() ? null : database,
            request.from(),
            request.to(),
            request.isLegacy() ? null : request.lastScanned(),
            request.chunkSize(),
            request.includeSystem(),
            request.includeFoxxQueues(),
            request.collection(),
            request.form(),
            request.isLegacy(),
            request.waitMax());
    TailPart part =
        translate(
            "tail",
            () -> {
              try (var tail = leader.tail(follower(), parameters)) {
                return tail.part();
              }
            });
    return new TailPage(
        request.form(), part.body().toByteArray(), part.position(), "/_api/wal/tail");
  }

  @Override
  public Transferred transferred() {
    return Transferred.NOTHING;
  }

  private <T> T ask(
      String url, String batchId, String collection, Function<CollectionView, T> question) {
    return translate(
        url, () -> leader.inBatch(follower(), batchId, database, collection, question));
  }

  private interface Call<T> {
    T perform() throws InterruptedException;
  }

  private <T> T translate(String url, Call<T> call) {
    try {
      return call.perform();
    } catch (RevisionTreeException e) {
      throw new LeaderRefusedException(
          endpoint(), "/_api/replication/" + url, 501, "", String.valueOf(e.getMessage()));
    } catch (LockstepException e) {
      int status = e.number().httpStatus();
      String path = "/_api/replication/" + url;
      String answer = String.valueOf(e.getMessage());
      throw LeaderUnavailableException.isTransientStatus(status)
          ? LeaderUnavailableException.status(endpoint(), path, status, "", answer)
          : new LeaderRefusedException(endpoint(), path, status, "", answer);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private FollowerIdentity follower() {
    return new FollowerIdentity("4711", "", "", database);
  }

  @Override
  public void close() {}
}
