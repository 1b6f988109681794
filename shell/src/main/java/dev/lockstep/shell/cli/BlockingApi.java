package dev.lockstep.shell.cli;

import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ResponseHeaders;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.shell.bench.BenchPlan;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The HTTP interface of one database of one server for the clients of `lockstep bench`: many
/// threads, each of which sends one small request after the other over a connection that is kept. A
/// thread waits for its answer in the system call that reads it. With [ServerApi] other threads
/// read, and each answer is handed over: for small requests that costs more processor time than the
/// rest, which is then missing to the servers on the same machine.
///
/// Without TLS, proxies and redirects. A POST is never sent twice; a GET is if a kept connection
/// turns out to be closed. Thread-safe.
final class BlockingApi {
  /// The clients, the probe, and whoever looks at the end.
  private static final int CONNECTIONS_MAX = BenchPlan.CLIENTS_MAX + 2;

  /// Until one document is read or written, a slow disk included.
  private static final Duration SILENCE_MAX = Duration.ofMinutes(2);

  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

  static {
    // The library reads these once in a process, with its first connection. By default it keeps
    // five idle connections to one server and closes the others.
    System.setProperty("http.maxConnections", Integer.toString(CONNECTIONS_MAX));
    System.setProperty("sun.net.http.retryPost", "false");
  }

  private final String server;
  private final String database;
  private final @Nullable String authorization;

  /// Connects with the first request.
  ///
  /// @throws IllegalArgumentException if the endpoint is one with TLS
  BlockingApi(Endpoint endpoint, Credentials credentials, String database) {
    if (endpoint.tls()) {
      throw new IllegalArgumentException("no TLS here, but the endpoint is " + endpoint);
    }
    this.server = "http://" + endpoint.authority();
    this.database = database;
    this.authorization = credentials.authorization();
  }

  /// Sends JSON text and reads the whole answer.
  ///
  /// @param path below the database, percent-encoded, with its query
  /// @throws ServerRefusal for any status that is no success
  /// @throws IOException if there is no answer; the sentence names method and URL
  void post(String path, byte[] json) throws IOException {
    requireSuccess(exchange("POST", path, json));
  }

  /// Reads something, completely.
  ///
  /// @param path below the database, percent-encoded, with its query
  /// @throws ServerRefusal for any status that is no success
  /// @throws IOException if there is no answer; the sentence names method and URL
  void get(String path) throws IOException {
    requireSuccess(exchange("GET", path, null));
  }

  /// As [#get], but 404 is an answer, too.
  ///
  /// @return whether it is there
  boolean isThere(String path) throws IOException {
    ServerResponse response = exchange("GET", path, null);
    if (response.status() == HttpURLConnection.HTTP_NOT_FOUND) {
      return false;
    }
    requireSuccess(response);
    return true;
  }

  private static void requireSuccess(ServerResponse response) throws ServerRefusal {
    if (response.status() / 100 != 2) {
      throw ServerApi.refusal(response);
    }
  }

  private ServerResponse exchange(String method, String path, byte @Nullable [] json)
      throws IOException {
    String url = server + PercentEncoding.databasePath(database, path);
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(url).toURL().openConnection(Proxy.NO_PROXY);
      connection.setRequestMethod(method);
      connection.setInstanceFollowRedirects(false);
      connection.setUseCaches(false);
      connection.setConnectTimeout((int) CONNECT_MAX.toMillis());
      connection.setReadTimeout((int) SILENCE_MAX.toMillis());
      connection.setRequestProperty("Accept", "application/json");
      if (authorization != null) {
        connection.setRequestProperty("Authorization", authorization);
      }
      if (json != null) {
        connection.setRequestProperty("Content-Type", "application/json");
        // Not streamed: head and body travel together, and a kept connection is used unasked.
        connection.setDoOutput(true);
        try (OutputStream body = connection.getOutputStream()) {
          body.write(json);
        }
      }
      return answer(connection);
    } catch (IOException e) {
      throw new IOException(method + " " + url + ": " + e.getMessage(), e);
    }
  }

  private static ServerResponse answer(HttpURLConnection connection) throws IOException {
    int status = connection.getResponseCode();
    byte[] content = new byte[0];
    // To the end, or the connection is not kept. Errors without a body have no stream.
    try (InputStream body =
        status >= HttpURLConnection.HTTP_BAD_REQUEST
            ? connection.getErrorStream()
            : connection.getInputStream()) {
      if (body != null) {
        content = body.readAllBytes();
      }
    }
    String reason = connection.getResponseMessage();
    String type = connection.getContentType();
    return new ServerResponse(
        status,
        reason == null ? "" : reason,
        ResponseHeaders.of(type == null ? List.of() : List.of(Map.entry("Content-Type", type))),
        content);
  }
}
