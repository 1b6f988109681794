package dev.lockstep.shell.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.shell.FakeServer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DatabaseScriptTest {
  private static final String USERS =
      "{\"id\":\"71101\",\"name\":\"users\",\"type\":2,\"status\":3,\"isSystem\":false}";
  private static final String KNOWS =
      "{\"id\":\"71102\",\"name\":\"knows\",\"type\":3,\"status\":3,\"isSystem\":false}";

  private ShellFixture shell;

  @BeforeAll
  void open() throws Exception {
    shell = new ShellFixture();
  }

  @AfterAll
  void close() throws Exception {
    shell.close();
  }

  @BeforeEach
  void clear() {
    shell.clear();
    shell.server.on(
        "GET /_api/collection",
        200,
        "{\"error\":false,\"code\":200,\"result\":[" + USERS + "," + KNOWS + "]}");
    shell.server.on("GET /_api/collection/users", 200, USERS);
  }

  private static String error(int status, int number, String message) {
    return "{\"error\":true,\"code\":"
        + status
        + ",\"errorNum\":"
        + number
        + ",\"errorMessage\":\""
        + message
        + "\"}";
  }

  @Test
  void findsCollectionsByNameAndAsksTheServerOnce() {
    assertThat(shell.typed("db.users"))
        .isEqualTo("[ArangoCollection 71101, \"users\" (type document, status loaded)]");
    assertThat(shell.typed("[db.knows]"))
        .isEqualTo("[\n  [ArangoCollection 71102, \"knows\" (type edge, status loaded)]\n]");
    assertThat(shell.typed("db.users === db.users && db['users'] === db.users")).isEqualTo("true");
    assertThat(shell.server.lines()).containsExactly("GET /_api/collection");
    assertThat(shell.typed("typeof db.nothing")).isEqualTo("undefined");
    shell.typed("db._flushCache(); db.users.name()");
    assertThat(shell.server.lines()).hasSize(3);
  }

  @Test
  void listsCollectionsSortedByName() {
    assertThat(shell.typed("db._collections().map(c => c.name()).join()")).isEqualTo("knows,users");
    assertThat(shell.typed("db._collection('none')")).isEqualTo("null");
    assertThat(shell.typed("db._collection('users').type()")).isEqualTo("2");
  }

  @Test
  void authenticatesAndNamesTheDatabaseInEveryRequest() {
    shell.server.on("GET /_api/version", 200, "{\"server\":\"arango\",\"version\":\"3.8.9\"}");
    assertThat(shell.typed("db._version()")).isEqualTo("3.8.9");
    assertThat(shell.server.last().path()).isEqualTo("/_db/_system/_api/version");
    assertThat(shell.server.last().headers())
        .containsEntry("authorization", "Basic cm9vdDpnZWhlaW0=")
        .containsEntry("accept", "application/json");
  }

  @Test
  void changesTheDatabaseOnlyIfThereIsOne() {
    shell.server.on(
        "GET /_db/d%2Fx/_api/database/current",
        200, "{\"result\":{\"name\":\"d/x\",\"id\":\"5\"}}");
    shell.server.on(
        "GET /_db/none/_api/database/current", 404, error(404, 1228, "database not found"));
    assertThat(shell.errorOf("db._useDatabase('none')"))
        .isEqualTo("[1228,404,\"database not found\"]");
    assertThat(shell.typed("db._name()")).isEqualTo("_system");
    assertThat(shell.typed("db._useDatabase('d/x')")).isEqualTo("true");
    assertThat(shell.typed("db._name() + db._id()")).isEqualTo("d/x5");
    assertThat(shell.connection.database()).isEqualTo("d/x");
  }

  @Test
  void createsAndDropsCollections() {
    shell.server.on(
        "POST /_api/collection",
        200,
        "{\"error\":false,\"code\":200,\"id\":\"9\",\"name\":\"fresh\",\"type\":3,\"status\":3}");
    assertThat(
            shell.typed(
                "var fresh = db._createEdgeCollection('fresh', {waitForSync: true}); fresh.type()"))
        .isEqualTo("3");
    assertThat(shell.server.last().json().toString())
        .isEqualTo("{\"waitForSync\":true,\"name\":\"fresh\",\"type\":3}");
    shell.server.on("DELETE /_api/collection/fresh", 200, "{\"id\":\"9\"}");
    shell.typed("fresh.drop()");
    assertThat(shell.typed("fresh"))
        .isEqualTo("[ArangoCollection 9, \"fresh\" (type edge, status deleted)]");
    assertThat(shell.errorOf("fresh.count()"))
        .isEqualTo("[1203,404,\"collection or view not found: fresh\"]");
    shell.typed("db._drop('never-there')");
    shell.server.on("POST /_api/collection", 409, error(409, 1207, "duplicate name"));
    assertThat(shell.errorOf("db._create('users')")).isEqualTo("[1207,409,\"duplicate name\"]");
  }

  @Test
  void readsDocumentsBySelector() {
    String document = "{\"_key\":\"a b\",\"_id\":\"users/a b\",\"_rev\":\"_x\",\"error\":true}";
    shell.server.on("GET /_api/document/users/a%20b", 200, document);
    for (String selector :
        new String[] {"'a b'", "'users/a b'", "{_key: 'a b'}", "{_id: 'users/a b', _key: 'z'}"}) {
      // A document may have an attribute "error": only the status says whether the request failed.
      assertThat(shell.json("db.users.document(" + selector + ")")).isEqualTo(document);
    }
    assertThat(shell.typed("db._document('users/a b')._rev")).isEqualTo("_x");
    assertThat(shell.server.last().headers()).doesNotContainKey("if-match");
    shell.typed("db.users.document({_key: 'a b', _rev: '_x'})");
    assertThat(shell.server.last().headers()).containsEntry("if-match", "\"_x\"");
    assertThat(shell.errorOf("db.users.document('')"))
        .isEqualTo("[1205,400,\"illegal document identifier\"]");
    assertThat(shell.errorOf("db.users.document({})")).startsWith("[1205,");
    assertThat(shell.errorOf("db.users.document('other/a')")).startsWith("[1213,400,");
    shell.server.on("GET /_api/document/users/gone", 404, error(404, 1202, "document not found"));
    assertThat(shell.errorOf("db.users.document('gone')"))
        .isEqualTo("[1202,404,\"document not found\"]");
  }

  @Test
  void writesDocumentsWithEveryOption() {
    String meta = "{\"_id\":\"users/k\",\"_key\":\"k\",\"_rev\":\"_1\"}";
    shell.server.on("POST /_api/document/users", 202, meta);
    assertThat(
            shell.json(
                "db.users.save({a: 1}, {waitForSync: true, overwriteMode: 'update', returnNew:"
                    + " true, unknown: 1})"))
        .isEqualTo(meta);
    assertThat(shell.server.last().path())
        .endsWith("?waitForSync=true&returnNew=true&overwriteMode=update");
    assertThat(shell.typed("db.users.insert({a: 1}, {silent: true})")).isEqualTo("true");
    shell.server.on("PUT /_api/document/users/k", 202, meta);
    shell.typed("db.users.replace({_key: 'k', _rev: '_0'}, {a: 2}, true, true)");
    assertThat(shell.server.last().path()).endsWith("/k?waitForSync=true");
    assertThat(shell.server.last().headers()).doesNotContainKey("if-match");
    shell.server.on("PATCH /_api/document/users/k", 202, meta);
    shell.typed(
        "db.users.update({_key: 'k', _rev: '_0'}, {a: null}, {keepNull: false, mergeObjects:"
            + " false})");
    assertThat(shell.server.last().path()).endsWith("/k?keepNull=false&mergeObjects=false");
    assertThat(shell.server.last().headers()).containsEntry("if-match", "\"_0\"");
    shell.server.on("DELETE /_api/document/users/k", 200, meta);
    assertThat(shell.json("db._remove('users/k')")).isEqualTo(meta);
    shell.server.on(
        "DELETE /_api/document/users",
        200,
        "[" + meta + "," + error(404, 1202, "document not found") + "]");
    assertThat(shell.json("db.users.remove(['k', {_key: 'x', _rev: '_9'}])[1].errorNum"))
        .isEqualTo("1202");
    assertThat(shell.server.last().path()).endsWith("/users?ignoreRevs=false");
    assertThat(shell.server.last().body())
        .isEqualTo("[{\"_key\":\"k\"},{\"_key\":\"x\",\"_rev\":\"_9\"}]");
  }

  @Test
  void savesEdgesInBothForms() {
    shell.server.on("POST /_api/document/knows", 202, "{\"_key\":\"1\"}");
    shell.typed("db.knows.save('users/a', {_id: 'users/b'}, {since: 1})");
    assertThat(shell.server.last().body())
        .isEqualTo("{\"since\":1,\"_from\":\"users/a\",\"_to\":\"users/b\"}");
    shell.typed("db.knows.save({_from: 'users/a', _to: 'users/b'}, {waitForSync: true})");
    assertThat(shell.server.last().path()).endsWith("/knows?waitForSync=true");
  }

  @Test
  void tellsWhetherADocumentExistsWithoutReadingIt() {
    shell.server.on(
        "HEAD /_api/document/users/k",
        _ -> new FakeServer.Answer(200, "", java.util.Map.of("etag", "\"_5\"")));
    assertThat(shell.json("db.users.exists('k')"))
        .isEqualTo("{\"_id\":\"users/k\",\"_key\":\"k\",\"_rev\":\"_5\"}");
    shell.server.on("HEAD /_api/document/users/none", 404, "");
    assertThat(shell.typed("db.users.exists('none')")).isEqualTo("false");
    shell.server.on("HEAD /_api/document/users/k", 412, "");
    assertThat(shell.errorOf("db.users.exists({_key: 'k', _rev: '_4'})"))
        .isEqualTo("[1200,412,\"conflict\"]");
    shell.server.on(
        "GET /_api/collection/users", 404, error(404, 1203, "collection or view not found: users"));
    assertThat(shell.errorOf("db.users.exists('none')")).startsWith("[1203,");
  }

  @Test
  void answersTheCollectionsQuestions() {
    shell.server.on("GET /_api/collection/users/count", 200, "{\"count\":171075}");
    shell.server.on(
        "GET /_api/collection/users/figures",
        200,
        "{\"count\":1,\"figures\":{\"documentsSize\":7}}");
    shell.server.on(
        "GET /_api/collection/users/checksum",
        200,
        "{\"checksum\":\"4476610808012408640\",\"revision\":\"_r\",\"name\":\"users\"}");
    shell.server.on("GET /_api/collection/users/revision", 200, "{\"revision\":\"_r\"}");
    shell.server.on(
        "GET /_api/collection/users/properties",
        200,
        "{\"error\":false,\"code\":200,\"id\":\"1\",\"name\":\"users\",\"isSystem\":false,\"waitForSync\":true,\"keyOptions\":{\"type\":\"traditional\"},\"globallyUniqueId\":\"h1/2\",\"schema\":null}");
    assertThat(shell.typed("db.users.count()")).isEqualTo("171075");
    assertThat(shell.json("db.users.figures()")).isEqualTo("{\"documentsSize\":7}");
    assertThat(shell.json("db.users.checksum(true, true)"))
        .isEqualTo("{\"checksum\":\"4476610808012408640\",\"revision\":\"_r\"}");
    assertThat(shell.server.last().path()).endsWith("/checksum?withRevisions=true&withData=true");
    assertThat(shell.typed("db.users.revision()")).isEqualTo("_r");
    assertThat(shell.json("db.users.properties()"))
        .isEqualTo(
            "{\"globallyUniqueId\":\"h1/2\",\"isSystem\":false,\"waitForSync\":true,\"keyOptions\":{\"type\":\"traditional\"},\"schema\":null}");
  }

  @Test
  void setsASchemaAndShowsWhatADocumentBreaks() {
    String schema = "{\"rule\":{\"required\":[\"n\"]},\"level\":\"new\"}";
    String answer = "{\"error\":false,\"code\":200,\"schema\":" + schema + "}";
    shell.server.on("PUT /_api/collection/users/properties", 200, answer);
    assertThat(shell.json("db.users.properties({schema: " + schema + "}).schema"))
        .isEqualTo(schema);
    assertThat(shell.server.last().body()).isEqualTo("{\"schema\":" + schema + "}");
    shell.server.on(
        "POST /_api/document/users",
        400,
        "{\"error\":true,\"code\":400,\"errorNum\":1620,\"errorMessage\":\"no n\",\"detail\":\"'n'"
            + " not found\"}");
    assertThat(
            shell.json(
                "(() => { try { db.users.insert({}); } catch (e) { return [e.errorMessage,"
                    + " e.detail, String(e)]; } })()"))
        .isEqualTo("[\"no n\",\"'n' not found\",\"ArangoError 1620: no n ('n' not found)\"]");
  }

  @Test
  void managesIndexes() {
    String index = "\"id\":\"users/5\",\"name\":\"i\",\"type\":\"persistent\",\"fields\":[\"a\"]";
    shell.server.on(
        "POST /_api/index",
        201,
        "{" + index + ",\"isNewlyCreated\":true,\"error\":false,\"code\":201}");
    assertThat(shell.json("db.users.ensureIndex({type: 'persistent', fields: ['a']})"))
        .isEqualTo("{" + index + ",\"isNewlyCreated\":true,\"code\":201}");
    assertThat(shell.server.last().path()).endsWith("?collection=users");
    shell.server.on("GET /_api/index", 200, "{\"indexes\":[{" + index + "}]}");
    assertThat(shell.json("db.users.getIndexes()")).isEqualTo("[{" + index + "}]");
    shell.server.on("GET /_api/index/users/5", 200, "{" + index + ",\"error\":false,\"code\":200}");
    assertThat(
            shell.json(
                "[db.users.index('5').id, db.users.index('users/5').id, db.users.index({id:"
                    + " 'users/5'}).id, db._index('users/5').name]"))
        .isEqualTo("[\"users/5\",\"users/5\",\"users/5\",\"i\"]");
    shell.server.on("DELETE /_api/index/users/5", 200, "{\"id\":\"users/5\"}");
    shell.server.on("DELETE /_api/index/users/6", 404, error(404, 1212, "index not found"));
    assertThat(
            shell.json(
                "[db.users.dropIndex('users/5'), db.users.dropIndex(6), db._dropIndex('users/5')]"))
        .isEqualTo("[true,false,true]");
    assertThat(shell.errorOf("db.users.dropIndex('other/5')")).startsWith("[1213,");
  }

  @Test
  void readsCursorsPageByPage() {
    AtomicInteger pages = new AtomicInteger();
    shell.server.on(
        "PUT /_api/simple/all",
        201,
        "{\"result\":[1,2],\"hasMore\":true,\"id\":\"77\",\"count\":5,\"cached\":false}");
    shell.server.on(
        "POST /_api/cursor/77",
        _ ->
            FakeServer.Answer.of(
                200,
                pages.incrementAndGet() == 1
                    ? "{\"result\":[3,4],\"hasMore\":true,\"id\":\"77\",\"count\":5,\"cached\":false}"
                    : "{\"result\":[5],\"hasMore\":false,\"count\":5,\"cached\":false}"));
    assertThat(shell.json("db.users.all().limit(5).skip(1).toArray()")).isEqualTo("[1,2,3,4,5]");
    assertThat(shell.server.asked().get(1).body())
        .isEqualTo("{\"collection\":\"users\",\"limit\":5,\"skip\":1}");
    pages.set(0);
    assertThat(shell.typed("db.users.all()"))
        .isEqualTo(
            "[\n"
                + "  1,\n"
                + "  2\n"
                + "]\n"
                + "[object ArangoQueryCursor, count: 5, cached: false, hasMore: true]\n"
                + "type 'more' to show more documents");
    assertThat(shell.typed(TypedCommand.toScript("more"))).startsWith("[\n  3,\n  4\n]");
    pages.set(0);
    shell.server.on("DELETE /_api/cursor/77", 202, "{}");
    assertThat(
            shell.json(
                "(() => { const c = db.users.all(); const first = c.next(); c.dispose(); return"
                    + " [first, c.count]; })()"))
        .isEqualTo("[1,null]");
    assertThat(shell.server.last().line()).startsWith("DELETE");
  }

  @Test
  void runsQueriesOnTheServerAndReportsWhatItCannotDo() {
    shell.server.on("POST /_api/cursor", 501, error(501, 9, "queries are not available yet"));
    assertThat(shell.errorOf("db._query('RETURN 1')"))
        .isEqualTo("[9,501,\"queries are not available yet\"]");
    shell.server.on(
        "POST /_api/cursor",
        201,
        "{\"result\":[{\"a\":1}],\"hasMore\":false,\"cached\":false,\"extra\":{\"stats\":{}}}");
    assertThat(
            shell.json(
                "db._query(aql`FOR d IN ${db.users} FILTER d.a == ${'x'} RETURN d`, {count:"
                    + " true}).toArray()"))
        .isEqualTo("[{\"a\":1}]");
    assertThat(shell.server.last().json().toString())
        .isEqualTo(
            "{\"query\":\"FOR d IN @@value0 FILTER d.a == @value1 RETURN"
                + " d\",\"bindVars\":{\"@value0\":\"users\",\"value1\":\"x\"},\"count\":true}");
    shell.typed(
        "var s = db._createStatement({query: 'RETURN @x', batchSize: 5}); s.bind('x', 1);"
            + " s.execute().toArray()");
    assertThat(shell.server.last().json().toString())
        .isEqualTo("{\"query\":\"RETURN @x\",\"bindVars\":{\"x\":1},\"batchSize\":5}");
  }

  @Test
  void managesUsers() {
    shell.server.on(
        "POST /_api/user",
        201,
        "{\"user\":\"ann\",\"active\":true,\"extra\":{},\"error\":false,\"code\":201}");
    shell.typed("var users = require('@arangodb/users'); undefined");
    assertThat(shell.json("users.save('ann', 'x', true, {a: 1})"))
        .isEqualTo("{\"user\":\"ann\",\"active\":true,\"extra\":{}}");
    assertThat(shell.server.last().body())
        .isEqualTo("{\"user\":\"ann\",\"passwd\":\"x\",\"active\":true,\"extra\":{\"a\":1}}");
    shell.server.on("PUT /_api/user/ann/database/d", 200, "{\"d\":\"ro\"}");
    shell.typed("users.grantDatabase('ann', 'd', 'ro')");
    assertThat(shell.server.last().body()).isEqualTo("{\"grant\":\"ro\"}");
    shell.server.on("GET /_api/user/ann/database/d", 200, "{\"result\":\"ro\"}");
    assertThat(shell.typed("users.permission('ann', 'd')")).isEqualTo("ro");
    shell.server.on("GET /_api/user/bob", 404, error(404, 1703, "user not found"));
    assertThat(shell.typed("users.exists('bob')")).isEqualTo("false");
    assertThat(shell.errorOf("users.document('bob')")).isEqualTo("[1703,404,\"user not found\"]");
    shell.server.on("POST /_open/auth", 401, "");
    assertThat(shell.typed("users.isValid('ann', 'wrong')")).isEqualTo("false");
  }

  @Test
  void offersRawRequests() {
    shell.server.on("GET /_api/x?q=%C3%A9", 200, "{\"a\":1}");
    assertThat(shell.json("arango.GET('/_api/x?q=é')")).isEqualTo("{\"a\":1}");
    assertThat(shell.json("db._connection.GET_RAW('/_api/x?q=%C3%A9').parsedBody"))
        .isEqualTo("{\"a\":1}");
    shell.server.on("POST /_api/y", 400, error(400, 600, "invalid JSON object"));
    assertThat(
            shell.json(
                "arango.POST('/_api/y', '{', {'content-type': 'text/plain', 'x-a': 'b'}).errorNum"))
        .isEqualTo("600");
    assertThat(shell.server.last().headers())
        .containsEntry("content-type", "text/plain")
        .containsEntry("x-a", "b");
    assertThat(shell.json("(r => [r.code, r.error, r.errorNum])(arango.POST_RAW('/_api/y', {}))"))
        .isEqualTo("[400,true,400]");
    shell.server.on("DELETE /_api/z", 401, "");
    assertThat(shell.json("arango.DELETE('/_api/z')"))
        .isEqualTo(
            "{\"error\":true,\"code\":401,\"errorNum\":401,\"errorMessage\":\"unauthorized\"}");
    assertThat(
            shell.json(
                "[arango.lastHttpReturnCode(), arango.timeout(5), arango.timeout(),"
                    + " arango.isConnected()]"))
        .isEqualTo("[401,true,5,true]");
  }

  @Test
  void givesErrorsTheirNumberAndSentence() {
    assertThat(shell.json("require('@arangodb').errors.ERROR_ARANGO_DOCUMENT_NOT_FOUND"))
        .isEqualTo("{\"code\":1202,\"message\":\"document not found\"}");
    assertThat(
            shell.typed(
                "var e = new ArangoError({errorNum: 1203, code: 404}); [e instanceof Error, e.name,"
                    + " e.message, String(e), e.isArangoError, Object.keys(e)].join('|')"))
        .isEqualTo(
            "true|ArangoError|collection or view not found|ArangoError 1203: collection or view not"
                + " found|true|errorNum,errorMessage,code");
    assertThat(shell.errorOf("require('@arangodb').db._connection.reconnect('nonsense://x')"))
        .startsWith("[10,");
    shell.server.on("GET /_api/version", 400, error(400, 17, "wrong type"));
    assertThat(shell.errorOf("db._version()")).isEqualTo("TypeError: wrong type");
    shell.server.on("GET /_api/version", 503, "");
    assertThat(shell.errorOf("db._version()")).isEqualTo("[503,503,\"service unavailable\"]");
  }
}
