package dev.lockstep.client;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;

/// HTTP clients between two [ServerConnection]s: to start one and to stop it takes longer than a
/// short request. Each serves one connection at a time. Thread-safe.
///
/// They hold threads, not TCP connections. One that nobody has used for minutes may be dead without
/// this side knowing, and the first request of a connection is to tell soon whether the server is
/// there. Clients of encrypted connections are not kept either, as the file of trusted authorities
/// is to be read anew by each connection.
public final class HttpClientPool implements AutoCloseable {
  /// More servers than this are hardly asked again and again; a client holds three threads.
  private static final int IDLE_MAX = 4;

  // Guarded by this. The last one used comes first.
  private final Deque<Idle> idle = new ArrayDeque<>();
  private boolean isClosed;

  /// What a client cannot change once it is started.
  private record Kind(
      Endpoint endpoint, Duration connectTimeout, int connectionsMax, AddressPolicy policy) {
    static Kind of(ConnectionSettings settings) {
      return new Kind(
          settings.endpoint(),
          settings.connectTimeout(),
          settings.connectionsMax(),
          settings.addressPolicy());
    }
  }

  private record Idle(Kind kind, HttpClient client) {}

  /// A connection that takes a client from here, and gives it back when it is closed. Connects to
  /// nothing yet.
  ///
  /// @throws IllegalArgumentException if the file of trusted authorities cannot be read
  public ServerConnection open(ConnectionSettings settings) {
    return settings.endpoint().tls()
        ? new ServerConnection(settings)
        : new ServerConnection(settings, this);
  }

  /// Null if none is idle.
  synchronized @Nullable HttpClient take(ConnectionSettings settings) {
    Kind kind = Kind.of(settings);
    for (Iterator<Idle> all = idle.iterator(); all.hasNext(); ) {
      Idle found = all.next();
      if (found.kind().equals(kind)) {
        all.remove();
        return found.client();
      }
    }
    return null;
  }

  /// @param client started, without anything under way
  void giveBack(ConnectionSettings settings, HttpClient client) {
    client.getDestinations().forEach(client::removeDestination);
    HttpClient surplus;
    synchronized (this) {
      if (isClosed) {
        surplus = client;
      } else {
        idle.addFirst(new Idle(Kind.of(settings), client));
        surplus = idle.size() > IDLE_MAX ? idle.removeLast().client() : null;
      }
    }
    if (surplus != null) {
      ServerConnection.stop(surplus);
    }
  }

  /// Stops those that are idle; others are stopped when they are given back.
  @Override
  public void close() {
    List<Idle> all;
    synchronized (this) {
      isClosed = true;
      all = new ArrayList<>(idle);
      idle.clear();
    }
    all.forEach(each -> ServerConnection.stop(each.client()));
  }
}
