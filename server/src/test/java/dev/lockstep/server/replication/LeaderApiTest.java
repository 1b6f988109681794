package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What followers ask for, over HTTP.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeaderApiTest {
  private RunningServer server;

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    server = RunningServer.start(folder);
    assertThat(server.post("/_api/collection", "{\"name\":\"c\"}").status()).isEqualTo(200);
    StringBuilder documents = new StringBuilder("[");
    for (int i = 0; i < 100; i++) {
      documents.append(i == 0 ? "" : ",").append("{\"_key\":\"k").append(i).append("\",\"n\":1.0}");
    }
    assertThat(server.post("/_api/document/c", documents + "]").status()).isEqualTo(202);
    server.post("/_api/collection", "{\"name\":\"empty\"}");
    server.post("/_api/user", "{\"user\":\"reader\",\"passwd\":\"reader\"}");
    server.put("/_api/user/reader/database/_system", "{\"grant\":\"ro\"}");
    server.put("/_api/user/reader/database/_system/c", "{\"grant\":\"ro\"}");
    server.put("/_api/user/reader/database/_system/empty", "{\"grant\":\"none\"}");
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private Reply asReader(String verb, String path, String body) {
    return server.sendAs(RunningServer.basic("reader", "reader"), verb, path, body);
  }

  private String batch() {
    return server
        .post("/_api/replication/batch?serverId=4711", "{\"ttl\":60}")
        .get("id")
        .asString();
  }

  @Test
  void tellsItsStateAndAnnouncesItself() {
    Reply reply = server.get("/_api/replication/logger-state?serverId=4711");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).isEqualTo("application/json; charset=utf-8");
    assertThat(Capability.parse(reply.header("x-lockstep-capabilities")))
        .containsExactlyInAnyOrder(Capability.values());
    VPackSlice state = reply.get("state");
    assertThat(member(state, "running")).isEqualTo("true");
    assertThat(member(state, "lastLogTick"))
        .matches("\"[1-9][0-9]*\"")
        .isEqualTo(member(state, "lastUncommittedLogTick"));
    assertThat(member(state, "totalEvents"))
        .isEqualTo(member(state, "lastLogTick").replace("\"", ""));
    assertThat(member(state, "time")).matches("\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\"");
    VPackSlice self = reply.get("server");
    assertThat(member(self, "engine")).isEqualTo("\"rocksdb\"");
    assertThat(member(self, "version")).isEqualTo("\"3.11.14\"");
    assertThat(server.get("/_api/replication/server-id").text())
        .isEqualTo("{\"serverId\":" + member(self, "serverId") + "}");
    assertThat(server.get("/_api/version?details=true").text()).contains("dump-stored");
  }

  @Test
  void tellsWhereItsLogBeginsAndEnds() {
    String first = server.get("/_api/replication/logger-first-tick").get("firstTick").asString();
    VPackSlice ranges = server.get("/_api/replication/logger-tick-ranges").json();
    assertThat(member(ranges.at(0), "tickMin")).isEqualTo("\"" + first + "\"");
    Reply range = server.get("/_api/wal/range");
    assertThat(range.get("tickMin").asString()).isEqualTo(first);
    assertThat(range.get("tickMax").asString())
        .isEqualTo(server.get("/_api/wal/lastTick").get("tick").asString());
    Reply open = server.get("/_api/wal/open-transactions?from=1&to=2");
    assertThat(open.status()).isEqualTo(204);
    assertThat(open.header("x-arango-replication-frompresent")).isEqualTo("true");
    assertThat(asReader("GET", "/_api/wal/range", "").status()).isEqualTo(403);
    assertThat(asReader("GET", "/_api/wal/tail", "").status()).isEqualTo(403);
  }

  @Test
  void leasesBatches() {
    Reply opened =
        server.post(
            "/_api/replication/batch?serverId=4711&state=true",
            "{\"ttl\":7200,\"patchCount\":\"c\"}");
    assertThat(opened.status()).isEqualTo(200);
    String id = opened.get("id").asString();
    assertThat(id).matches("[1-9][0-9]*");
    assertThat(member(Objects.requireNonNull(opened.get("state").get("state")), "lastLogTick"))
        .isEqualTo("\"" + opened.get("lastTick").asString() + "\"");
    assertThat(opened.get("state").get("server")).isNotNull();
    assertThat(opened.get("state").get("clients")).isNotNull();

    Reply extended = server.put("/_api/replication/batch/" + id + "?serverId=4711", "{\"ttl\":60}");
    assertThat(extended.status()).isEqualTo(204);
    assertThat(extended.header("content-length")).isEqualTo("0");
    assertThat(server.delete("/_api/replication/batch/" + id + "?serverId=4711").status())
        .isEqualTo(204);
    for (Reply gone :
        List.of(
            server.delete("/_api/replication/batch/" + id),
            server.put("/_api/replication/batch/" + id, "{\"ttl\":60}"))) {
      assertThat(gone.status()).isEqualTo(404);
      assertThat(gone.errorNum()).isEqualTo(1600);
    }
    assertThat(server.post("/_api/replication/batch", "{}").get("lastTick").isString()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST   | batch            | {\"ttl\":\"long\"} | 400 | 400",
        "POST   | batch            | {\"ttl\":-1}       | 400 | 400",
        "POST   | batch            | []                 | 400 | 600",
        "POST   | batch            | {                  | 400 | 600",
        "DELETE | batch            | ''                 | 400 | 400",
        "PATCH  | batch            | {}                 | 405 | 405",
        "GET    | inventory        | ''                 | 404 | 1600",
        "GET    | inventory?batchId=1 | ''              | 404 | 1600",
        "GET    | dump             | ''                 | 404 | 1203",
        "GET    | dump?collection=c | ''                | 404 | 400",
        "GET    | dump?collection=c&batchId=1 | ''      | 404 | 400",
        "PUT    | logger-state     | {}                 | 405 | 405",
        "GET    | logger-state/x   | ''                 | 400 | 601",
        "GET    | clusterInventory | ''                 | 403 | 1471",
        "PUT    | addFollower      | {}                 | 501 | 1471",
        "PUT    | make-follower    | {}                 | 400 | 400",
        "PUT    | make-slave       | {}                 | 400 | 400",
        "PUT    | applier-start    | ''                 | 400 | 1410",
        "GET    | applier-stop     | ''                 | 405 | 405",
        "PUT    | applier-config   | {}                 | 400 | 400",
        "PUT    | applier-start?from=x | ''             | 400 | 400",
        "PUT    | logger-follow    | {}                 | 400 | 400",
        "PUT    | logger-follow    | [1]                | 400 | 400",
        "GET    | logger-follow?from=5&to=4 | ''        | 400 | 400",
        "GET    | logger-follow/x  | ''                 | 400 | 601",
        "GET    | nonsense         | ''                 | 400 | 400",
        "GET    | ''               | ''                 | 400 | 400"
      })
  void answersErrors(String verb, String command, String body, int status, int errorNum) {
    Reply reply = server.send(verb, "/_api/replication/" + command, body);

    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    assertThat(reply.errorNum()).isEqualTo(errorNum);
    assertThat(reply.get("error").asBoolean()).isTrue();
    assertThat(reply.get("errorMessage").asString()).isNotBlank();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PUT  | c            | 1  | [[\"A\",\"B\"]] | 200 | 0",
        "PUT  | c            | 1  | [[\"A\",\"A\"]] | 200 | 0",
        "PUT  | c            | 1  | []                  | 200 | 0",
        "PUT  | c            | 1  | [[\"B\",\"A\"]] | 400 | 400",
        "PUT  | c            | 1  | [[\"A\"]]         | 400 | 400",
        "PUT  | c            | 1  | [[\"A\",7]]       | 400 | 400",
        "PUT  | c            | 1  | {}                  | 400 | 400",
        "PUT  | c            | 0  | []                  | 400 | 10",
        "PUT  | c            | x  | []                  | 400 | 10",
        "GET  | c            | 1  | ''                  | 405 | 405",
        "PUT  | nobody       | 1  | []                  | 404 | 1203",
        "PUT  | without-tree | 1  | []                  | 501 | 9"
      })
  void answersBlocksOrWhyNot(
      String verb, String collection, String count, String body, int status, int errorNum) {
    server.post("/_api/collection", "{\"name\":\"without-tree\",\"syncByRevision\":false}");
    Reply reply =
        server.send(
            verb,
            "/_api/replication/revisions/blocks?collection="
                + collection
                + "&count="
                + count
                + "&batchId="
                + batch(),
            body);

    assertThat(reply.status()).isEqualTo(status);
    if (status != 200) {
      assertThat(reply.errorNum()).as(reply.text()).isEqualTo(errorNum);
    }
  }

  @Test
  void namesTheCommandNobodyKnows() {
    assertThat(server.get("/_api/replication/nonsense").get("errorMessage").asString())
        .isEqualTo("invalid command 'nonsense'");
  }

  @Test
  void acknowledgesBarriers() {
    Reply opened = server.post("/_api/replication/barrier", "{\"ttl\":600,\"tick\":\"1\"}");
    assertThat(opened.status()).isEqualTo(200);
    String id = opened.get("id").asString();
    assertThat(server.put("/_api/replication/barrier/" + id, "{\"ttl\":600}").status())
        .isEqualTo(204);
    assertThat(server.get("/_api/replication/barrier").text()).isEqualTo("[]");
    assertThat(server.delete("/_api/replication/barrier/" + id).status()).isEqualTo(204);
  }

  @Test
  void listsCollectionsInTheStateOfABatch() {
    String batch = batch();
    server.post("/_api/collection", "{\"name\":\"later\"}");

    Reply reply = server.get("/_api/replication/inventory?batchId=" + batch);

    List<String> names = new ArrayList<>();
    for (VPackSlice entry : reply.get("collections").elements()) {
      names.add(member(Objects.requireNonNull(entry.get("parameters")), "name"));
    }
    assertThat(names).contains("\"c\"", "\"_users\"").doesNotContain("\"later\"", "\"_jobs\"");
    assertThat(reply.get("views").length()).isZero();
    assertThat(reply.get("tick").isString()).isTrue();
    assertThat(
            server
                .get("/_api/replication/inventory?collection=c&batchId=" + batch)
                .get("collections")
                .length())
        .isEqualTo(1);
    Reply all = server.get("/_api/replication/inventory?global=true&batchId=" + batch);
    assertThat(Objects.requireNonNull(all.get("databases").get("_system")).get("collections"))
        .isNotNull();
    assertThat(all.get("state").isObject()).isTrue();
    assertThat(asReader("GET", "/_api/replication/inventory?batchId=" + batch, "").status())
        .isEqualTo(200);
    server.delete("/_api/collection/later");
  }

  @Test
  void allowsTheWholeServerInItsSystemDatabaseOnly() {
    server.post("/_api/database", "{\"name\":\"other\"}");
    Reply reply =
        server.get("/_db/other/_api/replication/inventory?global=true&batchId=" + batch());
    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.errorNum()).isEqualTo(11);
  }

  @Test
  void dumpsLinesInEnvelopesUnlessToldOtherwise() {
    String batch = batch();

    Reply enveloped =
        server.get("/_api/replication/dump?collection=c&chunkSize=10000000&batchId=" + batch);
    Reply bare =
        server.get(
            "/_api/replication/dump?collection=c&chunkSize=10000000&useEnvelope=false&batchId="
                + batch());

    assertThat(enveloped.status()).isEqualTo(200);
    assertThat(enveloped.header("content-type"))
        .isEqualTo("application/x-arango-dump; charset=utf-8");
    assertThat(enveloped.header("x-arango-replication-checkmore")).isEqualTo("false");
    assertThat(enveloped.header("x-arango-replication-lastincluded")).isEqualTo("1");
    assertThat(enveloped.header("content-length")).isEqualTo("" + enveloped.bytes().length);
    assertThat(enveloped.header(Capability.COUNT_HEADER)).isEmpty();
    assertThat(enveloped.text().lines())
        .hasSize(100)
        .allMatch(line -> line.startsWith("{\"type\":2300,\"data\":{\"_key\":\"k"));
    assertThat(bare.text().lines())
        .hasSize(100)
        .allMatch(line -> line.startsWith("{\"_key\":\"k") && line.contains("\"_id\":\"c/k"));
  }

  @Test
  void dumpsVelocyPackForStockFollowersAndStoredFormForOurs() {
    String url =
        "/_api/replication/dump?collection=c&useEnvelope=false&chunkSize=10000000&batchId=";

    Reply stock = server.get(url + batch(), "Accept", "application/x-velocypack");
    Reply array = server.get(url + batch() + "&array=true", "Accept", "application/x-velocypack");
    Reply ours =
        server.get(
            url + batch(),
            "Accept",
            "application/x-lockstep-documents",
            "x-lockstep-capabilities",
            "dump-stored");

    assertThat(stock.header("content-type")).isEqualTo("application/x-velocypack");
    int size =
        VPackValidator.validate(stock.bytes(), 0, stock.bytes().length, ValidationLimits.REQUEST);
    assertThat(new VPackSlice(stock.bytes(), 0).toJson())
        .startsWith("{\"_key\":\"k0\",\"_id\":\"c/k0\",\"_rev\":\"")
        .endsWith("\"n\":1.0}");
    assertThat(size).isLessThan(stock.bytes().length);
    assertThat(VPackValidator.validateWhole(array.bytes(), ValidationLimits.REQUEST).length())
        .isEqualTo(100);
    assertThat(ours.header("content-type")).isEqualTo("application/x-lockstep-documents");
    assertThat(ours.header(Capability.COUNT_HEADER)).isEqualTo("100");
    assertThat(new VPackSlice(ours.bytes(), 0).toJson()).startsWith("{\"_key\":\"k0\",\"_rev\":\"");
  }

  @Test
  void dumpsPartByPartAndTheSamePartAgain() {
    String url =
        "/_api/replication/dump?collection=c&chunkSize=1000&serverId=4711&includeSystem=true&to=1&batchId="
            + batch()
            + "&from=";
    Reply first = server.get(url + "0");
    Reply second = server.get(url + "1");
    Reply again = server.get(url + "1");
    Reply firstAgain = server.get(url + "0");

    assertThat(first.header("x-arango-replication-checkmore")).isEqualTo("true");
    assertThat(second.header("x-arango-replication-lastincluded")).isEqualTo("2");
    assertThat(second.text()).isNotEqualTo(first.text());
    assertThat(again.text()).isEqualTo(second.text());
    assertThat(firstAgain.text()).isEqualTo(first.text());
  }

  @Test
  void dumpsNothingOfAnEmptyCollection() {
    Reply reply = server.get("/_api/replication/dump?collection=empty&batchId=" + batch());

    assertThat(reply.status()).isEqualTo(204);
    assertThat(reply.header("x-arango-replication-checkmore")).isEqualTo("false");
    assertThat(reply.header("x-arango-replication-lastincluded")).isEqualTo("0");
    assertThat(reply.header("content-type")).isEqualTo("application/x-arango-dump");
  }

  @Test
  void findsTheCollectionByItsGloballyUniqueId() {
    String guid = server.get("/_api/collection/c").get("globallyUniqueId").asString();
    assertThat(guid).contains("/");

    Reply reply =
        server.get(
            "/_api/replication/dump?collection="
                + URLEncoder.encode(guid, StandardCharsets.UTF_8)
                + "&batchId="
                + batch());

    assertThat(reply.status()).isEqualTo(200);
  }

  @Test
  void refusesWhatTheUserMayNotRead() {
    String batch = batch();

    assertThat(asReader("GET", "/_api/replication/dump?collection=c&batchId=" + batch, "").status())
        .isEqualTo(200);
    Reply refused = asReader("GET", "/_api/replication/dump?collection=empty&batchId=" + batch, "");
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.errorNum()).isEqualTo(11);
    Reply unknown = server.get("/_api/replication/dump?collection=nosuch&batchId=" + batch);
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.errorNum()).isEqualTo(400);
    assertThat(unknown.get("errorMessage").asString())
        .isEqualTo("replication dump - bad parameter");
  }

  @Test
  void showsAnApplierThatNeverRan() {
    Reply state = server.get("/_api/replication/applier-state");
    assertThat(state.status()).isEqualTo(200);
    assertThat(member(state.get("state"), "running")).isEqualTo("false");
    assertThat(member(state.get("state"), "phase")).isEqualTo("\"inactive\"");
    assertThat(member(state.get("state"), "lastError")).isEqualTo("{\"errorNum\":0}");
    assertThat(state.get("database").asString()).isEqualTo("_system");
    assertThat(server.get("/_api/replication/applier-state-all").get("_system").isObject())
        .isTrue();
    Reply config = server.get("/_api/replication/applier-config");
    assertThat(config.get("requestTimeout").asDouble()).isEqualTo(600);
    assertThat(config.get("restrictCollections").length()).isZero();
    assertThat(config.text()).doesNotContain("password").doesNotContain("jwt");
    assertThat(asReader("GET", "/_api/replication/applier-config", "").status()).isEqualTo(403);
  }

  @Test
  void limitsOpenBatches(@TempDir Path folder) throws IOException {
    try (RunningServer small = RunningServer.start(folder, "--replication.batches-max", "1")) {
      small.post("/_api/replication/batch", "{\"ttl\":60}");
      Reply refused = small.post("/_api/replication/batch", "{\"ttl\":60}");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.errorNum()).isEqualTo(503);
      assertThat(refused.get("errorMessage").asString()).contains("--replication.batches-max");
      assertThat(small.get("/_admin/metrics").text()).contains("lockstep_replication_batches 1");
    }
  }

  private static String member(VPackSlice object, String name) {
    return Objects.requireNonNull(object.get(name), name).toJson();
  }

  @Test
  void readsNumbersAsTheyAreWritten() {
    // 1.0 stays a double on its way through a dump of lines.
    String text = server.get("/_api/replication/dump?collection=c&batchId=" + batch()).text();
    assertThat(JsonToVPack.parse(text.lines().findFirst().orElseThrow()).toJson())
        .contains("\"n\":1.0");
  }
}
