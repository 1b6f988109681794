package dev.lockstep.server;

import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.server.settings.ServerSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// A whole server in this process, on the memory engine and a free port, and a client for it.
/// `root` has the password `secret` unless told otherwise.
public final class RunningServer implements AutoCloseable {
  /// What came back.
  public record Reply(int status, HttpHeaders headers, byte[] bytes) {
    public String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    /// The body, which must be JSON.
    public VPackSlice json() {
      return JsonToVPack.parse(text());
    }

    /// A member of the body, or of its members; it must be there.
    public VPackSlice get(String... path) {
      VPackSlice value = json();
      for (String name : path) {
        value = Objects.requireNonNull(value.get(name), () -> name + " in " + text());
      }
      return value;
    }

    public int errorNum() {
      return (int) get("errorNum").asLong();
    }

    public String header(String name) {
      return headers.firstValue(name).orElse("");
    }
  }

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final StorageEngine engine;
  private final LockstepServer server;
  private final String authorization;

  private RunningServer(StorageEngine engine, LockstepServer server, String authorization) {
    this.engine = engine;
    this.server = server;
    this.authorization = authorization;
  }

  /// @param options further options as on the command line
  public static RunningServer start(Path folder, String... options) throws IOException {
    return start(
        folder, new MemoryStorageEngine(), Map.of("ARANGO_ROOT_PASSWORD", "secret"), options);
  }

  public static RunningServer start(
      Path folder, StorageEngine engine, Map<String, String> environment, String... options)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--database.directory", folder.toString(), "--server.endpoint=tcp://127.0.0.1:0"));
    // Checking bcrypt takes a while on purpose; tests of it say so.
    if (List.of(options).stream()
        .noneMatch(option -> option.startsWith("--server.password-hash"))) {
      arguments.add("--server.password-hash=sha256");
    }
    arguments.addAll(List.of(options));
    ServerSettings settings =
        ((ServerSettings.Request.Serve) ServerSettings.parse(arguments, Map.of())).settings();
    return new RunningServer(
        engine,
        LockstepServer.start(settings, engine, environment),
        basic("root", environment.getOrDefault("ARANGO_ROOT_PASSWORD", "")));
  }

  public static String basic(String user, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  public LockstepServer server() {
    return server;
  }

  public int port() {
    return server.addresses().getFirst().port();
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  /// As `root`.
  public Reply send(String verb, String path, String body, String... headers) {
    return sendAs(authorization, verb, path, body, headers);
  }

  public Reply get(String path, String... headers) {
    return send("GET", path, "", headers);
  }

  public Reply post(String path, String body, String... headers) {
    return send("POST", path, body, headers);
  }

  public Reply put(String path, String body, String... headers) {
    return send("PUT", path, body, headers);
  }

  public Reply delete(String path) {
    return send("DELETE", path, "");
  }

  /// @param credentials the `Authorization` header; empty for none
  /// @param headers names and values by turns
  public Reply sendAs(
      String credentials, String verb, String path, String body, String... headers) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (int i = 0; i < headers.length; i += 2) {
      fields.put(headers[i], headers[i + 1]);
    }
    return sendAs(credentials, verb, path, fields, body.getBytes(StandardCharsets.UTF_8));
  }

  /// As `root`, any body.
  public Reply send(String verb, String path, Map<String, String> headers, byte[] body) {
    return sendAs(authorization, verb, path, headers, body);
  }

  private Reply sendAs(
      String credentials, String verb, String path, Map<String, String> headers, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .method(
                verb,
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    if (!credentials.isEmpty()) {
      request.header("Authorization", credentials);
    }
    headers.forEach(request::header);
    try {
      HttpResponse<byte[]> response =
          CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      return new Reply(response.statusCode(), response.headers(), response.body());
    } catch (IOException e) {
      throw new AssertionError(verb + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /// The engine stays open: it holds the data for another start.
  @Override
  public void close() {
    server.close();
  }

  public StorageEngine engine() {
    return engine;
  }
}
