package dev.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackToJson;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;

/// Holds the conversations of [Transcript]s with a server, each once in JSON and once in
/// VelocyPack. With `-Dlockstep.transcripts=rewrite` no difference is a failure: what the server
/// answers in JSON is written into the files instead, for a person to read.
public final class TranscriptPlayer {
  private static final boolean REWRITES =
      System.getProperty("lockstep.transcripts", "check").equals("rewrite");

  private static final String VELOCYPACK = "application/x-velocypack";

  /// Who is spoken to.
  @FunctionalInterface
  public interface Server {
    Reply send(String verb, String path, Map<String, String> headers, byte[] body);

    /// Placeholders that have a value from the beginning.
    default Map<String, String> variables() {
      return Map.of();
    }
  }

  /// What came back.
  public interface Reply {
    int status();

    @Nullable String header(String name);

    byte[] body();
  }

  private final Class<?> test;
  private final String name;
  private final boolean velocyPack;
  private final Supplier<? extends Server> start;
  private final Transcript transcript = new Transcript();
  private @Nullable Server server;

  /// Lines to be replaced, by the number of the line in the file where their exchange begins.
  private final Map<Integer, List<String>> answers = new HashMap<>();

  private TranscriptPlayer(
      Class<?> test, String name, boolean velocyPack, Supplier<? extends Server> start) {
    this.test = test;
    this.name = name;
    this.velocyPack = velocyPack;
    this.start = start;
  }

  /// @param test the class beside whose package's folder `transcripts` the files lie
  /// @param start gives a new server for each conversation: its exchanges build on each other
  public static Stream<DynamicContainer> play(
      Class<?> test, List<String> names, Supplier<? extends Server> start) {
    return names.stream()
        .flatMap(name ->
            REWRITES
                ? Stream.of(new TranscriptPlayer(test, name, false, start))
                : Stream.of(
                    new TranscriptPlayer(test, name, false, start),
                    new TranscriptPlayer(test, name, true, start)))
        .map(player ->
            dynamicContainer(
                player.name + (player.velocyPack ? " in VelocyPack" : " in JSON"), player.tests()));
  }

  private List<DynamicNode> tests() {
    List<DynamicNode> tests = new ArrayList<>();
    try {
      for (Transcript.Exchange exchange : Transcript.read(test, name)) {
        tests.add(dynamicTest(exchange.toString(), () -> hold(exchange)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
    if (REWRITES) {
      tests.add(dynamicTest("is written anew", this::rewrite));
    }
    return tests;
  }

  private void hold(Transcript.Exchange exchange) throws IOException {
    if (server == null) {
      server = start.get();
      server.variables().forEach(transcript::bind);
    }
    Reply reply = answered(server, exchange);
    if (REWRITES) {
      record(exchange, reply);
      return;
    }
    assertThat(reply.status()).as("status; body %s", json(reply)).isEqualTo(exchange.status());
    exchange
        .responseHeaders()
        .forEach((header, value) -> transcript.checkHeader(header, value, reply.header(header)));
    if (exchange.responseHeaders().isEmpty() && reply.header("x-arango-error-codes") != null) {
      assertThat(reply.header("x-arango-error-codes")).as("unexpected header").isNull();
    }
    if (exchange.responseBody() == null) {
      assertThat(reply.body()).isEmpty();
    } else {
      if (!exchange.responseHeaders().containsKey("content-type")) {
        assertThat(reply.header("content-type"))
            .isEqualTo(velocyPack ? VELOCYPACK : jsonType(exchange));
      }
      transcript.checkBody(exchange.responseBody(), json(reply));
    }
  }

  private static String jsonType(Transcript.Exchange exchange) {
    boolean isLines = exchange.status() == 200 && exchange.path().contains("/_api/wal/tail?");
    return (isLines ? "application/x-arango-dump" : "application/json") + "; charset=utf-8";
  }

  /// A job that is not ready is asked for again.
  private Reply answered(Server peer, Transcript.Exchange exchange) {
    boolean mayWait = exchange.path().startsWith("/_api/job/") && exchange.status() != 204;
    return await()
        .atMost(20, TimeUnit.SECONDS)
        .until(() -> send(peer, exchange), reply -> !mayWait || reply.status() != 204);
  }

  private Reply send(Server peer, Transcript.Exchange exchange) {
    Map<String, String> headers = new HashMap<>();
    exchange
        .requestHeaders()
        .forEach((header, value) -> headers.put(header, transcript.filled(value)));
    // Lines are data, not notation: nothing in them is a placeholder.
    String text = exchange.rawBody() ? exchange.body() : transcript.filled(exchange.body());
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    if (velocyPack) {
      headers.put("Accept", VELOCYPACK);
      if (!exchange.rawBody() && !text.isEmpty()) {
        headers.put("Content-Type", VELOCYPACK);
        body = JsonToVPack.parse(text).toByteArray();
      }
    }
    return peer.send(exchange.verb(), transcript.filled(exchange.path()), headers, body);
  }

  /// The body as JSON text, whatever form it came in.
  private static String json(Reply reply) {
    String type = reply.header("content-type");
    return reply.body().length > 0 && type != null && type.contains("velocypack")
        ? VPackToJson.toJson(VPackValidator.validateWhole(reply.body(), ValidationLimits.REQUEST))
        : new String(reply.body(), StandardCharsets.UTF_8);
  }

  private void record(Transcript.Exchange exchange, Reply reply) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("< " + reply.status());
    exchange
        .responseHeaders()
        .forEach((header, expected) -> {
          String actual = String.valueOf(reply.header(header));
          if (expected.contains("$")) {
            transcript.checkHeader(header, expected, actual);
            actual = expected;
          }
          lines.add("< " + header + ": " + actual);
        });
    if (reply.body().length > 0) {
      String body = json(reply);
      String expected = exchange.responseBody();
      boolean isAsExpected = expected != null && transcript.differences(expected, body).isEmpty();
      lines.add("< " + (isAsExpected ? expected : transcript.recorded(expected, body)));
    }
    answers.put(exchange.line(), lines);
  }

  private void rewrite() throws IOException {
    Path file =
        Path.of("src/test/resources", test.getPackageName().replace('.', '/'), "transcripts", name);
    List<String> written = new ArrayList<>();
    List<String> answer = List.of();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (answers.containsKey(i + 1)) {
        answer = answers.get(i + 1);
      }
      if (!line.startsWith("<")) {
        written.add(line);
      } else {
        written.addAll(answer);
        answer = List.of();
      }
    }
    Files.writeString(file, String.join("\n", written) + "\n");
  }
}
