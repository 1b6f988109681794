package dev.lockstep.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/// One `lockstep server` process on a free port of the loopback interface, with a data folder of
/// its own. Survives its process: [#kill()] and [#start()] again is a restart on the same folder
/// and port. One thread at a time, but [#send] may be called by many.
final class LockstepServer implements AutoCloseable {
  /// The first start makes the start cache; on a busy machine that alone takes more than a minute.
  private static final Duration READY_MAX = Duration.ofMinutes(4);

  private static final Duration STOP_MAX = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .build();

  private final String name;
  private final Path data;
  private final int port;
  private final List<String> options = new ArrayList<>();
  private final String user = "root";
  private String password = "";
  private String heap = "512m";
  private Path log;
  private @Nullable Process process;

  private LockstepServer(String name, Path data) {
    this.name = name;
    this.data = data;
    this.port = freePort();
    this.log = Distribution.newLog(name);
  }

  /// @param name for its log and its data folder below `folder`
  static LockstepServer in(Path folder, String name) {
    return new LockstepServer(name, folder.resolve(name));
  }

  LockstepServer option(String nameOfOption, String value) {
    options.add(nameOfOption);
    options.add(value);
    return this;
  }

  /// Password of `root`, set at the first start.
  LockstepServer password(String value) {
    password = value;
    return this;
  }

  /// Value of `-Xmx`; 512m unless told.
  LockstepServer heap(String value) {
    heap = value;
    return this;
  }

  /// Starts the process and returns when it answers.
  ///
  /// @throws AssertionError with its output, if it ends or does not answer in time
  LockstepServer start() {
    if (process != null) {
      throw new IllegalStateException(name + " is running");
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "server",
                "--server.endpoint",
                endpoint(),
                "--database.directory",
                data.toString()));
    arguments.addAll(options);
    log = Distribution.newLog(name);
    ProcessBuilder command = Distribution.command(arguments);
    command.environment().put("LOCKSTEP_JAVA_OPTIONS", "-Xmx" + heap);
    command.environment().put("ARANGO_ROOT_PASSWORD", password);
    Process started;
    try {
      started =
          command
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .start();
    } catch (IOException e) {
      throw new AssertionError("cannot start " + name, e);
    }
    process = started;
    try {
      Awaitility.await(name + " answers")
          .atMost(READY_MAX)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> answers(started));
    } catch (ConditionTimeoutException e) {
      kill();
      throw new AssertionError(name + " does not answer; it printed:\n" + log(), e);
    }
    return this;
  }

  private boolean answers(Process started) {
    if (!started.isAlive()) {
      process = null;
      throw new AssertionError(name + " ended with status " + started.exitValue() + ":\n" + log());
    }
    try {
      return send("GET", "/_admin/server/availability", null).status() == 200;
    } catch (AssertionError _) {
      return false;
    }
  }

  /// Ends it as an operator would (SIGTERM).
  ///
  /// @return its exit status
  int stop() {
    Process running = running();
    running.destroy();
    return ended(running);
  }

  /// `kill -9`; returns when the process is gone.
  void kill() {
    Process running = running();
    running.destroyForcibly();
    ended(running);
  }

  private int ended(Process running) {
    try {
      if (!running.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
        throw new AssertionError(name + " did not end within " + STOP_MAX + ":\n" + log());
      }
      process = null;
      return running.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  boolean isRunning() {
    return process != null && process.isAlive();
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException(name + " is not running");
    }
    return process;
  }

  long pid() {
    return running().pid();
  }

  int port() {
    return port;
  }

  String password() {
    return password;
  }

  Path data() {
    return data;
  }

  /// As `--server.endpoint` takes it.
  String endpoint() {
    return "tcp://127.0.0.1:" + port;
  }

  /// With user and password, as `lockstep verify` takes it.
  String endpointWithUser() {
    return "tcp://"
        + user
        + ":"
        + URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20")
        + "@127.0.0.1:"
        + port;
  }

  /// Everything this start of the server printed.
  String log() {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError("cannot read " + log, e);
    }
  }

  /// Where threads are whose names begin so, virtual ones, too: what a test says of a server that
  /// hangs.
  String stacks(String name) {
    Path dump = Distribution.newLog(this.name + "-threads").toAbsolutePath();
    try {
      Process jcmd =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(pid()),
                  "Thread.dump_to_file",
                  "-overwrite",
                  dump.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!jcmd.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
        jcmd.destroyForcibly();
        return this.name + " does not say where its threads are";
      }
      return Arrays.stream(Files.readString(dump).split("\n\n"))
          .filter(thread -> thread.contains(" \"" + name))
          .collect(Collectors.joining("\n\n", this.name + " in " + dump + ":\n", ""));
    } catch (IOException e) {
      return this.name + " does not say where its threads are: " + e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /// Bytes of all files in the data folder.
  long bytesOnDisk() {
    try (var files = Files.walk(data)) {
      long sum = 0;
      for (Path file : files.toList()) {
        try {
          sum += Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (java.nio.file.NoSuchFileException _) {
          // Compaction removed it between listing and asking.
        }
      }
      return sum;
    } catch (IOException e) {
      throw new AssertionError("cannot walk " + data, e);
    }
  }

  /// An HTTP answer with its JSON body; [MissingNode] where there is none.
  record Answer(int status, JsonNode body, HttpHeaders headers) {
    /// @throws AssertionError with the body, if the status is another
    Answer hasStatus(int expected) {
      if (status != expected) {
        throw new AssertionError("expected HTTP " + expected + ", got " + status + ": " + body);
      }
      return this;
    }

    int errorNum() {
      return body.path("errorNum").asInt();
    }
  }

  /// Sends a request as `root`.
  ///
  /// @param body JSON text, or null for none
  /// @param headers names and values in turn
  Answer send(String method, String path, @Nullable String body, String... headers) {
    return sendBody(
        method,
        path,
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8),
        headers);
  }

  Answer sendBody(String method, String path, HttpRequest.BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofMinutes(10))
            .method(method, body);
    request.header(
        "Authorization",
        "Basic "
            + Base64.getEncoder()
                .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<byte[]> response =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      return new Answer(response.statusCode(), json(response.body()), response.headers());
    } catch (IOException e) {
      throw new AssertionError(method + " " + path + " on " + name + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static JsonNode json(byte[] bytes) throws IOException {
    return bytes.length == 0 || (bytes[0] != '{' && bytes[0] != '[' && bytes[0] != '"')
        ? MissingNode.getInstance()
        : JSON.readTree(bytes);
  }

  /// Number of documents of a collection.
  long count(String collection) {
    return send("GET", "/_api/collection/" + collection + "/count", null)
        .hasStatus(200)
        .body()
        .path("count")
        .asLong();
  }

  /// All documents of a collection, one batch of answers after the other.
  void forEachDocument(String collection, Consumer<JsonNode> action) {
    JsonNode answer =
        send(
                "PUT",
                "/_api/simple/all",
                "{\"collection\":\"" + collection + "\",\"batchSize\":10000}")
            .hasStatus(201)
            .body();
    answer.path("result").forEach(action);
    while (answer.path("hasMore").asBoolean(true)) {
      answer =
          send("PUT", "/_api/cursor/" + answer.path("id").asText(), null).hasStatus(200).body();
      answer.path("result").forEach(action);
    }
  }

  /// Checksum over keys, revisions and contents.
  String checksum(String collection) {
    return send(
            "GET",
            "/_api/collection/" + collection + "/checksum?withRevisions=true&withData=true",
            null)
        .hasStatus(200)
        .body()
        .path("checksum")
        .asText();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new AssertionError("no free port", e);
    }
  }

  @Override
  public void close() {
    if (isRunning()) {
      kill();
    }
  }
}
