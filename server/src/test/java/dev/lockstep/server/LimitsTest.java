package dev.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.server.RunningServer.Reply;
import dev.lockstep.server.settings.Limit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each limit can be set; whoever meets it is told setting and value, and the metrics count it.
class LimitsTest {
  @TempDir Path folder;

  private RunningServer start(Limit limit, String value, String... options) throws IOException {
    String[] all = new String[options.length + 1];
    all[0] = limit.setting() + "=" + value;
    System.arraycopy(options, 0, all, 1, options.length);
    RunningServer server = RunningServer.start(folder, all);
    server.post("/_api/collection", "{\"name\":\"c\"}");
    assertThat(refusals(server, limit)).as("before anybody met it").isZero();
    return server;
  }

  private static long refusals(RunningServer server, Limit limit) {
    Matcher found =
        Pattern.compile(
                "lockstep_limit_refusals_total\\{setting=\"" + limit.setting() + "\"} ([0-9.]+)")
            .matcher(server.get("/_admin/metrics/v2").text());
    assertThat(found.find()).as("a metric of " + limit.setting()).isTrue();
    return (long) Double.parseDouble(found.group(1));
  }

  private static void assertRefused(
      RunningServer server, Reply reply, int status, int errorNum, Limit limit, long value) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    assertThat(reply.errorNum()).isEqualTo(errorNum);
    assertThat(reply.get("errorMessage").asString())
        .contains("(" + limit.setting() + " is " + value + ")");
    assertThat(refusals(server, limit)).isEqualTo(1);
  }

  private static String text(int length) {
    return "{\"_key\":\"k" + length + "\",\"text\":\"" + "x".repeat(length) + "\"}";
  }

  @Test
  void aBodyLongerThanTheSettingIsRefused() throws IOException {
    try (RunningServer server = start(Limit.BODY_SIZE, "4KiB")) {
      assertThat(server.post("/_api/document/c", text(4000)).status()).isEqualTo(202);
      assertRefused(
          server, server.post("/_api/document/c", text(4097)), 413, 413, Limit.BODY_SIZE, 4096);
    }
  }

  @Test
  void aCompressedBodyThatBecomesLongerThanTheSettingIsRefused() throws IOException {
    try (RunningServer server =
        start(Limit.DECOMPRESSED_SIZE, "100000", "--server.maximal-body-size=4KiB")) {
      Map<String, String> gzip = Map.of("Content-Encoding", "gzip");
      assertThat(server.send("POST", "/_api/document/c", gzip, compressed(text(90_000))).status())
          .isEqualTo(202);
      assertRefused(
          server,
          server.send("POST", "/_api/document/c", gzip, compressed(text(200_000))),
          413,
          413,
          Limit.DECOMPRESSED_SIZE,
          100_000);
    }
  }

  private static byte[] compressed(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void aDocumentLargerThanTheSettingIsRefusedAloneInAnArrayAndInAnImport() throws IOException {
    try (RunningServer server = start(Limit.DOCUMENT_SIZE, "2KiB")) {
      String array = "[" + text(1000) + "," + text(1001) + "," + text(1002) + "]";
      assertThat(server.post("/_api/document/c", array).status()).isEqualTo(202);
      assertRefused(
          server,
          server.post("/_api/document/c", text(2049)),
          400,
          1216,
          Limit.DOCUMENT_SIZE,
          2048);
      Reply inArray = server.post("/_api/document/c", "[" + text(2049) + "]");
      assertThat(inArray.errorNum()).isEqualTo(1216);
      Reply imported = server.post("/_api/import?collection=c&type=documents", text(2049));
      assertThat(imported.errorNum()).isEqualTo(1216);
      assertThat(refusals(server, Limit.DOCUMENT_SIZE)).isEqualTo(3);
    }
  }

  @Test
  void anUpdateCannotMakeADocumentLargerThanTheSetting() throws IOException {
    try (RunningServer server = start(Limit.DOCUMENT_SIZE, "2KiB")) {
      server.post("/_api/document/c", "{\"_key\":\"k\",\"a\":\"" + "x".repeat(1500) + "\"}");
      String before = server.get("/_api/document/c/k").text();
      String more = "{\"_key\":\"k\",\"b\":\"" + "y".repeat(1000) + "\"}";
      String path = "/_api/document/c/k";
      assertRefused(server, server.send("PATCH", path, more), 400, 1216, Limit.DOCUMENT_SIZE, 2048);
      List<Reply> inOtherWays =
          List.of(
              server.send("PATCH", "/_api/document/c", "[" + more + "]"),
              server.post("/_api/document/c?overwriteMode=update", more),
              server.post(
                  "/_api/import?collection=c&type=documents&onDuplicate=update&details=true", more),
              server.put(
                  "/_api/simple/update-by-example",
                  "{\"collection\":\"c\",\"example\":{},\"newValue\":" + more + "}"));
      assertThat(inOtherWays)
          .allSatisfy(reply ->
              assertThat(reply.text()).contains("(--server.maximal-document-size is 2048)"));
      assertThat(server.get(path).text()).isEqualTo(before);
      assertThat(refusals(server, Limit.DOCUMENT_SIZE)).isEqualTo(5);
      // What stays below passes: room is made by the same update.
      assertThat(server.send("PATCH", path, more.replace("{", "{\"a\":0,")).status())
          .isEqualTo(202);
    }
  }

  /// A leader had it, or the setting was another.
  @Test
  void aDocumentThatIsLargerThanTheSettingAlreadyMayShrink() throws IOException {
    StorageEngine engine;
    try (RunningServer server = start(Limit.DOCUMENT_SIZE, "8KiB")) {
      server.post(
          "/_api/document/c",
          "{\"_key\":\"k\",\"a\":\"" + "x".repeat(3000) + "\",\"b\":\"" + "y".repeat(3000) + "\"}");
      engine = server.engine();
    }
    try (RunningServer server =
        RunningServer.start(
            folder,
            engine,
            Map.of("ARANGO_ROOT_PASSWORD", "secret"),
            Limit.DOCUMENT_SIZE.setting() + "=2KiB")) {
      String path = "/_api/document/c/k";
      assertThat(server.send("PATCH", path, "{\"c\":1}").errorNum()).isEqualTo(1216);
      assertThat(server.send("PATCH", path, "{\"a\":1}").status()).isEqualTo(202);
      assertThat(server.send("PATCH", path, "{\"a\":2}").status()).isEqualTo(202);
      assertThat(server.get(path).bytes().length).isGreaterThan(2048);
    }
  }

  @Test
  void aValueDeeperThanTheSettingIsRefused() throws IOException {
    try (RunningServer server = start(Limit.NESTING_DEPTH, "10")) {
      assertThat(server.post("/_api/document/c", nested(9)).status()).isEqualTo(202);
      assertRefused(
          server, server.post("/_api/document/c", nested(10)), 400, 600, Limit.NESTING_DEPTH, 10);
      Reply elsewhere = server.put("/_api/collection/c/properties", nested(10));
      assertThat(elsewhere.get("errorMessage").asString())
          .contains("more than 10 levels (--server.maximal-nesting-depth is 10)");
      Reply line = server.post("/_api/import?collection=c&type=documents", nested(10));
      assertThat(line.errorNum()).isEqualTo(600);
      assertThat(refusals(server, Limit.NESTING_DEPTH)).isEqualTo(3);
    }
  }

  /// An object with that many arrays inside each other.
  private static String nested(int arrays) {
    return "{\"a\":" + "[".repeat(arrays) + "]".repeat(arrays) + "}";
  }

  @Test
  void anUrlLongerThanTheSettingIsRefused() throws IOException {
    try (RunningServer server = start(Limit.URL_SIZE, "1KiB")) {
      Reply reply = server.get("/_api/version?x=" + "y".repeat(1024));
      assertRefused(server, reply, 414, 414, Limit.URL_SIZE, 1024);
    }
  }

  @Test
  void headersLongerThanTheSettingAreRefused() throws IOException {
    try (RunningServer server = start(Limit.HEADER_SIZE, "8KiB")) {
      assertThat(server.get("/_api/version", "x-long", "y".repeat(7000)).status()).isEqualTo(200);
      Reply reply = server.get("/_api/version", "x-long", "y".repeat(9000));
      assertRefused(server, reply, 431, 431, Limit.HEADER_SIZE, 8192);
    }
  }

  @Test
  void anAnswerLargerOnTheDiskThanTheSettingIsRefused() throws IOException {
    try (RunningServer server = start(Limit.SPOOL_SIZE, "1MiB")) {
      StringBuilder documents = new StringBuilder();
      for (int i = 0; i < 5; i++) {
        documents.append("{\"t\":\"").append("x".repeat(1 << 19)).append("\"}\n");
      }
      server.post("/_api/import?collection=c&type=documents", documents.toString());
      Reply reply = server.put("/_api/simple/all", "{\"collection\":\"c\",\"batchSize\":100}");
      assertRefused(server, reply, 500, 32, Limit.SPOOL_SIZE, 1 << 20);
    }
  }

  @Test
  void moreCursorsThanTheSettingAreRefused() throws IOException {
    try (RunningServer server = start(Limit.CURSORS, "1")) {
      server.post("/_api/document/c", "[{},{},{}]");
      String query = "{\"collection\":\"c\",\"batchSize\":1}";
      assertThat(server.put("/_api/simple/all", query).status()).isEqualTo(201);
      assertRefused(server, server.put("/_api/simple/all", query), 503, 503, Limit.CURSORS, 1);
    }
  }

  @Test
  void aJobsAnswerLongerThanTheSettingBecomesAnError() throws IOException {
    try (RunningServer server = start(Limit.JOB_RESULT_SIZE, "1KiB")) {
      server.post("/_api/document/c", text(2000));
      Reply accepted = server.get("/_api/document/c/k2000", "x-arango-async", "store");
      String path = "/_api/job/" + accepted.header("x-arango-async-id");
      Awaitility.await().until(() -> server.get(path).status() == 200);
      assertRefused(server, server.put(path, ""), 500, 32, Limit.JOB_RESULT_SIZE, 1024);
    }
  }

  @Test
  void moreBatchesThanTheSettingAreRefused() throws IOException {
    assertThat(LeaderSettings.BATCHES_MAX_OPTION).isEqualTo(Limit.BATCHES.setting());
    assertThat(LeaderSettings.DUMPS_MAX_OPTION).isEqualTo(Limit.DUMPS.setting());
    try (RunningServer server = start(Limit.BATCHES, "1")) {
      String batch = "/_api/replication/batch";
      assertThat(server.post(batch, "{\"ttl\":60}").status()).isEqualTo(200);
      assertRefused(server, server.post(batch, "{\"ttl\":60}"), 503, 503, Limit.BATCHES, 1);
    }
  }

  @Test
  void moreAnswersWithDataForFollowersThanTheSettingAreRefusedAfterAWhile() throws IOException {
    try (RunningServer server = start(Limit.DUMPS, "1", "--replication.dumps-timeout=0.1")) {
      // More than the buffers of a connection take.
      server.post("/_api/document/c", text(32 << 20));
      String batch = server.post("/_api/replication/batch", "{\"ttl\":60}").get("id").asString();
      String dump = "/_api/replication/dump?collection=c&batchId=" + batch;
      try (Socket slow = begin(server, "GET " + dump, 0, "")) {
        assertThat(slow.getInputStream().read()).as("the answer has begun").isPositive();
        assertRefused(server, server.get(dump), 503, 503, Limit.DUMPS, 1);
      }
      Awaitility.await().until(() -> server.get(dump).status() == 200);
    }
  }

  /// Sends a request, or the beginning of one.
  private static Socket begin(RunningServer server, String line, int bodyBytes, String body)
      throws IOException {
    Socket connection = new Socket("127.0.0.1", server.port());
    String request =
        line
            + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
            + RunningServer.basic("root", "secret")
            + "\r\nContent-Length: "
            + bodyBytes
            + "\r\n\r\n"
            + body;
    connection.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return connection;
  }

  @Test
  void aBodyThatNeverFitsIntoTheMemoryOfTheSettingIsRefused() throws IOException {
    try (RunningServer server = start(Limit.BODY_MEMORY, "1MiB")) {
      assertThat(server.post("/_api/document/c", text(1_000_000)).status()).isEqualTo(202);
      assertRefused(
          server,
          server.post("/_api/document/c", text(1_100_000)),
          413,
          413,
          Limit.BODY_MEMORY,
          1 << 20);
    }
  }

  @Test
  void aBodyThatOthersLeaveNoMemoryForIsRefusedAfterAWhile() throws IOException {
    try (RunningServer server =
            start(Limit.BODY_MEMORY, "1MiB", "--server.request-memory-timeout=0.1");
        Socket slow = begin(server, "POST /_api/document/c", 900_000, "{")) {
      Reply refused = firstRefusal(() -> server.post("/_api/document/c", text(200_000)));
      assertRefused(server, refused, 503, 503, Limit.BODY_MEMORY, 1 << 20);
      assertThat(slow.isConnected()).isTrue();
    }
  }

  /// Until what holds everything has arrived the same request succeeds.
  private static Reply firstRefusal(Supplier<Reply> request) {
    return Awaitility.await().until(request::get, reply -> reply.status() == 503);
  }

  @Test
  void moreRequestsAtOnceThanTheSettingAreRefused() throws IOException {
    try (RunningServer server = start(Limit.REQUESTS, "2")) {
      Reply refused;
      try (Socket first = begin(server, "POST /_api/document/c", 1000, "{");
          Socket second = begin(server, "POST /_api/document/c", 1000, "{")) {
        refused = firstRefusal(() -> server.get("/_api/version"));
        assertThat(first.isConnected() && second.isConnected()).isTrue();
      }
      assertThat(refused.errorNum()).isEqualTo(21003);
      assertThat(refused.get("errorMessage").asString())
          .contains("(--server.maximal-requests is 2)");
      // Metrics are a request like others, refused as long as both are there.
      Awaitility.await().until(() -> server.get("/_admin/metrics/v2").status() == 200);
      assertThat(refusals(server, Limit.REQUESTS)).isPositive();
    }
  }

  @Test
  void moreAsynchronousRequestsThanTheSettingAreRefused() throws Exception {
    try (ServerSocket silent = new ServerSocket(0);
        RunningServer server = start(Limit.QUEUE_SIZE, "1")) {
      String body =
          "{\"endpoint\":\"tcp://127.0.0.1:"
              + silent.getLocalPort()
              + "\",\"username\":\"root\",\"password\":\"\"}";
      Reply accepted = server.put("/_api/replication/sync", body, "x-arango-async", "store");
      assertThat(accepted.status()).isEqualTo(202);
      Reply second = server.get("/_api/version", "x-arango-async", "store");
      assertRefused(server, second, 503, 21003, Limit.QUEUE_SIZE, 1);
      assertThat(server.get("/_api/version").status()).isEqualTo(200);
    }
  }

  @Test
  void moreSynchronizationsThanTheSettingAreRefusedWhateverTheirDatabase() throws Exception {
    try (ServerSocket silent = new ServerSocket(0);
        RunningServer server = start(Limit.SYNCHRONIZATIONS, "1")) {
      server.post("/_api/database", "{\"name\":\"other\"}");
      String body =
          "{\"endpoint\":\"tcp://127.0.0.1:"
              + silent.getLocalPort()
              + "\",\"username\":\"root\",\"password\":\"\",\"database\":\"_system\"}";
      server.put("/_api/replication/sync", body, "x-arango-async", "store");
      // It is at work from when it has connected; nobody answers it.
      try (Socket connection = silent.accept()) {
        Reply second = server.put("/_db/other/_api/replication/sync", body);
        assertRefused(server, second, 500, 32, Limit.SYNCHRONIZATIONS, 1);
        assertThat(connection.isConnected()).isTrue();
      }
    }
  }

  @Test
  void aLeadersAnswerLongerThanTheSettingEndsTheSynchronization() throws IOException {
    try (ServerSocket leader = new ServerSocket(0);
        RunningServer server = start(Limit.LEADER_ANSWER_SIZE, "1MiB")) {
      Thread.ofVirtual().start(() -> answerTooMuch(leader));
      Reply reply =
          server.put(
              "/_api/replication/sync",
              "{\"endpoint\":\"tcp://127.0.0.1:"
                  + leader.getLocalPort()
                  + "\",\"username\":\"root\",\"password\":\"\"}");
      assertThat(reply.get("errorMessage").asString())
          .contains("raise --replication.max-packet-size (it is 1048576)");
      assertThat(refusals(server, Limit.LEADER_ANSWER_SIZE)).isEqualTo(1);
    }
  }

  private static void answerTooMuch(ServerSocket leader) {
    byte[] answer = new byte[2 << 20];
    String head = "HTTP/1.1 200 OK\r\nContent-Length: " + answer.length + "\r\n\r\n";
    while (!leader.isClosed()) {
      try (Socket connection = leader.accept();
          OutputStream out = connection.getOutputStream()) {
        connection.getInputStream().read(new byte[4096]);
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write(answer);
      } catch (IOException e) {
        // The follower has read enough, or the test is over.
        continue;
      }
    }
  }
}
