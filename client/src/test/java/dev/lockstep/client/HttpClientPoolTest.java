package dev.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HttpClientPoolTest {
  private final HttpClientPool pool = new HttpClientPool();
  private final List<String> authorizations = new CopyOnWriteArrayList<>();
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final Set<Connection> all = ConcurrentHashMap.newKeySet();
  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private RoutedServer server;

  @BeforeEach
  void startServer() throws Exception {
    server = new RoutedServer();
    server.connector.addBean(
        new Connection.Listener() {
          @Override
          public void onOpened(Connection connection) {
            open.add(connection);
            all.add(connection);
          }

          @Override
          public void onClosed(Connection connection) {
            open.remove(connection);
          }
        });
    server.routes.put(
        "/",
        (request, _) -> authorizations.add(request.getHeaders().get(HttpHeader.AUTHORIZATION)));
    server.routes.put(
        "/wait",
        (_, _) -> {
          arrived.countDown();
          released.await();
        });
  }

  @AfterEach
  void stopServer() throws Exception {
    released.countDown();
    pool.close();
    server.close();
  }

  private ConnectionSettings settings() {
    return ConnectionSettings.of(
        Endpoint.parse("tcp://127.0.0.1:" + server.port), new Credentials.Bearer("first"));
  }

  private static void ask(ServerConnection connection) throws Exception {
    assertThat(connection.send(ServerRequest.get("/")).status()).isEqualTo(200);
  }

  /// The idle client, which stays where it is.
  private HttpClient idle(ConnectionSettings settings) {
    HttpClient client = Objects.requireNonNull(pool.take(settings));
    pool.giveBack(settings, client);
    return client;
  }

  @Test
  void aClientServesOneConnectionAfterTheOther() throws Exception {
    try (ServerConnection first = pool.open(settings())) {
      ask(first);
      assertThat(pool.take(settings())).isNull();
    }
    HttpClient client = idle(settings());
    try (ServerConnection second =
        pool.open(settings().withCredentials(new Credentials.Bearer("second")))) {
      ask(second);
      ask(second);
      assertThat(second.requestsSent()).isEqualTo(2);
      try (ServerConnection meanwhile = pool.open(settings())) {
        ask(meanwhile);
      }
      assertThat(idle(settings())).isNotSameAs(client);
    }
    assertThat(idle(settings())).isSameAs(client);
    assertThat(client.isRunning()).isTrue();
    assertThat(authorizations)
        .containsExactly("bearer first", "bearer second", "bearer second", "bearer first");
  }

  @Test
  void tcpConnectionsEndWithTheConnectionTheyServed() throws Exception {
    for (int i = 1; i <= 3; i++) {
      try (ServerConnection connection = pool.open(settings())) {
        ask(connection);
        ask(connection);
        assertThat(all).hasSize(i);
      }
      Awaitility.await().untilAsserted(() -> assertThat(open).isEmpty());
    }
  }

  @Test
  void aClientWithSomethingUnderWayIsStopped() throws Exception {
    ServerConnection connection = pool.open(settings());
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var pending = executor.submit(() -> connection.send(ServerRequest.get("/wait")));
      assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
      connection.close();
      assertThatThrownBy(() -> pending.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TransportException.class);
    }
    assertThat(pool.take(settings())).isNull();
  }

  @Test
  void aClientWhoseServerWasNotThereIsStopped() throws Exception {
    server.close();
    try (ServerConnection connection = pool.open(settings())) {
      assertThatThrownBy(() -> connection.send(ServerRequest.get("/")))
          .isInstanceOf(ConnectFailedException.class);
    }
    assertThat(pool.take(settings())).isNull();
  }

  @Test
  void aClosedConnectionSendsNothing() throws Exception {
    ServerConnection closed = pool.open(settings());
    ask(closed);
    closed.close();
    closed.close();
    try (ServerConnection next = pool.open(settings())) {
      assertThatThrownBy(() -> closed.send(ServerRequest.get("/")))
          .isInstanceOf(ConnectionLostException.class)
          .hasMessageContaining("closed by its user");
      ask(next);
    }
    assertThat(authorizations).hasSize(2);
  }

  @Test
  void servesOnlyTheServerAndTheLimitsItWasStartedFor() throws Exception {
    try (ServerConnection connection = pool.open(settings())) {
      ask(connection);
    }
    assertThat(pool.take(settings().withConnectionsMax(3))).isNull();
    assertThat(pool.take(settings().withAddressPolicy((_, _) -> "no"))).isNull();
    assertThat(pool.take(settings().withConnectTimeout(Duration.ofSeconds(3)))).isNull();
    assertThat(pool.take(settings().withResponseBytesMax(17))).isNotNull();
  }

  @Test
  void fewAreKeptAndNoneAfterTheEnd() throws Exception {
    List<ServerConnection> connections = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      connections.add(pool.open(settings()));
    }
    connections.forEach(ServerConnection::close);
    List<HttpClient> kept = new ArrayList<>();
    for (HttpClient client = pool.take(settings());
        client != null;
        client = pool.take(settings())) {
      kept.add(client);
    }
    assertThat(kept).hasSize(4).allMatch(HttpClient::isRunning);

    pool.giveBack(settings(), kept.getFirst());
    pool.close();
    kept.forEach(client -> pool.giveBack(settings(), client));

    assertThat(pool.take(settings())).isNull();
    assertThat(kept).allMatch(HttpClient::isStopped);
  }
}
