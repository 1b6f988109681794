package dev.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the server says about itself (`document-api`, server info).
class ServerInfoTest {
  @TempDir static Path folder;

  private static RunningServer server;

  @BeforeAll
  static void start() throws IOException {
    server = RunningServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void tellsItsVersion() {
    Reply plain = server.get("/_api/version");
    assertThat(plain.text())
        .isEqualTo("{\"server\":\"arango\",\"license\":\"community\",\"version\":\"3.11.14\"}");
    assertThat(plain.headers().firstValue("x-lockstep-capabilities")).isPresent();
    Reply detailed = server.get("/_db/_system/_api/version?details=true");
    assertThat(detailed.get("details", "mode").asString()).isEqualTo("server");
    assertThat(detailed.get("details", "role").asString()).isEqualTo("SINGLE");
    assertThat(detailed.get("details", "lockstep-version").asString()).matches("[0-9]+\\..*");
    assertThat(server.post("/_api/version", "{}").errorNum()).isEqualTo(405);
    assertThat(server.get("/_api/version/x").errorNum()).isEqualTo(404);
  }

  @Test
  void advertisesTheVersionItIsToldTo() throws IOException {
    try (RunningServer other =
        RunningServer.start(folder, "--replication.advertised-version=3.7.9")) {
      assertThat(other.get("/_api/version").get("version").asString()).isEqualTo("3.7.9");
    }
  }

  @Test
  void tellsItsStatusRoleAndTime() {
    Reply status = server.get("/_admin/status");
    assertThat(status.get("pid").asLong()).isEqualTo(ProcessHandle.current().pid());
    assertThat(status.get("serverInfo", "role").asString()).isEqualTo("SINGLE");
    Reply role = server.get("/_admin/server/role");
    assertThat(role.get("role").asString()).isEqualTo("SINGLE");
    assertThat(role.errorNum()).isZero();
    double now = System.currentTimeMillis() / 1000.0;
    assertThat(server.get("/_admin/time").get("time").asDouble()).isBetween(now - 60, now + 60);
    assertThat(server.get("/_admin/server/id").status()).isEqualTo(500);
    assertThat(server.get("/_admin/server/nothing").errorNum()).isEqualTo(404);
    assertThat(server.get("/_api/engine").get("name").asString()).isEqualTo("rocksdb");
    assertThat(server.get("/_admin/echo/a%2Fb?x=1").get("suffix").toJson()).isEqualTo("[\"a/b\"]");
    assertThat(server.post("/_admin/echo", "{\"a\":1}").get("requestBody").toJson())
        .isEqualTo("{\"a\":1}");
    assertThat(server.put("/_admin/wal/flush?waitForSync=true", "").status()).isEqualTo(200);
    assertThat(server.get("/_api/endpoint").text())
        .isEqualTo("[{\"endpoint\":\"http://127.0.0.1:" + server.port() + "\"}]");
  }

  @Test
  void tellsAnybodyThatItIsAvailable() {
    Reply reply = server.sendAs("", "GET", "/_admin/server/availability", "");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.get("mode").asString()).isEqualTo("default");
    assertThat(server.sendAs("", "GET", "/_admin/server/role", "").status()).isEqualTo(401);
  }

  @Test
  void refusesWritesWhileReadOnly() {
    assertThat(server.post("/_api/collection", "{\"name\":\"things\"}").status()).isEqualTo(200);
    assertThat(server.put("/_admin/server/mode", "{\"mode\":\"readonly\"}").get("mode").asString())
        .isEqualTo("readonly");
    try {
      Reply insert = server.post("/_api/document/things", "{}");
      assertThat(insert.status()).isEqualTo(403);
      assertThat(insert.errorNum()).isEqualTo(1004);
      assertThat(server.post("/_api/collection", "{\"name\":\"more\"}").errorNum()).isEqualTo(1004);
      assertThat(server.post("/_api/database", "{\"name\":\"more\"}").errorNum()).isEqualTo(1004);
      assertThat(server.post("/_api/user", "{\"user\":\"late\"}").errorNum()).isEqualTo(1004);
      assertThat(server.get("/_api/collection/things/count").get("count").asLong()).isZero();
      assertThat(server.get("/_admin/server/availability").get("mode").asString())
          .isEqualTo("readonly");
    } finally {
      server.put("/_admin/server/mode", "{\"mode\":\"default\"}");
    }
    assertThat(server.post("/_api/document/things", "{}").status()).isEqualTo(202);
    assertThat(server.put("/_admin/server/mode", "{\"mode\":\"sleepy\"}").errorNum())
        .isEqualTo(400);
  }

  @Test
  void showsItsMetrics() {
    server.post("/_api/collection", "{\"name\":\"measured\"}");
    Reply reply = server.get("/_admin/metrics/v2");
    assertThat(reply.header("content-type")).startsWith("text/plain");
    assertThat(reply.text())
        .contains("# TYPE arangodb_http_request_statistics_total_requests_total counter")
        .containsPattern("lockstep_http_responses_total\\{class=\"2xx\"} [1-9]")
        .contains("lockstep_databases 1.0")
        .contains("arangodb_client_connection_statistics_total_time_bucket{le=\"+Inf\"}");
    assertThat(server.get("/_admin/metrics").status()).isEqualTo(200);
    assertThat(server.get("/_admin/metrics/v9").status()).isEqualTo(404);
  }

  @Test
  void changesTheLevelsOfItsLog() {
    Reply before = server.get("/_admin/log/level");
    String replication = before.get("replication").asString();
    try {
      assertThat(
              server
                  .put("/_admin/log/level", "{\"replication\":\"trace\"}")
                  .get("replication")
                  .asString())
          .isEqualTo("trace");
      assertThat(server.put("/_admin/log/level", "{\"replication\":\"noisy\"}").errorNum())
          .isEqualTo(10);
      assertThat(server.put("/_admin/log/level", "{\"nothing\":\"info\"}").errorNum())
          .isEqualTo(10);
    } finally {
      server.put("/_admin/log/level", "{\"replication\":\"" + replication + "\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/_api/transaction/begin",
        "/_api/gharial",
        "/_api/view",
        "/_api/analyzer",
        "/_api/query",
        "/_api/explain",
        "/_api/aqlfunction",
        "/_api/foxx",
        "/_api/tasks",
        "/_api/cluster/endpoints"
      })
  void saysWhatItDoesNotHave(String path) {
    Reply reply = server.post(path, "{}");
    assertThat(reply.status()).isEqualTo(501);
    assertThat(reply.errorNum()).isIn(9, 1471);
    assertThat(reply.get("errorMessage").asString()).hasSizeGreaterThan(20);
  }
}
