package dev.lockstep.server.replication;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lockstep.server.replication.RecordedConversation.Exchange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A server that answers as a recorded stock leader did. It finds the recorded answer by verb, path
/// and, for dumps, by the part asked for; what the recorded follower got through a job it sends at
/// once.
final class ScriptedLeader implements AutoCloseable {
  private final HttpServer server;
  private final List<Exchange> recording;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private int dumpParts;

  /// Requests for the log so far, by where they began.
  private final Map<String, Integer> tails = new HashMap<>();

  ScriptedLeader(String recordingName) throws IOException {
    this(RecordedConversation.read(recordingName));
  }

  ScriptedLeader(List<Exchange> recording) throws IOException {
    this.recording = recording;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  String endpoint() {
    return "tcp://127.0.0.1:" + server.getAddress().getPort();
  }

  /// What was asked, verb and target.
  List<String> requests() {
    return List.copyOf(requests);
  }

  private void answer(HttpExchange http) throws IOException {
    http.getRequestBody().readAllBytes();
    String target = http.getRequestURI().toString();
    requests.add(http.getRequestMethod() + " " + target);
    Exchange recorded = find(http.getRequestMethod(), http.getRequestURI().getRawPath(), target);
    if (recorded == null) {
      byte[] body = ("not in the recording: " + target).getBytes(StandardCharsets.UTF_8);
      http.sendResponseHeaders(599, body.length);
      http.getResponseBody().write(body);
    } else {
      recorded.headers().forEach((name, value) -> http.getResponseHeaders().set(name, value));
      byte[] body = recorded.body().getBytes(StandardCharsets.UTF_8);
      http.sendResponseHeaders(recorded.status(), body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        http.getResponseBody().write(body);
      }
    }
    http.close();
  }

  private synchronized @Nullable Exchange find(String verb, String path, String target) {
    if (path.endsWith("/replication/dump")) {
      List<Exchange> parts = new ArrayList<>();
      for (Exchange exchange : recording) {
        if (exchange.isDump()) {
          parts.add(exchange);
        }
      }
      // As the recorded leader: each answer moves on, whatever is asked.
      return parts.get(Math.min(dumpParts++, parts.size() - 1));
    }
    if (path.endsWith("/replication/logger-follow")) {
      return tail(parameter(target, "from"));
    }
    for (Exchange exchange : recording) {
      if (exchange.verb().equals(verb)
          && exchange.path().equals(path)
          && !exchange.isPending()
          && isSamePart(exchange.target(), target)) {
        return exchange;
      }
    }
    return verb.equals("POST") && path.endsWith("/replication/keys") ? keysJob() : null;
  }

  /// As the recorded leader: what it answered one after the other to those who asked from a tick,
  /// the last answer again and again.
  private @Nullable Exchange tail(String from) {
    List<Exchange> answers =
        recording.stream()
            .filter(
                exchange -> exchange.isTail() && parameter(exchange.target(), "from").equals(from))
            .toList();
    int asked = tails.merge(from, 1, Integer::sum);
    return answers.isEmpty() ? null : answers.get(Math.min(asked, answers.size()) - 1);
  }

  /// Whether two requests want the same of a list of keys: type and number of the chunk.
  private static boolean isSamePart(String recorded, String asked) {
    return parameter(recorded, "type").equals(parameter(asked, "type"))
        && parameter(recorded, "chunk").equals(parameter(asked, "chunk"));
  }

  private static String parameter(String target, String name) {
    Matcher matcher = Pattern.compile("[?&]" + name + "=([^&]*)").matcher(target);
    return matcher.find() ? matcher.group(1) : "";
  }

  /// Making the keys was a job of the recorded leader.
  private @Nullable Exchange keysJob() {
    return recording.stream()
        .filter(exchange -> exchange.path().contains("/_api/job/") && exchange.status() == 200)
        .findFirst()
        .orElse(null);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
