package dev.lockstep.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.client.Endpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/// A server that answers what a test tells it to, and remembers what it was asked.
public final class FakeServer implements AutoCloseable {
  public static final ObjectMapper JSON = new ObjectMapper();

  /// One request as it arrived; the path still percent-encoded, with its query.
  public record Asked(String method, String path, Map<String, String> headers, String body) {
    public JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (JsonProcessingException e) {
        throw new AssertionError("not JSON: " + body, e);
      }
    }

    public String line() {
      return method + " " + path;
    }
  }

  /// What to answer.
  public record Answer(int status, String body, Map<String, String> headers) {
    /// None: the connection is cut.
    public static final Answer NONE = of(0, "");

    public static Answer of(int status, String body) {
      return new Answer(status, body, Map.of());
    }
  }

  public interface Route {
    Answer answer(Asked request) throws Exception;
  }

  private final Map<String, Route> routes = new ConcurrentHashMap<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final Server server = new Server();
  private final int port;

  public FakeServer() throws Exception {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setUriCompliance(UriCompliance.UNSAFE); // names with an encoded slash
    ServerConnector connector =
        new ServerConnector(server, new HttpConnectionFactory(configuration));
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback)
              throws Exception {
            Answer answer = answer(request);
            if (answer == Answer.NONE) {
              request.getConnectionMetaData().getConnection().getEndPoint().close();
              callback.failed(new IOException("cut"));
              return true;
            }
            response.setStatus(answer.status());
            answer.headers().forEach((name, value) -> response.getHeaders().put(name, value));
            if (!answer.body().isEmpty()) {
              response.getHeaders().put("Content-Type", "application/json");
            }
            byte[] body =
                request.getMethod().equals("HEAD") ? new byte[0] : answer.body().getBytes(UTF_8);
            Content.Sink.write(response, true, ByteBuffer.wrap(body));
            callback.succeeded();
            return true;
          }
        });
    server.start();
    port = connector.getLocalPort();
  }

  private Answer answer(Request request) throws Exception {
    Map<String, String> headers = new LinkedHashMap<>();
    request.getHeaders().forEach(field -> headers.put(field.getLowerCaseName(), field.getValue()));
    Asked one =
        new Asked(
            request.getMethod(),
            request.getHttpURI().getPathQuery(),
            headers,
            Content.Source.asString(request, UTF_8));
    asked.add(one);
    Route route = routes.get(one.line());
    if (route == null && one.path().indexOf('?') > 0) {
      route = routes.get(one.method() + " " + one.path().substring(0, one.path().indexOf('?')));
    }
    return route == null
        ? Answer.of(
            404,
            "{\"error\":true,\"code\":404,\"errorNum\":404,\"errorMessage\":\"unknown path '"
                + one.path()
                + "'\"}")
        : route.answer(one);
  }

  /// Answers this verb and path (in `_system` unless it begins with `/_db/`; with or without query)
  /// from now on.
  public FakeServer on(String line, Route route) {
    int blank = line.indexOf(' ');
    String path = line.substring(blank + 1);
    routes.put(
        line.substring(0, blank) + " " + (path.startsWith("/_db/") ? path : "/_db/_system" + path),
        route);
    return this;
  }

  public FakeServer on(String line, int status, String body) {
    return on(line, _ -> Answer.of(status, body));
  }

  public void forget() {
    routes.clear();
    asked.clear();
  }

  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    asked.forEach(one -> lines.add(one.line().replace("/_db/_system", "")));
    return lines;
  }

  public Asked last() {
    return asked.getLast();
  }

  public List<Asked> asked() {
    return asked;
  }

  public Endpoint endpoint() {
    return Endpoint.parse("tcp://127.0.0.1:" + port);
  }

  @Override
  public void close() throws Exception {
    server.stop();
  }
}
