package dev.lockstep.dist;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Stands between a follower and its leader, passes everything on and notes it. Can make the leader
/// look like a stock one: then nothing that only Lockstep servers tell each other gets through.
/// Holds each body in memory.
final class WatchedLeader implements AutoCloseable {
  private static final String CAPABILITIES = "x-lockstep-capabilities";

  /// Belong to one connection, or are set by whoever sends.
  private static final Set<String> NOT_PASSED_ON =
      Set.of("connection", "content-length", "host", "expect", "upgrade", "transfer-encoding");

  private static final Duration ANSWER_MAX = Duration.ofMinutes(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  /// What went through.
  ///
  /// @param path behind `/_api/`, without the query
  record Request(String method, String path, String query, long bytesSent, long bytesReceived) {
    /// Method and path, without the ids that differ from run to run.
    String form() {
      return method + " " + path.replaceAll("/\\d+(-\\d+)?$", "/<id>");
    }
  }

  private final LockstepServer leader;
  private final boolean asStock;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  /// @param asStock whether the leader is to look like a stock one
  WatchedLeader(LockstepServer leader, boolean asStock) {
    this.leader = leader;
    this.asStock = asStock;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new AssertionError("no free port", e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::passOn);
    server.start();
  }

  String endpoint() {
    return "tcp://127.0.0.1:" + port();
  }

  int port() {
    return server.getAddress().getPort();
  }

  LockstepServer leader() {
    return leader;
  }

  /// Everything since the last [#forget], in the order of the answers.
  List<Request> requests() {
    return List.copyOf(requests);
  }

  /// [Request#form] of [#requests], but renewals of the lease, which come when it is time for them.
  List<String> forms() {
    return requests.stream()
        .map(Request::form)
        .filter(form -> !form.equals("PUT replication/batch/<id>"))
        .toList();
  }

  void forget() {
    requests.clear();
  }

  private void passOn(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      URI asked = exchange.getRequestURI();
      HttpRequest.Builder request =
          HttpRequest.newBuilder(
                  URI.create(
                      "http://127.0.0.1:"
                          + leader.port()
                          + asked.getRawPath()
                          + (asked.getRawQuery() == null ? "" : "?" + asked.getRawQuery())))
              .timeout(ANSWER_MAX)
              .method(
                  exchange.getRequestMethod(),
                  body.length == 0
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofByteArray(body));
      exchange
          .getRequestHeaders()
          .forEach((name, values) -> {
            if (isPassedOn(name)) {
              values.forEach(value -> request.header(name, value));
            }
          });
      HttpResponse<byte[]> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      String path = asked.getRawPath().replaceFirst("^(/_db/[^/]+)?/_(api|admin)/", "");
      byte[] told =
          asStock && path.equals("replication/inventory") && answer.statusCode() == 200
              ? withoutTotals(answer.body())
              : answer.body();
      answer
          .headers()
          .map()
          .forEach((name, values) -> {
            if (isPassedOn(name)) {
              exchange.getResponseHeaders().put(name, values);
            }
          });
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              path,
              asked.getRawQuery() == null ? "" : asked.getRawQuery(),
              body.length,
              told.length));
      exchange.sendResponseHeaders(answer.statusCode(), told.length == 0 ? -1 : told.length);
      exchange.getResponseBody().write(told);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isPassedOn(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !lower.startsWith(":")
        && !NOT_PASSED_ON.contains(lower)
        && !(asStock && lower.equals(CAPABILITIES));
  }

  private static byte[] withoutTotals(byte[] inventory) throws IOException {
    ObjectNode all = (ObjectNode) JSON.readTree(inventory);
    all.path("collections")
        .forEach(collection -> ((ObjectNode) collection).remove(List.of("count", "fingerprint")));
    return JSON.writeValueAsBytes(all);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    client.close();
  }
}
