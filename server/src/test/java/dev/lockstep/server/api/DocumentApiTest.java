package dev.lockstep.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Holds conversations with the server over a socket, each once in JSON and once in VelocyPack.
class DocumentApiTest {
  private static final List<String> TRANSCRIPTS =
      List.of(
          "collections.txt",
          "documents.txt",
          "documents-many.txt",
          "indexes.txt",
          "import.txt",
          "simple.txt");

  @TempDir static Path folder;

  private static final List<ApiServer> SERVERS = new ArrayList<>();

  @BeforeAll
  static void start() {
    SERVERS.clear();
  }

  @AfterAll
  static void stop() {
    SERVERS.forEach(ApiServer::close);
  }

  @TestFactory
  Stream<DynamicContainer> answersAsRecorded() {
    return TRANSCRIPTS.stream()
        .flatMap(name ->
            Stream.of(
                dynamicContainer(name + " in JSON", exchanges(name, false)),
                dynamicContainer(name + " in VelocyPack", exchanges(name, true))));
  }

  /// The exchanges of one file build on each other: all of them talk to one server of their own.
  private static List<DynamicNode> exchanges(String name, boolean velocyPack) {
    List<DynamicNode> tests = new ArrayList<>();
    Transcript transcript = new Transcript();
    ApiServer[] server = new ApiServer[1];
    try {
      for (Transcript.Exchange exchange : Transcript.read(name)) {
        tests.add(
            dynamicTest(
                exchange.toString(),
                () -> {
                  if (server[0] == null) {
                    server[0] = new ApiServer(folder);
                    SERVERS.add(server[0]);
                  }
                  hold(server[0], transcript, exchange, velocyPack);
                }));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(name, e);
    }
    return tests;
  }

  private static void hold(
      ApiServer server, Transcript transcript, Transcript.Exchange exchange, boolean velocyPack)
      throws IOException {
    Map<String, String> headers = new HashMap<>();
    exchange
        .requestHeaders()
        .forEach((header, value) -> headers.put(header, transcript.filled(value)));
    String path = transcript.filled(exchange.path());
    ApiServer.Reply reply;
    if (velocyPack && !exchange.rawBody()) {
      reply =
          server.sendVelocyPack(exchange.verb(), path, headers, transcript.filled(exchange.body()));
    } else {
      if (velocyPack) {
        headers.put("Accept", "application/x-velocypack");
      }
      // Lines are data, not notation: nothing in them is a placeholder.
      String body = exchange.rawBody() ? exchange.body() : transcript.filled(exchange.body());
      reply = server.send(exchange.verb(), path, headers, body.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(reply.status()).as("status; body %s", reply.json()).isEqualTo(exchange.status());
    exchange
        .responseHeaders()
        .forEach((header, value) -> transcript.checkHeader(header, value, reply.header(header)));
    if (exchange.responseHeaders().isEmpty() && reply.header("x-arango-error-codes") != null) {
      assertThat(reply.header("x-arango-error-codes")).as("unexpected header").isNull();
    }
    if (exchange.responseBody() == null) {
      assertThat(reply.body()).isEmpty();
    } else {
      assertThat(reply.header("content-type"))
          .isEqualTo(velocyPack ? "application/x-velocypack" : "application/json; charset=utf-8");
      transcript.checkBody(exchange.responseBody(), reply.json());
    }
  }
}
