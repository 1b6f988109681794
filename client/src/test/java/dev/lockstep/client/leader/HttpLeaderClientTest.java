package dev.lockstep.client.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lockstep.client.AddressPolicy;
import dev.lockstep.client.TlsTrust;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.BatchOpened;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderCredentials;
import dev.lockstep.replication.protocol.LeaderRefusedException;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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

  /// What the leader does with a request.
  private interface Leader {
    void answer(HttpExchange request) throws IOException;
  }

  private HttpServer server;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private volatile Leader leader = request -> reply(request, 200, STATE);

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        request -> {
          String body = new String(request.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
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

  private String endpoint() {
    return "tcp://127.0.0.1:" + server.getAddress().getPort();
  }

  private LeaderClient connect() {
    return connect(
        endpoint(),
        new LeaderCredentials.Basic("root", "hunter2"),
        Duration.ofSeconds(20),
        1 << 20);
  }

  private static LeaderClient connect(
      String endpoint, LeaderCredentials credentials, Duration silence, long bytesMax) {
    return new HttpLeaderConnector(new TlsTrust.SystemAuthorities(), AddressPolicy.ANY)
        .connect(
            new LeaderAddress(
                endpoint,
                "my db/1",
                credentials,
                "4711",
                Duration.ofSeconds(5),
                silence,
                bytesMax,
                0));
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
        "",
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
          .hasMessageEndingWith("raise the option maxPacketSize");
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
}
