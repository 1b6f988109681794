package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two of our servers over HTTP, differences only.
class IncrementalSyncApiTest {
  private static final int DOCUMENTS = 20_000;

  @TempDir Path folder;
  private RunningServer leader;
  private RunningServer follower;

  @BeforeEach
  void start() throws IOException {
    leader = RunningServer.start(folder.resolve("leader"));
    follower = RunningServer.start(folder.resolve("follower"));
    leader.post("/_api/collection", "{\"name\":\"c\"}");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < DOCUMENTS; i++) {
      lines.append("{\"_key\":\"k").append(i).append("\",\"text\":\"some text of document\"}\n");
    }
    assertThat(leader.post("/_api/import?collection=c&type=documents", lines.toString()).status())
        .isEqualTo(201);
    sync(false);
  }

  @AfterEach
  void stop() {
    follower.close();
    leader.close();
  }

  /// @return the job's progress at its end
  private Reply sync(boolean incremental) {
    Reply reply =
        follower.put(
            "/_api/replication/sync",
            "{\"endpoint\":\"tcp://127.0.0.1:"
                + leader.port()
                + "\",\"username\":\"root\",\"password\":\"secret\",\"restrictType\":\"include\","
                + "\"restrictCollections\":[\"c\"],\"incremental\":"
                + incremental
                + "}");
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    VPackSlice latest = follower.get("/_api/replication/jobs").json().at(0);
    String id = Objects.requireNonNull(latest.get("id")).asString();
    return follower.get("/_api/replication/jobs/" + id);
  }

  private static long number(Reply progress, String name) {
    return progress.get("statistics", name).asLong();
  }

  private void assertSame() {
    String checksum = "/_api/collection/c/checksum?withRevisions=true&withData=true";
    assertThat(follower.get(checksum).get("checksum").asString())
        .isEqualTo(leader.get(checksum).get("checksum").asString());
  }

  @Test
  void asksOnceWhereNothingDiffers() {
    Reply progress = sync(true);

    assertThat(progress.get("statistics", "method").asString()).isEqualTo("fingerprint");
    assertThat(number(progress, "requests")).isEqualTo(1);
    assertThat(number(progress, "bytesSent") + number(progress, "bytesReceived")).isLessThan(1_000);
  }

  /// All revisions lie in a few buckets of the tree; they are listed as runs, and cost next to
  /// nothing.
  @Test
  void receivesHardlyMoreThanTheDocumentsThatDiffer() {
    for (int i = 0; i < 200; i++) {
      leader.send("PATCH", "/_api/document/c/k" + i * 100, "{\"changed\":" + i + "}");
    }
    follower.send("PATCH", "/_api/document/c/k17", "{\"changed\":-1}");
    follower.delete("/_api/document/c/k18");
    follower.post("/_api/document/c", "{\"_key\":\"mine\"}");

    Reply progress = sync(true);

    assertSame();
    assertThat(progress.get("statistics", "method").asString()).isEqualTo("revision-blocks");
    assertThat(number(progress, "documentsFetched")).isEqualTo(202);
    assertThat(number(progress, "documentsRemoved")).isEqualTo(1);
    assertThat(number(progress, "bytesReceived")).isLessThan(202 * 150 + 30_000);
  }

  /// A document of the follower's that looks like one of the leader's to a revision tree.
  @Test
  void findsADocumentUnderTheSameRevisionButAnotherKey() throws IOException {
    String revision = leader.get("/_api/document/c/k5").get("_rev").asString();
    follower.delete("/_api/document/c/k5");
    assertThat(
            follower
                .post(
                    "/_api/document/c?isRestore=true",
                    "{\"_key\":\"other\",\"_rev\":\"" + revision + "\"}")
                .status())
        .isBetween(200, 299);

    Reply progress = sync(true);

    assertSame();
    assertThat(follower.get("/_api/document/c/other").status()).isEqualTo(404);
    assertThat(progress.get("statistics", "method").asString()).isEqualTo("keys");
    assertThat(progress.get("warnings").length()).isPositive();
  }

  @Test
  void survivesARestartOfBothInBetween() throws IOException {
    MemoryStorageEngine leaderData = (MemoryStorageEngine) leader.engine();
    MemoryStorageEngine followerData = (MemoryStorageEngine) follower.engine();
    leader.close();
    follower.close();
    Map<String, String> environment = Map.of("ARANGO_ROOT_PASSWORD", "secret");
    leader = RunningServer.start(folder.resolve("leader"), leaderData.killProcess(), environment);
    follower =
        RunningServer.start(folder.resolve("follower"), followerData.killProcess(), environment);
    leader.post("/_api/document/c", "{\"_key\":\"next\"}");

    Reply progress = sync(true);

    assertSame();
    assertThat(number(progress, "documentsFetched")).isEqualTo(1);
  }
}
