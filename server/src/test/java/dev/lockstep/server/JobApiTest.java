package dev.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobApiTest {
  @TempDir static Path folder;

  private static RunningServer server;

  @BeforeAll
  static void start() throws IOException {
    server = RunningServer.start(folder);
    server.post("/_api/collection", "{\"name\":\"c\"}");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String submit(String verb, String path, String body) {
    Reply reply = server.send(verb, path, body, "x-arango-async", "store");
    assertThat(reply.status()).isEqualTo(202);
    assertThat(reply.bytes()).isEmpty();
    String id = reply.header("x-arango-async-id");
    assertThat(id).matches("[0-9]+");
    return id;
  }

  private static void awaitDone(String id) {
    Awaitility.await().until(() -> server.get("/_api/job/" + id).status() == 200);
  }

  @Test
  void storesStatusHeadersAndBodyAndGivesThemOnce() {
    String id = submit("POST", "/_api/document/c", "{\"_key\":\"a\",\"x\":1}");
    awaitDone(id);
    Reply answer = server.put("/_api/job/" + id, "");
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.get("_key").asString()).isEqualTo("a");
    assertThat(answer.header("x-arango-async-id")).isEqualTo(id);
    assertThat(answer.header("etag")).isEqualTo("\"" + answer.get("_rev").asString() + "\"");
    Reply again = server.put("/_api/job/" + id, "");
    assertThat(again.status()).isEqualTo(404);
    assertThat(again.errorNum()).isEqualTo(404);
    assertThat(server.get("/_api/document/c/a").status()).isEqualTo(200);
  }

  @Test
  void storesFailuresToo() {
    String id = submit("GET", "/_api/document/c/missing", "");
    awaitDone(id);
    Reply answer = server.put("/_api/job/" + id, "");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.errorNum()).isEqualTo(1202);
  }

  @Test
  void checksWhoAsksBeforeItQueues() {
    assertThat(
            server.sendAs("", "POST", "/_api/document/c", "{}", "x-arango-async", "store").status())
        .isEqualTo(401);
    assertThat(
            server.post("/_db/nowhere/_api/document/c", "{}", "x-arango-async", "store").errorNum())
        .isEqualTo(1228);
  }

  @Test
  void listsAndDeletesJobs() {
    String id = submit("GET", "/_api/version", "");
    awaitDone(id);
    assertThat(server.get("/_api/job/done").text()).startsWith("[").contains("\"" + id + "\"");
    assertThat(server.get("/_api/job/pending").text()).startsWith("[");
    assertThat(server.get("/_api/job/done?count=x").errorNum()).isEqualTo(10);
    assertThat(server.delete("/_api/job/" + id).text()).isEqualTo("{\"result\":true}");
    assertThat(server.delete("/_api/job/" + id).errorNum()).isEqualTo(404);
    String other = submit("GET", "/_api/version", "");
    awaitDone(other);
    assertThat(server.delete("/_api/job/expired?stamp=1").status()).isEqualTo(200);
    assertThat(server.get("/_api/job/" + other).status()).isEqualTo(200);
    assertThat(server.delete("/_api/job/expired").errorNum()).isEqualTo(400);
    assertThat(server.delete("/_api/job/expired?stamp=99999999999").status()).isEqualTo(200);
    assertThat(server.get("/_api/job/" + other).status()).isEqualTo(404);
    assertThat(server.delete("/_api/job/all").status()).isEqualTo(200);
  }

  @Test
  void namesWhatIsNoJob() {
    assertThat(server.put("/_api/job", "").errorNum()).isEqualTo(400);
    assertThat(server.put("/_api/job/12345678", "").errorNum()).isEqualTo(404);
    assertThat(server.put("/_api/job/nonsense", "").errorNum()).isEqualTo(404);
    assertThat(server.put("/_api/job/12345678/cancel", "").errorNum()).isEqualTo(404);
    assertThat(server.post("/_api/job/1", "").errorNum()).isEqualTo(405);
  }

  @Test
  void cancelsAJobThatEndedWithoutHarm() {
    String id = submit("GET", "/_api/version", "");
    awaitDone(id);
    assertThat(server.put("/_api/job/" + id + "/cancel", "").text()).isEqualTo("{\"result\":true}");
    assertThat(server.put("/_api/job/" + id, "").status()).isEqualTo(200);
  }
}
