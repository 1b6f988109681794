package dev.lockstep.client;

import java.io.IOException;
import java.util.Map;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.client.transport.internal.HttpConnectionOverHTTP;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Promise;

/// Jetty's HTTP/1.1 transport, but for a race of it (12.1.14) that leaves a request without an end.
///
/// The thread that finds that the server has closed a connection aborts the connection's request,
/// and then closes the socket. A request that another thread gives to the connection in between is
/// sent, and is neither aborted nor answered. It takes a server that closes a connection it has
/// just accepted, as a proxy does whose server is down.
class HttpTransport extends HttpClientTransportOverHTTP {
  HttpTransport(ClientConnector connector) {
    super(connector);
  }

  @Override
  public Connection newConnection(EndPoint endPoint, Map<String, Object> context)
      throws IOException {
    HttpConnection connection = connection(endPoint, context);
    connection.setInitialize(isInitializeConnections());
    return customize(connection, context);
  }

  HttpConnection connection(EndPoint endPoint, Map<String, Object> context) {
    return new HttpConnection(endPoint, context);
  }

  /// Ends what came while it was being closed.
  static class HttpConnection extends HttpConnectionOverHTTP {
    HttpConnection(EndPoint endPoint, Map<String, Object> context) {
      super(endPoint, context);
    }

    @Override
    protected void close(Throwable failure) {
      super.close(failure);
      // What comes from now on fails by itself, as the socket is closed.
      abort(failure, Promise.noop());
    }
  }
}
