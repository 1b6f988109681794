package dev.lockstep.replication.follower;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import dev.lockstep.replication.protocol.RevisionDocumentsRequest;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.Future;

/// Fetches documents by their revisions, several requests at a time, and writes them. Requests are
/// sized by the bytes of the documents seen so far, so that memory is bounded and an answer never
/// takes long, whether documents have 60 bytes or 90 MB. One thread.
final class DocumentFetcher {
  /// Documents asked for before anything is known of their size.
  private static final int FIRST_REQUEST_DOCUMENTS = 64;

  /// Weight of the newest answer in the average of sizes: one strange document is soon forgotten.
  private static final double NEWEST_WEIGHT = 0.5;

  private record Request(long[] revisions, int fruitless, Future<FetchedDocuments> answer) {}

  private final CollectionTask task;
  private final ComparisonSettings settings;
  private final LeaderSession leader;
  private final ReplicaWriter writer;
  private final Background background;
  private final long chunkSize;
  private final Deque<Request> underWay = new ArrayDeque<>();
  private long[] wanted = new long[FIRST_REQUEST_DOCUMENTS];
  private int wantedCount;

  /// Bytes of a document as the leader sends it; 0 = unknown.
  private double documentBytes;

  DocumentFetcher(CollectionTask task, ReplicaWriter writer, Background background) {
    this.task = task;
    this.settings = task.settings().comparison();
    this.leader = task.leader();
    this.writer = writer;
    this.background = background;
    this.chunkSize =
        task.options().chunkSize() == 0 ? settings.documentsBytes() : task.options().chunkSize();
  }

  /// Wants the document of a revision, greater than all before. May wait for earlier answers.
  void want(long revision) throws InterruptedException {
    if (wantedCount == wanted.length) {
      wanted = Arrays.copyOf(wanted, 2 * wantedCount);
    }
    wanted[wantedCount++] = revision;
    if (wantedCount >= documentsPerRequest()) {
      ask(Arrays.copyOf(wanted, wantedCount), 0);
      wantedCount = 0;
    }
  }

  /// Returns when every document wanted has been handed to the writer.
  void finish() throws InterruptedException {
    if (wantedCount > 0) {
      ask(Arrays.copyOf(wanted, wantedCount), 0);
      wantedCount = 0;
    }
    while (!underWay.isEmpty()) {
      takeOldest();
    }
  }

  private int documentsPerRequest() {
    if (documentBytes == 0) {
      return FIRST_REQUEST_DOCUMENTS;
    }
    return (int)
        Math.clamp((long) (chunkSize / documentBytes), 1, RevisionDocumentsRequest.REVISIONS_MAX);
  }

  private int requestsMax() {
    if (documentBytes == 0) {
      return 1;
    }
    double answerBytes = Math.max(documentBytes, chunkSize);
    return (int)
        Math.clamp(
            (long) (settings.documentsInFlightBytes() / answerBytes),
            1,
            leader.documentRequestsMax());
  }

  private void ask(long[] revisions, int fruitless) throws InterruptedException {
    while (underWay.size() >= requestsMax()) {
      takeOldest();
    }
    start(revisions, fruitless);
  }

  /// @param fruitless how often the same was asked for in vain
  private void start(long[] revisions, int fruitless) {
    Future<FetchedDocuments> answer =
        background.start(
            () -> leader.revisionDocuments(task.collectionOnLeader(), revisions, chunkSize));
    underWay.addLast(new Request(revisions, fruitless, answer));
  }

  private void takeOldest() throws InterruptedException {
    Request request = underWay.removeFirst();
    FetchedDocuments answer = Background.await(request.answer());
    task.record().fetched(answer.documents().size(), answer.bytes());
    long[] missing = write(request.revisions(), answer);
    if (missing.length == 0) {
      return;
    }
    int fruitless = missing.length < request.revisions().length ? 0 : request.fruitless() + 1;
    if (fruitless >= settings.documentAttemptsMax()) {
      throw ProtocolViolationException.inResponse(
          leader.endpoint(),
          answer.url(),
          "collection '"
              + task.source().name()
              + "': "
              + missing.length
              + " documents that the leader lists were asked for "
              + fruitless
              + " times and did not come; the first has revision "
              + new Revision(missing[0]));
    }
    start(missing, fruitless);
  }

  /// @return the revisions asked for that the answer does not have
  private long[] write(long[] asked, FetchedDocuments answer) {
    long[] missing = new long[asked.length];
    int missingCount = 0;
    int at = 0;
    long bytes = 0;
    for (Document document : answer.documents()) {
      bytes += document.body().length;
      while (at < asked.length && asked[at] != document.revision().value()) {
        missing[missingCount++] = asked[at++];
      }
      if (at == asked.length) {
        break;
      }
      at++;
      writer.put(document);
    }
    while (at < asked.length) {
      missing[missingCount++] = asked[at++];
    }
    if (!answer.documents().isEmpty()) {
      double average = (double) bytes / answer.documents().size();
      documentBytes =
          documentBytes == 0 ? average : documentBytes + NEWEST_WEIGHT * (average - documentBytes);
    }
    return Arrays.copyOf(missing, missingCount);
  }
}
