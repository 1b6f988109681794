package dev.lockstep.client;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/// A server on loopback that does with a request what the test says; 404 for what it says nothing
/// about.
final class RoutedServer implements AutoCloseable {
  /// What the server does with a request; runs on a blocking thread.
  interface Route {
    void answer(Request request, Response response) throws Exception;
  }

  /// By path; may change at any time.
  final Map<String, Route> routes = new ConcurrentHashMap<>();

  final Server jetty = new Server();
  final ServerConnector connector = new ServerConnector(jetty);

  /// Also when it is closed.
  final int port;

  RoutedServer() throws Exception {
    connector.setHost("127.0.0.1");
    jetty.addConnector(connector);
    jetty.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback)
              throws Exception {
            Route route = routes.get(Request.getPathInContext(request));
            if (route == null) {
              Response.writeError(request, response, callback, 404);
              return true;
            }
            route.answer(request, response);
            callback.succeeded();
            return true;
          }
        });
    jetty.start();
    port = connector.getLocalPort();
  }

  @Override
  public void close() throws Exception {
    jetty.stop();
  }
}
