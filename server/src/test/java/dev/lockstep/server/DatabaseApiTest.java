package dev.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseApiTest {
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
  void createsListsAndDropsDatabases() {
    Reply created = server.post("/_api/database", "{\"name\":\"shop\"}");
    assertThat(created.status()).isEqualTo(201);
    assertThat(created.get("result").asBoolean()).isTrue();
    assertThat(server.get("/_api/database").get("result").toJson()).contains("\"shop\"");
    Reply current = server.get("/_db/shop/_api/database/current");
    assertThat(current.get("result", "name").asString()).isEqualTo("shop");
    assertThat(current.get("result", "isSystem").asBoolean()).isFalse();
    assertThat(server.get("/_db/shop/_api/collection/_graphs").status()).isEqualTo(200);
    assertThat(server.get("/_db/shop/_api/collection/_users").errorNum()).isEqualTo(1203);
    assertThat(server.post("/_api/database", "{\"name\":\"shop\"}").errorNum()).isEqualTo(1207);
    assertThat(server.get("/_db/shop/_api/database").errorNum()).isEqualTo(1230);
    assertThat(server.post("/_db/shop/_api/database", "{\"name\":\"x\"}").errorNum())
        .isEqualTo(1230);
    assertThat(server.delete("/_db/shop/_api/database/shop").errorNum()).isEqualTo(1230);
    assertThat(server.delete("/_api/database/shop").get("result").asBoolean()).isTrue();
    assertThat(server.delete("/_api/database/shop").errorNum()).isEqualTo(1228);
    assertThat(server.get("/_db/shop/_api/database/current").errorNum()).isEqualTo(1228);
  }

  @Test
  void refusesWhatItCannotDo() {
    assertThat(server.post("/_api/database", "{\"name\":\"1 2\"}").errorNum()).isEqualTo(1229);
    assertThat(server.post("/_api/database", "{\"nome\":\"x\"}").errorNum()).isEqualTo(1229);
    assertThat(server.post("/_api/database", "{\"name\":7}").errorNum()).isEqualTo(1229);
    assertThat(server.post("/_api/database", "[]").errorNum()).isEqualTo(600);
    assertThat(server.post("/_api/database", "{").errorNum()).isEqualTo(600);
    assertThat(server.post("/_api/database", "{\"name\":\"u\",\"users\":7}").errorNum())
        .isEqualTo(10);
    assertThat(server.post("/_api/database", "{\"name\":\"u\",\"users\":[{}]}").errorNum())
        .isEqualTo(10);
    assertThat(server.get("/_db/u/_api/database/current").errorNum()).isEqualTo(1228);
    assertThat(server.delete("/_api/database/_system").status()).isEqualTo(403);
    assertThat(server.get("/_api/database/nonsense").errorNum()).isEqualTo(400);
    assertThat(server.put("/_api/database", "{}").errorNum()).isEqualTo(405);
  }

  @Test
  void createsTheUsersOfANewDatabase() {
    server.post(
        "/_api/database",
        "{\"name\":\"team\",\"users\":[{\"username\":\"ann\",\"passwd\":\"a\",\"extra\":{\"x\":1}},"
            + "{\"username\":\"ben\",\"active\":false}]}");
    String ann = RunningServer.basic("ann", "a");
    assertThat(server.sendAs(ann, "GET", "/_db/team/_api/database/user", "").get("result").toJson())
        .isEqualTo("[\"team\"]");
    assertThat(
            server
                .sendAs(ann, "POST", "/_db/team/_api/collection", "{\"name\":\"notes\"}")
                .status())
        .isEqualTo(200);
    assertThat(server.sendAs(ann, "POST", "/_db/team/_api/document/notes", "{}").status())
        .isEqualTo(202);
    assertThat(server.sendAs(ann, "GET", "/_api/version", "").status()).isEqualTo(401);
    assertThat(server.get("/_api/user/ann").get("extra").toJson()).isEqualTo("{\"x\":1}");
    assertThat(
            server
                .sendAs(RunningServer.basic("ben", ""), "GET", "/_db/team/_api/version", "")
                .status())
        .isEqualTo(401);
  }
}
