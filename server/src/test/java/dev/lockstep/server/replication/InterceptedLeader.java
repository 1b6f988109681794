package dev.lockstep.server.replication;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lockstep.server.RunningServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// An HTTP proxy before a leader that answers some requests itself, with a status and no body, and
/// notes all. Can make the leader look like a stock one: then nothing that only Lockstep servers
/// tell each other gets through.
final class InterceptedLeader implements AutoCloseable {
  /// Belong to one connection, or are set by whoever sends.
  private static final Set<String> NOT_PASSED_ON =
      Set.of("connection", "content-length", "host", "expect", "upgrade", "transfer-encoding");

  private final RunningServer leader;
  private final boolean asStock;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Map<String, Integer> once = new ConcurrentHashMap<>();
  private final Map<String, Integer> always = new ConcurrentHashMap<>();
  private final AtomicInteger intercepted = new AtomicInteger();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  InterceptedLeader(RunningServer leader, boolean asStock) throws IOException {
    this.leader = leader;
    this.asStock = asStock;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String endpoint() {
    return "tcp://127.0.0.1:" + server.getAddress().getPort();
  }

  /// @param path without the database
  void answerOnce(String path, int status) {
    once.put(path, status);
  }

  /// @param path without the database
  void answerAlways(String path, int status) {
    always.put(path, status);
  }

  /// Requests answered here because of [#answerOnce].
  int intercepted() {
    return intercepted.get();
  }

  /// Everything a follower has asked, as it came: method, path with query, and headers but those
  /// that tell who asks whom and how long the body is.
  List<String> requests() {
    return List.copyOf(requests);
  }

  private static String noted(HttpExchange exchange) {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.putAll(exchange.getRequestHeaders());
    headers.keySet().removeAll(Set.of("Host", "Authorization", "Content-length"));
    return exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + headers;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      requests.add(noted(exchange));
      String path = exchange.getRequestURI().getPath().replaceFirst("^/_db/[^/]+", "");
      Integer status = once.remove(path);
      if (status != null) {
        intercepted.incrementAndGet();
      } else {
        status = always.get(path);
      }
      if (status == null) {
        passOn(exchange, body);
      } else {
        exchange.sendResponseHeaders(status, -1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void passOn(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(leader.uri(exchange.getRequestURI().toString()))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> {
          if (isPassedOn(name)) {
            values.forEach(value -> request.header(name, value));
          }
        });
    HttpResponse<byte[]> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    answer
        .headers()
        .map()
        .forEach((name, values) -> {
          if (isPassedOn(name)) {
            values.forEach(value -> exchange.getResponseHeaders().add(name, value));
          }
        });
    byte[] found = answer.body();
    exchange.sendResponseHeaders(answer.statusCode(), found.length == 0 ? -1 : found.length);
    if (found.length > 0) {
      exchange.getResponseBody().write(found);
    }
  }

  private boolean isPassedOn(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !NOT_PASSED_ON.contains(lower) && !(asStock && lower.startsWith("x-lockstep-"));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
    client.close();
  }
}
