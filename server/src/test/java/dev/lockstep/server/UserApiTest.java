package dev.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.collection.ReplicatedCollection;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.server.RunningServer.Reply;
import dev.lockstep.server.settings.SettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Users, grants and proofs of identity over the wire.
class UserApiTest {
  private static final String SECRET = "the shared secret of the tests, long enough for HS256";

  @TempDir Path folder;

  private RunningServer server;

  @BeforeEach
  void start() throws IOException {
    Path secret = Files.writeString(folder.resolve("jwt"), SECRET + "\n");
    server = RunningServer.start(folder, "--server.jwt-secret-keyfile", secret.toString());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String user(String name) {
    assertThat(server.post("/_api/user", "{\"user\":\"" + name + "\",\"passwd\":\"pw\"}").status())
        .isEqualTo(201);
    return RunningServer.basic(name, "pw");
  }

  private void grant(String user, String target, String level) {
    Reply reply =
        server.put("/_api/user/" + user + "/database/" + target, "{\"grant\":\"" + level + "\"}");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.get(target).asString()).isEqualTo(level);
  }

  private int status(String credentials, String verb, String path, String body) {
    return server.sendAs(credentials, verb, path, body).status();
  }

  @Test
  void createsReadsChangesAndRemovesUsers() {
    Reply created =
        server.post(
            "/_api/user",
            "{\"user\":\"admin@example\",\"passwd\":\"secure\",\"extra\":{\"age\":7}}");
    assertThat(created.status()).isEqualTo(201);
    assertThat(created.text())
        .isEqualTo(
            "{\"user\":\"admin@example\",\"active\":true,\"extra\":{\"age\":7},\"error\":false,\"code\":201}");
    assertThat(server.post("/_api/user", "{\"user\":\"admin@example\"}").errorNum())
        .isEqualTo(1702);
    assertThat(server.post("/_api/user", "{\"user\":\"\"}").errorNum()).isEqualTo(1700);
    assertThat(server.post("/_api/user", "{\"passwd\":\"\"}").errorNum()).isEqualTo(1700);
    assertThat(server.post("/_api/user", "{\"user\":\"x\",\"active\":1}").errorNum()).isEqualTo(10);
    assertThat(server.get("/_api/user/admin@example").text())
        .isEqualTo(
            "{\"user\":\"admin@example\",\"active\":true,\"extra\":{\"age\":7},\"error\":false,\"code\":200}");
    assertThat(server.get("/_api/user").get("result").length()).isEqualTo(2);
    assertThat(
            server
                .send("PATCH", "/_api/user/admin@example", "{\"active\":false}")
                .get("extra")
                .toJson())
        .isEqualTo("{\"age\":7}");
    Reply replaced = server.put("/_api/user/admin@example", "{\"passwd\":\"new\"}");
    assertThat(replaced.get("active").asBoolean()).isTrue();
    assertThat(replaced.get("extra").toJson()).isEqualTo("{}");
    Reply removed = server.delete("/_api/user/admin@example");
    assertThat(removed.status()).isEqualTo(202);
    assertThat(removed.text()).isEqualTo("{\"error\":false,\"code\":202}");
    assertThat(server.delete("/_api/user/admin@example").errorNum()).isEqualTo(1703);
    assertThat(server.get("/_api/user/admin@example").errorNum()).isEqualTo(1703);
    assertThat(server.put("/_api/user/nobody", "{}").errorNum()).isEqualTo(1703);
    assertThat(server.delete("/_api/user/root").errorNum()).isEqualTo(11);
  }

  @Test
  void endsAnOldPasswordAtOnce() {
    String ann = user("ann");
    grant("ann", "_system", "ro");
    assertThat(status(ann, "GET", "/_api/version", "")).isEqualTo(200);
    server.send("PATCH", "/_api/user/ann", "{\"passwd\":\"other\"}");
    assertThat(status(ann, "GET", "/_api/version", "")).isEqualTo(401);
    String renewed = RunningServer.basic("ann", "other");
    assertThat(status(renewed, "GET", "/_api/version", "")).isEqualTo(200);
    server.send("PATCH", "/_api/user/ann", "{\"active\":false}");
    assertThat(status(renewed, "GET", "/_api/version", "")).isEqualTo(401);
    server.send("PATCH", "/_api/user/ann", "{\"active\":true}");
    assertThat(status(renewed, "GET", "/_api/version", "")).isEqualTo(200);
    server.delete("/_api/user/ann");
    assertThat(status(renewed, "GET", "/_api/version", "")).isEqualTo(401);
  }

  @Test
  void provesIdentityByNameAndPasswordOnly() {
    for (String wrong :
        List.of(
            "",
            "Basic",
            "Basic !!!",
            "Basic cm9vdA==",
            "Digest x",
            RunningServer.basic("root", "wrong"),
            RunningServer.basic("root", ""),
            RunningServer.basic("nobody", "secret"))) {
      Reply reply = server.sendAs(wrong, "GET", "/_api/version", "");
      assertThat(reply.status()).as(wrong).isEqualTo(401);
      assertThat(reply.errorNum()).isEqualTo(11);
    }
    String lower = RunningServer.basic("root", "secret").replace("Basic", "basic");
    assertThat(status(lower, "GET", "/_api/version", "")).isEqualTo(200);
  }

  @Test
  void issuesTokens() {
    Reply reply =
        server.sendAs("", "POST", "/_open/auth", "{\"username\":\"root\",\"password\":\"secret\"}");
    assertThat(reply.status()).isEqualTo(200);
    String token = reply.get("jwt").asString();
    assertThat(JWT.decode(token).getIssuer()).isEqualTo("arangodb");
    assertThat(JWT.decode(token).getClaim("preferred_username").asString()).isEqualTo("root");
    assertThat(JWT.decode(token).getAlgorithm()).isEqualTo("HS256");
    assertThat(status("bearer " + token, "GET", "/_api/version", "")).isEqualTo(200);
    assertThat(status("Bearer " + token + "x", "GET", "/_api/version", "")).isEqualTo(401);
    for (String wrong :
        List.of(
            "{\"username\":\"root\",\"password\":\"x\"}",
            "{\"username\":\"nobody\",\"password\":\"secret\"}")) {
      assertThat(server.sendAs("", "POST", "/_open/auth", wrong).status()).isEqualTo(401);
    }
    for (String bad :
        List.of("{", "[]", "{\"username\":\"root\"}", "{\"username\":1,\"password\":2}")) {
      assertThat(server.sendAs("", "POST", "/_open/auth", bad).status()).isEqualTo(400);
    }
    assertThat(server.sendAs("", "GET", "/_open/auth", "").status()).isEqualTo(405);
  }

  @Test
  void acceptsOnlyTokensOfItsSecretThatLive() {
    Algorithm ours = Algorithm.HMAC256(SECRET);
    Instant now = Instant.now();
    String superuser =
        JWT.create().withIssuer("arangodb").withClaim("server_id", "tool").sign(ours);
    assertThat(status("bearer " + superuser, "GET", "/_api/user", "")).isEqualTo(200);
    Map<String, String> refused =
        Map.of(
            "another secret",
            JWT.create()
                .withIssuer("arangodb")
                .withClaim("server_id", "tool")
                .sign(Algorithm.HMAC256(SECRET + "!")),
            "no signature",
            JWT.create()
                .withIssuer("arangodb")
                .withClaim("server_id", "tool")
                .sign(Algorithm.none()),
            "another algorithm",
            JWT.create()
                .withIssuer("arangodb")
                .withClaim("server_id", "tool")
                .sign(Algorithm.HMAC512(SECRET)),
            "another issuer",
            JWT.create().withIssuer("somebody").withClaim("server_id", "tool").sign(ours),
            "expired",
            JWT.create()
                .withIssuer("arangodb")
                .withClaim("preferred_username", "root")
                .withExpiresAt(now.minusSeconds(5))
                .sign(ours),
            "a user who does not exist",
            JWT.create().withIssuer("arangodb").withClaim("preferred_username", "ghost").sign(ours),
            "nobody",
            JWT.create().withIssuer("arangodb").sign(ours),
            "limited to paths",
            JWT.create()
                .withIssuer("arangodb")
                .withClaim("server_id", "tool")
                .withClaim("allowed_paths", List.of("/_api/version"))
                .sign(ours));
    refused.forEach((what, token) ->
        assertThat(status("bearer " + token, "GET", "/_api/version", "")).as(what).isEqualTo(401));
  }

  @Test
  void grantsByDatabaseCollectionAndWildcard() {
    server.post("/_api/database", "{\"name\":\"shop\"}");
    for (String name : List.of("open", "closed", "half")) {
      server.post("/_db/shop/_api/collection", "{\"name\":\"" + name + "\"}");
      server.post("/_db/shop/_api/document/" + name, "{\"_key\":\"k\"}");
    }
    String ann = user("ann");
    String shop = "/_db/shop/_api/";
    assertThat(status(ann, "GET", shop + "version", "")).isEqualTo(401);

    grant("ann", "shop", "ro");
    assertThat(status(ann, "GET", shop + "version", "")).isEqualTo(200);
    assertThat(status(ann, "GET", shop + "document/open/k", "")).isEqualTo(403);

    grant("ann", "shop/*", "ro");
    grant("ann", "shop/open", "rw");
    grant("ann", "shop/closed", "none");
    assertThat(status(ann, "GET", shop + "document/half/k", "")).isEqualTo(200);
    assertThat(status(ann, "POST", shop + "document/half", "{}")).isEqualTo(403);
    assertThat(status(ann, "POST", shop + "document/open", "{}")).isEqualTo(202);
    Reply closed = server.sendAs(ann, "GET", shop + "document/closed/k", "");
    assertThat(closed.status()).isEqualTo(403);
    assertThat(closed.errorNum()).isEqualTo(11);
    assertThat(status(ann, "PUT", shop + "collection/open/truncate", "")).isEqualTo(200);
    assertThat(status(ann, "DELETE", shop + "collection/open", "")).isEqualTo(403);
    assertThat(status(ann, "POST", shop + "collection", "{\"name\":\"mine\"}")).isEqualTo(403);

    grant("ann", "shop", "rw");
    assertThat(status(ann, "POST", shop + "collection", "{\"name\":\"mine\"}")).isEqualTo(200);
    assertThat(status(ann, "POST", shop + "document/mine", "{}")).isEqualTo(202);
    assertThat(status(ann, "DELETE", shop + "collection/closed", "")).isEqualTo(403);
    assertThat(status(ann, "DELETE", shop + "collection/open", "")).isEqualTo(200);

    assertThat(server.get("/_api/user/ann/database").get("result").toJson())
        .isEqualTo("{\"shop\":\"rw\"}");
    Reply full = server.get("/_api/user/ann/database?full=true");
    assertThat(full.get("result", "shop").toJson())
        .isEqualTo(
            "{\"permission\":\"rw\",\"collections\":{\"closed\":\"none\",\"half\":\"undefined\",\"mine\":\"rw\",\"*\":\"ro\"}}");
    assertThat(server.get("/_api/user/ann/database/shop").get("result").asString()).isEqualTo("rw");
    assertThat(server.get("/_api/user/ann/database/shop/half").get("result").asString())
        .isEqualTo("ro");
    assertThat(server.get("/_api/user/ann/database/_system").get("result").asString())
        .isEqualTo("none");

    assertThat(server.delete("/_api/user/ann/database/shop/*").status()).isEqualTo(202);
    assertThat(status(ann, "GET", shop + "document/half/k", "")).isEqualTo(403);
    grant("ann", "*/*", "rw");
    grant("ann", "*", "rw");
    assertThat(status(ann, "POST", shop + "document/half", "{}")).isEqualTo(202);
    assertThat(status(ann, "GET", shop + "document/closed/k", "")).isEqualTo(403);
    assertThat(server.delete("/_api/user/ann/database/shop").status()).isEqualTo(202);
    assertThat(status(ann, "GET", shop + "version", "")).isEqualTo(200);
  }

  @Test
  void namesWhatIsWrongWithAGrant() {
    user("ann");
    String path = "/_api/user/ann/database/";
    assertThat(server.put(path + "_system", "{\"grant\":\"all\"}").errorNum()).isEqualTo(400);
    assertThat(server.put(path + "_system", "{}").errorNum()).isEqualTo(400);
    assertThat(server.put(path + "nowhere", "{\"grant\":\"rw\"}").errorNum()).isEqualTo(1228);
    assertThat(server.put(path + "_system/nothing", "{\"grant\":\"rw\"}").errorNum())
        .isEqualTo(1203);
    assertThat(server.put("/_api/user/nobody/database/_system", "{\"grant\":\"rw\"}").errorNum())
        .isEqualTo(1703);
    grant("ann", "_system", "undefined");
    assertThat(server.get(path + "_system").get("result").asString()).isEqualTo("none");
  }

  @Test
  void letsUsersReadAndChangeThemselvesOnly() {
    String ann = user("ann");
    user("ben");
    assertThat(status(ann, "GET", "/_api/user/ann", "")).isEqualTo(200);
    assertThat(status(ann, "GET", "/_api/user/ann/database", "")).isEqualTo(200);
    assertThat(status(ann, "GET", "/_api/database/user", "")).isEqualTo(200);
    assertThat(status(ann, "GET", "/_api/user/ben", "")).isEqualTo(401);
    grant("ann", "_system", "ro");
    assertThat(status(ann, "GET", "/_api/user/ben", "")).isEqualTo(403);
    assertThat(status(ann, "GET", "/_api/user", "")).isEqualTo(403);
    assertThat(status(ann, "POST", "/_api/user", "{\"user\":\"x\"}")).isEqualTo(403);
    assertThat(status(ann, "DELETE", "/_api/user/ann", "")).isEqualTo(403);
    assertThat(status(ann, "PUT", "/_api/user/ann/database/_system", "{\"grant\":\"rw\"}"))
        .isEqualTo(403);
    assertThat(status(ann, "PATCH", "/_api/user/ann", "{\"passwd\":\"mine\"}")).isEqualTo(200);
    assertThat(status(RunningServer.basic("ann", "mine"), "GET", "/_api/version", ""))
        .isEqualTo(200);
    assertThat(status(RunningServer.basic("ann", "mine"), "GET", "/_api/document/_users/x", ""))
        .isEqualTo(403);
  }

  @Test
  void followsTheDocumentsOfUsersWhoeverWritesThem() {
    String stock =
        "{\"user\":\"migrated\",\"source\":\"LOCAL\",\"authData\":{\"active\":true,\"simple\":{\"hash\":"
            // printf %s '12345678pw' | sha256sum
            + "\"0804d0d96d35b31353969b0442390eee32281a4d32a4972aee756390e17c475c\",\"salt\":\"12345678\",\"method\":\"sha256\"}},"
            + "\"databases\":{\"_system\":{\"permissions\":{\"read\":true,\"write\":false},\"collections\":{}}},"
            + "\"configData\":{\"kept\":true}}";
    String migrated = RunningServer.basic("migrated", "pw");
    assertThat(status(migrated, "GET", "/_api/version", "")).isEqualTo(401);
    Reply written = server.post("/_api/document/_users", stock);
    assertThat(written.status()).isEqualTo(202);
    assertThat(status(migrated, "GET", "/_api/version", "")).isEqualTo(200);
    server.send("PATCH", "/_api/user/migrated", "{\"extra\":{\"a\":1}}");
    assertThat(status(migrated, "GET", "/_api/version", "")).isEqualTo(200);
    String key = written.get("_key").asString();
    assertThat(server.get("/_api/document/_users/" + key).get("configData").toJson())
        .isEqualTo("{\"kept\":true}");
    server.delete("/_api/document/_users/" + key);
    assertThat(status(migrated, "GET", "/_api/version", "")).isEqualTo(401);
  }

  @Test
  void followsUsersThatAFullSynchronizationBrings() {
    String ann = user("ann");
    grant("ann", "_system", "ro");
    var store = server.server().store();
    DocumentCollection users = store.requireDatabase("_system").requireCollection("_users");
    Document root =
        Objects.requireNonNull(
            users.document(
                server.server().accounts().all().stream()
                    .filter(account -> account.name().equals("root"))
                    .findFirst()
                    .map(account -> keyOf("root"))
                    .orElseThrow()));
    var definition = users.definition();
    try (GenerationLoad load =
        store
            .requireDatabase("_system")
            .beginLoad(
                new ReplicatedCollection(
                    definition.properties(),
                    definition.globallyUniqueId(),
                    definition.indexes()))) {
      load.append(
          List.of(
              StoredDocument.normalize(root.slice(), root.key(), store.clock().next()),
              StoredDocument.normalize(
                  JsonToVPack.parse(
                      "{\"user\":\"zoe\",\"authData\":{\"active\":true,\"simple\":{\"hash\":\"0804d0d96d35b31353969b0442390eee32281a4d32a4972aee756390e17c475c\",\"salt\":\"12345678\","
                          + "\"method\":\"sha256\"}},\"databases\":{\"*\":{\"permissions\":{\"read\":true,\"write\":true}}}}"),
                  "zoe",
                  store.clock().next())));
      load.swap(Durability.PROCESS_CRASH);
    }
    assertThat(status(ann, "GET", "/_api/version", "")).isEqualTo(401);
    assertThat(status(RunningServer.basic("zoe", "pw"), "GET", "/_api/version", "")).isEqualTo(200);
    assertThat(server.get("/_api/user").get("result").length()).isEqualTo(2);
  }

  private String keyOf(String name) {
    var view =
        server.server().store().requireDatabase("_system").requireCollection("_users").view();
    try (var cursor = view.byRevision(dev.lockstep.core.document.Revision.NONE)) {
      while (cursor.next()) {
        var user = cursor.document().slice().get("user");
        if (user != null && user.asString().equals(name)) {
          return cursor.document().key();
        }
      }
    }
    throw new AssertionError(name);
  }

  @Test
  void storesNoPasswordInTheClear() throws IOException {
    try (RunningServer other =
        RunningServer.start(
            folder,
            new MemoryStorageEngine(),
            Map.of("ARANGO_ROOT_PASSWORD", "tell nobody"),
            "--server.password-hash=bcrypt")) {
      Reply users = other.put("/_api/simple/all", "{\"collection\":\"_users\"}");
      assertThat(users.text()).contains("\"method\":\"bcrypt\"").doesNotContain("tell nobody");
      assertThat(other.get("/_api/version").status()).isEqualTo(200);
    }
  }

  @Test
  void demandsAPasswordForRootWhereOthersCanReachIt() throws IOException {
    assertThatThrownBy(() ->
            RunningServer.start(
                folder, new MemoryStorageEngine(), Map.of(), "--server.endpoint=tcp://0.0.0.0:0"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("ARANGO_ROOT_PASSWORD")
        .hasMessageContaining("--server.root-password-file");
    Path file = Files.writeString(folder.resolve("password"), "from the file\n");
    try (RunningServer open =
        RunningServer.start(
            folder,
            new MemoryStorageEngine(),
            Map.of(),
            "--server.endpoint=tcp://0.0.0.0:0",
            "--server.root-password-file=" + file)) {
      assertThat(
              open.sendAs(RunningServer.basic("root", "from the file"), "GET", "/_api/version", "")
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void keepsRootsPasswordOverALaterStart() throws IOException {
    MemoryStorageEngine engine = new MemoryStorageEngine();
    RunningServer.start(folder, engine, Map.of("ARANGO_ROOT_PASSWORD", "first")).close();
    try (RunningServer again =
        RunningServer.start(folder, engine, Map.of("ARANGO_ROOT_PASSWORD", "second"))) {
      assertThat(
              again
                  .sendAs(RunningServer.basic("root", "first"), "GET", "/_api/version", "")
                  .status())
          .isEqualTo(200);
      assertThat(again.get("/_api/version").status()).isEqualTo(401);
    }
  }

  @Test
  void asksNobodyWithoutAuthentication() throws IOException {
    try (RunningServer open = RunningServer.start(folder, "--server.authentication=false")) {
      assertThat(open.sendAs("", "POST", "/_api/collection", "{\"name\":\"x\"}").status())
          .isEqualTo(200);
      assertThat(
              open.sendAs("", "POST", "/_open/auth", "{\"username\":\"a\",\"password\":\"b\"}")
                  .status())
          .isEqualTo(200);
    }
  }
}
