package dev.lockstep.shell.cli;

import dev.lockstep.client.ConnectFailedException;
import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ServerConnection;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.client.TransportException;
import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/// The HTTP interface of one database of one server, for the commands: sends a request, returns the
/// body, turns error answers into [ServerRefusal]. Thread-safe.
final class ServerApi implements AutoCloseable {
  /// Longest error text taken over from a body that is no error object; a proxy may answer with a
  /// whole page.
  private static final int FOREIGN_TEXT_MAX = 200;

  /// How often a server that is not there yet is asked again while the time to connect lasts: it
  /// may just be starting.
  private static final Duration CONNECT_PAUSE = Duration.ofMillis(100);

  /// Tells a Lockstep server that one of its own tools is asking.
  private static final String CLIENT_HEADER = "x-lockstep-client";

  private final ServerConnection connection;
  private final String database;

  ServerApi(ConnectionSettings settings, String database) {
    this.connection = new ServerConnection(settings);
    this.database = database;
  }

  ServerApi(Endpoint endpoint, Credentials credentials, String database) {
    this(ConnectionSettings.of(endpoint, credentials), database);
  }

  /// Connects to the server that the common options name. As [#connect(ConnectionSettings, String,
  /// boolean)] otherwise.
  static ServerApi connect(ServerOptions options)
      throws CommandFailure, IOException, InterruptedException {
    if (!options.connects()) {
      throw CommandFailure.notDone(
          "this command needs a server: --server.endpoint must not be 'none'");
    }
    return connect(options.connectionSettings(), options.database(), options.passwordUnknown());
  }

  /// Connects to a server named by an address. As [#connect(ConnectionSettings, String, boolean)]
  /// otherwise.
  static ServerApi connect(
      PeerAddress address, String database, Duration connectTimeout, Duration silenceMax)
      throws CommandFailure, IOException, InterruptedException {
    ConnectionSettings settings =
        ConnectionSettings.of(address.endpoint(), address.credentials())
            .withConnectTimeout(connectTimeout)
            .withIdleTimeout(silenceMax);
    return connect(settings, database, address.password() == null);
  }

  /// Makes sure that the server is there, knows us and has the database. A server that does not
  /// listen yet is asked again until the time to connect has passed. The caller closes the result.
  ///
  /// @param mayAsk whether to ask for the password on the terminal if the server does not accept us
  /// @throws CommandFailure if it does not accept us
  /// @throws ServerRefusal for anything else it has against us, such as an unknown database
  static ServerApi connect(ConnectionSettings settings, String database, boolean mayAsk)
      throws CommandFailure, IOException, InterruptedException {
    ServerApi api = new ServerApi(settings, database);
    boolean isConnected = false;
    try {
      ServerResponse answer = firstAnswer(api);
      if (answer.status() == 401
          && mayAsk
          && ServerOptions.canAsk()
          && settings.credentials() instanceof Credentials.Basic(String user, _)) {
        api.close();
        api =
            new ServerApi(
                settings.withCredentials(new Credentials.Basic(user, ServerOptions.askPassword())),
                database);
        answer = firstAnswer(api);
      }
      if (answer.status() == 401) {
        String user =
            settings.credentials() instanceof Credentials.Basic(String name, _)
                ? " for user '" + name + "'"
                : "";
        throw CommandFailure.notDone(
            "the server at "
                + settings.endpoint()
                + " does not accept the credentials"
                + user
                + " (HTTP 401)");
      }
      if (answer.status() >= 400) {
        throw refusal(answer);
      }
      isConnected = true;
      return api;
    } finally {
      if (!isConnected) {
        api.close();
      }
    }
  }

  private static ServerResponse firstAnswer(ServerApi api)
      throws TransportException, InterruptedException {
    long deadline = System.nanoTime() + api.settings().connectTimeout().toNanos();
    while (true) {
      try {
        return api.sendAny(api.request("GET", "/_api/version"));
      } catch (ConnectFailedException e) {
        if (System.nanoTime() + CONNECT_PAUSE.toNanos() > deadline) {
          throw e;
        }
        Thread.sleep(CONNECT_PAUSE);
      }
    }
  }

  ConnectionSettings settings() {
    return connection.settings();
  }

  Endpoint endpoint() {
    return connection.settings().endpoint();
  }

  String database() {
    return database;
  }

  /// @param path below the database, percent-encoded, with its query
  VPackSlice get(String path) throws TransportException, ServerRefusal, InterruptedException {
    return body(send(request("GET", path)));
  }

  /// Sends JSON text.
  VPackSlice send(String method, String path, String json)
      throws TransportException, ServerRefusal, InterruptedException {
    return body(
        send(
            request(method, path)
                .withBody("application/json", json.getBytes(StandardCharsets.UTF_8))));
  }

  /// A request below this database.
  ServerRequest request(String method, String path) {
    return request(method, database, path);
  }

  /// A request below another database of the same server.
  ServerRequest request(String method, String otherDatabase, String path) {
    return ServerRequest.of(method, PercentEncoding.databasePath(otherDatabase, path))
        .withHeader(CLIENT_HEADER, ProductVersion.text());
  }

  /// Sends and returns any answer that is no error.
  ServerResponse send(ServerRequest request)
      throws TransportException, ServerRefusal, InterruptedException {
    ServerResponse response = connection.send(request);
    if (response.status() >= 400) {
      throw refusal(response);
    }
    return response;
  }

  /// Sends and returns the answer, whatever it is.
  ServerResponse sendAny(ServerRequest request) throws TransportException, InterruptedException {
    return connection.send(request);
  }

  /// The answer's body as a value; null of VelocyPack if it has none.
  ///
  /// @throws ServerRefusal if it is no JSON
  static VPackSlice body(ServerResponse response) throws ServerRefusal {
    if (response.body().length == 0) {
      return VPackSlice.NULL;
    }
    try {
      return JsonToVPack.parse(response.body(), JsonToVPack.Limits.DEFAULT);
    } catch (InvalidJsonException e) {
      ServerRefusal refusal =
          new ServerRefusal(
              response.status(), response.status(), "the answer is no JSON: " + e.getMessage());
      refusal.initCause(e);
      throw refusal;
    }
  }

  static ServerRefusal refusal(ServerResponse response) {
    String contentType = String.valueOf(response.header("Content-Type")).toLowerCase(Locale.ROOT);
    if (contentType.contains("json")) {
      try {
        VPackSlice body = JsonToVPack.parse(response.body(), JsonToVPack.Limits.DEFAULT);
        VPackSlice number = body.isObject() ? body.get("errorNum") : null;
        VPackSlice message = body.isObject() ? body.get("errorMessage") : null;
        if (number != null && number.isInteger() && message != null && message.isString()) {
          VPackSlice detail = body.get("detail");
          return new ServerRefusal(
              response.status(),
              (int) number.asLong(),
              detail == null || !detail.isString()
                  ? message.asString()
                  : message.asString() + ": " + detail.asString());
        }
      } catch (InvalidJsonException _) {
        // Not an error object: told by its status below.
      }
    }
    String text = response.bodyText().strip();
    String detail =
        text.isEmpty()
            ? response.reason()
            : text.substring(0, Math.min(text.length(), FOREIGN_TEXT_MAX));
    return new ServerRefusal(
        response.status(), response.status(), "HTTP " + response.status() + " " + detail);
  }

  @Override
  public void close() {
    connection.close();
  }
}
