package dev.lockstep.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServerConnectionTest {
  private final CountDownLatch released = new CountDownLatch(1);
  private RoutedServer server;
  private Map<String, RoutedServer.Route> routes;

  @TempDir private Path folder;

  @BeforeEach
  void startServer() throws Exception {
    server = new RoutedServer();
    routes = server.routes;
  }

  @AfterEach
  void stopServer() throws Exception {
    released.countDown();
    server.close();
  }

  private ConnectionSettings settings() {
    return ConnectionSettings.of(
        Endpoint.parse("tcp://127.0.0.1:" + server.port), new Credentials.Basic("root", "geheim"));
  }

  private static void write(Response response, byte[] bytes, boolean last) throws IOException {
    Content.Sink.write(response, last, ByteBuffer.wrap(bytes));
  }

  @Test
  void sendsWhatItIsToldAndReturnsWhatCameBack() throws Exception {
    routes.put(
        "/echo",
        (request, response) -> {
          response.setStatus(201);
          response.getHeaders().put("X-Arango-Async-Id", "17");
          String seen =
              request.getMethod()
                  + " "
                  + request.getHttpURI().getPathQuery()
                  + " "
                  + request.getHeaders().get(HttpHeader.AUTHORIZATION)
                  + " "
                  + request.getHeaders().get(HttpHeader.CONTENT_TYPE)
                  + " "
                  + request.getHeaders().get(HttpHeader.ACCEPT_ENCODING)
                  + " "
                  + request.getHeaders().get("x-test")
                  + " "
                  + Content.Source.asString(request);
          write(response, seen.getBytes(UTF_8), true);
        });
    try (ServerConnection connection = new ServerConnection(settings())) {
      ServerResponse answer =
          connection.send(
              ServerRequest.of("PATCH", "/echo?a=%2F&b=1%2B2")
                  .withHeader("x-test", "yes")
                  .withBody("application/json", "{}".getBytes(UTF_8)));
      assertThat(answer.status()).isEqualTo(201);
      assertThat(answer.header("x-arango-ASYNC-id")).isEqualTo("17");
      assertThat(answer.bodyText())
          .isEqualTo(
              "PATCH /echo?a=%2F&b=1%2B2 Basic "
                  + Base64.getEncoder().encodeToString("root:geheim".getBytes(UTF_8))
                  + " application/json null yes {}");
    }
  }

  @Test
  void returnsErrorsChallengesAndRedirectsAsResponses() throws Exception {
    routes.put("/401", (_, response) -> response.setStatus(401));
    routes.put(
        "/307",
        (_, response) -> {
          response.setStatus(307);
          response.getHeaders().put("location", "/echo");
        });
    try (ServerConnection connection = new ServerConnection(settings())) {
      assertThat(connection.send(ServerRequest.get("/401")).status()).isEqualTo(401);
      ServerResponse redirect = connection.send(ServerRequest.get("/307"));
      assertThat(redirect.status()).isEqualTo(307);
      assertThat(redirect.header("Location")).isEqualTo("/echo");
      assertThat(connection.send(ServerRequest.of("DELETE", "/missing")).status()).isEqualTo(404);
    }
  }

  @Test
  void leavesCompressedBodiesAsTheyAre() throws Exception {
    byte[] body = {1, 2, 3};
    routes.put(
        "/gzip",
        (_, response) -> {
          response.getHeaders().put("Content-Encoding", "gzip");
          write(response, body, true);
        });
    try (ServerConnection connection = new ServerConnection(settings())) {
      assertThat(connection.send(ServerRequest.get("/gzip")).body()).isEqualTo(body);
    }
  }

  @Test
  void answersHeadWithoutABody() throws Exception {
    routes.put("/head", (_, response) -> response.getHeaders().put("Content-Length", 12));
    try (ServerConnection connection = new ServerConnection(settings())) {
      ServerResponse answer = connection.send(ServerRequest.of("HEAD", "/head"));
      assertThat(answer.body()).isEmpty();
      assertThat(answer.header("content-length")).isEqualTo("12");
    }
  }

  @Test
  void keepsOneConnectionAliveForManyRequests() throws Exception {
    Map<Object, Boolean> connections = new ConcurrentHashMap<>();
    routes.put(
        "/id",
        (request, _) ->
            connections.put(
                request.getConnectionMetaData().getRemoteSocketAddress().toString(), true));
    try (ServerConnection connection = new ServerConnection(settings())) {
      for (int i = 0; i < 20; i++) {
        connection.send(ServerRequest.get("/id"));
      }
    }
    assertThat(connections).hasSize(1);
  }

  @Test
  void streamsALargeBodyInBothDirections() throws Exception {
    long seed = 42;
    byte[] body = new byte[5_000_000];
    new Random(seed).nextBytes(body);
    routes.put(
        "/mirror",
        (request, response) -> {
          try (InputStream in = Content.Source.asInputStream(request)) {
            byte[] buffer = new byte[8192];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
              Content.Sink.write(response, false, ByteBuffer.wrap(buffer, 0, count));
            }
          }
          write(response, new byte[0], true);
        });
    try (ServerConnection connection = new ServerConnection(settings())) {
      for (long length : new long[] {body.length, -1}) {
        ServerRequest request =
            ServerRequest.of("POST", "/mirror")
                .withBody(
                    "application/octet-stream",
                    new RequestBody.Stream(() -> new ByteArrayInputStream(body), length));
        try (StreamingResponse response = connection.open(request)) {
          assertThat(response.body().readAllBytes()).as("seed " + seed).isEqualTo(body);
        }
      }
    }
  }

  @Test
  void buffersOnlyALittleOfWhatASlowReaderHasNotTaken() throws Exception {
    AtomicLong written = new AtomicLong();
    CountDownLatch stalled = new CountDownLatch(1);
    int total = 200_000_000;
    routes.put(
        "/endless",
        (_, response) -> {
          byte[] chunk = new byte[100_000];
          try {
            while (written.get() < total) {
              Content.Sink.write(response, false, ByteBuffer.wrap(chunk));
              written.addAndGet(chunk.length);
            }
          } catch (IOException e) {
            stalled.countDown();
            throw e;
          }
        });
    try (ServerConnection connection = new ServerConnection(settings());
        StreamingResponse response = connection.open(ServerRequest.get("/endless"))) {
      assertThat(response.body().read()).isZero();
      // The kernel's socket buffers and our few chunks fill up, then the server can write no more.
      AtomicLong before = new AtomicLong(-1);
      Awaitility.await()
          .pollInterval(Duration.ofMillis(300))
          .until(() -> before.getAndSet(written.get()) == written.get());
      assertThat(written.get()).isLessThan(40_000_000);
      response.close();
      assertThat(stalled.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void limitsTheServersSilenceAndNotTheTotalTime() throws Exception {
    routes.put(
        "/drip",
        (_, response) -> {
          for (int i = 0; i < 8; i++) {
            write(response, new byte[] {'x'}, false);
            released.await(400, TimeUnit.MILLISECONDS);
          }
          write(response, new byte[0], true);
        });
    routes.put("/silent", (_, _) -> released.await());
    try (ServerConnection connection =
        new ServerConnection(settings().withIdleTimeout(Duration.ofMillis(2_000)))) {
      assertThat(connection.send(ServerRequest.get("/drip")).bodyText()).isEqualTo("xxxxxxxx");
      assertThatThrownBy(() -> connection.send(ServerRequest.get("/silent?q=1")))
          .isInstanceOf(IdleTimeoutException.class)
          .hasMessageContaining("silent for 2000 ms")
          .hasMessageContaining("127.0.0.1:" + server.port)
          .hasMessageContaining("/silent?q=1")
          .message()
          .doesNotContain("geheim");
    }
  }

  @Test
  void doesNotCountTheReadersOwnSlownessAsSilence() throws Exception {
    byte[] body = new byte[3_000_000];
    routes.put("/large", (_, response) -> write(response, body, true));
    try (ServerConnection connection =
            new ServerConnection(settings().withIdleTimeout(Duration.ofMillis(1_000)));
        StreamingResponse response = connection.open(ServerRequest.get("/large"))) {
      InputStream in = response.body();
      assertThat(in.read()).isZero();
      assertThat(released.await(1_500, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(in.readAllBytes()).hasSize(body.length - 1);
    }
  }

  @Test
  void doesNotCountOurOwnSlowBodyAsSilence() throws Exception {
    routes.put(
        "/take",
        (request, response) ->
            write(response, Content.Source.asString(request).getBytes(UTF_8), true));
    InputStream slow =
        new InputStream() {
          private int left = 2;

          @Override
          public int read() {
            throw new UnsupportedOperationException();
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            try {
              if (left-- == 0) {
                return -1;
              }
              released.await(1_500, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            target[offset] = 'y';
            return 1;
          }
        };
    try (ServerConnection connection =
        new ServerConnection(settings().withIdleTimeout(Duration.ofMillis(1_000)))) {
      ServerRequest request =
          ServerRequest.of("POST", "/take")
              .withBody("text/plain", new RequestBody.Stream(() -> slow, -1));
      assertThat(connection.send(request).bodyText()).isEqualTo("yy");
    }
  }

  @Test
  void refusesAResponseThatIsTooLarge() throws Exception {
    routes.put("/large", (_, response) -> write(response, new byte[100_001], true));
    try (ServerConnection connection =
        new ServerConnection(settings().withResponseBytesMax(100_000))) {
      assertThatThrownBy(() -> connection.send(ServerRequest.get("/large")))
          .isInstanceOf(ResponseTooLargeException.class)
          .hasMessageContaining("100000 bytes");
      try (StreamingResponse response = connection.open(ServerRequest.get("/large"))) {
        assertThatThrownBy(() -> response.body().readAllBytes())
            .isInstanceOf(ResponseTooLargeException.class);
      }
    }
  }

  @Test
  void saysThatItCouldNotConnect() throws Exception {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    for (String text : List.of("tcp://127.0.0.1:" + closed, "tcp://[::1]:" + closed)) {
      try (ServerConnection connection =
          new ServerConnection(
              ConnectionSettings.of(Endpoint.parse(text), new Credentials.None()))) {
        assertThatThrownBy(() -> connection.send(ServerRequest.get("/x")))
            .isInstanceOf(ConnectFailedException.class)
            .hasMessageContaining("http+" + text)
            .hasMessageContaining("/x");
      }
    }
    try (ServerConnection connection =
        new ServerConnection(
            ConnectionSettings.of(
                Endpoint.parse("tcp://no-such-host.invalid:1"), new Credentials.None()))) {
      assertThatThrownBy(() -> connection.send(ServerRequest.get("/x")))
          .isInstanceOf(ConnectFailedException.class)
          .hasMessageContaining("host name 'no-such-host.invalid' is not known");
    }
  }

  @Test
  void saysThatTheConnectionBroke() throws Exception {
    try (ServerSocket socket = new ServerSocket(0);
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      executor.submit(() -> {
        for (String reply : List.of("", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")) {
          try (Socket peer = socket.accept()) {
            peer.getInputStream().read(new byte[4096]);
            peer.getOutputStream().write(reply.getBytes(UTF_8));
          }
        }
        return null;
      });
      try (ServerConnection connection =
          new ServerConnection(
              ConnectionSettings.of(
                  Endpoint.parse("tcp://127.0.0.1:" + socket.getLocalPort()),
                  new Credentials.None()))) {
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> connection.send(ServerRequest.get("/cut")))
              .isInstanceOf(ConnectionLostException.class)
              .hasMessageContaining("/cut");
        }
      }
    }
  }

  @Test
  void asksThePolicyAboutTheResolvedAddress() throws Exception {
    Map<String, Boolean> asked = new ConcurrentHashMap<>();
    ConnectionSettings settings =
        ConnectionSettings.of(
                Endpoint.parse("tcp://localhost:" + server.port), new Credentials.None())
            .withAddressPolicy((endpoint, address) -> {
              asked.put(
                  endpoint.host()
                      + " "
                      + address.getAddress().getHostAddress()
                      + ":"
                      + address.getPort(),
                  true);
              return address.getAddress().isLoopbackAddress() ? "loopback is not for us" : null;
            });
    try (ServerConnection connection = new ServerConnection(settings)) {
      assertThatThrownBy(() -> connection.send(ServerRequest.get("/x")))
          .isInstanceOf(AddressRefusedException.class)
          .hasMessageContaining("loopback is not for us");
    }
    assertThat(asked).containsKey("localhost 127.0.0.1:" + server.port);
    ConnectionSettings literal = settings().withAddressPolicy((_, _) -> "no");
    try (ServerConnection connection = new ServerConnection(literal)) {
      assertThatThrownBy(() -> connection.send(ServerRequest.get("/x")))
          .isInstanceOf(AddressRefusedException.class);
    }
  }

  @Test
  void failsWhatIsUnderWayWhenClosed() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    routes.put(
        "/wait",
        (_, _) -> {
          arrived.countDown();
          released.await();
        });
    ServerConnection connection = new ServerConnection(settings());
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var pending = executor.submit(() -> connection.send(ServerRequest.get("/wait")));
      assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
      connection.close();
      assertThatThrownBy(() -> pending.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TransportException.class);
    }
  }

  @Test
  void abortsTheRequestOfAnInterruptedThread() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    routes.put(
        "/wait",
        (_, _) -> {
          arrived.countDown();
          released.await();
        });
    try (ServerConnection connection = new ServerConnection(settings());
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var pending = executor.submit(() -> connection.send(ServerRequest.get("/wait")));
      assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
      executor.shutdownNow();
      assertThatThrownBy(() -> pending.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(InterruptedException.class);
    }
  }

  @Test
  void verifiesCertificateAndHostNameUnlessToldOtherwise() throws Exception {
    Path store = folder.resolve("key.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "k",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor()).as(Files.readString(folder.resolve("keytool.log"))).isZero();
    KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    Path pem = folder.resolve("ca.pem");
    Files.writeString(
        pem,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(keys.getCertificate("k").getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setKeyStore(keys);
    tls.setKeyStorePassword("changeit");
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.addCustomizer(
        new SecureRequestCustomizer(false)); // else it compares host names itself
    ServerConnector connector =
        new ServerConnector(server.jetty, tls, new HttpConnectionFactory(configuration));
    connector.setHost("127.0.0.1");
    connector.start();
    server.jetty.addConnector(connector);
    routes.put("/ok", (_, response) -> response.setStatus(200));
    ConnectionSettings byName =
        ConnectionSettings.of(
            Endpoint.parse("ssl://localhost:" + connector.getLocalPort()), new Credentials.None());
    ConnectionSettings byAddress =
        ConnectionSettings.of(
            Endpoint.parse("ssl://127.0.0.1:" + connector.getLocalPort()), new Credentials.None());
    TlsTrust file = new TlsTrust.AuthoritiesFile(pem);

    for (ConnectionSettings refused : List.of(byName, byAddress, byAddress.withTrust(file))) {
      try (ServerConnection connection = new ServerConnection(refused)) {
        assertThatThrownBy(() -> connection.send(ServerRequest.get("/ok")))
            .isInstanceOf(ConnectFailedException.class)
            .hasMessageContaining("TLS");
      }
    }
    for (ConnectionSettings accepted :
        List.of(byName.withTrust(file), byAddress.withTrust(new TlsTrust.Anyone()))) {
      try (ServerConnection connection = new ServerConnection(accepted)) {
        assertThat(connection.send(ServerRequest.get("/ok")).status()).isEqualTo(200);
      }
    }
  }
}
