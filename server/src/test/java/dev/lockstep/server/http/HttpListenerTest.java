package dev.lockstep.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.http.RawConnection.Answer;
import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.settings.ListenAddress;
import dev.lockstep.server.settings.TransportSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real sockets, fake resources.
class HttpListenerTest {
  private static final String HOST = "Host: localhost\r\n";

  @TempDir Path folder;

  private static final Resource MIRROR =
      request ->
          ApiResponse.success(
              200,
              builder -> {
                builder
                    .member("verb", request.verb().name())
                    .member("database", request.database());
                builder.key("segments").openArray();
                request.segments().forEach(builder::value);
                builder.close();
                builder.member("query", request.query().string("q", ""));
              });

  private static final Resource BODY =
      request -> ApiResponse.bytes(200, "text/plain", request.bodyBytes(1 << 20));

  private static final Resource LENGTH =
      request -> {
        long length = request.body().transferTo(OutputStream.nullOutputStream());
        return ApiResponse.success(200, builder -> builder.member("length", length));
      };

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n";
  }

  private static String post(String path, String headers, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\n"
        + HOST
        + headers
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static VPackSlice json(Answer answer) {
    return JsonToVPack.parse(answer.text());
  }

  private static VPackSlice member(VPackSlice object, String name) {
    return Objects.requireNonNull(object.get(name), name);
  }

  private static void assertError(Answer answer, int status, int errorNum) {
    assertThat(answer.status()).isEqualTo(status);
    VPackSlice body = json(answer);
    assertThat(member(body, "error").asBoolean()).isTrue();
    assertThat(member(body, "code").asLong()).isEqualTo(status);
    assertThat(member(body, "errorNum").asLong()).isEqualTo(errorNum);
    assertThat(member(body, "errorMessage").asString()).isNotEmpty();
  }

  @Test
  void answersWithTheStandardHeadersAndALength() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR).start();
        var connection = server.connect()) {
      Answer answer = connection.send(get("/_api/mirror?q=1")).read();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.headers())
          .containsEntry("server", "ArangoDB")
          .containsEntry("x-content-type-options", "nosniff")
          .containsEntry("content-type", "application/json; charset=utf-8")
          .containsEntry("content-length", Integer.toString(answer.body().length));
      assertThat(answer.headers().get("x-arango-queue-time-seconds")).matches("[0-9]+\\.[0-9]{6}");
      assertThat(member(json(answer), "code").asLong()).isEqualTo(200);
    }
  }

  @Test
  void servesManyRequestsOnOneConnectionAlsoPipelined() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR).start();
        var connection = server.connect()) {
      connection.send(get("/_api/mirror?q=1") + get("/_api/mirror?q=2"));
      assertThat(member(json(connection.read()), "query").asString()).isEqualTo("1");
      assertThat(member(json(connection.read()), "query").asString()).isEqualTo("2");
      connection.send(get("/_api/mirror?q=3"));
      assertThat(member(json(connection.read()), "query").asString()).isEqualTo("3");
    }
  }

  @Test
  void closesTheConnectionOfHttp10AndOnRequest() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR).start()) {
      try (var connection = server.connect()) {
        Answer answer = connection.send("GET /_api/mirror HTTP/1.0\r\n\r\n").read();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(connection.isAtEnd()).isTrue();
      }
      try (var connection = server.connect()) {
        Answer answer =
            connection
                .send("GET /_api/mirror HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n")
                .read();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers().get("connection")).isEqualToIgnoringCase("close");
        assertThat(connection.isAtEnd()).isTrue();
      }
    }
  }

  @Test
  void keepsEncodedSlashesInsideTheirSegmentAndDecodesTheDatabase() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR).start();
        var connection = server.connect()) {
      VPackSlice body =
          json(
              connection
                  .send(
                      get(
                          "/_db/sp%C3%A4%C3%9Fe%2F1//_api/mirror/h1A%2F42/a%25b/%2E%2E?q=a+b%26%3D%2B"))
                  .read());
      assertThat(member(body, "database").asString()).isEqualTo("späße/1");
      assertThat(member(body, "segments").toJson()).isEqualTo("[\"h1A/42\",\"a%b\",\"..\"]");
      assertThat(member(body, "query").asString()).isEqualTo("a b&=+");
    }
  }

  @Test
  void namesAnUnknownPathDatabaseVerbAndEncoding() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR).start();
        var connection = server.connect()) {
      Answer unknown = connection.send(get("/_db/other/_api/mirrors")).read();
      assertError(unknown, 404, 404);
      assertThat(member(json(unknown), "errorMessage").asString())
          .isEqualTo("unknown path '/_api/mirrors'");
      assertError(connection.send(get("/_db/nowhere/_api/mirror")).read(), 404, 1228);
      assertError(
          connection.send("BREW /_api/mirror HTTP/1.1\r\n" + HOST + "\r\n").read(), 405, 405);
      assertError(connection.send(get("/_api/mirror/%zz")).read(), 400, 400);
    }
  }

  @Test
  void answersHeadWithTheHeadersOfGetAndOptionsWithoutAsking() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR)) {
      server.authenticationRequired = true;
      server.start();
      try (var connection = server.connect()) {
        String authorized = "Authorization: Basic eA==\r\n";
        Answer head =
            connection
                .send("HEAD /_api/mirror HTTP/1.1\r\n" + HOST + authorized + "\r\n")
                .read(true);
        assertThat(head.status()).isEqualTo(200);
        assertThat(Integer.parseInt(head.headers().get("content-length"))).isPositive();
        Answer options =
            connection
                .send(
                    "OPTIONS /anything HTTP/1.1\r\n"
                        + HOST
                        + "Origin: http://page\r\nAccess-Control-Request-Headers: x-a\r\n\r\n")
                .read();
        assertThat(options.status()).isEqualTo(200);
        assertThat(options.headers())
            .containsEntry("content-length", "0")
            .containsEntry("access-control-allow-origin", "http://page")
            .containsEntry("access-control-allow-credentials", "false")
            .containsEntry("access-control-allow-headers", "x-a")
            .containsEntry(
                "access-control-allow-methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
            .containsEntry("access-control-max-age", "1800");
      }
    }
  }

  @Test
  void asksForCredentialsUnlessToldNotTo() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR)) {
      server.authenticationRequired = true;
      server.start();
      try (var connection = server.connect()) {
        Answer refused = connection.send(get("/_api/mirror")).read();
        assertError(refused, 401, 11);
        assertThat(refused.headers().get("www-authenticate"))
            .contains("Bearer token_type=\"JWT\", realm=\"ArangoDB\"")
            .contains("Basic realm=\"ArangoDB\"");
        Answer quiet =
            connection
                .send(
                    "GET /_api/mirror HTTP/1.1\r\n"
                        + HOST
                        + "X-Omit-Www-Authenticate: true\r\n\r\n")
                .read();
        assertError(quiet, 401, 11);
        assertThat(quiet.headers()).doesNotContainKey("www-authenticate");
        // Nobody learns without credentials which paths and databases there are.
        assertError(connection.send(get("/nothing")).read(), 401, 11);
        assertError(connection.send(get("/_db/nowhere/_api/mirror")).read(), 401, 11);
      }
    }
  }

  @Test
  void readsBodiesWithALengthAndInChunks() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/body", BODY).start();
        var connection = server.connect()) {
      assertThat(connection.send(post("/_api/body", "", "hello")).read().text()).isEqualTo("hello");
      Answer chunked =
          connection
              .send(
                  "POST /_api/body HTTP/1.1\r\n"
                      + HOST
                      + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
              .read();
      assertThat(chunked.text()).isEqualTo("hello");
      assertThat(chunked.headers()).containsEntry("content-length", "5");
    }
  }

  @Test
  void asksForTheBodyOfAClientThatWaitsForPermission() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/body", BODY).start();
        var connection = server.connect()) {
      connection.send(
          "POST /_api/body HTTP/1.1\r\n"
              + HOST
              + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      assertThat(connection.read(true).status()).isEqualTo(100);
      assertThat(connection.send("hello").read().text()).isEqualTo("hello");
    }
  }

  /// Never looks at its body.
  private static Resource ignoring(CountDownLatch entered) {
    return request -> {
      entered.countDown();
      return ApiResponse.empty(200);
    };
  }

  @Test
  void keepsTheConnectionWhereABodyThatNobodyReadsComesAfterItsHeaders() throws Exception {
    String headers = "PUT /_api/ignoring HTTP/1.1\r\n" + HOST;
    for (int i = 0; i < 20; i++) {
      CountDownLatch entered = new CountDownLatch(1);
      try (var server =
              new TransportFixture(folder)
                  .route("/_api/ignoring", ignoring(entered))
                  .route("/_api/mirror", MIRROR)
                  .start();
          var connection = server.connect()) {
        connection.send(headers + "Content-Length: 2\r\n\r\n");
        entered.await();
        Answer answer = connection.send("{}").read();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers()).doesNotContainKey("connection");
        assertThat(connection.send(get("/_api/mirror")).read().status()).isEqualTo(200);

        connection.send(headers + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n");
        assertThat(connection.send("0\r\n\r\n").read().status()).isEqualTo(200);
        assertThat(connection.send(get("/_api/mirror")).read().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void keepsTheConnectionWhereAnErrorIsAnsweredBeforeTheBodyWasReadToItsEnd() throws Exception {
    Resource refusing =
        request -> {
          assertThat(request.body().read()).isEqualTo('x');
          throw new LockstepException(ErrorNumber.BAD_PARAMETER, "the first byte is enough");
        };
    try (var server =
            new TransportFixture(folder)
                .route("/_api/refusing", refusing)
                .route("/_api/mirror", MIRROR)
                .start();
        var connection = server.connect()) {
      String body = "x".repeat(UnreadBody.BYTES_MAX);
      assertError(connection.send(post("/_api/refusing", "", body)).read(), 400, 10);
      assertError(connection.send(post("/nothing", "", body)).read(), 404, 404);
      assertThat(connection.send(get("/_api/mirror")).read().status()).isEqualTo(200);
    }
  }

  @Test
  void saysThatTheConnectionEndsWhereABodyThatNobodyReadsIsLongOrDoesNotCome() throws Exception {
    try (var server =
        new TransportFixture(folder)
            .route("/_api/ignoring", ignoring(new CountDownLatch(1)))
            .start()) {
      try (var connection = server.connect()) {
        String body = "x".repeat(8 * UnreadBody.BYTES_MAX);
        assertEnds(connection.send(post("/_api/ignoring", "", body)));
      }
      try (var connection = server.connect()) {
        assertEnds(
            connection
                .send(
                    "POST /_api/ignoring HTTP/1.1\r\n"
                        + HOST
                        + "Transfer-Encoding: chunked\r\n\r\n")
                .send("180000\r\n" + "x".repeat(0x180000) + "\r\n0\r\n\r\n"));
      }
      try (var connection = server.connect()) {
        long begin = System.nanoTime();
        assertEnds(
            connection.send(
                "POST /_api/ignoring HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\n\r\n{"));
        assertThat(System.nanoTime() - begin).isLessThan(10 * UnreadBody.WAIT_MAX.toNanos());
      }
    }
  }

  private static void assertEnds(RawConnection connection) throws IOException {
    Answer answer = connection.read();
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers()).containsEntry("connection", "close");
    assertThat(connection.isAtEnd()).isTrue();
  }

  @Test
  void answersInBothProtocolsWhereNobodyReadsTheBody() throws Exception {
    KeyStore keys = TestKeyFile.keyStore(folder, "RSA");
    TlsIdentity identity = TlsIdentity.read(TestKeyFile.write(folder, keys));
    List<ListenAddress> addresses = List.of(ListenAddress.parse("ssl://127.0.0.1:0"));
    try (var server =
            new TransportFixture(folder, TransportSettings.DEFAULT, addresses, identity)
                .route("/_api/ignoring", ignoring(new CountDownLatch(1)))
                .start();
        HttpClient client = HttpClient.newBuilder().sslContext(trusting(keys)).build()) {
      URI uri = URI.create("https://127.0.0.1:" + server.port() + "/_api/ignoring");
      for (HttpClient.Version version : SPOKEN) {
        for (int length : new int[] {2, UnreadBody.BYTES_MAX, 8 * UnreadBody.BYTES_MAX, 2}) {
          HttpResponse<Void> answer =
              client.send(
                  HttpRequest.newBuilder(uri)
                      .version(version)
                      .PUT(HttpRequest.BodyPublishers.ofByteArray(new byte[length]))
                      .build(),
                  HttpResponse.BodyHandlers.discarding());
          assertThat(answer.version()).isEqualTo(version);
          assertThat(answer.statusCode()).isEqualTo(200);
        }
      }
    }
  }

  @Test
  void doesNotAskForABodyThatNobodyReads() throws Exception {
    try (var server =
            new TransportFixture(folder)
                .route("/_api/ignoring", ignoring(new CountDownLatch(1)))
                .start();
        var connection = server.connect()) {
      assertEnds(
          connection.send(
              "POST /_api/ignoring HTTP/1.1\r\n"
                  + HOST
                  + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
    }
  }

  @Test
  void readsCompressedBodies() throws IOException {
    byte[] text = "hello ".repeat(1000).getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(text);
    }
    ByteArrayOutputStream deflate = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(deflate)) {
      out.write(text);
    }
    try (var server = new TransportFixture(folder).route("/_api/body", BODY).start();
        var connection = server.connect()) {
      assertThat(sendEncoded(connection, "gzip", gzip.toByteArray()).body()).isEqualTo(text);
      assertThat(sendEncoded(connection, "deflate", deflate.toByteArray()).body()).isEqualTo(text);
      assertError(sendEncoded(connection, "br", new byte[] {1, 2, 3}), 400, 400);
      byte[] damaged = gzip.toByteArray();
      damaged[damaged.length / 2] ^= 0x55;
      assertError(sendEncoded(connection, "gzip", damaged), 400, 400);
      assertError(
          sendEncoded(connection, "gzip", "not gzip".getBytes(StandardCharsets.US_ASCII)),
          400,
          400);
    }
  }

  private static Answer sendEncoded(RawConnection connection, String encoding, byte[] body)
      throws IOException {
    return connection
        .send(
            "POST /_api/body HTTP/1.1\r\n"
                + HOST
                + "Content-Encoding: "
                + encoding
                + "\r\nContent-Length: "
                + body.length
                + "\r\n\r\n")
        .send(body)
        .read();
  }

  @Test
  void refusesWhatExceedsItsLimits() throws IOException {
    TransportSettings settings = TransportSettings.DEFAULT.withBodyBytesMax(100_000, 100_000);
    try (var server =
        new TransportFixture(folder, settings)
            .route("/_api/mirror", MIRROR)
            .route("/_api/length", LENGTH)
            .start()) {
      try (var connection = server.connect()) {
        String path = "/_api/mirror?q=";
        String longest = path + "x".repeat(settings.urlBytesMax() - path.length());
        assertThat(connection.send(get(longest)).read().status()).isEqualTo(200);
        assertError(connection.send(get(longest + "x")).read(), 414, 414);
      }
      try (var connection = server.connect()) {
        String header = "x-large: " + "y".repeat(900_000) + "\r\n";
        assertThat(
                connection
                    .send("GET /_api/mirror HTTP/1.1\r\n" + HOST + header + "\r\n")
                    .read()
                    .status())
            .isEqualTo(200);
      }
      try (var connection = server.connect()) {
        String header = "x-large: " + "y".repeat(1_100_000) + "\r\n";
        assertError(
            connection.send("GET /_api/mirror HTTP/1.1\r\n" + HOST + header + "\r\n").read(),
            431,
            431);
      }
      try (var connection = server.connect()) {
        assertThat(connection.send(post("/_api/length", "", "z".repeat(100_000))).read().text())
            .contains("100000");
        assertError(
            connection.send(post("/_api/length", "", "z".repeat(100_001))).read(), 413, 413);
      }
      try (var connection = server.connect()) {
        String chunk = "c350\r\n" + "z".repeat(50_000) + "\r\n";
        assertError(
            connection
                .send(
                    "POST /_api/length HTTP/1.1\r\n"
                        + HOST
                        + "Transfer-Encoding: chunked\r\n\r\n"
                        + chunk
                        + chunk
                        + chunk
                        + "0\r\n\r\n")
                .read(),
            413,
            413);
      }
      try (var connection = server.connect()) {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bomb)) {
          out.write(new byte[10_000_000]);
        }
        assertThat(bomb.size()).isLessThan(100_000);
        Answer answer =
            connection
                .send(
                    "POST /_api/length HTTP/1.1\r\n"
                        + HOST
                        + "Content-Encoding: gzip\r\nContent-Length: "
                        + bomb.size()
                        + "\r\n\r\n")
                .send(bomb.toByteArray())
                .read();
        assertError(answer, 413, 413);
      }
    }
  }

  @Test
  void refusesMalformedRequestsInItsOwnForm() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR).start()) {
      try (var connection = server.connect()) {
        assertError(
            connection.send("GET /_api/mirror HTTP/1.1\r\nno colon here\r\n\r\n").read(), 400, 400);
      }
      try (var connection = server.connect()) {
        Answer answer = connection.send("GET /_api/mirror HTTP/3.7\r\n" + HOST + "\r\n").read();
        assertThat(answer.status()).isEqualTo(505);
      }
    }
  }

  @Test
  void rendersJsonOrVelocyPackAsAsked() throws IOException {
    Resource same = request -> ApiResponse.value(200, request.bodyValue());
    try (var server = new TransportFixture(folder).route("/_api/same", same).start();
        var connection = server.connect()) {
      String text = "{\"a\":[1,2.5,\"x\",null,true],\"b\":18446744073709551615}";
      Answer plain = connection.send(post("/_api/same", "", text)).read();
      assertThat(plain.text()).isEqualTo(text);
      Answer packed =
          connection.send(post("/_api/same", "Accept: application/x-velocypack\r\n", text)).read();
      assertThat(packed.headers()).containsEntry("content-type", "application/x-velocypack");
      assertThat(VPackSlice.of(packed.body()).toJson()).isEqualTo(text);
      Answer back =
          connection
              .send(
                  "POST /_api/same HTTP/1.1\r\n"
                      + HOST
                      + "Content-Type: application/x-velocypack\r\nContent-Length: "
                      + packed.body().length
                      + "\r\n\r\n")
              .send(packed.body())
              .read();
      assertThat(back.text()).isEqualTo(text);
      assertError(connection.send(post("/_api/same", "", "{\"a\":")).read(), 400, 600);
      assertError(connection.send(post("/_api/same", "", "")).read(), 400, 600);
      assertError(
          connection
              .send(
                  post("/_api/same", "Content-Type: application/x-velocypack\r\n", "\u000b\u0001"))
              .read(),
          400,
          600);
    }
  }

  @Test
  void compressesOnlyWhenAskedAndAllowed() throws IOException {
    byte[] large = "all work and no play ".repeat(10_000).getBytes(StandardCharsets.UTF_8);
    byte[] small = "short".getBytes(StandardCharsets.UTF_8);
    try (var server =
            new TransportFixture(folder)
                .route("/_api/large", request -> ApiResponse.bytes(200, "text/plain", large))
                .route("/_api/small", request -> ApiResponse.bytes(200, "text/plain", small))
                .route(
                    "/_api/stream",
                    request -> ApiResponse.stream(200, "text/plain", out -> out.write(large)))
                .route(
                    "/_api/dump",
                    request -> ApiResponse.bytes(200, "text/plain", large).uncompressed())
                .start();
        var connection = server.connect()) {
      assertThat(connection.send(get("/_api/large")).read().headers())
          .doesNotContainKey("content-encoding");
      for (String path : List.of("/_api/large", "/_api/stream")) {
        Answer gzip = accepting(connection, path, "br, gzip;q=0.9, deflate");
        assertThat(gzip.headers()).containsEntry("content-encoding", "gzip");
        assertThat(new GZIPInputStream(new ByteArrayInputStream(gzip.body())).readAllBytes())
            .isEqualTo(large);
      }
      assertThat(accepting(connection, "/_api/large", "gzip;q=0, deflate").headers())
          .containsEntry("content-encoding", "deflate");
      assertThat(accepting(connection, "/_api/dump", "gzip").body()).isEqualTo(large);
      assertThat(accepting(connection, "/_api/small", "gzip").body()).isEqualTo(small);
    }
  }

  private static Answer accepting(RawConnection connection, String path, String encodings)
      throws IOException {
    return connection
        .send("GET " + path + " HTTP/1.1\r\n" + HOST + "Accept-Encoding: " + encodings + "\r\n\r\n")
        .read();
  }

  @Test
  void streamsInChunksAndGivesShortStreamsALength() throws IOException {
    try (var server =
            new TransportFixture(folder)
                .route(
                    "/_api/stream",
                    request -> {
                      int lines = (int) request.query().longValue("lines", 1, 0, 1_000_000);
                      return ApiResponse.stream(
                          200,
                          "text/plain",
                          out -> {
                            for (int i = 0; i < lines; i++) {
                              out.write("0123456789\n".getBytes(StandardCharsets.US_ASCII));
                            }
                          });
                    })
                .start();
        var connection = server.connect()) {
      Answer little = connection.send(get("/_api/stream?lines=3")).read();
      assertThat(little.headers()).containsEntry("content-length", "33");
      Answer much = connection.send(get("/_api/stream?lines=100000")).read();
      assertThat(much.headers()).containsEntry("transfer-encoding", "chunked");
      assertThat(much.body()).hasSize(1_100_000);
      assertThat(connection.send(get("/_api/stream?lines=0")).read().body()).isEmpty();
    }
  }

  @Test
  void answersFailuresWithoutTellingTheirInside() throws IOException {
    try (var server =
            new TransportFixture(folder)
                .route(
                    "/_api/known",
                    request -> {
                      throw new LockstepException(
                          ErrorNumber.COLLECTION_NOT_FOUND, "collection or view not found: x");
                    })
                .route(
                    "/_api/bug",
                    request -> {
                      throw new IllegalStateException("the secret inside");
                    })
                .route(
                    "/_api/early",
                    request ->
                        ApiResponse.stream(
                            200,
                            "text/plain",
                            out -> {
                              out.write(new byte[1000]);
                              throw new LockstepException(ErrorNumber.LOCKED);
                            }))
                .start();
        var connection = server.connect()) {
      Answer known = connection.send(get("/_api/known")).read();
      assertError(known, 404, 1203);
      assertThat(member(json(known), "errorMessage").asString())
          .isEqualTo("collection or view not found: x");
      Answer bug = connection.send(get("/_api/bug")).read();
      assertError(bug, 500, 4);
      assertThat(bug.text()).doesNotContain("secret").doesNotContain("Exception");
      assertError(connection.send(get("/_api/early")).read(), 500, 28);
    }
  }

  @Test
  void cutsTheConnectionWhenAStreamFailsHalfWay() throws IOException {
    try (var server =
            new TransportFixture(folder)
                .route(
                    "/_api/late",
                    request ->
                        ApiResponse.stream(
                            200,
                            "text/plain",
                            out -> {
                              out.write(new byte[1_000_000]);
                              throw new IllegalStateException("half way");
                            }))
                .start();
        var connection = server.connect()) {
      connection.send(get("/_api/late"));
      assertThatThrownBy(connection::read).isInstanceOf(IOException.class);
    }
  }

  @Test
  void speaksHttp2AfterAnUpgrade() throws Exception {
    try (var server =
            new TransportFixture(folder)
                .route("/_api/mirror", MIRROR)
                .route("/_api/length", LENGTH)
                .start();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      String base = "http://127.0.0.1:" + server.port();
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(URI.create(base + "/_api/mirror?q=" + i)).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-length")).isPresent();
        assertThat(answer.headers().firstValue("connection")).isEmpty();
      }
      HttpResponse<String> upload =
          client.send(
              HttpRequest.newBuilder(URI.create(base + "/_api/length"))
                  .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[20_000_000]))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(upload.body()).contains("20000000");
    }
  }

  @Test
  void speaksHttp2ToThoseWhoKnow() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/mirror", MIRROR).start();
        var connection = server.connect()) {
      connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      connection.send(frame(4, 0, 0, new byte[0]));
      ByteArrayOutputStream block = new ByteArrayOutputStream();
      // GET, http, and literal :path and :authority without indexing (RFC 7541, appendix A).
      block.write(0x82);
      block.write(0x86);
      literal(block, 4, "/_api/mirror");
      literal(block, 1, "localhost");
      connection.send(frame(1, 0x05, 1, block.toByteArray()));
      while (true) {
        ByteBuffer head = ByteBuffer.wrap(connection.exactly(9));
        int length = (head.get() & 0xff) << 16 | (head.getShort() & 0xffff);
        int type = head.get();
        byte[] payload = connection.exactly(length);
        if (type == 1) {
          // After a change of the table's size (001xxxxx, here two or more bytes) comes an indexed
          // field: ":status: 200" is entry 8 of the static table.
          int start = 0;
          if ((payload[0] & 0xff) == 0x3f) {
            do {
              start++;
            } while ((payload[start] & 0x80) != 0);
            start++;
          }
          assertThat(payload[start] & 0xff).isEqualTo(0x88);
          break;
        }
        assertThat(type).as("no GOAWAY, no RST_STREAM").isNotIn(3, 7);
      }
    }
  }

  private static void literal(ByteArrayOutputStream block, int nameIndex, String value) {
    block.write(nameIndex);
    block.write(value.length());
    block.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  private static final List<HttpClient.Version> SPOKEN =
      List.of(HttpClient.Version.HTTP_1_1, HttpClient.Version.HTTP_2);

  private static SSLContext trusting(KeyStore keys) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("server", keys.getCertificate("server"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  @Test
  void speaksBothProtocolsOverTlsBesideAPlainEndpoint() throws Exception {
    KeyStore keys = TestKeyFile.keyStore(folder, "RSA");
    Path pem = TestKeyFile.write(folder, keys);
    try (var server =
            new TransportFixture(
                    folder,
                    TransportSettings.DEFAULT,
                    List.of(
                        ListenAddress.parse("ssl://127.0.0.1:0"),
                        ListenAddress.parse("tcp://127.0.0.1:0")),
                    TlsIdentity.read(pem))
                .route("/_api/mirror", MIRROR)
                .start();
        HttpClient client = HttpClient.newBuilder().sslContext(trusting(keys)).build()) {
      for (HttpClient.Version version : SPOKEN) {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(
                        URI.create("https://127.0.0.1:" + server.port(0) + "/_api/mirror"))
                    .version(version)
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(version);
      }
      try (var plain = new RawConnection(server.port(1))) {
        assertThat(plain.send(get("/_api/mirror")).read().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void runsARequestAsAJobWithItsOwnBody() throws IOException {
    try (var server =
            new TransportFixture(folder)
                .route("/_api/body", BODY)
                .route(
                    "/_api/kept",
                    new Resource() {
                      @Override
                      public ApiResponse handle(ApiRequest request) {
                        return ApiResponse.empty(200).header("x-mine", "yes");
                      }

                      @Override
                      public boolean keepsAsyncAnswer() {
                        return true;
                      }
                    })
                .start();
        var connection = server.connect()) {
      String large = "a".repeat(300_000);
      Answer accepted =
          connection.send(post("/_api/body", "x-arango-async: store\r\n", large)).read();
      assertThat(accepted.status()).isEqualTo(202);
      assertThat(accepted.body()).isEmpty();
      long id = Long.parseLong(accepted.headers().get("x-arango-async-id"));
      Awaitility.await().until(() -> server.jobs.state("", id) instanceof JobRegistry.Outcome.Done);
      var outcome = server.jobs.take("", id);
      assertThat(outcome)
          .isInstanceOfSatisfying(
              JobRegistry.Outcome.Done.class,
              done -> assertThat(done.answer().body()).hasSize(large.length()));
      assertThat(server.jobs.take("", id)).isInstanceOf(JobRegistry.Outcome.Unknown.class);
      try (var files = Files.list(folder)) {
        assertThat(files).noneMatch(file -> file.toString().endsWith(".body"));
      }
      Answer detached = connection.send(post("/_api/body", "x-arango-async: true\r\n", "b")).read();
      assertThat(detached.status()).isEqualTo(202);
      assertThat(detached.headers()).doesNotContainKey("x-arango-async-id");
      Answer kept = connection.send(post("/_api/kept", "x-arango-async: store\r\n", "")).read();
      long keptId = Long.parseLong(kept.headers().get("x-arango-async-id"));
      Awaitility.await()
          .untilAsserted(() ->
              assertThat(server.jobs.take("", keptId))
                  .isInstanceOf(JobRegistry.Outcome.Done.class));
      assertThat(server.jobs.take("", keptId)).isInstanceOf(JobRegistry.Outcome.Done.class);
    }
  }

  @Test
  void makesLargeBodiesWaitForMemoryAndSaysSo() throws Exception {
    TransportSettings settings =
        TransportSettings.DEFAULT.withBodyMemory(2 << 20, Duration.ofMillis(200));
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    try (var server =
            new TransportFixture(folder, settings)
                .route("/_api/length", LENGTH)
                .route(
                    "/_api/import",
                    request -> {
                      long sum = 0;
                      byte[] step = new byte[10_000];
                      for (int read = request.body().read(step);
                          read >= 0;
                          read = request.body().read(step)) {
                        sum += read;
                        request.letGoOfBody();
                      }
                      long total = sum;
                      return ApiResponse.success(200, builder -> builder.member("length", total));
                    })
                .route(
                    "/_api/hold",
                    request -> {
                      request.bodyBytes(1 << 20);
                      entered.countDown();
                      try {
                        leave.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      return ApiResponse.empty(200);
                    })
                .start();
        var first = server.connect();
        var second = server.connect();
        var third = server.connect()) {
      first.send(post("/_api/hold", "", "x".repeat(700_000)));
      entered.await();
      Answer busy = second.send(post("/_api/length", "", "x".repeat(700_000))).read();
      assertError(busy, 503, 503);
      assertThat(member(json(busy), "errorMessage").asString()).contains("--server.request-memory");
      // What is let go while it streams needs none of that memory.
      assertThat(third.send(post("/_api/import", "", "x".repeat(3_000_000))).read().text())
          .contains("3000000");
      leave.countDown();
      assertThat(first.read().status()).isEqualTo(200);
      Answer never = first.send(post("/_api/length", "", "x".repeat(2_200_000))).read();
      assertError(never, 413, 413);
      try (var fresh = server.connect()) {
        assertThat(fresh.send(post("/_api/length", "", "x".repeat(600_000))).read().status())
            .isEqualTo(200);
      }
    }
  }

  @Test
  void finishesRequestsInFlightAndRefusesNewOnesWhenStopped() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    try (var server =
            new TransportFixture(folder)
                .route("/_api/mirror", MIRROR)
                .route(
                    "/_api/slow",
                    request -> {
                      entered.countDown();
                      try {
                        leave.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      return ApiResponse.empty(200);
                    })
                .start();
        var slow = server.connect();
        var open = server.connect()) {
      assertThat(open.send(get("/_api/mirror")).read().status()).isEqualTo(200);
      slow.send(get("/_api/slow"));
      entered.await();
      int port = server.port();
      CompletableFuture<Void> stopped =
          CompletableFuture.runAsync(() -> server.stop(Duration.ofSeconds(20)));
      Awaitility.await().until(() -> isRefusedOrGone(open));
      leave.countDown();
      assertThat(slow.read().status()).isEqualTo(200);
      stopped.get();
      assertThatThrownBy(() -> new RawConnection(port)).isInstanceOf(IOException.class);
    }
  }

  private static boolean isRefusedOrGone(RawConnection connection) {
    try {
      return connection.send(get("/_api/mirror")).read().status() == 503;
    } catch (EOFException | SocketException e) {
      return true;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void namesTheEndpointItCannotHave() throws IOException {
    try (var first = new TransportFixture(folder).route("/_api/mirror", MIRROR).start()) {
      ListenAddress taken = new ListenAddress(false, "127.0.0.1", first.port());
      try (var second =
          new TransportFixture(folder, TransportSettings.DEFAULT, List.of(taken), null)) {
        assertThatThrownBy(second::start)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("cannot listen on " + taken);
      }
    }
  }

  @Test
  void countsWhatItAnswers() throws IOException {
    try (var server = new TransportFixture(folder).route("/_api/body", BODY).start();
        var connection = server.connect()) {
      connection.send(post("/_api/body", "", "hello")).read();
      connection.send(get("/nothing")).read();
      Awaitility.await().until(() -> server.statistics.requests() == 2);
      assertThat(server.statistics.requests(HttpVerb.POST)).isEqualTo(1);
      assertThat(server.statistics.responses(2)).isEqualTo(1);
      assertThat(server.statistics.responses(4)).isEqualTo(1);
      assertThat(server.statistics.bytesReceived()).isEqualTo(5);
      assertThat(server.statistics.inFlight()).isZero();
    }
  }
}
