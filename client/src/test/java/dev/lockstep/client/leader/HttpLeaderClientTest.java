package dev.lockstep.client.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lockstep.client.AddressPolicy;
import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import dev.lockstep.client.ServerConnection;
import dev.lockstep.client.TlsTrust;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.CollectionTotals;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.KeyChunk;
import dev.lockstep.replication.protocol.KeyChunkPart;
import dev.lockstep.replication.protocol.KeyRevision;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderCredentials;
import dev.lockstep.replication.protocol.LeaderNotPermittedException;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.MarkerForm;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import dev.lockstep.replication.protocol.RevisionDocumentsRequest;
import dev.lockstep.replication.protocol.RevisionForm;
import dev.lockstep.replication.protocol.RevisionPage;
import dev.lockstep.replication.protocol.RevisionRangesRequest;
import dev.lockstep.replication.protocol.TailPage;
import dev.lockstep.replication.protocol.TailRequest;
import dev.lockstep.replication.protocol.Transferred;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HttpLeaderClientTest {
  private static final String STATE =
      "{\"state\":{\"running\":true,\"lastLogTick\":\"127\"},\"server\":{\"version\":\"3.2.2\","
          + "\"serverId\":\"13204568989367\"},\"clients\":[]}";

  private static final String INVENTORY =
      "{\"collections\":[{\"parameters\":{\"id\":\"5\",\"name\":\"c\",\"type\":2},\"indexes\":[],"
          + "\"count\":3,\"fingerprint\":\"77\"}],\"state\":{\"lastLogTick\":\"127\"}}";

  /// What the leader does with a request.
  private interface Leader {
    void answer(HttpExchange request) throws IOException;
  }

  private HttpServer server;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
  private volatile Leader leader = request -> reply(request, 200, STATE);

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        request -> {
          byte[] bytes = request.getRequestBody().readAllBytes();
          String body = new String(bytes, StandardCharsets.UTF_8);
          bodies.add(bytes);
          requests.add(
              request.getRequestMethod()
                  + " "
                  + request.getRequestURI()
                  + (body.isEmpty() ? "" : " " + body));
          leader.answer(request);
          request.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private static void reply(HttpExchange request, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    request.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      request.getResponseBody().write(bytes);
    }
  }

  private static void replyVelocyPack(HttpExchange request, VPackSlice value) throws IOException {
    byte[] bytes = value.toByteArray();
    request.getResponseHeaders().set("Content-Type", "application/x-velocypack");
    request.sendResponseHeaders(200, bytes.length);
    request.getResponseBody().write(bytes);
  }

  private String endpoint() {
    return "tcp://127.0.0.1:" + server.getAddress().getPort();
  }

  private LeaderClient connect() {
    return connect(address());
  }

  private static LeaderClient connect(
      String endpoint, LeaderCredentials credentials, Duration silence, long bytesMax) {
    return connect(address(endpoint, credentials, silence, bytesMax));
  }

  private static LeaderClient connect(LeaderAddress address) {
    try (HttpLeaderConnector connector =
        new HttpLeaderConnector(new TlsTrust.SystemAuthorities(), AddressPolicy.ANY)) {
      return connector.connect(address);
    }
  }

  private LeaderAddress address() {
    return address(
        endpoint(),
        new LeaderCredentials.Basic("root", "hunter2"),
        Duration.ofSeconds(20),
        1 << 20);
  }

  private static LeaderAddress address(
      String endpoint, LeaderCredentials credentials, Duration silence, long bytesMax) {
    return new LeaderAddress(
        endpoint, "my db/1", credentials, "4711", Duration.ofSeconds(5), silence, bytesMax, 0);
  }

  @Test
  void asksInTheLeadersDatabaseWithEverythingEncoded() throws InterruptedException {
    try (LeaderClient client = connect()) {
      LoggerState state = client.loggerState();
      assertThat(state.lastLogTick()).isEqualTo(new Tick(127));
      assertThat(state.server().version()).isEqualTo("3.2.2");
      assertThat(client.capabilities()).isEmpty();

      leader = request -> reply(request, 200, "{\"id\":\"96\"}");
      BatchOpened batch = client.openBatch(Duration.ofSeconds(600));
      assertThat(batch).isEqualTo(new BatchOpened("96", null, null));
      leader = request -> reply(request, 204, "");
      client.extendBatch("96", Duration.ofSeconds(600));
      client.closeBatch("96");
    }
    assertThat(requests)
        .containsExactly(
            "GET /_db/my%20db%2F1/_api/replication/logger-state?serverId=4711",
            "POST /_db/my%20db%2F1/_api/replication/batch?serverId=4711&syncerId=0&clientInfo=&state=true"
                + " {\"ttl\":600}",
            "PUT /_db/my%20db%2F1/_api/replication/batch/96?serverId=4711 {\"ttl\":600}",
            "DELETE /_db/my%20db%2F1/_api/replication/batch/96?serverId=4711");
  }

  @Test
  void asksForDumpsAndLearnsTheirForm() throws InterruptedException {
    try (LeaderClient client = connect()) {
      leader =
          request -> {
            assertThat(request.getRequestHeaders().getFirst("Accept"))
                .isEqualTo("application/x-velocypack");
            request.getResponseHeaders().set("X-Arango-Replication-Checkmore", "true");
            request.getResponseHeaders().set("X-Arango-Replication-Lastincluded", "2");
            request
                .getResponseHeaders()
                .set("Content-Type", "application/x-arango-dump; charset=utf-8");
            reply(request, 200, "{\"x\":1}\n");
          };
      DumpPage page = client.dump(dump(DumpForm.VELOCYPACK, true));
      assertThat(page.form()).isEqualTo(DumpForm.JSON);
      assertThat(page.hasMore()).isTrue();
      assertThat(page.lastIncluded()).isEqualTo(2);
      assertThat(page.leaderCount()).isNull();
      assertThat(new String(page.body(), StandardCharsets.UTF_8)).isEqualTo("{\"x\":1}\n");

      leader =
          request -> {
            assertThat(request.getRequestHeaders().getFirst("x-lockstep-capabilities")).isNull();
            request.getResponseHeaders().set("x-arango-replication-checkmore", "false");
            request.getResponseHeaders().set("x-lockstep-capabilities", "dump-stored,dump-replay");
            reply(request, 204, "");
          };
      DumpPage empty = client.dump(dump(DumpForm.JSON, false));
      assertThat(empty.body()).isEmpty();
      assertThat(empty.lastIncluded()).isZero();
      assertThat(client.capabilities())
          .containsExactlyInAnyOrder(Capability.DUMP_STORED, Capability.DUMP_REPLAY);

      leader =
          request -> {
            assertThat(request.getRequestHeaders().getFirst("x-lockstep-capabilities")).isNotNull();
            request.getResponseHeaders().set("x-arango-replication-checkmore", "false");
            request.getResponseHeaders().set("x-arango-replication-lastincluded", "1");
            request.getResponseHeaders().set("x-lockstep-count", "7");
            request.getResponseHeaders().set("Content-Type", "application/x-lockstep-documents");
            reply(request, 200, "x");
          };
      DumpPage stored = client.dump(dump(DumpForm.STORED, false));
      assertThat(stored.form()).isEqualTo(DumpForm.STORED);
      assertThat(stored.leaderCount()).isEqualTo(7);
    }
    assertThat(requests.getFirst())
        .isEqualTo(
            "GET /_db/my%20db%2F1/_api/replication/dump?serverId=4711&collection=hABC%2F12&batchId=96"
                + "&includeSystem=true&useEnvelope=false&from=3&to=128&chunkSize=1000&flush=true&flushWait=15");
    assertThat(requests.get(1)).doesNotContain("flush");
  }

  @Test
  void doesNotHearOfExtensionsThatAreNotToBeUsed() throws InterruptedException {
    List<String> askedBeyondStock = new CopyOnWriteArrayList<>();
    leader =
        request -> {
          request
              .getRequestHeaders()
              .forEach((name, values) -> {
                if ((name + values).toLowerCase(Locale.ROOT).contains("lockstep-")) {
                  askedBeyondStock.add(name);
                }
              });
          request.getResponseHeaders().set(Capability.HEADER, Capability.announcement());
          reply(request, 200, request.getRequestURI().getPath().endsWith("y") ? INVENTORY : STATE);
        };
    try (LeaderClient client = connect(address().withExtensions(false))) {
      client.loggerState();

      assertThat(client.inventory("96", true, false, "").collections().getFirst().totals())
          .isNull();
      assertThat(client.capabilities()).isEmpty();
    }
    assertThat(askedBeyondStock).isEmpty();
    assertThat(requests).hasSize(2);
  }

  /// Whoever has not announced totals may mean something else by these names.
  @Test
  void believesTotalsOnlyOfLeadersThatAnnounceThem() throws InterruptedException {
    leader = request -> reply(request, 200, INVENTORY);
    try (LeaderClient client = connect()) {
      assertThat(client.inventory("96", true, false, "").collections().getFirst().totals())
          .isNull();
      leader =
          request -> {
            request.getResponseHeaders().set(Capability.HEADER, Capability.FINGERPRINT.wireName());
            reply(request, 200, INVENTORY);
          };
      assertThat(client.inventory("96", true, false, "").collections().getFirst().totals())
          .isEqualTo(new CollectionTotals(3, 77));
    }
  }

  /// One that has vanished without a word is noticed long before users' patience is over.
  @Test
  void waitsShortlyForWhatALeaderAnswersAtOnce() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    leader =
        request -> {
          try {
            end.await();
          } catch (InterruptedException e) {
            throw new InterruptedIOException(e.getMessage());
          }
        };
    LeaderAddress address = address();
    ServerConnection connection =
        new ServerConnection(
            ConnectionSettings.of(Endpoint.parse(endpoint()), new Credentials.None())
                .withIdleTimeout(address.silenceMax()));
    try (LeaderClient client =
        new HttpLeaderClient(
            connection,
            address,
            Duration.ofMillis(200),
            AnswerLimit.of(1000, 1000, "", new LongAdder()),
            new LongAdder())) {
      assertThatThrownBy(client::loggerState)
          .isInstanceOf(LeaderUnavailableException.class)
          .hasMessageContaining("the server was silent for 200 ms");
      assertThatThrownBy(() -> client.tail(tail(Duration.ofMillis(300))))
          .isInstanceOf(LeaderUnavailableException.class)
          .hasMessageContaining("the server was silent for 500 ms");

      CompletableFuture<TailPage> unlimited =
          CompletableFuture.supplyAsync(() -> {
            try {
              return client.tail(tail(Duration.ZERO));
            } catch (InterruptedException e) {
              throw new CompletionException(e);
            }
          });
      assertThatThrownBy(() -> unlimited.get(1, TimeUnit.SECONDS))
          .isInstanceOf(TimeoutException.class);
    } finally {
      end.countDown();
    }
  }

  private static TailRequest tail(Duration waitMax) {
    return new TailRequest(
        true,
        new Tick(1),
        null,
        new Tick(1),
        new Tick(1),
        1000,
        true,
        false,
        MarkerForm.JSON,
        waitMax,
        false,
        "");
  }

  private static DumpRequest dump(DumpForm form, boolean flush) {
    return new DumpRequest("96", "hABC/12", form, 3, new Tick(128), 1000, true, flush);
  }

  @ParameterizedTest
  @CsvSource({"429, true", "502, false", "503, true", "504, false"})
  void takesSomeStatusesAsPassing(int status, boolean unseen) {
    leader = request -> reply(request, status, "{\"errorMessage\":\"starting\"}");

    try (LeaderClient client = connect()) {
      assertThatThrownBy(client::loggerState)
          .isInstanceOfSatisfying(
              LeaderUnavailableException.class,
              e -> {
                assertThat(e.number().number()).isEqualTo(1402);
                assertThat(e.isRequestUnseen()).isEqualTo(unseen);
              })
          .hasMessageStartingWith(
              "got invalid response from leader at "
                  + endpoint()
                  + " for URL /_db/my%20db%2F1/_api/replication/logger-state?serverId=4711: HTTP "
                  + status)
          .hasMessageEndingWith(" - {\"errorMessage\":\"starting\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 500, 501, 301, 304})
  void takesOthersAsFinal(int status) {
    leader = request -> reply(request, status, "");

    try (LeaderClient client = connect()) {
      assertThatThrownBy(client::loggerState)
          .isInstanceOfSatisfying(
              LeaderRefusedException.class, e -> assertThat(e.status()).isEqualTo(status));
    }
  }

  @Test
  void neverRepeatsItsPasswordFromTheLeadersMouth() {
    leader = request -> reply(request, 403, "the password hunter2 is wrong");

    try (LeaderClient client = connect()) {
      assertThatThrownBy(client::loggerState).hasMessageEndingWith("the password *** is wrong");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no json",
        "[]",
        "{\"state\":{}}",
        "{\"state\":{\"lastLogTick\":\"x\"},\"server\":{}}",
        "{\"state\":{\"lastLogTick\":\"1\"},\"server\":{\"version\":\"3.2.2\",\"serverId\":\"0\"}}"
      })
  void refusesAnswersWithoutSense(String body) {
    leader = request -> reply(request, 200, body);

    try (LeaderClient client = connect()) {
      assertThatThrownBy(client::loggerState)
          .isInstanceOfSatisfying(
              ProtocolViolationException.class,
              e -> assertThat(e.number().number()).isEqualTo(1401));
    }
  }

  /// As from a proxy that has lost the leader in the middle of its answer.
  @Test
  void takesASuccessWithoutABodyForAnAnswerThatWasCut() {
    leader = request -> reply(request, 200, "");

    try (LeaderClient client = connect()) {
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              client::loggerState,
              () -> client.openBatch(Duration.ofMinutes(1)),
              () -> client.dump(dump(DumpForm.JSON, false)))) {
        assertThatThrownBy(call)
            .isInstanceOfSatisfying(
                LeaderUnavailableException.class,
                e -> {
                  assertThat(e.number().number()).isEqualTo(1401);
                  assertThat(e.isRequestUnseen()).isFalse();
                })
            .hasMessageContaining("a success without a body");
      }
    }
  }

  @Test
  void refusesDumpsWithoutTheirHeadersAndTooLargeOnes() {
    leader = request -> reply(request, 200, "{}");
    try (LeaderClient client = connect()) {
      assertThatThrownBy(() -> client.dump(dump(DumpForm.JSON, false)))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageEndingWith("required header is missing: x-arango-replication-checkmore");
      leader =
          request -> {
            request.getResponseHeaders().set("x-arango-replication-checkmore", "false");
            request.getResponseHeaders().set("x-arango-replication-lastincluded", "1");
            reply(request, 200, "x".repeat(2 << 20));
          };
      assertThatThrownBy(() -> client.dump(dump(DumpForm.JSON, false)))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageContaining("1048576")
          .hasMessageContaining("raise the option maxPacketSize (it is ");
    }
  }

  @Test
  void tellsAClosedPortAtOnceAndThatNobodySawTheRequest() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    try (LeaderClient client =
        connect(
            "tcp://127.0.0.1:" + port,
            new LeaderCredentials.None(),
            Duration.ofSeconds(5),
            1 << 20)) {
      assertThatThrownBy(client::loggerState)
          .isInstanceOfSatisfying(
              LeaderUnavailableException.class,
              e -> {
                assertThat(e.number().number()).isEqualTo(1400);
                assertThat(e.isRequestUnseen()).isTrue();
              })
          .hasMessageStartingWith(
              "could not connect to leader at tcp://127.0.0.1:"
                  + port
                  + " for URL /_db/my%20db%2F1/_api/replication/logger-state?serverId=4711: ");
    }
  }

  /// A leader that dies in the middle of an answer, and one that says nothing.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\nX-Arango",
        "HTTP/1.1 200 OK\r\n"
            + "x-arango-replication-checkmore: true\r\n"
            + "x-arango-replication-lastincluded: 1\r\n"
            + "Content-Length: 1000\r\n\r\n"
            + "{\"_key\":\"a\"",
        "HTTP/1.1 200 OK\r\n"
            + "x-arango-replication-checkmore: true\r\n"
            + "x-arango-replication-lastincluded: 1\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "5\r\n"
            + "hello\r\n"
      })
  void noticesACutAnswer(String beginning) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (true) {
                try (Socket connection = socket.accept()) {
                  connection.getInputStream().read(new byte[4096]);
                  connection.getOutputStream().write(beginning.getBytes(StandardCharsets.UTF_8));
                }
              }
            } catch (IOException e) {
              // The test is over.
            }
          });
      try (LeaderClient client =
          connect(
              "tcp://127.0.0.1:" + socket.getLocalPort(),
              new LeaderCredentials.None(),
              Duration.ofSeconds(20),
              1 << 20)) {
        assertThatThrownBy(() -> client.dump(dump(DumpForm.JSON, false)))
            .isInstanceOfSatisfying(
                LeaderUnavailableException.class,
                e -> {
                  assertThat(e.number().number()).isEqualTo(1400);
                  assertThat(e.isRequestUnseen()).isFalse();
                });
      }
    }
  }

  @Test
  void doesNotWaitForEverForASilentLeader() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        LeaderClient client =
            connect(
                "tcp://127.0.0.1:" + socket.getLocalPort(),
                new LeaderCredentials.None(),
                Duration.ofMillis(200),
                1 << 20)) {
      assertThatThrownBy(client::loggerState)
          .isInstanceOfSatisfying(
              LeaderUnavailableException.class,
              e -> assertThat(e.number().number()).isEqualTo(1400));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "ftp://x",
        "tcp://",
        "tcp://u:p@h:1",
        "unix:///tmp/s",
        "tcp://h:99999"
      })
  void refusesWhatIsNoEndpoint(String endpoint) {
    assertThatThrownBy(
            () -> connect(endpoint, new LeaderCredentials.None(), Duration.ofSeconds(1), 1 << 20))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number().number()).isEqualTo(1410))
        .hasMessageStartingWith("invalid replication applier configuration: ");
  }

  private static final String COMPARE = "/_db/my%20db%2F1/_api/replication/";

  @Test
  void readsRevisionTrees() throws InterruptedException {
    String tree =
        "{\"version\":1,\"maxDepth\":6,\"rangeMax\":\"_jpq8a-----\",\"rangeMin\":\"_bpq8a-----\","
            + "\"initialRangeMin\":\"_bpq8a-----\",\"count\":3,\"hash\":1563629593008361409,"
            + "\"nodes\":[{\"skip\":134747},{\"count\":3,\"hash\":1563629593008361409}]}";
    leader = request -> reply(request, 200, tree);

    try (LeaderClient client = connect()) {
      RevisionTree read = client.revisionTree("96", "hABC/12");
      assertThat(read.count()).isEqualTo(3);
      assertThat(read.hash()).isEqualTo(1563629593008361409L);

      leader = request -> reply(request, 200, tree.replaceFirst("\"count\":3", "\"count\":4"));
      assertThatThrownBy(() -> client.revisionTree("96", "hABC/12"))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageContaining(" for URL " + COMPARE + "revisions/tree?")
          .hasMessageContaining("does not contain a valid revision tree");
      leader = request -> reply(request, 200, "[]");
      assertThatThrownBy(() -> client.revisionTree("96", "hABC/12"))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageContaining("does not contain a valid revision tree");
      leader = request -> reply(request, 501, "{\"errorNum\":9}");
      assertThatThrownBy(() -> client.revisionTree("96", "hABC/12"))
          .isInstanceOfSatisfying(
              LeaderRefusedException.class, e -> assertThat(e.status()).isEqualTo(501));
    }
    assertThat(requests.getFirst())
        .isEqualTo(
            "GET "
                + COMPARE
                + "revisions/tree?serverId=4711&collection=hABC%2F12&batchId=96&onlyPopulated=true");
  }

  private static final List<RevisionRange> RANGES =
      List.of(
          new RevisionRange(Revision.parse("_fw2YvKK---"), Revision.parse("_fw2YvKK--z")),
          new RevisionRange(Revision.parse("_fw2YvKL---"), Revision.parse("_fw2YvKL--z")));

  private static RevisionRangesRequest ranges(boolean isHlc, boolean isVelocyPack) {
    return new RevisionRangesRequest(
        "96",
        "hABC/12",
        RANGES,
        Revision.parse("_fw2YvKK--A"),
        isHlc,
        isVelocyPack ? RevisionForm.VELOCYPACK : RevisionForm.JSON);
  }

  @Test
  void listsRevisionsAsOldLeadersTakeIt() throws InterruptedException {
    leader =
        request -> {
          assertThat(request.getRequestHeaders().getFirst("Content-Type"))
              .isEqualTo("application/json");
          assertThat(request.getRequestHeaders().getFirst("Accept")).isNull();
          reply(request, 200, "{\"ranges\":[[\"_fw2YvKK--B\"]],\"resume\":\"_fw2YvKL---\"}");
        };

    try (LeaderClient client = connect()) {
      RevisionPage page = client.revisionRanges(ranges(false, false));
      assertThat(page.revisions()).containsExactly(Revision.parse("_fw2YvKK--B").value());
      assertThat(page.resume()).isEqualTo(Revision.parse("_fw2YvKL---"));
      assertThat(page.url()).startsWith(COMPARE + "revisions/ranges?");
    }
    assertThat(requests)
        .containsExactly(
            "PUT "
                + COMPARE
                + "revisions/ranges?serverId=4711&collection=hABC%2F12&batchId=96&resume=_fw2YvKK--A"
                + " [[\"_fw2YvKK---\",\"_fw2YvKK--z\"],[\"_fw2YvKL---\",\"_fw2YvKL--z\"]]");
  }

  @Test
  void listsRevisionsInVelocyPackWhereTheLeaderCan() throws InterruptedException {
    VPackSlice answer = JsonToVPack.parse("{\"ranges\":[[],[\"_fw2YvKL--z\"]]}");
    leader =
        request -> {
          assertThat(request.getRequestHeaders().getFirst("Content-Type"))
              .isEqualTo("application/x-velocypack");
          assertThat(request.getRequestHeaders().getFirst("Accept"))
              .isEqualTo("application/x-velocypack");
          replyVelocyPack(request, answer);
        };

    try (LeaderClient client = connect()) {
      RevisionPage page = client.revisionRanges(ranges(true, true));
      assertThat(page.revisions()).containsExactly(Revision.parse("_fw2YvKL--z").value());
      assertThat(page.resume()).isNull();
    }
    assertThat(requests.getFirst())
        .startsWith(
            "PUT "
                + COMPARE
                + "revisions/ranges?serverId=4711&collection=hABC%2F12&batchId=96&resume=_fw2YvKK--A&resumeHLC=_fw2YvKK--A&encodeAsHLC=true"
                + " ");
    assertThat(VPackValidator.validateWhole(bodies.getFirst(), ValidationLimits.REQUEST).toJson())
        .isEqualTo("[[\"_fw2YvKK---\",\"_fw2YvKK--z\"],[\"_fw2YvKL---\",\"_fw2YvKL--z\"]]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"no json", "7", "[]", "{}", "{\"ranges\":[]}"})
  void refusesListsOfRevisionsThatMakeNoSense(String body) {
    leader = request -> reply(request, 200, body);

    try (LeaderClient client = connect()) {
      assertThatThrownBy(() -> client.revisionRanges(ranges(false, false)))
          .isInstanceOfSatisfying(
              ProtocolViolationException.class,
              e -> assertThat(e.number().number()).isEqualTo(1401))
          .hasMessageStartingWith(
              "got invalid response from leader at "
                  + endpoint()
                  + " for URL "
                  + COMPARE
                  + "revisions/ranges?");
    }
  }

  private static RevisionDocumentsRequest documents(long chunkSize, boolean isHlc) {
    return new RevisionDocumentsRequest(
        "96",
        "hABC/12",
        new long[] {Revision.parse("_fw2YvKK--A").value(), Revision.parse("_fw2YvKK--B").value()},
        chunkSize,
        isHlc,
        false);
  }

  /// In the leader's database, unlike stock followers, and always in VelocyPack.
  @Test
  void fetchesDocumentsByTheirRevisions() throws InterruptedException {
    VPackSlice answer =
        JsonToVPack.parse("[{\"_key\":\"a\",\"_id\":\"c/a\",\"_rev\":\"_fw2YvKK--A\",\"n\":1.0}]");
    leader =
        request -> {
          assertThat(request.getRequestHeaders().getFirst("Content-Type"))
              .isEqualTo("application/x-velocypack");
          assertThat(request.getRequestHeaders().getFirst("Accept"))
              .isEqualTo("application/x-velocypack");
          assertThat(request.getRequestHeaders().getFirst("Authorization"))
              .isEqualTo("Basic cm9vdDpodW50ZXIy");
          replyVelocyPack(request, answer);
        };

    try (LeaderClient client = connect()) {
      FetchedDocuments fetched = client.revisionDocuments(documents(0, false));
      assertThat(fetched.documents()).hasSize(1);
      assertThat(fetched.documents().getFirst().slice().toJson())
          .isEqualTo("{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--A\",\"n\":1.0}");
      assertThat(fetched.bytes()).isEqualTo(answer.byteSize());
      client.revisionDocuments(documents(1000, true));
    }
    String url =
        "PUT " + COMPARE + "revisions/documents?serverId=4711&collection=hABC%2F12&batchId=96";
    assertThat(requests.get(0)).startsWith(url + " ");
    assertThat(requests.get(1)).startsWith(url + "&chunkSize=1000&encodeAsHLC=true ");
    assertThat(VPackValidator.validateWhole(bodies.getFirst(), ValidationLimits.REQUEST).toJson())
        .isEqualTo("[\"_fw2YvKK--A\",\"_fw2YvKK--B\"]");
  }

  @Test
  void refusesDocumentsWithoutKeyAndAnswersThatAreTooLarge() {
    leader = request -> reply(request, 200, "[{}]");
    try (LeaderClient client = connect()) {
      assertThatThrownBy(() -> client.revisionDocuments(documents(0, false)))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageContaining(" for URL " + COMPARE + "revisions/documents?")
          .hasMessageContaining("no '_key'");
      leader = request -> reply(request, 200, "[" + " ".repeat(2 << 20) + "]");
      assertThatThrownBy(() -> client.revisionDocuments(documents(0, false)))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageContaining("1048576")
          .hasMessageContaining("raise the option maxPacketSize (it is ");
    }
  }

  @Test
  void waitsForAListOfKeysThatIsMadeInTheBackground() throws InterruptedException {
    try (LeaderClient client = connect()) {
      leader =
          request -> {
            assertThat(request.getRequestHeaders().getFirst("x-arango-async")).isEqualTo("store");
            request.getResponseHeaders().set("X-Arango-Async-Id", "179529535303370");
            reply(request, 202, "");
          };
      KeysAnswer first = client.openKeys("96", "hABC/12", new Tick(128), true);
      assertThat(first).isEqualTo(new KeysAnswer.Pending("179529535303370"));
      KeysAnswer.Pending pending = (KeysAnswer.Pending) first;

      leader =
          request -> {
            assertThat(request.getRequestHeaders().getFirst("x-arango-async")).isNull();
            reply(request, 204, "");
          };
      assertThat(client.pollKeys(pending)).isEqualTo(pending);

      leader =
          request -> {
            request.getResponseHeaders().set("X-Arango-Async-Id", "179529535303370");
            reply(request, 200, "{\"id\":\"103\",\"count\":10}");
          };
      assertThat(client.pollKeys(pending)).isEqualTo(new KeysAnswer.Ready("103", 10));

      leader = request -> reply(request, 404, "{\"errorNum\":404}");
      assertThat(client.pollKeys(pending)).isEqualTo(new KeysAnswer.Gone());

      leader = request -> reply(request, 200, "{\"count\":2000000}");
      assertThat(client.openKeys("96", "hABC/12", new Tick(128), false))
          .isEqualTo(new KeysAnswer.Ready("", 2_000_000));
    }
    String open = "POST " + COMPARE + "keys?serverId=4711&collection=hABC%2F12&to=128&batchId=96";
    String poll = "PUT /_db/my%20db%2F1/_api/job/179529535303370";
    assertThat(requests).containsExactly(open + "&quick=true", poll, poll, poll, open);
  }

  /// The leader's answer to a job that failed, not one to the question for the job.
  @ParameterizedTest
  @ValueSource(ints = {400, 403, 404, 500})
  void tellsWhyAListOfKeysCouldNotBeMade(int status) {
    leader =
        request -> {
          request.getResponseHeaders().set("x-arango-async-id", "7");
          reply(request, status, "{\"errorMessage\":\"no such batch\"}");
        };

    try (LeaderClient client = connect()) {
      assertThatThrownBy(() -> client.pollKeys(new KeysAnswer.Pending("7")))
          .isInstanceOfSatisfying(
              LeaderRefusedException.class, e -> assertThat(e.status()).isEqualTo(status))
          .hasMessageContaining("no such batch");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "{}", "{\"id\":\"7\"}", "{\"id\":-1,\"count\":1}"})
  void refusesWhatIsNoAnswerToARequestForKeys(String body) {
    try (LeaderClient client = connect()) {
      leader = request -> reply(request, 200, body);
      assertThatThrownBy(() -> client.openKeys("96", "c", new Tick(128), false))
          .isInstanceOf(ProtocolViolationException.class);
      // Accepted, but as what?
      leader = request -> reply(request, 202, body);
      assertThatThrownBy(() -> client.openKeys("96", "c", new Tick(128), false))
          .isInstanceOf(ProtocolViolationException.class);
    }
  }

  /// Keys may hold what a URL cannot, and stock followers of old forgot that.
  @Test
  void readsChunksTheirKeysAndTheirDocuments() throws InterruptedException {
    KeyChunkPart part = new KeyChunkPart("96-80", "hABC/12", 3, 5000, "50%25+a&b");
    try (LeaderClient client = connect()) {
      leader =
          request -> reply(request, 200, "[{\"low\":\"50%25+a\",\"high\":\"x\",\"hash\":\"1\"}]");
      assertThat(client.keyChunks("96-80", "hABC/12", 5000))
          .containsExactly(new KeyChunk("50%25+a", "x", 1));

      leader = request -> reply(request, 200, "[[\"k0\",\"1882503621557354496\"]]");
      assertThat(client.chunkKeys(part))
          .containsExactly(new KeyRevision("k0", new Revision(1882503621557354496L)));

      leader =
          request -> {
            assertThat(request.getRequestHeaders().getFirst("Content-Type"))
                .isEqualTo("application/json");
            reply(request, 200, "[null,{\"_key\":\"k5\",\"_rev\":\"_md9vKfO--_\",\"value\":44}]");
          };
      FetchedDocuments fetched = client.chunkDocuments(part, new int[] {3, 5}, 1);
      assertThat(fetched.documents().getFirst().slice().toJson())
          .isEqualTo("{\"_key\":\"k5\",\"_rev\":\"_md9vKfO--_\",\"value\":44}");

      leader = request -> reply(request, 202, "{\"id\":\"96-80\",\"error\":false,\"code\":202}");
      client.closeKeys("96-80", "hABC/12");
      leader = request -> reply(request, 404, "");
      client.closeKeys("96-80", "hABC/12");
      leader = request -> reply(request, 403, "");
      assertThatThrownBy(() -> client.closeKeys("96-80", "hABC/12"))
          .isInstanceOf(LeaderRefusedException.class);
    }
    String keys = COMPARE + "keys/96-80?serverId=4711&collection=hABC%2F12";
    String chunk = "&chunk=3&chunkSize=5000&low=50%2525%2Ba%26b";
    assertThat(requests)
        .containsExactly(
            "GET " + keys + "&chunkSize=5000",
            "PUT " + keys + "&type=keys" + chunk,
            "PUT " + keys + "&type=docs" + chunk + "&offset=1 [3,5]",
            "DELETE " + keys,
            "DELETE " + keys,
            "DELETE " + keys);
  }

  @Test
  void refusesChunksWithoutKeysAndDocumentsThatDoNotCome() {
    KeyChunkPart part = new KeyChunkPart("96", "c", 0, 5000, "a");
    leader = request -> reply(request, 200, "[]");

    try (LeaderClient client = connect()) {
      assertThatThrownBy(() -> client.chunkKeys(part))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageContaining("a chunk has no keys");
      assertThatThrownBy(() -> client.chunkDocuments(part, new int[] {1}, 0))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageContaining("none of the documents came");
    }
  }

  /// One that has no such command, or does not let us, is of a kind that needs none.
  @Test
  void letsALeaderFlushItsLogIfItCan() throws InterruptedException {
    try (LeaderClient client = connect()) {
      for (int status : new int[] {200, 401, 403, 404, 501}) {
        leader = request -> reply(request, status, "{}");
        client.flushLog();
      }
      leader = request -> reply(request, 503, "{}");
      assertThatThrownBy(client::flushLog).isInstanceOf(LeaderUnavailableException.class);
    }
    assertThat(requests.getFirst())
        .isEqualTo(
            "PUT /_db/my%20db%2F1/_admin/wal/flush"
                + " {\"waitForSync\":true,\"waitForCollector\":true,\"waitForCollectorQueue\":true}");
  }

  /// Compared with what really went over a socket, byte for byte.
  @Test
  void countsWhatGoesOverTheWire() throws IOException, InterruptedException {
    byte[] answer =
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + STATE.length()
                + "\r\n\r\n"
                + STATE)
            .getBytes(StandardCharsets.US_ASCII);
    AtomicLong seen = new AtomicLong();
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try (Socket connection = socket.accept()) {
              byte[] buffer = new byte[4096];
              while (true) {
                int count = connection.getInputStream().read(buffer);
                if (count < 0) {
                  return;
                }
                seen.addAndGet(count);
                String text = new String(buffer, 0, count, StandardCharsets.US_ASCII);
                // A request of this test ends with its headers or with its body.
                if (text.endsWith("\r\n\r\n") || text.endsWith("}")) {
                  connection.getOutputStream().write(answer);
                }
              }
            } catch (IOException e) {
              // The test is over.
            }
          });
      try (LeaderClient client =
          connect(
              "tcp://127.0.0.1:" + socket.getLocalPort(),
              new LeaderCredentials.Basic("root", "hunter2"),
              Duration.ofSeconds(20),
              1 << 20)) {
        assertThat(client.transferred()).isEqualTo(Transferred.NOTHING);
        client.loggerState();
        assertThat(client.transferred())
            .isEqualTo(new Transferred(1, seen.get(), answer.length, 0));
        client.flushLog();
        assertThat(client.transferred())
            .isEqualTo(new Transferred(2, seen.get(), 2L * answer.length, 0));
      }
    }
  }

  @Test
  void refusesRedirectsAndTakesNothingElsewhere() throws Exception {
    List<String> strayed = new CopyOnWriteArrayList<>();
    HttpServer elsewhere =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    elsewhere.createContext(
        "/",
        request -> {
          strayed.add(String.valueOf(request.getRequestHeaders().getFirst("Authorization")));
          reply(request, 200, STATE);
          request.close();
        });
    elsewhere.start();
    try (LeaderClient client = connect()) {
      for (int status : new int[] {301, 302, 303, 307, 308}) {
        String target = "http://127.0.0.1:" + elsewhere.getAddress().getPort() + "/?p=hunter2";
        leader =
            request -> {
              request.getResponseHeaders().set("Location", target);
              reply(request, status, "");
            };
        assertThatThrownBy(client::loggerState)
            .isInstanceOf(LeaderRefusedException.class)
            .hasMessageContaining("HTTP " + status)
            .hasMessageContaining("redirects are not followed")
            .hasMessageContaining("http://127.0.0.1:" + elsewhere.getAddress().getPort())
            .hasMessageNotContaining("hunter2");
        assertThatThrownBy(() ->
                client.dump(
                    new DumpRequest("1", "c", DumpForm.JSON, 0, new Tick(1), 1000, true, false)))
            .isInstanceOf(LeaderRefusedException.class)
            .hasMessageContaining("redirects are not followed");
      }
    } finally {
      elsewhere.stop(0);
    }
    assertThat(strayed).isEmpty();
  }

  @Test
  void doesNotConnectToAnAddressThatIsNotPermitted() {
    PermittedLeaders none =
        new PermittedLeaders(List.of(PermittedLeader.parse("10.0.0.0/8")), "--the.option");
    try (LeaderClient client =
        new HttpLeaderConnector(new TlsTrust.SystemAuthorities(), none)
            .connect(
                new LeaderAddress(
                    endpoint().replace("127.0.0.1", "localhost"),
                    "d",
                    new LeaderCredentials.Basic("root", "hunter2"),
                    "1",
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    1 << 20,
                    0))) {
      assertThatThrownBy(client::loggerState)
          .isInstanceOfSatisfying(
              LeaderNotPermittedException.class,
              refused -> {
                assertThat(refused.number().number()).isEqualTo(11);
                assertThat(refused.isTransient()).isFalse();
              })
          .hasMessageContaining("--the.option")
          .hasMessageContaining(":" + server.getAddress().getPort());
    }
    assertThat(requests).isEmpty();
  }
}
