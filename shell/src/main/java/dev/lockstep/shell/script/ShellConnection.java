package dev.lockstep.shell.script;

import dev.lockstep.client.AddressRefusedException;
import dev.lockstep.client.ConnectFailedException;
import dev.lockstep.client.ConnectionLostException;
import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import dev.lockstep.client.IdleTimeoutException;
import dev.lockstep.client.ResponseTooLargeException;
import dev.lockstep.client.ServerConnection;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.client.ServerResponse;
import dev.lockstep.client.TransportException;
import dev.lockstep.core.ErrorNumber;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The server a shell talks to, and the database it uses there. Both may change while the shell
/// runs. Used by the thread that runs scripts.
public final class ShellConnection implements AutoCloseable {
  private ConnectionSettings settings;
  private String database;
  private boolean connected;

  /// Made with the first request, because that takes longer than anything else here: the script
  /// engine can start meanwhile.
  private @Nullable ServerConnection http;

  private int lastStatus;
  private String lastError = "";

  /// Connects to nothing yet.
  ///
  /// @param connected false to refuse every request until [#reconnect] is called
  public ShellConnection(ConnectionSettings settings, String database, boolean connected) {
    this.settings = settings;
    this.database = database;
    this.connected = connected;
  }

  /// What came of a request.
  ///
  /// @param response null if no response came
  /// @param errorNumber [ErrorNumber#NO_ERROR], or one of the client errors if no response came
  /// @param errorMessage says why no response came
  public record Reply(
      @Nullable ServerResponse response, ErrorNumber errorNumber, String errorMessage) {}

  /// Sends a request; failures of the transport are part of the reply.
  ///
  /// @throws InterruptedException if interrupted while waiting for the server
  public Reply exchange(ServerRequest request) throws InterruptedException {
    if (!connected) {
      return failed(ErrorNumber.CLIENT_COULD_NOT_CONNECT, "not connected");
    }
    ServerConnection connection;
    try {
      connection = opened();
    } catch (IllegalArgumentException e) {
      return failed(ErrorNumber.CLIENT_COULD_NOT_CONNECT, String.valueOf(e.getMessage()));
    }
    try {
      ServerResponse response = connection.send(request);
      lastStatus = response.status();
      lastError = response.status() >= 400 ? response.reason() : "";
      return new Reply(response, ErrorNumber.NO_ERROR, "");
    } catch (ConnectFailedException | AddressRefusedException e) {
      return failed(
          ErrorNumber.CLIENT_COULD_NOT_CONNECT,
          "Could not connect to '" + settings.endpoint() + "': " + e.detail());
    } catch (IdleTimeoutException e) {
      return failed(ErrorNumber.CLIENT_COULD_NOT_READ, "Request timeout: " + e.getMessage());
    } catch (ConnectionLostException e) {
      return failed(
          ErrorNumber.CLIENT_COULD_NOT_READ, "Could not read from server: " + e.getMessage());
    } catch (ResponseTooLargeException e) {
      return failed(ErrorNumber.CLIENT_UNKNOWN, String.valueOf(e.getMessage()));
    } catch (TransportException e) {
      return failed(ErrorNumber.CLIENT_UNKNOWN, String.valueOf(e.getMessage()));
    }
  }

  private synchronized ServerConnection opened() {
    ServerConnection current = http;
    if (current == null) {
      current = new ServerConnection(settings);
      http = current;
    }
    return current;
  }

  private Reply failed(ErrorNumber number, String message) {
    lastStatus = 500;
    lastError = message;
    return new Reply(null, number, message);
  }

  /// From now on speaks to another server, or as somebody else.
  public void reconnect(ConnectionSettings newSettings, String newDatabase) {
    close();
    connected = true;
    settings = newSettings;
    database = newDatabase;
  }

  /// As [#reconnect(ConnectionSettings,String)], other settings kept.
  ///
  /// @throws IllegalArgumentException if the endpoint is none or the user name impossible
  public void reconnect(String endpoint, String newDatabase, String user, String password) {
    ConnectionSettings old = settings;
    reconnect(
        new ConnectionSettings(
            Endpoint.parse(endpoint),
            new Credentials.Basic(user, password),
            old.connectTimeout(),
            old.idleTimeout(),
            old.responseBytesMax(),
            old.connectionsMax(),
            old.trust(),
            old.addressPolicy()),
        newDatabase);
  }

  /// Sets the longest silence accepted of the server. Takes effect with the next request.
  public void idleTimeout(Duration value) {
    settings = settings.withIdleTimeout(value);
  }

  public ConnectionSettings settings() {
    return settings;
  }

  public String database() {
    return database;
  }

  public void database(String name) {
    database = name;
  }

  /// The user we log in as, empty where there is none.
  public String user() {
    return settings.credentials() instanceof Credentials.Basic basic ? basic.user() : "";
  }

  public boolean isConnected() {
    return connected;
  }

  /// HTTP status of the last request, 500 if none came back.
  public int lastStatus() {
    return lastStatus;
  }

  /// Why the last request failed, empty if it did not.
  public String lastError() {
    return lastError;
  }

  @Override
  public synchronized void close() {
    connected = false;
    if (http != null) {
      http.close();
      http = null;
    }
  }
}
