package dev.lockstep.shell.script;

import dev.lockstep.client.PercentEncoding;
import dev.lockstep.client.ServerRequest;
import dev.lockstep.core.ErrorNumber;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.jspecify.annotations.Nullable;

/// The connection as a script sees it.
public final class NativeConnection {
  private final ShellConnection connection;
  private final ScriptErrors errors;

  NativeConnection(ShellConnection connection, ScriptErrors errors) {
    this.connection = connection;
    this.errors = errors;
  }

  /// A response as a script sees it. `errorNum` is 0 unless no response came.
  public static final class Response {
    private final ShellConnection.Reply reply;

    Response(ShellConnection.Reply reply) {
      this.reply = reply;
    }

    @HostAccess.Export
    public int errorNum() {
      return reply.errorNumber().number();
    }

    @HostAccess.Export
    public String errorMessage() {
      return reply.errorMessage();
    }

    @HostAccess.Export
    public int status() {
      return reply.response() == null ? 500 : reply.response().status();
    }

    @HostAccess.Export
    public String reason() {
      return reply.response() == null ? "" : reply.response().reason();
    }

    @HostAccess.Export
    public @Nullable String header(String name) {
      return reply.response() == null ? null : reply.response().header(name);
    }

    /// Names of the headers, in lower case, separated by line ends.
    @HostAccess.Export
    public String headerNames() {
      return reply.response() == null
          ? ""
          : String.join("\n", reply.response().headers().asMap().keySet());
    }

    @HostAccess.Export
    public String body() {
      return reply.response() == null ? "" : reply.response().bodyText();
    }
  }

  /// @param path encoded path and query; characters that a URL cannot hold are encoded
  /// @param body text, or null for none
  /// @param headers alternating names and values
  @HostAccess.Export
  public Response send(
      String method,
      String path,
      @Nullable String body,
      @Nullable String contentType,
      Value headers)
      throws InterruptedException {
    ServerRequest request;
    try {
      request =
          ServerRequest.of(method, encodeForeign(path))
              .withIdleTimeout(connection.settings().idleTimeout());
      for (long i = 0; i + 1 < headers.getArraySize(); i += 2) {
        request =
            request.withHeader(
                headers.getArrayElement(i).asString(), headers.getArrayElement(i + 1).asString());
      }
      if (body != null) {
        request =
            request.withBody(
                contentType == null ? "application/json" : contentType,
                body.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IllegalArgumentException e) {
      throw errors.of(ErrorNumber.BAD_PARAMETER, String.valueOf(e.getMessage()));
    }
    return new Response(connection.exchange(request));
  }

  private static String encodeForeign(String path) {
    if (path.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return path;
    }
    StringBuilder out = new StringBuilder();
    path.codePoints()
        .forEach(c -> {
          if (c > ' ' && c < 0x7f) {
            out.append((char) c);
          } else {
            out.append(PercentEncoding.encode(Character.toString(c)));
          }
        });
    return out.toString();
  }

  @HostAccess.Export
  public String database() {
    return connection.database();
  }

  @HostAccess.Export
  public void setDatabase(String name) {
    connection.database(name);
  }

  @HostAccess.Export
  public String endpoint() {
    return connection.settings().endpoint().canonicalText();
  }

  @HostAccess.Export
  public String user() {
    return connection.user();
  }

  @HostAccess.Export
  public boolean isConnected() {
    return connection.isConnected();
  }

  @HostAccess.Export
  public int lastStatus() {
    return connection.lastStatus();
  }

  @HostAccess.Export
  public String lastError() {
    return connection.lastError();
  }

  @HostAccess.Export
  public double timeoutSeconds() {
    return connection.settings().idleTimeout().toMillis() / 1000.0;
  }

  @HostAccess.Export
  public void setTimeoutSeconds(double seconds) {
    if (!(seconds > 0) || seconds > 1e9) {
      throw errors.of(ErrorNumber.BAD_PARAMETER, "timeout must be a positive number of seconds");
    }
    connection.idleTimeout(Duration.ofMillis(Math.max(1, Math.round(seconds * 1000))));
  }

  @HostAccess.Export
  public void reconnect(String endpoint, String database, String user, String password) {
    try {
      connection.reconnect(endpoint, database, user, password);
    } catch (IllegalArgumentException e) {
      throw errors.of(ErrorNumber.BAD_PARAMETER, String.valueOf(e.getMessage()));
    }
  }
}
