package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.arangodb.ArangoCollection;
import com.arangodb.ArangoDB;
import com.arangodb.ArangoDBException;
import com.arangodb.ArangoDatabase;
import com.arangodb.ContentType;
import com.arangodb.Protocol;
import com.arangodb.Request;
import com.arangodb.entity.BaseDocument;
import com.arangodb.entity.BaseEdgeDocument;
import com.arangodb.entity.CollectionType;
import com.arangodb.entity.ErrorEntity;
import com.arangodb.entity.IndexEntity;
import com.arangodb.entity.IndexType;
import com.arangodb.entity.KeyType;
import com.arangodb.entity.Permissions;
import com.arangodb.model.CollectionCreateOptions;
import com.arangodb.model.CollectionPropertiesOptions;
import com.arangodb.model.CollectionSchema;
import com.arangodb.model.DocumentCreateOptions;
import com.arangodb.model.DocumentDeleteOptions;
import com.arangodb.model.DocumentImportOptions;
import com.arangodb.model.DocumentReadOptions;
import com.arangodb.model.DocumentReplaceOptions;
import com.arangodb.model.DocumentUpdateOptions;
import com.arangodb.model.PersistentIndexOptions;
import com.arangodb.model.UserCreateOptions;
import com.arangodb.serde.jackson.JacksonSerde;
import com.arangodb.util.RawBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The official drivers for Java and JavaScript against one server process. Each test has its own
/// database and user.
class DriversIT {
  /// No umlaut: arangojs encodes Basic credentials as Latin-1, which no server can tell from UTF-8.
  private static final String PASSWORD = "a root's password";

  private static final String ARANGOJS = "arangojs@10.4.0";

  @TempDir static Path folder;
  private static LockstepServer server;

  @BeforeAll
  static void startServer() {
    server = LockstepServer.in(folder, "drivers").password(PASSWORD).start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource(value = Protocol.class, mode = EnumSource.Mode.EXCLUDE, names = "VST")
  void servesTheJavaDriver(Protocol protocol) {
    String name = "drivers_" + protocol.name().toLowerCase(Locale.ROOT);
    ArangoDB arango = connect(protocol, "root", PASSWORD);
    try {
      connects(protocol, arango);
      ArangoDatabase database = arango.db(name);
      createsDatabasesAndCollections(database);
      ArangoCollection cities = database.collection("cities");
      writesSingleDocuments(cities);
      honoursPreconditions(cities);
      writesManyDocuments(cities);
      writesEdges(database.collection("roads"));
      imports(cities);
      enforcesIndexes(cities);
      enforcesSchemas(database);
      keepsUsers(protocol, arango, database);
      drops(database);
    } finally {
      arango.shutdown();
    }
  }

  private static ArangoDB connect(Protocol protocol, String user, String password) {
    return new ArangoDB.Builder()
        .host("127.0.0.1", server.port())
        .protocol(protocol)
        // By name, because the driver's own provider for VelocyPack is an artifact of its own that
        // adds nothing but this choice.
        .serde(JacksonSerde.of(isVelocyPack(protocol) ? ContentType.VPACK : ContentType.JSON))
        .user(user)
        .password(password)
        .timeout(60_000)
        .build();
  }

  private static boolean isVelocyPack(Protocol protocol) {
    return protocol == Protocol.HTTP_VPACK || protocol == Protocol.HTTP2_VPACK;
  }

  private static void connects(Protocol protocol, ArangoDB arango) {
    assertThat(arango.getVersion().getServer()).isEqualTo("arango");
    assertThat(arango.getDatabases()).contains("_system");
    var answer =
        arango.execute(
            Request.builder().method(Request.Method.GET).path("/_api/version").build(),
            RawBytes.class);
    assertThat(answer.getHeaders())
        .anySatisfy((name, value) -> {
          assertThat(name).isEqualToIgnoringCase("content-type");
          assertThat(value)
              .startsWith(isVelocyPack(protocol) ? "application/x-velocypack" : "application/json");
        });

    ArangoDB stranger = connect(protocol, "root", "not " + PASSWORD);
    try {
      assertThatExceptionOfType(ArangoDBException.class)
          .isThrownBy(stranger::getVersion)
          .satisfies(error -> assertThat(error.getResponseCode()).isEqualTo(401));
    } finally {
      stranger.shutdown();
    }
  }

  private static void createsDatabasesAndCollections(ArangoDatabase database) {
    assertThat(database.exists()).isFalse();
    assertThat(database.create()).isTrue();
    assertThat(database.exists()).isTrue();
    fails(1207, 409, database::create);

    assertThat(database.createCollection("cities").getType()).isEqualTo(CollectionType.DOCUMENT);
    assertThat(
            database
                .createCollection("roads", new CollectionCreateOptions().type(CollectionType.EDGES))
                .getType())
        .isEqualTo(CollectionType.EDGES);
    database.createCollection(
        "named", new CollectionCreateOptions().keyOptions(true, KeyType.uuid, null, null));
    fails(1207, 409, () -> database.createCollection("cities"));
    fails(1203, 404, () -> database.collection("nowhere").count());
    assertThat(database.collection("nowhere").exists()).isFalse();
    assertThat(database.getCollections())
        .extracting(collection -> collection.getName())
        .contains("cities", "roads", "named");
    assertThat(database.collection("named").insertDocument(new BaseDocument()).getKey())
        .hasSize(36);
  }

  private static void writesSingleDocuments(ArangoCollection cities) {
    BaseDocument bern = document("bern", Map.of("name", "Bern — ベルン", "people", 134_591));
    bern.addAttribute("height", 540.5);
    bern.addAttribute("tags", List.of("capital", Map.of("of", "CH")));

    var inserted = cities.insertDocument(bern, new DocumentCreateOptions().returnNew(true));

    assertThat(inserted.getId()).isEqualTo("cities/bern");
    assertThat(attributes(inserted.getNew())).isEqualTo(attributes(bern));
    fails(1210, 409, () -> cities.insertDocument(document("bern", Map.of())));
    BaseDocument read = cities.getDocument("bern", BaseDocument.class);
    assertThat(attributes(read)).isEqualTo(attributes(bern));
    assertThat(read.getRevision()).isEqualTo(inserted.getRev());
    assertThat(cities.getDocument("nowhere", BaseDocument.class)).isNull();
    assertThat(cities.documentExists("bern")).isTrue();
    assertThat(cities.documentExists("nowhere")).isFalse();

    var updated =
        cities.updateDocument(
            "bern",
            document("bern", Map.of("people", 134_592)),
            new DocumentUpdateOptions().returnNew(true).returnOld(true));
    assertThat(updated.getOldRev()).isEqualTo(inserted.getRev());
    assertThat(updated.getOld().getAttribute("people")).isEqualTo(134_591);
    assertThat(updated.getNew().getAttribute("people")).isEqualTo(134_592);
    assertThat(updated.getNew().getAttribute("name")).isEqualTo("Bern — ベルン");

    cities.replaceDocument("bern", document("bern", Map.of("name", "Berne")));
    assertThat(attributes(cities.getDocument("bern", BaseDocument.class)))
        .isEqualTo(Map.of("name", "Berne"));

    var deleted =
        cities.deleteDocument(
            "bern", new DocumentDeleteOptions().returnOld(true), BaseDocument.class);
    assertThat(deleted.getOld().getAttribute("name")).isEqualTo("Berne");
    fails(1202, 404, () -> cities.deleteDocument("bern"));
    fails(1202, 404, () -> cities.replaceDocument("bern", document("bern", Map.of())));
    fails(1202, 404, () -> cities.updateDocument("bern", document("bern", Map.of())));
  }

  private static void enforcesSchemas(ArangoDatabase database) {
    String rule = "{\"required\":[\"n\"],\"additionalProperties\":{\"type\":\"number\"}}";
    CollectionSchema schema =
        new CollectionSchema()
            .setRule(rule)
            .setLevel(CollectionSchema.Level.STRICT)
            .setMessage("numbers only");
    database.createCollection("numbers", new CollectionCreateOptions().schema(schema));
    ArangoCollection numbers = database.collection("numbers");

    assertThat(numbers.getProperties().getSchema().getRule()).isEqualTo(rule);
    numbers.insertDocument(document("good", Map.of("n", 1)));
    assertThatExceptionOfType(ArangoDBException.class)
        .isThrownBy(() -> numbers.insertDocument(document("bad", Map.of())))
        .satisfies(error -> assertThat(error.getErrorMessage()).isEqualTo("numbers only"));
    fails(1620, 400, () -> numbers.updateDocument("good", document("good", Map.of("m", "x"))));
    var many =
        numbers.insertDocuments(List.of(document("b", Map.of("n", 1)), document("c", Map.of())));
    assertThat(many.getDocuments()).hasSize(1);
    assertThat(many.getErrors()).extracting(ErrorEntity::getErrorNum).containsExactly(1620);
    fails(
        1621,
        400,
        () ->
            numbers.changeProperties(
                new CollectionPropertiesOptions()
                    .schema(new CollectionSchema().setRule("{\"type\":\"nonsense\"}"))));
    numbers.changeProperties(
        new CollectionPropertiesOptions()
            .schema(new CollectionSchema().setRule(rule).setLevel(CollectionSchema.Level.NONE)));
    numbers.insertDocument(document("bad", Map.of()));
  }

  private static void honoursPreconditions(ArangoCollection cities) {
    String first = cities.insertDocument(document("basel", Map.of("n", 1))).getRev();
    String second =
        cities
            .replaceDocument(
                "basel",
                document("basel", Map.of("n", 2)),
                new DocumentReplaceOptions().ifMatch(first))
            .getRev();

    assertThat(second).isNotEqualTo(first);
    fails(
        1200,
        412,
        () ->
            cities.replaceDocument(
                "basel",
                document("basel", Map.of("n", 3)),
                new DocumentReplaceOptions().ifMatch(first)));
    fails(
        1200,
        412,
        () ->
            cities.updateDocument(
                "basel",
                document("basel", Map.of("n", 3)),
                new DocumentUpdateOptions().ifMatch(first)));
    fails(
        1200,
        412,
        () -> cities.deleteDocument("basel", new DocumentDeleteOptions().ifMatch(first)));
    // The driver answers null for 304 and 412.
    assertThat(
            cities.getDocument(
                "basel", BaseDocument.class, new DocumentReadOptions().ifMatch(first)))
        .isNull();
    assertThat(
            cities.getDocument(
                "basel", BaseDocument.class, new DocumentReadOptions().ifNoneMatch(second)))
        .isNull();
    assertThat(
            cities
                .getDocument("basel", BaseDocument.class, new DocumentReadOptions().ifMatch(second))
                .getAttribute("n"))
        .isEqualTo(2);
    cities.deleteDocument("basel", new DocumentDeleteOptions().ifMatch(second));
  }

  private static void writesManyDocuments(ArangoCollection cities) {
    var inserted =
        cities.insertDocuments(
            List.of(
                document("a", Map.of("n", 1)),
                document("b", Map.of("n", 2)),
                document("a", Map.of("n", 3))));
    assertThat(inserted.getDocuments()).extracting(each -> each.getKey()).containsExactly("a", "b");
    assertThat(inserted.getErrors()).extracting(ErrorEntity::getErrorNum).containsExactly(1210);

    var read = cities.getDocuments(List.of("b", "nowhere", "a"), BaseDocument.class);
    assertThat(read.getDocuments())
        .extracting(each -> each.getAttribute("n"))
        .containsExactly(2, 1);
    assertThat(read.getErrors()).extracting(ErrorEntity::getErrorNum).containsExactly(1202);

    var updated =
        cities.updateDocuments(
            List.of(document("a", Map.of("m", 1)), document("nowhere", Map.of("m", 1))),
            new DocumentUpdateOptions().returnNew(true),
            BaseDocument.class);
    assertThat(updated.getDocuments())
        .extracting(each -> attributes(each.getNew()))
        .containsExactly(Map.of("n", 1, "m", 1));
    assertThat(updated.getErrors()).extracting(ErrorEntity::getErrorNum).containsExactly(1202);

    var replaced = cities.replaceDocuments(List.of(document("b", Map.of("only", true))));
    assertThat(replaced.getErrors()).isEmpty();
    assertThat(attributes(cities.getDocument("b", BaseDocument.class)))
        .isEqualTo(Map.of("only", true));

    var deleted = cities.deleteDocuments(List.of("a", "nowhere"));
    assertThat(deleted.getDocuments()).extracting(each -> each.getKey()).containsExactly("a");
    assertThat(deleted.getErrors()).extracting(ErrorEntity::getErrorNum).containsExactly(1202);
    assertThat(cities.count().getCount()).isEqualTo(1);
    cities.truncate();
    assertThat(cities.count().getCount()).isZero();
  }

  private static void writesEdges(ArangoCollection roads) {
    BaseEdgeDocument road = new BaseEdgeDocument("r1", "cities/bern", "cities/basel");
    road.addAttribute("km", 97);
    roads.insertDocument(road);
    BaseEdgeDocument read = roads.getDocument("r1", BaseEdgeDocument.class);
    assertThat(read.getFrom()).isEqualTo("cities/bern");
    assertThat(read.getTo()).isEqualTo("cities/basel");
    assertThat(read.getAttribute("km")).isEqualTo(97);
    fails(1233, 400, () -> roads.insertDocument(document("r2", Map.of())));
  }

  private static void imports(ArangoCollection cities) {
    List<BaseDocument> documents =
        List.of(
            document("x", Map.of("n", 1)),
            document("y", Map.of("n", 2)),
            document("x", Map.of("n", 3)));

    var imported = cities.importDocuments(documents, new DocumentImportOptions().details(true));
    assertThat(imported.getCreated()).isEqualTo(2);
    assertThat(imported.getErrors()).isEqualTo(1);
    assertThat(imported.getDetails()).hasSize(1);

    var again =
        cities.importDocuments(
            documents,
            new DocumentImportOptions().onDuplicate(DocumentImportOptions.OnDuplicate.replace));
    assertThat(again.getUpdated()).isEqualTo(3);
    assertThat(cities.getDocument("x", BaseDocument.class).getAttribute("n")).isEqualTo(3);

    fails(
        1210,
        409,
        () -> cities.importDocuments(documents, new DocumentImportOptions().complete(true)));
  }

  private static void enforcesIndexes(ArangoCollection cities) {
    IndexEntity index =
        cities.ensurePersistentIndex(
            List.of("code"),
            new PersistentIndexOptions().name("by_code").unique(true).sparse(true));

    assertThat(index.getIsNewlyCreated()).isTrue();
    assertThat(index.getUnique()).isTrue();
    assertThat(index.getSparse()).isTrue();
    assertThat(cities.getIndex("by_code").getId()).isEqualTo(index.getId());
    assertThat(cities.getIndexes())
        .extracting(IndexEntity::getType)
        .containsExactly(IndexType.primary, IndexType.persistent);
    cities.insertDocument(document("c1", Map.of("code", 1)));
    fails(1210, 409, () -> cities.insertDocument(document("c2", Map.of("code", 1))));
    cities.deleteIndex(index.getId());
    fails(1212, 404, () -> cities.getIndex(index.getId()));
    cities.insertDocument(document("c2", Map.of("code", 1)));
  }

  private static void keepsUsers(Protocol protocol, ArangoDB arango, ArangoDatabase database) {
    String user = "user_" + protocol.name();
    arango.createUser(
        user, "secret", new UserCreateOptions().active(true).extra(Map.of("floor", 3)));
    fails(1702, 409, () -> arango.createUser(user, "again"));
    assertThat(arango.getUser(user).getExtra()).isEqualTo(Map.of("floor", 3));
    assertThat(arango.getUsers()).extracting(each -> each.getUser()).contains("root", user);

    database.grantAccess(user, Permissions.RW);
    database.grantDefaultCollectionAccess(user, Permissions.RW);
    database.collection("cities").grantAccess(user, Permissions.RO);
    assertThat(database.getPermissions(user)).isEqualTo(Permissions.RW);
    assertThat(database.collection("cities").getPermissions(user)).isEqualTo(Permissions.RO);
    ArangoDB other = connect(protocol, user, "secret");
    try {
      ArangoCollection cities = other.db(database.name()).collection("cities");
      assertThat(cities.getDocument("x", BaseDocument.class).getAttribute("n")).isEqualTo(3);
      fails(11, 403, () -> cities.insertDocument(document("forbidden", Map.of())));
      other.db(database.name()).collection("named").insertDocument(new BaseDocument());
    } finally {
      other.shutdown();
    }
    arango.deleteUser(user);
    fails(1703, 404, () -> arango.getUser(user));
  }

  private static void drops(ArangoDatabase database) {
    database.collection("named").rename("unnamed");
    assertThat(database.collection("unnamed").exists()).isTrue();
    database.collection("roads").drop();
    assertThat(database.collection("roads").exists()).isFalse();
    assertThat(database.drop()).isTrue();
    assertThat(database.exists()).isFalse();
  }

  private static BaseDocument document(String key, Map<String, Object> attributes) {
    BaseDocument document = new BaseDocument(key);
    attributes.forEach(document::addAttribute);
    return document;
  }

  /// Without `_key`, `_id` and `_rev`.
  private static Map<String, Object> attributes(BaseDocument document) {
    Map<String, Object> attributes = new HashMap<>(document.getProperties());
    attributes.keySet().removeAll(List.of("_key", "_id", "_rev"));
    return attributes;
  }

  private static void fails(int errorNum, int status, ThrowingCallable call) {
    assertThatExceptionOfType(ArangoDBException.class)
        .isThrownBy(call)
        .satisfies(error -> {
          assertThat(error.getErrorNum()).as("errorNum of %s", error).isEqualTo(errorNum);
          assertThat(error.getResponseCode()).as("status of %s", error).isEqualTo(status);
        });
  }

  @Test
  void servesTheJavaScriptDriver() {
    assumeThat(runs("node")).as("Node.js is there").isTrue();
    Path driver = Distribution.target().resolve("arangojs");
    if (!Files.exists(driver.resolve("node_modules/arangojs/package.json"))) {
      assumeThat(runs("npm")).as("npm is there, to install " + ARANGOJS).isTrue();
      run("npm", "install", "--no-audit", "--no-fund", "--prefix", driver.toString(), ARANGOJS)
          .hasStatus(0);
    }

    ProcessBuilder script =
        new ProcessBuilder(
            "node", Distribution.checkout().resolve("dist/src/test/js/drivers.mjs").toString());
    script.environment().put("ARANGOJS", driver.toString());
    script.environment().put("ARANGO_URL", "http://127.0.0.1:" + server.port());
    script.environment().put("ARANGO_USER", "root");
    script.environment().put("ARANGO_PASSWORD", PASSWORD);
    var outcome = LockstepProcess.start(script, List.of("node"), null).finish().hasStatus(0);

    assertThat(outcome.lastLine()).isEqualTo("ok: the end");
  }

  private static boolean runs(String program) {
    try {
      return new ProcessBuilder(program, "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static LockstepProcess.Outcome run(String... command) {
    return LockstepProcess.start(new ProcessBuilder(command), List.of(command[0]), null).finish();
  }
}
