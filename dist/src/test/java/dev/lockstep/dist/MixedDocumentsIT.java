package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// 100,000 documents of mixed shapes, every key generator, edges, indexes, properties: the copy is
/// the same by `lockstep verify`, and `verify` tells when it is not.
class MixedDocumentsIT {
  private static final String[] COLLECTIONS = {
    "traditional", "userkeys", "counted", "padded", "uuids", "edges", "large", "empty"
  };

  @TempDir static Path folder;
  private static ServerPair servers;

  @BeforeAll
  static void startServersAndFillTheLeader() throws IOException {
    MixedDocuments documents = new MixedDocuments(Seed.forTest("MixedDocumentsIT"));
    servers = ServerPair.start(folder);
    create("traditional", "");
    create("userkeys", ",\"waitForSync\":false,\"cacheEnabled\":true");
    create("counted", ",\"keyOptions\":{\"type\":\"autoincrement\",\"offset\":10,\"increment\":5}");
    create("padded", ",\"keyOptions\":{\"type\":\"padded\"}");
    create("uuids", ",\"keyOptions\":{\"type\":\"uuid\",\"allowUserKeys\":false}");
    create("edges", ",\"type\":3");
    create("large", "");
    create("empty", ",\"waitForSync\":true");
    index(
        "traditional",
        "{\"type\":\"persistent\",\"fields\":[\"n\"],\"unique\":true,\"name\":\"byNumber\"}");
    index("userkeys", "{\"type\":\"persistent\",\"fields\":[\"a1\",\"a2[*]\"],\"sparse\":true}");
    index("userkeys", "{\"type\":\"ttl\",\"fields\":[\"expires\"],\"expireAfter\":3600}");
    index("userkeys", "{\"type\":\"geo\",\"fields\":[\"location\"],\"geoJson\":true}");
    load("traditional", documents, 40_000, _ -> "");
    load(
        "userkeys",
        documents,
        20_000,
        i -> "\"_key\":\"" + (i % 3 == 0 ? "k:" + i + "@(),=;$!*'%" : "k" + i) + "\",");
    load("counted", documents, 10_000, _ -> "");
    load("padded", documents, 10_000, _ -> "");
    load("uuids", documents, 10_000, _ -> "");
    load(
        "edges",
        documents,
        10_000,
        i -> "\"_from\":\"userkeys/k" + i + "\",\"_to\":\"traditional/" + i + "\",");
    List<String> large = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      large.add(documents.large("\"_key\":\"ten" + i + "\",", 10));
      large.add("{\"_key\":\"small" + i + "\"}");
    }
    Path file = Files.write(folder.resolve("large.jsonl"), large);
    importFile("large", file);
    // Some history, so that revisions are not just the order of the import.
    servers
        .leader()
        .send(
            "PATCH",
            "/_api/document/userkeys",
            "[{\"_key\":\"k1\",\"x\":1},{\"_key\":\"k2\",\"x\":1.0}]");
    servers.leader().send("DELETE", "/_api/document/userkeys", "[\"k4\",\"k5\"]");
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      servers.close();
    }
  }

  private static void create(String name, String properties) {
    servers
        .leader()
        .send("POST", "/_api/collection", "{\"name\":\"" + name + "\"" + properties + "}")
        .hasStatus(200);
  }

  private static void index(String collection, String definition) {
    servers
        .leader()
        .send("POST", "/_api/index?collection=" + collection, definition)
        .hasStatus(201);
  }

  private static void load(
      String collection, MixedDocuments documents, int count, IntFunction<String> head)
      throws IOException {
    importFile(collection, documents.write(folder.resolve(collection + ".jsonl.gz"), count, head));
    assertThat(servers.leader().count(collection)).isEqualTo(count);
  }

  private static void importFile(String collection, Path file) {
    LockstepProcess.run(
            "import",
            file.toString(),
            "--collection",
            collection,
            "--server.endpoint",
            servers.leader().endpoint(),
            "--server.password",
            ServerPair.LEADER_PASSWORD)
        .hasStatus(0);
  }

  private static LockstepProcess.Outcome sync(String... collections) {
    List<String> arguments = new ArrayList<>(List.of("sync"));
    arguments.addAll(List.of(collections));
    arguments.addAll(
        List.of(
            "--leader",
            servers.leader().endpointWithUser(),
            "--server.endpoint",
            servers.follower().endpoint(),
            "--server.password",
            ServerPair.FOLLOWER_PASSWORD));
    return LockstepProcess.run(arguments.toArray(String[]::new));
  }

  @Test
  void theCopyIsTheSameAndVerifyTellsWhenItIsNot() {
    sync(COLLECTIONS).hasStatus(0);

    assertThat(servers.verify().hasStatus(0).lastLine())
        .isEqualTo("all " + COLLECTIONS.length + " collections are equal");
    for (String collection : COLLECTIONS) {
      // A second opinion that shares nothing with verify.
      assertThat(servers.follower().checksum(collection))
          .as(collection)
          .isEqualTo(servers.leader().checksum(collection));
    }

    // The generator goes on where the leader's would.
    String next =
        servers
            .follower()
            .send("POST", "/_api/document/counted", "{}")
            .hasStatus(202)
            .body()
            .path("_key")
            .asText();
    assertThat(Long.parseLong(next)).isEqualTo(10 + 5 * 10_000);

    servers
        .follower()
        .send("PATCH", "/_api/document/userkeys/k7", "{\"sneaked\":\"in\"}")
        .hasStatus(202);
    servers.follower().send("DELETE", "/_api/document/large/small3", null).hasStatus(200 + 2);
    servers
        .follower()
        .send("PUT", "/_api/collection/empty/properties", "{\"waitForSync\":false}")
        .hasStatus(200);
    var differing = servers.verify().hasStatus(1);
    assertThat(differing.out())
        .contains("counted: DIFFERS")
        .contains("key '" + next + "': only on the follower")
        .contains("key 'k7': revision")
        .contains("key 'small3': missing on the follower")
        .contains("property 'waitForSync' is true on the leader, false on the follower")
        .contains("edges: equal (10,000 documents, 0 indexes)")
        .contains("traditional: equal (40,000 documents, 1 indexes)")
        .contains("4 of " + COLLECTIONS.length + " collections differ");

    // What was done to the follower is gone with the next copy.
    sync(COLLECTIONS).hasStatus(0);
    servers.verify().hasStatus(0);
  }
}
