package dev.lockstep.server.api;

import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.StoreSettings;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.VPackToJson;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.server.TranscriptPlayer;
import dev.lockstep.server.http.Gatekeeper;
import dev.lockstep.server.http.HttpListener;
import dev.lockstep.server.http.RequestStatistics;
import dev.lockstep.server.http.Router;
import dev.lockstep.server.jobs.JobRegistry;
import dev.lockstep.server.schema.JsonRuleCompiler;
import dev.lockstep.server.settings.JobSettings;
import dev.lockstep.server.settings.ListenAddress;
import dev.lockstep.server.settings.TransportSettings;
import dev.lockstep.server.users.Access;
import dev.lockstep.server.users.AccessLevel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The document resources on a memory engine behind a real socket, with a client for it. Users
/// prove themselves with `Authorization: user <name>`; those whom nobody granted anything have no
/// rights.
final class ApiServer implements AutoCloseable {
  record Reply(int status, Map<String, List<String>> headers, byte[] body)
      implements TranscriptPlayer.Reply {
    @Override
    public @Nullable String header(String name) {
      List<String> values = headers.get(name);
      return values == null ? null : String.join(", ", values);
    }

    /// The body as JSON text, whatever form it came in.
    String json() {
      if (body.length == 0) {
        return "";
      }
      String type = header("content-type");
      return type != null && type.contains("velocypack")
          ? VPackToJson.toJson(VPackValidator.validateWhole(body, ValidationLimits.REQUEST))
          : new String(body, StandardCharsets.UTF_8);
    }
  }

  final StorageEngine engine = new MemoryStorageEngine();
  final DocumentStore store =
      DocumentStore.open(
          engine,
          new HybridLogicalClock(System::currentTimeMillis),
          StoreSettings.DEFAULT.withRules(new JsonRuleCompiler()));
  final CursorRegistry cursors = new CursorRegistry(256, store::newId);
  private final Map<String, Map<String, AccessLevel>> grants = new ConcurrentHashMap<>();
  private final HttpListener listener;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /// @param folder for what the listener spools
  ApiServer(Path folder) {
    Router router = new Router();
    DocumentApi.route(router, store, (user, database, collection) -> {}, cursors, new Random(1));
    listener =
        new HttpListener(
            List.of(new ListenAddress(false, "127.0.0.1", 0)),
            null,
            TransportSettings.DEFAULT,
            router,
            new Users(),
            new JobRegistry(JobSettings.DEFAULT, store::newId, Clock.systemUTC()),
            new RequestStatistics(),
            folder);
    try {
      listener.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// @param collection its name, or empty for the database
  void grant(String user, String collection, AccessLevel level) {
    grants.computeIfAbsent(user, name -> new ConcurrentHashMap<>()).put(collection, level);
  }

  private final class Users implements Gatekeeper {
    @Override
    public boolean authenticationRequired() {
      return false;
    }

    @Override
    public Identity authenticate(@Nullable String authorization) {
      return authorization == null
          ? new Identity("", true)
          : new Identity(authorization.substring("user ".length()), false);
    }

    @Override
    public Access access(Identity identity, String database) {
      if (identity.superuser()) {
        return Access.unrestricted(database, store.isReadOnly());
      }
      Map<String, AccessLevel> levels = grants.getOrDefault(identity.userName(), Map.of());
      return new Access(database, store.isReadOnly()) {
        @Override
        public AccessLevel databaseLevel(String name) {
          return levels.getOrDefault("", AccessLevel.NONE);
        }

        @Override
        public AccessLevel collectionLevel(String databaseName, String collection) {
          return levels.getOrDefault(collection, AccessLevel.NONE);
        }
      };
    }

    @Override
    public boolean databaseExists(String name) {
      return store.database(name) != null;
    }
  }

  String endpoint() {
    return "http://127.0.0.1:" + port();
  }

  int port() {
    return listener.boundAddresses().getFirst().port();
  }

  Reply send(String verb, String path, Map<String, String> headers, byte[] body) {
    // The client's own parser would refuse what an address may hold here.
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(endpoint() + path.replace("$", "%24").replace("\"", "%22")))
            .timeout(Duration.ofMinutes(2))
            .method(
                verb,
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    try {
      HttpResponse<byte[]> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      return new Reply(response.statusCode(), response.headers().map(), response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(verb + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Reply send(String verb, String path, String json) {
    return send(verb, path, Map.of(), json.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    client.close();
    listener.stop(Duration.ofSeconds(1));
    cursors.close();
    store.close();
    engine.close();
  }
}
