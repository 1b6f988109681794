package dev.lockstep.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.server.users.AccessLevel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which level each request needs: `none`, `ro` and `rw` are users with that level on the
/// collection and read access to the database; `owner` may change the database as well.
class PermissionsTest {
  @TempDir static Path folder;

  private static ApiServer server;

  @BeforeAll
  static void start() {
    server = new ApiServer(folder);
    for (String name : new String[] {"c", "other"}) {
      server.send("POST", "/_api/collection", "{\"name\":\"" + name + "\"}");
    }
    server.send("POST", "/_api/document/c", "{\"_key\":\"a\"}");
    server.grant("none", "", AccessLevel.RO);
    server.grant("ro", "", AccessLevel.RO);
    server.grant("ro", "c", AccessLevel.RO);
    server.grant("rw", "", AccessLevel.RO);
    server.grant("rw", "c", AccessLevel.RW);
    server.grant("owner", "", AccessLevel.RW);
    server.grant("owner", "c", AccessLevel.RW);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // verb | path | body | who may
        "GET    | /_api/collection/c                | ''                                | ro",
        "GET    | /_api/collection/c/properties     | ''                                | ro",
        "GET    | /_api/collection/c/checksum       | ''                                | ro",
        "PUT    | /_api/collection/c/load           | ''                                | ro",
        "PUT    | /_api/collection/c/unload         | ''                                | ro",
        "PUT    | /_api/collection/c/recalculateCount | ''                              | rw",
        "PUT    | /_api/collection/c/properties     | {}                                | owner",
        "PUT    | /_api/collection/c/rename         | {\"name\":\"c\"}                  | owner",
        "POST   | /_api/collection                  | {\"name\":\"c\"}                  | owner",
        "GET    | /_api/document/c/a                | ''                                | ro",
        "HEAD   | /_api/document/c/a                | ''                                | ro",
        "PUT    | /_api/document/c?onlyget=true     | [\"a\"]                           | ro",
        "POST   | /_api/document/c                  | []                                | rw",
        "PUT    | /_api/document/c/a                | {}                                | rw",
        "PATCH  | /_api/document/c/a                | {}                                | rw",
        "DELETE | /_api/document/c/nothing          | ''                                | rw",
        "GET    | /_api/index?collection=c          | ''                                | ro",
        "GET    | /_api/index/c/0                   | ''                                | ro",
        "POST   | /_api/index?collection=c          | {\"type\":\"persistent\",\"fields\":[\"x\"]}"
            + " | owner",
        "DELETE | /_api/index/c/99                  | ''                                | owner",
        "POST   | /_api/import?collection=c&type=list | []                              | rw",
        "PUT    | /_api/simple/all                  | {\"collection\":\"c\"}            | ro",
        "PUT    | /_api/simple/by-example           | {\"collection\":\"c\",\"example\":{}} | ro",
        "PUT    | /_api/simple/lookup-by-keys       | {\"collection\":\"c\",\"keys\":[]} | ro",
        "PUT    | /_api/simple/remove-by-keys       | {\"collection\":\"c\",\"keys\":[]} | rw",
        "PUT    | /_api/simple/update-by-example    |"
            + " {\"collection\":\"c\",\"example\":{\"q\":1},\"newValue\":{}} | rw",
      })
  void areAskedFor(String verb, String path, String body, String least) {
    boolean allowed = false;
    for (String user : new String[] {"none", "ro", "rw", "owner"}) {
      allowed |= user.equals(least);
      ApiServer.Reply reply = as(user, verb, path, body);
      if (allowed) {
        assertThat(reply.status()).as("%s: %s", user, reply.json()).isNotEqualTo(403);
      } else {
        assertThat(reply.status()).as("%s: %s", user, reply.json()).isEqualTo(403);
        assertThat(verb.equals("HEAD") || reply.json().contains("\"errorNum\":11")).isTrue();
      }
    }
  }

  @Test
  void namesOfCollectionsWithoutAccessAreNotListed() {
    assertThat(as("ro", "GET", "/_api/collection", "").json())
        .contains("\"name\":\"c\"")
        .doesNotContain("\"name\":\"other\"");
  }

  @Test
  void aReadOnlyServerRefusesWritesOfEverybody() {
    server.store.setReadOnly(true);
    try {
      for (String[] write :
          new String[][] {
            {"POST", "/_api/document/c", "{}"},
            {"DELETE", "/_api/document/c/a", ""},
            {"POST", "/_api/import?collection=c&type=list", "[{}]"},
            {"PUT", "/_api/collection/c/truncate", ""},
            {"POST", "/_api/collection", "{\"name\":\"x\"}"},
            {"DELETE", "/_api/collection/c", ""},
            {"POST", "/_api/index?collection=c", "{\"type\":\"persistent\",\"fields\":[\"x\"]}"},
          }) {
        ApiServer.Reply reply = server.send(write[0], write[1], write[2]);
        assertThat(reply.status()).as(reply.json()).isEqualTo(403);
        assertThat(reply.json()).contains("\"errorNum\":1004");
      }
      assertThat(server.send("GET", "/_api/document/c/a", "").status()).isEqualTo(200);
    } finally {
      server.store.setReadOnly(false);
    }
  }

  private static ApiServer.Reply as(String user, String verb, String path, String body) {
    return server.send(
        verb, path, Map.of("Authorization", "user " + user), body.getBytes(StandardCharsets.UTF_8));
  }
}
