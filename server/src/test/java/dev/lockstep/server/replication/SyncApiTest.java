package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `PUT /_api/replication/sync` between two servers, and what is told when it fails.
class SyncApiTest {
  private static final String SYNC = "/_api/replication/sync";

  private RunningServer leader;
  private RunningServer follower;

  @BeforeEach
  void start(@TempDir Path leaderFolder, @TempDir Path followerFolder) throws IOException {
    leader = RunningServer.start(leaderFolder);
    follower = RunningServer.start(followerFolder);
    leader.post(
        "/_api/collection",
        "{\"name\":\"test\",\"waitForSync\":true,\"keyOptions\":{\"type\":\"padded\"}}");
    leader.post(
        "/_api/index?collection=test",
        "{\"type\":\"persistent\",\"fields\":[\"n\"],\"unique\":true,\"name\":\"by_n\"}");
    StringBuilder documents = new StringBuilder("[");
    for (int i = 0; i < 1000; i++) {
      documents
          .append(i == 0 ? "" : ",")
          .append("{\"n\":")
          .append(i)
          .append(",\"t\":\"äö€😀\",\"d\":")
          .append(i)
          .append(".0}");
    }
    assertThat(leader.post("/_api/document/test", documents + "]").status()).isEqualTo(201);
    follower.post("/_api/collection", "{\"name\":\"test\"}");
    follower.post("/_api/document/test", "{\"_key\":\"mine\"}");
  }

  @AfterEach
  void stop() {
    follower.close();
    leader.close();
  }

  private static String endpoint(RunningServer server) {
    return "\"endpoint\":\"tcp://127.0.0.1:" + server.port() + "\"";
  }

  private String config(String more) {
    return "{"
        + endpoint(leader)
        + ",\"username\":\"root\",\"password\":\"secret\",\"includeSystem\":true,"
        + "\"restrictType\":\"include\",\"restrictCollections\":[\"test\"]"
        + more
        + "}";
  }

  private void assertOldDataIntact() {
    assertThat(follower.get("/_api/collection/test/count").get("count").asLong()).isEqualTo(1);
    assertThat(follower.get("/_api/document/test/mine").status()).isEqualTo(200);
  }

  private void assertCopied() {
    for (String what : new String[] {"checksum?withRevisions=true&withData=true", "count"}) {
      Reply theirs = leader.get("/_api/collection/test/" + what);
      Reply ours = follower.get("/_api/collection/test/" + what);
      assertThat(ours.get(what.startsWith("count") ? "count" : "checksum").toJson())
          .isEqualTo(theirs.get(what.startsWith("count") ? "count" : "checksum").toJson());
    }
    for (String member :
        new String[] {"globallyUniqueId", "keyOptions", "waitForSync", "type", "syncByRevision"}) {
      assertThat(follower.get("/_api/collection/test/properties").get(member).toJson())
          .isEqualTo(leader.get("/_api/collection/test/properties").get(member).toJson());
    }
    assertThat(follower.get("/_api/index?collection=test").get("indexes").toJson())
        .isEqualTo(leader.get("/_api/index?collection=test").get("indexes").toJson());
  }

  @Test
  void copiesACollection() {
    Reply reply = follower.put(SYNC, config(""));

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    String id = leader.get("/_api/collection/test").get("id").asString();
    assertThat(reply.text())
        .matches(
            "\\{\"collections\":\\[\\{\"id\":\""
                + id
                + "\",\"name\":\"test\"}],\"lastLogTick\":\"[0-9]+\"}");
    assertCopied();
    Reply jobs = follower.get("/_api/replication/jobs");
    VPackSlice job = jobs.json().at(0);
    assertThat(Objects.requireNonNull(job.get("documentsDone")).asLong()).isEqualTo(1000);
    assertThat(Objects.requireNonNull(job.get("documentsExpected")).asLong()).isEqualTo(1000);
    assertThat(Objects.requireNonNull(job.get("kind")).asString()).isEqualTo("full");
    assertThat(Objects.requireNonNull(job.get("phase")).asString()).isEqualTo("done");
    // Nothing is pinned any more.
    assertThat(leader.get("/_api/replication/logger-state").get("clients").length()).isEqualTo(1);
  }

  @Test
  void answersJsonWhateverIsAccepted() {
    Reply reply = follower.put(SYNC, config(""), "Accept", "application/x-velocypack");
    assertThat(reply.header("content-type")).isEqualTo("application/json; charset=utf-8");
    assertThat(reply.get("collections").length()).isEqualTo(1);
    Reply failed = follower.put(SYNC, "{}", "Accept", "application/x-velocypack");
    assertThat(failed.header("content-type")).isEqualTo("application/json; charset=utf-8");
    assertThat(failed.errorNum()).isEqualTo(400);
  }

  @Test
  void copiesFromAnotherDatabaseIntoAnother() {
    leader.post("/_api/database", "{\"name\":\"shop-1\"}");
    leader.post("/_db/shop-1/_api/collection", "{\"name\":\"orders\"}");
    leader.post("/_db/shop-1/_api/document/orders", "{\"_key\":\"a%b\"}");
    follower.post("/_api/database", "{\"name\":\"staging\"}");

    Reply reply =
        follower.put(
            "/_db/staging" + SYNC,
            config(",\"database\":\"shop-1\"").replace("[\"test\"]", "[\"orders\"]"));

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(follower.get("/_db/staging/_api/document/orders/a%25b").status()).isEqualTo(200);
  }

  @Test
  void copiesWithAToken() {
    String jwt =
        leader
            .sendAs("", "POST", "/_open/auth", "{\"username\":\"root\",\"password\":\"secret\"}")
            .get("jwt")
            .asString();

    Reply reply =
        follower.put(
            SYNC,
            "{"
                + endpoint(leader)
                + ",\"jwt\":\""
                + jwt
                + "\",\"restrictType\":\"include\",\"restrictCollections\":[\"test\"]}");

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertCopied();
    Reply wrong =
        follower.put(
            SYNC,
            "{"
                + endpoint(leader)
                + ",\"jwt\":\"abcdefgh.x.y\",\"restrictType\":\"include\",\"restrictCollections\":[\"test\"]}");
    assertThat(wrong.errorNum()).isEqualTo(1402);
    assertThat(wrong.text()).doesNotContain("abcdefgh");
  }

  @Test
  void tellsAWrongPassword() {
    Reply reply = follower.put(SYNC, config("").replace("secret", "hunter2hunter2"));

    assertThat(reply.status()).isEqualTo(500);
    assertThat(reply.errorNum()).isEqualTo(1402);
    assertThat(reply.get("errorMessage").asString())
        .matches(
            "got invalid response from leader at tcp://127\\.0\\.0\\.1:"
                + leader.port()
                + " for URL /_db/_system/_api/replication/logger-state\\?serverId=[0-9]+: HTTP 401:"
                + " Unauthorized.*")
        .doesNotContain("hunter2hunter2");
    assertThat(follower.get("/_api/replication/jobs").text()).doesNotContain("hunter2hunter2");
    assertOldDataIntact();
  }

  @Test
  void tellsAClosedPort() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    Reply reply =
        follower.put(SYNC, config("").replace("127.0.0.1:" + leader.port(), "127.0.0.1:" + port));

    assertThat(reply.status()).isEqualTo(500);
    assertThat(reply.errorNum()).isEqualTo(1400);
    assertThat(reply.get("errorMessage").asString())
        .startsWith(
            "could not connect to leader at tcp://127.0.0.1:"
                + port
                + " for URL /_db/_system/_api/replication/logger-state?serverId=");
    assertOldDataIntact();
  }

  @Test
  void tellsAnUnknownDatabase() {
    Reply reply = follower.put(SYNC, config(",\"database\":\"nosuch\""));

    assertThat(reply.errorNum()).isEqualTo(1402);
    assertThat(reply.get("errorMessage").asString())
        .contains(": HTTP 404: Not Found - ")
        .contains("1228");
    assertOldDataIntact();
  }

  @Test
  void tellsAnUnknownCollectionToOursAndNothingToOthers() {
    String config = config("").replace("[\"test\"]", "[\"nosuch\"]");

    Reply ours = follower.put(SYNC, config, "x-lockstep-client", "test/1");
    Reply stock = follower.put(SYNC, config);

    assertThat(ours.status()).isEqualTo(404);
    assertThat(ours.errorNum()).isEqualTo(1203);
    assertThat(ours.get("errorMessage").asString())
        .startsWith("collection or view not found: nosuch");
    assertThat(stock.text()).startsWith("{\"collections\":[],\"lastLogTick\":\"");
  }

  @Test
  void tellsMissingRightsOnTheLeader() {
    leader.post("/_api/user", "{\"user\":\"weak\",\"passwd\":\"weakweak\"}");
    leader.put("/_api/user/weak/database/_system", "{\"grant\":\"ro\"}");
    leader.put("/_api/user/weak/database/_system/test", "{\"grant\":\"none\"}");

    Reply reply =
        follower.put(
            SYNC, config("").replace("\"root\"", "\"weak\"").replace("secret", "weakweak"));

    assertThat(reply.errorNum()).isEqualTo(1402);
    assertThat(reply.get("errorMessage").asString()).contains(": HTTP 403: Forbidden - ");
    assertOldDataIntact();
  }

  @Test
  void refusesToFollowItself() {
    Reply reply =
        follower.put(
            SYNC, config("").replace("127.0.0.1:" + leader.port(), "127.0.0.1:" + follower.port()));

    String id = follower.get("/_api/replication/server-id").get("serverId").asString();
    assertThat(reply.status()).isEqualTo(500);
    assertThat(reply.errorNum()).isEqualTo(1405);
    assertThat(reply.get("errorMessage").asString())
        .isEqualTo(
            "got same server id ("
                + id
                + ") from endpoint 'tcp://127.0.0.1:"
                + follower.port()
                + "' as the local applier server's id");
    assertOldDataIntact();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                              | 400 | 400  | <endpoint> must be a valid"
            + " endpoint",
        "{\"endpoint\":\"\"}                             | 400 | 400  | <endpoint> must be a valid"
            + " endpoint",
        "[]                                              | 400 | 600  | ",
        "{                                               | 400 | 600  | ",
        "{\"endpoint\":\"nonsense\"}                     | 400 | 1410 | invalid replication applier"
            + " configuration: ",
        "{\"endpoint\":\"tcp://a:b@h:1\"}                | 400 | 1410 | invalid replication applier"
            + " configuration: ",
        "{\"endpoint\":\"tcp://h:1\",\"chunkSize\":\"big\"} | 400 | 1410 | invalid replication"
            + " applier configuration: option 'chunkSize'",
        "{\"endpoint\":\"tcp://h:1\",\"restrictType\":\"include\"} | 400 | 1410 | invalid"
            + " replication applier configuration: option 'restrictType'"
      })
  void refusesBadOptions(String config, int status, int errorNum, String sentence) {
    Reply reply = follower.put(SYNC, config);

    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    assertThat(reply.errorNum()).isEqualTo(errorNum);
    assertThat(reply.get("errorMessage").asString()).startsWith(sentence == null ? "" : sentence);
    assertOldDataIntact();
  }

  @Test
  void refusesUnknownOptionsOfOursAndWarnsOthers() {
    Reply ours = follower.put(SYNC, config(",\"incrementel\":true"), "x-lockstep-client", "test/1");
    assertThat(ours.errorNum()).isEqualTo(1410);
    assertThat(ours.get("errorMessage").asString())
        .endsWith("unknown option 'incrementel'; did you mean 'incremental'?");
    assertOldDataIntact();

    Reply stock = follower.put(SYNC, config(",\"incrementel\":true"));
    assertThat(stock.status()).isEqualTo(200);
    assertThat(follower.get("/_api/replication/jobs").text()).contains("incrementel");
  }

  @Test
  void needsAnAdministrator() {
    follower.post("/_api/user", "{\"user\":\"u\",\"passwd\":\"u\"}");
    follower.put("/_api/user/u/database/_system", "{\"grant\":\"ro\"}");
    String reader = RunningServer.basic("u", "u");

    for (Reply reply :
        new Reply[] {
          follower.sendAs(reader, "PUT", SYNC, config("")),
          follower.sendAs(reader, "GET", "/_api/replication/jobs", ""),
          follower.sendAs(reader, "GET", "/_api/replication/applier-state", ""),
          follower.sendAs(reader, "PUT", "/_api/replication/make-follower", config("")),
          follower.sendAs(reader, "PUT", "/_api/replication/applier-config", config("")),
          follower.sendAs(reader, "PUT", "/_api/replication/applier-start", ""),
          follower.sendAs(reader, "PUT", "/_api/replication/applier-stop", ""),
          follower.sendAs(reader, "DELETE", "/_api/replication/applier-state", "")
        }) {
      assertThat(reply.status()).isEqualTo(403);
      assertThat(reply.errorNum()).isEqualTo(11);
    }
    follower.post("/_api/database", "{\"name\":\"d\"}");
    assertThat(follower.put("/_db/d" + SYNC + "?global=true", config("")).errorNum()).isEqualTo(11);
    assertThat(follower.get(SYNC).status()).isEqualTo(405);
  }

  @Test
  void runsAsAJobThatCanBeWatchedAndAskedTwice() {
    Reply accepted = follower.put(SYNC, config(""), "x-arango-async", "store");
    assertThat(accepted.status()).isEqualTo(202);
    String id = accepted.header("x-arango-async-id");

    Reply result = finished(id);

    assertThat(result.status()).isEqualTo(200);
    assertThat(result.get("collections").length()).isEqualTo(1);
    assertThat(follower.put("/_api/job/" + id, "").text()).isEqualTo(result.text());
    assertThat(follower.get("/_api/replication/jobs/" + id).get("id").asString()).isEqualTo(id);
    assertThat(follower.get("/_api/replication/jobs/99").status()).isEqualTo(404);
    Reply failed =
        finished(
            follower
                .put(SYNC, config("").replace("secret", "wrong"), "x-arango-async", "store")
                .header("x-arango-async-id"));
    assertThat(failed.status()).isEqualTo(500);
    assertThat(failed.errorNum()).isEqualTo(1402);
  }

  private Reply finished(String id) {
    return await()
        .atMost(30, TimeUnit.SECONDS)
        .until(() -> follower.put("/_api/job/" + id, ""), reply -> reply.status() != 204);
  }

  @Test
  void canBeCancelledAndAllowsOneAtATime() throws IOException {
    CountDownLatch asked = new CountDownLatch(1);
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (true) {
                // Accepts and says nothing, for as long as the test runs.
                silent.accept().getInputStream().read();
                asked.countDown();
              }
            } catch (IOException e) {
              // The test is over.
            }
          });
      String config =
          config("").replace("127.0.0.1:" + leader.port(), "127.0.0.1:" + silent.getLocalPort());
      String id = follower.put(SYNC, config, "x-arango-async", "store").header("x-arango-async-id");
      await().atMost(30, TimeUnit.SECONDS).until(() -> asked.getCount() == 0);

      Reply second = follower.put(SYNC, config(""));
      assertThat(second.status()).isEqualTo(500);
      assertThat(second.errorNum()).isEqualTo(28);
      assertThat(second.get("errorMessage").asString()).isEqualTo("locked");
      assertThat(follower.get("/_api/replication/jobs/" + id).get("phase").asString())
          .isEqualTo("connecting");

      assertThat(follower.put("/_api/job/" + id + "/cancel", "").status()).isEqualTo(200);
      Reply cancelled = finished(id);
      assertThat(cancelled.status()).isEqualTo(410);
      assertThat(cancelled.errorNum()).isEqualTo(21);
      assertThat(follower.get("/_api/replication/jobs/" + id).text())
          .contains("\"phase\":\"canceled\"", "\"failedIn\":\"connecting\"");
    }
    assertOldDataIntact();
    assertThat(follower.put(SYNC, config("")).status()).isEqualTo(200);
    assertCopied();
  }

  @Test
  void clientsWritesAreRefusedUntilTheCopyIsInPlace() throws IOException {
    try (TamperingProxy between = new TamperingProxy(leader.port())) {
      // Enough for everything but the documents.
      between.holdAnswersAfter(20_000);
      String config =
          config("").replace("127.0.0.1:" + leader.port(), "127.0.0.1:" + between.port());
      String id = follower.put(SYNC, config, "x-arango-async", "store").header("x-arango-async-id");
      await().atMost(30, TimeUnit.SECONDS).until(between::isHolding);
      assertThat(follower.get("/_api/replication/jobs/" + id).get("phase").asString())
          .isEqualTo("copying");

      List<Reply> refused =
          List.of(
              follower.post("/_api/document/test", "{\"_key\":\"new\"}"),
              follower.put("/_api/document/test/mine", "{\"x\":1}"),
              follower.send("PATCH", "/_api/document/test/mine", "{\"x\":1}"),
              follower.delete("/_api/document/test/mine"),
              follower.put("/_api/collection/test/truncate", ""),
              follower.post("/_api/import?collection=test&type=documents&complete=true", "{}"));
      for (Reply reply : refused) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(403);
        assertThat(reply.errorNum()).as(reply.text()).isEqualTo(1004);
        assertThat(reply.get("errorMessage").asString()).contains(id);
      }
      assertOldDataIntact();
      assertThat(follower.post("/_api/collection", "{\"name\":\"other\"}").status()).isEqualTo(200);
      assertThat(follower.post("/_api/document/other", "{}").status()).isEqualTo(202);

      between.release();
      assertThat(finished(id).status()).isEqualTo(200);
    }
    assertCopied();
    assertThat(follower.post("/_api/document/test", "{\"n\":-1}").status()).isEqualTo(201);
  }

  @Test
  void tellsWhomAJobDealsWithAndHowLongItTook() {
    assertThat(follower.put(SYNC, config("")).status()).isEqualTo(200);
    Reply jobs = follower.get("/_api/replication/jobs");
    VPackSlice job = jobs.json().at(0);
    assertThat(Objects.requireNonNull(job.get("endpoint")).asString())
        .isEqualTo("tcp://127.0.0.1:" + leader.port());
    assertThat(Objects.requireNonNull(job.get("leaderVersion")).asString()).isEqualTo("3.11.14");
    assertThat(Objects.requireNonNull(job.get("retries")).asLong()).isZero();
    assertThat(Objects.requireNonNull(job.get("lastError")).asString()).isEmpty();
    assertThat(Objects.requireNonNull(job.get("durationSeconds")).asDouble()).isPositive();
    assertThat(jobs.text()).doesNotContain("secret");

    follower.put(SYNC, config("").replace("secret", "hunter2hunter2"));
    follower.put(SYNC, "{\"endpoint\":\"tcp://root:hunter2hunter2@h:1\"}");
    Reply failed = follower.get("/_api/replication/jobs");
    assertThat(failed.text()).doesNotContain("hunter2hunter2");
    assertThat(Objects.requireNonNull(failed.json().at(0).get("endpoint")).asString()).isEmpty();
    assertThat(Objects.requireNonNull(failed.json().at(1).get("lastError")).asString())
        .contains("HTTP 401");
  }

  @Test
  void cancelsAJobByItsIdAndLeavesAFinishedOneAsItIs() throws IOException {
    CountDownLatch asked = new CountDownLatch(1);
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              silent.accept().getInputStream().read();
              asked.countDown();
              silent.accept();
            } catch (IOException e) {
              // The test is over.
            }
          });
      String config =
          config("").replace("127.0.0.1:" + leader.port(), "127.0.0.1:" + silent.getLocalPort());
      String id = follower.put(SYNC, config, "x-arango-async", "store").header("x-arango-async-id");
      await().atMost(30, TimeUnit.SECONDS).until(() -> asked.getCount() == 0);
      String job = "/_api/replication/jobs/" + id;
      follower.post("/_api/user", "{\"user\":\"u\",\"passwd\":\"u\"}");
      follower.put("/_api/user/u/database/_system", "{\"grant\":\"ro\"}");
      assertThat(follower.sendAs(RunningServer.basic("u", "u"), "DELETE", job, "").status())
          .isEqualTo(403);

      Reply cancelled = follower.send("DELETE", job, "");

      assertThat(cancelled.status()).as(cancelled.text()).isEqualTo(200);
      assertThat(cancelled.get("id").asString()).isEqualTo(id);
      Reply result = finished(id);
      assertThat(result.status()).isEqualTo(410);
      assertThat(result.errorNum()).isEqualTo(21);
      Reply again = follower.send("DELETE", job, "");
      assertThat(again.status()).isEqualTo(200);
      assertThat(again.get("phase").asString()).isEqualTo("canceled");
    }
    assertOldDataIntact();
    assertThat(follower.send("DELETE", "/_api/replication/jobs/99", "").status()).isEqualTo(404);
    assertThat(follower.send("DELETE", "/_api/replication/jobs", "").status()).isEqualTo(405);
  }

  @Test
  void copiesAccountsTogetherWithTheirCollection() {
    leader.post("/_api/user", "{\"user\":\"anna\",\"passwd\":\"annaanna\"}");
    leader.put("/_api/user/anna/database/_system", "{\"grant\":\"rw\"}");

    Reply reply = follower.put(SYNC, config("").replace("[\"test\"]", "[\"_users\"]"));

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(
            follower
                .sendAs(RunningServer.basic("anna", "annaanna"), "GET", "/_api/version", "")
                .status())
        .isEqualTo(200);
    assertThat(JsonToVPack.parse(follower.get("/_api/replication/jobs").text()).at(0).toJson())
        .contains("accounts of this server will be replaced");
  }
}
