package dev.lockstep.shell.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BlockingApiTest {
  private static final byte[] DOCUMENT = "{\"_key\":\"ä\"}".getBytes(UTF_8);

  /// What the server does with a request.
  private interface Route {
    void answer(HttpExchange request) throws IOException;
  }

  private HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final Set<InetSocketAddress> connections = ConcurrentHashMap.newKeySet();
  private volatile Route route = request -> reply(request, 200, "{}");
  private BlockingApi api;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        request -> {
          String body = new String(request.getRequestBody().readAllBytes(), UTF_8);
          asked.add(
              request.getRequestMethod()
                  + " "
                  + request.getRequestURI()
                  + " "
                  + request.getRequestHeaders().getFirst("Authorization")
                  + (body.isEmpty()
                      ? ""
                      : " " + request.getRequestHeaders().getFirst("Content-Type") + " " + body));
          connections.add(request.getRemoteAddress());
          route.answer(request);
        });
    server.start();
    api = api(new Credentials.Basic("root", "secret"));
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private BlockingApi api(Credentials credentials) {
    return new BlockingApi(
        new Endpoint(false, "127.0.0.1", server.getAddress().getPort()), credentials, "my db");
  }

  private static void reply(HttpExchange request, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    request.getResponseHeaders().set("Content-Type", "application/json");
    request.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    request.getResponseBody().write(bytes);
    request.close();
  }

  @Test
  void writesAndReadsInItsDatabaseAsItsUser() throws IOException {
    api.post("/_api/document/c", DOCUMENT);
    api.get("/_api/document/c/%C3%A4");
    api(new Credentials.None()).get("/_api/version?details=true");

    String user = "Basic cm9vdDpzZWNyZXQ=";
    assertThat(asked)
        .containsExactly(
            "POST /_db/my%20db/_api/document/c " + user + " application/json {\"_key\":\"ä\"}",
            "GET /_db/my%20db/_api/document/c/%C3%A4 " + user,
            "GET /_db/my%20db/_api/version?details=true null");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 400, 401, 404, 409, 503})
  void anyOtherStatusThanASuccessIsARefusal(int status) {
    route =
        request ->
            reply(
                request,
                status,
                "{\"error\":true,\"errorNum\":1210,\"errorMessage\":\"unique constraint\"}");

    assertThatThrownBy(() -> api.post("/_api/document/c", DOCUMENT))
        .isInstanceOfSatisfying(
            ServerRefusal.class, e -> assertThat(e.httpStatus()).isEqualTo(status))
        .hasMessage("unique constraint (error 1210)");
    assertThatThrownBy(() -> api.get("/_api/document/c/k")).isInstanceOf(ServerRefusal.class);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aRefusalWithoutBodyIsToldByItsStatus() {
    route = request -> reply(request, 503, "");

    assertThatThrownBy(() -> api.get("/_api/document/c/k"))
        .isInstanceOf(ServerRefusal.class)
        .hasMessageContaining("HTTP 503");
  }

  @Test
  void knowsWhatIsThereFromWhatIsNotAndFromAFailure() throws IOException {
    assertThat(api.isThere("/_api/document/c/k")).isTrue();
    route = request -> reply(request, 404, "{}");
    assertThat(api.isThere("/_api/document/c/k")).isFalse();
    route = request -> reply(request, 401, "{}");
    assertThatThrownBy(() -> api.isThere("/_api/document/c/k")).isInstanceOf(ServerRefusal.class);
  }

  /// What was lost may have been done.
  @Test
  void neverSendsAWriteTwice() throws IOException {
    api.post("/_api/document/c", DOCUMENT);
    asked.clear();
    route = HttpExchange::close;

    assertThatThrownBy(() -> api.post("/_api/document/c", DOCUMENT))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "POST http://127.0.0.1:"
                + server.getAddress().getPort()
                + "/_db/my%20db/_api/document/c: ");
    assertThat(asked).hasSize(1);
  }

  /// The library closes idle connections beyond five unless told otherwise.
  @Test
  void keepsTheConnectionsOfManyClients() throws Exception {
    int clients = 16;
    CyclicBarrier round = new CyclicBarrier(clients);
    List<Future<?>> ends = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      ends.add(
          threads.submit(() -> {
            for (int request = 0; request < 10; request++) {
              round.await();
              api.post("/_api/document/c", DOCUMENT);
            }
            return null;
          }));
    }
    for (Future<?> end : ends) {
      end.get();
    }

    assertThat(asked).hasSize(10 * clients);
    assertThat(connections).hasSizeLessThanOrEqualTo(clients);
  }

  @Test
  void refusesAnEndpointWithTls() {
    assertThatThrownBy(() ->
            new BlockingApi(new Endpoint(true, "localhost", 1), new Credentials.None(), "_system"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("TLS");
  }
}
