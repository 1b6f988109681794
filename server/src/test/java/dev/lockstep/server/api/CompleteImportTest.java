package dev.lockstep.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Imports that have to be complete, larger than the commits that other writes are cut into.
class CompleteImportTest {
  private static final String TEXT = "x".repeat(100_000);

  @TempDir Path folder;
  private RunningServer server;

  @BeforeEach
  void start() throws IOException {
    server = RunningServer.start(folder);
    server.post("/_api/collection", "{\"name\":\"c\"}");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Reply importDocuments(int megabytes, String last) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < megabytes * 10; i++) {
      body.append("{\"_key\":\"k").append(i).append("\",\"t\":\"").append(TEXT).append("\"}\n");
    }
    return server.post(
        "/_api/import?collection=c&type=documents&complete=true", body.append(last).toString());
  }

  private long count() {
    return server.get("/_api/collection/c/count").get("count").asLong();
  }

  @Test
  void takesMoreThanOneUsualCommit() {
    Reply reply = importDocuments(40, "");

    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    assertThat(count()).isEqualTo(400);
  }

  @Test
  void leavesNothingBehindWhereTheLastRowViolatesAUniqueIndex() {
    Reply reply = importDocuments(40, "{\"_key\":\"k0\"}");

    assertThat(reply.status()).isEqualTo(409);
    assertThat(reply.errorNum()).isEqualTo(1210);
    assertThat(count()).isZero();
  }

  @Test
  void saysWhatItTakesAtMost() {
    Reply reply = importDocuments(70, "");

    assertThat(reply.errorNum()).as(reply.text()).isEqualTo(32);
    assertThat(reply.get("errorMessage").asString()).contains("complete=true").contains("bytes");
    assertThat(count()).isZero();
  }
}
