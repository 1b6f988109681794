package dev.lockstep.client.leader;

import dev.lockstep.client.AddressRefusedException;
import dev.lockstep.client.ConnectFailedException;
import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ResponseTooLargeException;
import dev.lockstep.client.ServerConnection;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.client.TlsTrust;
import dev.lockstep.client.TransportException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.CollectionDigest;
import dev.lockstep.replication.protocol.CompactRevisions;
import dev.lockstep.replication.protocol.DamagedAnswerException;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.FrameInput;
import dev.lockstep.replication.protocol.Inventory;
import dev.lockstep.replication.protocol.KeyChunk;
import dev.lockstep.replication.protocol.KeyChunkPart;
import dev.lockstep.replication.protocol.KeyRevision;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.KeysMessages;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderNotPermittedException;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.MessageException;
import dev.lockstep.replication.protocol.Messages;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import dev.lockstep.replication.protocol.RevisionBlocksCodec;
import dev.lockstep.replication.protocol.RevisionBlocksRequest;
import dev.lockstep.replication.protocol.RevisionDocumentsRequest;
import dev.lockstep.replication.protocol.RevisionMessages;
import dev.lockstep.replication.protocol.RevisionPage;
import dev.lockstep.replication.protocol.RevisionRangesRequest;
import dev.lockstep.replication.protocol.RevisionTreeCodec;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailPosition;
import dev.lockstep.replication.protocol.TailRequest;
import dev.lockstep.replication.protocol.Transferred;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// A leader behind HTTP. The path of every request names the leader's database.
final class HttpLeaderClient implements LeaderClient {
  /// Ending a batch is a courtesy: the lease ends it as well.
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private static final byte[] FLUSH =
      "{\"waitForSync\":true,\"waitForCollector\":true,\"waitForCollectorQueue\":true}"
          .getBytes(StandardCharsets.US_ASCII);

  private static final String TLS_HINT =
      "; the leader's certificate must be issued for that host name by an authority known here"
          + " (--replication.ca-file)";

  private static final String REPLICATION = "/_api/replication/";
  private static final String REPLICATION_HEADER = "x-arango-replication-";

  /// Which open transactions a tail is about; none, since leaders log committed ones only.
  private static final byte[] NO_TRANSACTIONS = "[]".getBytes(StandardCharsets.US_ASCII);

  private static final String JOB_HEADER = "x-arango-async-id";
  private static final int HTTP_ACCEPTED = 202;
  private static final int HTTP_NO_CONTENT = 204;
  private static final int HTTP_NOT_FOUND = 404;

  private final ServerConnection connection;
  private final LeaderAddress address;
  private final Duration promptMax;
  private final AnswerLimit limit;
  private final AnswerChannel channel;

  /// @param promptMax longest silence where a leader has nothing to work on before it answers: one
  ///   that has vanished without a word is not waited for any longer, whatever users allow
  /// @param limit also set in the connection
  /// @param damagedAnswers counts those of all leaders
  HttpLeaderClient(
      ServerConnection connection,
      LeaderAddress address,
      Duration promptMax,
      AnswerLimit limit,
      LongAdder damagedAnswers) {
    this.promptMax = promptMax;
    this.limit = limit;
    this.connection = connection;
    this.channel =
        new AnswerChannel(connection, address.transfer(), address.useExtensions(), damagedAnswers);
    this.address = address;
  }

  @Override
  public String endpoint() {
    return address.endpoint();
  }

  @Override
  public List<String> warnings() {
    boolean isUnverified =
        connection.settings().endpoint().tls()
            && connection.settings().trust() instanceof TlsTrust.Anyone;
    return isUnverified
        ? List.of(
            "the certificate of the leader at "
                + endpoint()
                + " is not checked: whoever sits on the way can read and change everything")
        : List.of();
  }

  @Override
  public Set<Capability> capabilities() {
    return channel.capabilities();
  }

  @Override
  public LoggerState loggerState(String collection) throws InterruptedException {
    Url url = url("logger-state");
    if (!collection.isEmpty()) {
      url.add(CollectionDigest.PARAMETER, collection);
      return object(ServerRequest.get(url.toString()), LoggerState::parse);
    }
    return object(
        ServerRequest.get(url.toString()).withIdleTimeout(min(address.silenceMax(), promptMax)),
        LoggerState::parse);
  }

  @Override
  public void flushLog() throws InterruptedException {
    ServerRequest request =
        ServerRequest.of(
                "PUT", PercentEncoding.databasePath(address.database(), "/_admin/wal/flush"))
            .withBody("application/json", FLUSH);
    ServerResponse response = send(request);
    if (LeaderUnavailableException.isTransientStatus(response.status())) {
      throw failure(request, response);
    }
  }

  @Override
  public BatchOpened openBatch(Duration lease) throws InterruptedException {
    Url url = url("batch").add("syncerId", "0").add("clientInfo", "").add("state", "true");
    return object(
        ServerRequest.of("POST", url.toString()).withBody("application/json", ttl(lease)),
        BatchOpened::parse);
  }

  @Override
  public void extendBatch(String batchId, Duration lease) throws InterruptedException {
    // Silence must not last longer than the pause before the next attempt.
    Duration silence = min(address.silenceMax(), lease.dividedBy(4));
    ServerRequest request =
        ServerRequest.of("PUT", url("batch/" + PercentEncoding.encode(batchId)).toString())
            .withBody("application/json", ttl(lease))
            .withIdleTimeout(silence);
    ServerResponse response = send(request);
    if (!isSuccess(response.status())) {
      throw failure(request, response);
    }
  }

  @Override
  public void closeBatch(String batchId) throws InterruptedException {
    ServerRequest request =
        ServerRequest.of("DELETE", url("batch/" + PercentEncoding.encode(batchId)).toString())
            .withIdleTimeout(min(address.silenceMax(), CLOSE_TIMEOUT));
    ServerResponse response = send(request);
    if (!isSuccess(response.status()) && response.status() != 404) {
      throw failure(request, response);
    }
  }

  @Override
  public Inventory inventory(
      String batchId, boolean includeSystem, boolean includeFoxxQueues, String onlyCollection)
      throws InterruptedException {
    Url url =
        url("inventory")
            .add("batchId", batchId)
            .add("includeSystem", Boolean.toString(includeSystem))
            .add("includeFoxxQueues", Boolean.toString(includeFoxxQueues));
    if (!onlyCollection.isEmpty()) {
      url.add("collection", onlyCollection);
    }
    ServerRequest request = ServerRequest.get(url.toString());
    if (!capabilities().isEmpty()) {
      // JSON would be enough, but for the numbers in a schema.
      request = request.withHeader("Accept", DumpForm.VELOCYPACK.mediaType());
    }
    Inventory inventory = object(request, Inventory::parse);
    // The one extension that comes without being asked for.
    return capabilities().contains(Capability.FINGERPRINT) ? inventory : inventory.withoutTotals();
  }

  @Override
  public List<String> databases() throws InterruptedException {
    return object(
        ServerRequest.get(PercentEncoding.databasePath(address.database(), "/_api/database")),
        Messages::databases);
  }

  @Override
  public DumpPage dump(DumpRequest dump) throws InterruptedException {
    Url url =
        url("dump")
            .add("collection", dump.collection())
            .add("batchId", dump.batchId())
            .add("includeSystem", Boolean.toString(dump.includeSystem()))
            .add("useEnvelope", "false")
            .add("from", Long.toUnsignedString(dump.from()))
            .add("to", dump.to().toString())
            .add("chunkSize", Long.toString(dump.chunkSize()));
    if (dump.flush()) {
      url.add("flush", "true").add("flushWait", "15");
    }
    ServerRequest request = ServerRequest.get(url.toString());
    if (dump.form() != DumpForm.JSON) {
      request = request.withHeader("Accept", dump.form().mediaType());
    }
    return page(request, requireSuccess(request, send(announced(request), true)));
  }

  private ServerRequest announced(ServerRequest request) {
    return capabilities().isEmpty()
        ? request
        : request.withHeader(Capability.HEADER, Capability.announcement());
  }

  private ServerResponse requireSuccess(ServerRequest request, ServerResponse response) {
    if (!isSuccess(response.status())) {
      throw failure(request, response);
    }
    return response;
  }

  private DumpPage page(ServerRequest request, ServerResponse response) {
    boolean hasMore = flag(request, response, "checkmore");
    long lastIncluded =
        response.status() == HTTP_NO_CONTENT
                && response.header(REPLICATION_HEADER + "lastincluded") == null
            ? 0
            : tick(request, response, "lastincluded").value();
    return new DumpPage(
        form(response.header("content-type")),
        response.body(),
        hasMore,
        lastIncluded,
        count(request, response.header(Capability.COUNT_HEADER)),
        request.pathAndQuery());
  }

  @Override
  public TailPage tail(TailRequest tail) throws InterruptedException {
    String path = tail.isLegacy() ? REPLICATION + "logger-follow" : "/_api/wal/tail";
    Url url =
        of(path)
            .add("chunkSize", Long.toString(tail.chunkSize()))
            .add("barrier", "0")
            .add("from", tail.from().toString())
            .add("firstRegular", tail.firstRegular().toString())
            .add("includeSystem", Boolean.toString(tail.includeSystem()));
    if (!tail.isLegacy()) {
      url.add("lastScanned", tail.lastScanned().toString())
          .add("includeFoxxQueues", Boolean.toString(tail.includeFoxxQueues()));
    }
    if (tail.isGlobal()) {
      url.add("global", "true");
    }
    Tick to = tail.to();
    if (to != null) {
      url.add("to", to.toString());
    }
    if (!tail.collection().isEmpty()) {
      url.add("collection", tail.collection());
    }
    Duration silence = address.silenceMax();
    if (!tail.waitMax().isZero()) {
      url.add("wait", Double.toString(tail.waitMax().toMillis() / 1000.0));
      silence = min(silence, tail.waitMax().plus(promptMax));
    }
    ServerRequest request =
        ServerRequest.of("PUT", url.toString())
            .withBody("application/json", NO_TRANSACTIONS)
            .withIdleTimeout(silence);
    if (tail.form() != MarkerForm.JSON) {
      request = request.withHeader("Accept", tail.form().mediaType());
    }
    return tailPage(request, requireSuccess(request, send(announced(request), true)));
  }

  private TailPage tailPage(ServerRequest request, ServerResponse response) {
    Tick lastIncluded = tick(request, response, "lastincluded");
    Tick lastScanned =
        response.header(REPLICATION_HEADER + "lastscanned") == null
            ? lastIncluded
            : tick(request, response, "lastscanned");
    String type = response.header("content-type");
    MarkerForm form = MarkerForm.JSON;
    for (MarkerForm candidate : MarkerForm.values()) {
      if (type != null && type.contains(candidate.mediaType())) {
        form = candidate;
      }
    }
    return new TailPage(
        form,
        response.body(),
        new TailPosition(
            flag(request, response, "checkmore"),
            lastIncluded,
            lastScanned.compareTo(lastIncluded) < 0 ? lastIncluded : lastScanned,
            tick(request, response, "lasttick"),
            // Leaders before it was invented keep everything a follower may ask for.
            response.header(REPLICATION_HEADER + "frompresent") == null
                || flag(request, response, "frompresent")),
        request.pathAndQuery());
  }

  private Tick tick(ServerRequest request, ServerResponse response, String name) {
    return new Tick(unsigned(request, required(request, response, name)));
  }

  private boolean flag(ServerRequest request, ServerResponse response, String name) {
    return required(request, response, name).strip().equalsIgnoreCase("true");
  }

  private String required(ServerRequest request, ServerResponse response, String name) {
    String value = response.header(REPLICATION_HEADER + name);
    if (value == null && response.body().length == 0) {
      throw bodyLost(request);
    }
    if (value == null) {
      throw violation(request, "required header is missing: " + REPLICATION_HEADER + name);
    }
    return value;
  }

  private @Nullable Long count(ServerRequest request, @Nullable String header) {
    return header == null ? null : unsigned(request, header);
  }

  private long unsigned(ServerRequest request, String header) {
    try {
      return Long.parseUnsignedLong(header.strip());
    } catch (NumberFormatException _) {
      throw violation(request, "a header should be a number: '" + header + "'");
    }
  }

  private static DumpForm form(@Nullable String contentType) {
    if (contentType != null) {
      for (DumpForm form : DumpForm.values()) {
        if (contentType.contains(form.mediaType())) {
          return form;
        }
      }
    }
    return DumpForm.JSON;
  }

  @Override
  public RevisionTree revisionTree(String batchId, String collection) throws InterruptedException {
    Url url =
        url("revisions/tree")
            .add("collection", collection)
            .add("batchId", batchId)
            .add("onlyPopulated", "true");
    return message(
        ServerRequest.get(url.toString()),
        (answer, bytes) -> {
          try {
            return RevisionTreeCodec.read(answer);
          } catch (RevisionTreeException e) {
            throw new MessageException(
                "response does not contain a valid revision tree: " + e.getMessage(), e);
          }
        });
  }

  @Override
  public RevisionBlockList revisionBlocks(RevisionBlocksRequest blocks)
      throws InterruptedException {
    Url url =
        url("revisions/blocks")
            .add("collection", blocks.collection())
            .add("batchId", blocks.batchId())
            .add("count", Long.toString(blocks.countMax()));
    ServerRequest request =
        withVelocyPack(ServerRequest.of("PUT", url.toString()), RevisionMessages.body(blocks));
    ServerResponse response = send(request);
    if (!isSuccess(response.status())) {
      throw failure(request, response);
    }
    if (!hasType(response, RevisionBlocksCodec.MEDIA_TYPE)) {
      throw violation(request, "the answer is no " + RevisionBlocksCodec.MEDIA_TYPE);
    }
    try {
      return RevisionBlocksCodec.read(response.body(), blocks);
    } catch (MessageException e) {
      throw violation(request, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public RevisionPage revisionRanges(RevisionRangesRequest ranges) throws InterruptedException {
    Url url =
        url("revisions/ranges")
            .add("collection", ranges.collection())
            .add("batchId", ranges.batchId())
            .add("resume", RevisionMessages.resume(ranges, false));
    if (ranges.isHlc()) {
      url.add("resumeHLC", RevisionMessages.resume(ranges, true)).add("encodeAsHLC", "true");
    }
    ServerRequest bare = ServerRequest.of("PUT", url.toString());
    VPackSlice body = RevisionMessages.body(ranges);
    ServerRequest request =
        switch (ranges.form()) {
          case JSON -> withJson(bare, body);
          case VELOCYPACK ->
              withVelocyPack(bare.withHeader("Accept", DumpForm.VELOCYPACK.mediaType()), body);
          case COMPACT ->
              withVelocyPack(bare.withHeader("Accept", CompactRevisions.MEDIA_TYPE), body);
        };
    ServerResponse response = send(request);
    if (!isSuccess(response.status()) || !hasType(response, CompactRevisions.MEDIA_TYPE)) {
      return parsed(
          request,
          response,
          (answer, bytes) -> RevisionMessages.page(answer, ranges, request.pathAndQuery()));
    }
    try {
      return CompactRevisions.page(response.body(), ranges, request.pathAndQuery());
    } catch (MessageException e) {
      throw violation(request, String.valueOf(e.getMessage()));
    }
  }

  private static boolean hasType(ServerResponse response, String mediaType) {
    String type = response.headers().get("content-type");
    return type != null && type.contains(mediaType);
  }

  @Override
  public FetchedDocuments revisionDocuments(RevisionDocumentsRequest documents)
      throws InterruptedException {
    Url url =
        url("revisions/documents")
            .add("collection", documents.collection())
            .add("batchId", documents.batchId());
    if (documents.chunkSize() > 0) {
      url.add("chunkSize", Long.toString(documents.chunkSize()));
    }
    if (documents.isHlc()) {
      url.add("encodeAsHLC", "true");
    }
    // Always VelocyPack: that is the one form in which every leader answers this.
    ServerRequest bare =
        ServerRequest.of("PUT", url.toString())
            .withHeader("Accept", DumpForm.VELOCYPACK.mediaType());
    ServerRequest request =
        documents.isCompact()
            ? bare.withBody(
                CompactRevisions.MEDIA_TYPE, CompactRevisions.write(documents.revisions()))
            : withVelocyPack(bare, RevisionMessages.body(documents));
    return message(
        request,
        (answer, bytes) ->
            RevisionMessages.documents(answer, documents, bytes, request.pathAndQuery()));
  }

  private static ServerRequest withVelocyPack(ServerRequest request, VPackSlice body) {
    return request.withBody(DumpForm.VELOCYPACK.mediaType(), body.toByteArray());
  }

  private static ServerRequest withJson(ServerRequest request, VPackSlice body) {
    return request.withBody("application/json", body.toJson().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public KeysAnswer openKeys(String batchId, String collection, Tick to, boolean quick)
      throws InterruptedException {
    Url url =
        url("keys").add("collection", collection).add("to", to.toString()).add("batchId", batchId);
    if (quick) {
      url.add("quick", "true");
    }
    ServerRequest request =
        ServerRequest.of("POST", url.toString()).withHeader("x-arango-async", "store");
    ServerResponse response = send(request);
    String job = response.headers().get(JOB_HEADER);
    if (response.status() == HTTP_ACCEPTED && job != null) {
      return new KeysAnswer.Pending(job.strip());
    }
    return parsed(request, response, (answer, bytes) -> KeysMessages.ready(answer));
  }

  @Override
  public KeysAnswer pollKeys(KeysAnswer.Pending pending) throws InterruptedException {
    ServerRequest request =
        ServerRequest.of(
            "PUT",
            PercentEncoding.databasePath(
                address.database(), "/_api/job/" + PercentEncoding.encode(pending.jobId())));
    ServerResponse response = send(request);
    boolean isResult = response.headers().get(JOB_HEADER) != null;
    if (response.status() == HTTP_NO_CONTENT && !isResult) {
      return pending;
    }
    if (response.status() == HTTP_NOT_FOUND && !isResult) {
      return new KeysAnswer.Gone();
    }
    return parsed(request, response, (answer, bytes) -> KeysMessages.ready(answer));
  }

  @Override
  public List<KeyChunk> keyChunks(String keysId, String collection, int chunkSize)
      throws InterruptedException {
    Url url = keys(keysId, collection).add("chunkSize", Integer.toString(chunkSize));
    return message(
        ServerRequest.get(url.toString()), (answer, bytes) -> KeysMessages.chunks(answer));
  }

  @Override
  public List<KeyRevision> chunkKeys(KeyChunkPart part) throws InterruptedException {
    return message(
        ServerRequest.of("PUT", chunk(part, "keys").toString()),
        (answer, bytes) -> KeysMessages.keys(answer));
  }

  @Override
  public FetchedDocuments chunkDocuments(KeyChunkPart part, int[] positions, int offset)
      throws InterruptedException {
    Url url = chunk(part, "docs").add("offset", Integer.toString(offset));
    ServerRequest request =
        withJson(ServerRequest.of("PUT", url.toString()), KeysMessages.positions(positions));
    return message(
        request,
        (answer, bytes) ->
            KeysMessages.documents(
                answer, positions.length, offset, bytes, request.pathAndQuery()));
  }

  @Override
  public void closeKeys(String keysId, String collection) throws InterruptedException {
    ServerRequest request =
        ServerRequest.of("DELETE", keys(keysId, collection).toString())
            .withIdleTimeout(min(address.silenceMax(), CLOSE_TIMEOUT));
    ServerResponse response = send(request);
    if (!isSuccess(response.status()) && response.status() != HTTP_NOT_FOUND) {
      throw failure(request, response);
    }
  }

  private Url keys(String keysId, String collection) {
    return url("keys/" + PercentEncoding.encode(keysId)).add("collection", collection);
  }

  private Url chunk(KeyChunkPart part, String type) {
    return keys(part.keysId(), part.collection())
        .add("type", type)
        .add("chunk", Integer.toString(part.chunk()))
        .add("chunkSize", Integer.toString(part.chunkSize()))
        .add("low", part.low());
  }

  @Override
  public Transferred transferred() {
    return new Transferred(
        connection.requestsSent(),
        connection.bytesSent(),
        connection.bytesReceived(),
        channel.damagedAnswers());
  }

  /// Makes a message of an answer.
  private interface Parser<T> {
    /// @param bytes of the body
    T parse(VPackSlice answer, long bytes);
  }

  /// Sends a request and reads its answer as a message.
  private <T> T message(ServerRequest request, Parser<T> parser) throws InterruptedException {
    return parsed(request, send(request), parser);
  }

  private <T> T parsed(ServerRequest request, ServerResponse response, Parser<T> parser) {
    if (!isSuccess(response.status())) {
      throw failure(request, response);
    }
    if (response.body().length == 0) {
      throw bodyLost(request);
    }
    try {
      return parser.parse(
          Messages.value(response.headers().get("content-type"), response.body()),
          response.body().length);
    } catch (MessageException e) {
      throw violation(request, String.valueOf(e.getMessage()));
    }
  }

  /// Sends a request and reads its answer as an object.
  private <T> T object(ServerRequest request, Function<VPackSlice, T> parser)
      throws InterruptedException {
    return message(
        request,
        (answer, bytes) -> {
          if (!answer.isObject()) {
            throw new MessageException("expected an object");
          }
          return parser.apply(answer);
        });
  }

  private ServerResponse send(ServerRequest request) throws InterruptedException {
    return send(request, false);
  }

  /// @param isBulk see [LinkGauge#wantsCompression]
  private ServerResponse send(ServerRequest request, boolean isBulk) throws InterruptedException {
    try {
      return channel.send(request, isBulk);
    } catch (IOException e) {
      throw transport(request, e);
    }
  }

  private static boolean isSuccess(int status) {
    return status >= 200 && status < 300;
  }

  private RuntimeException failure(ServerRequest request, ServerResponse response) {
    return failure(
        request,
        response.status(),
        response.reason(),
        response.headers().get("Location"),
        response.body());
  }

  /// @param location where a redirect points to
  private RuntimeException failure(
      ServerRequest request, int status, String reason, @Nullable String location, byte[] body) {
    String answer =
        status / 100 == 3
            ? "redirects are not followed, because they could lead anywhere; this one points to "
                + (location == null ? "nothing" : location)
            : new String(body, StandardCharsets.UTF_8);
    String text = address.credentials().redact(answer);
    return LeaderUnavailableException.isTransientStatus(status)
        ? LeaderUnavailableException.status(
            endpoint(), request.pathAndQuery(), status, reason, text)
        : new LeaderRefusedException(endpoint(), request.pathAndQuery(), status, reason, text);
  }

  /// No leader answers so; some proxies do, when they lose the leader in the middle of an answer.
  private LeaderUnavailableException bodyLost(ServerRequest request) {
    return LeaderUnavailableException.damaged(
        endpoint(),
        request.pathAndQuery(),
        new DamagedAnswerException(
            "it is a success without a body; if this happens always, something between the servers"
                + " removes it"));
  }

  private ProtocolViolationException violation(ServerRequest request, String detail) {
    return ProtocolViolationException.inResponse(
        endpoint(), request.pathAndQuery(), address.credentials().redact(detail));
  }

  private RuntimeException transport(ServerRequest request, IOException e)
      throws InterruptedException {
    String url = request.pathAndQuery();
    return switch (e) {
      case InterruptedIOException _ -> {
        Thread.interrupted();
        throw new InterruptedException("interrupted while waiting for the leader");
      }
      case ConnectFailedException failed ->
          LeaderUnavailableException.notConnected(
              endpoint(),
              url,
              failed.detail() + (failed.getCause() instanceof SSLException ? TLS_HINT : ""),
              failed);
      case AddressRefusedException refused ->
          new LeaderNotPermittedException(endpoint(), url, refused.detail(), refused);
      case ResponseTooLargeException tooLarge -> tooLong(request, tooLarge.detail());
      case DamagedAnswerException damage ->
          LeaderUnavailableException.damaged(endpoint(), url, damage);
      case FrameInput.TooLongException tooLong ->
          tooLong(request, String.valueOf(tooLong.getMessage()));
      case TransportException lost ->
          LeaderUnavailableException.answerLost(endpoint(), url, lost.detail(), lost);
      default ->
          LeaderUnavailableException.answerLost(endpoint(), url, String.valueOf(e.getMessage()), e);
    };
  }

  private ProtocolViolationException tooLong(ServerRequest request, String detail) {
    limit.exceeded().increment();
    return violation(request, detail + "; " + limit.remedy());
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private static byte[] ttl(Duration lease) {
    long seconds = Math.max(1, lease.toSeconds());
    return ("{\"ttl\":" + seconds + "}").getBytes(StandardCharsets.US_ASCII);
  }

  private Url url(String command) {
    return of(REPLICATION + command);
  }

  /// A path in the leader's database, and who asks.
  private Url of(String path) {
    return new Url(PercentEncoding.databasePath(address.database(), path))
        .add("serverId", address.followerId());
  }

  @Override
  public void close() {
    connection.close();
  }

  /// A path that grows query parameters.
  private static final class Url {
    private final StringBuilder text;
    private char separator = '?';

    Url(String path) {
      text = new StringBuilder(path);
    }

    Url add(String name, String value) {
      text.append(separator).append(name).append('=').append(PercentEncoding.encode(value));
      separator = '&';
      return this;
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
