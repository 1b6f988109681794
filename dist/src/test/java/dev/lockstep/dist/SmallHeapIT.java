package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Memory does not grow with the collection, nor with the difference: a follower in a heap of 256
/// MB takes 2,000,000 documents, and removes them again when the leader does not have them any
/// more.
class SmallHeapIT {
  private static final int DOCUMENTS = Integer.getInteger("lockstep.documents", 2_000_000);
  private static final int DOCUMENTS_LEFT = 1_000;

  @TempDir Path folder;

  @Test
  void aFollowerInA256MegabyteHeapTakesTwoMillionDocumentsAndRemovesThemAgain() throws IOException {
    try (LockstepServer leader = LockstepServer.in(folder, "leader").start();
        LockstepServer follower = LockstepServer.in(folder, "follower").heap("256m").start()) {
      LockstepProcess.run(
              "import",
              documents().toString(),
              "--collection",
              "many",
              "--create-collection",
              "--server.endpoint",
              leader.endpoint())
          .hasStatus(0);

      var outcome =
          LockstepProcess.run(
                  "sync",
                  "many",
                  "--leader",
                  leader.endpoint(),
                  "--server.endpoint",
                  follower.endpoint())
              .hasStatus(0);

      System.out.println("SmallHeapIT: " + DOCUMENTS + " documents: " + outcome.lastLine());
      assertThat(follower.count("many")).isEqualTo(DOCUMENTS);
      assertThat(follower.checksum("many")).isEqualTo(leader.checksum("many"));

      becomesSurplus(leader);
      long begun = System.nanoTime();
      JsonNode job = Sync.incremental(follower, Sync.options(leader, "many"));

      System.out.printf(
          "SmallHeapIT: %d surplus documents removed in %.1f s: %s%n",
          DOCUMENTS, (System.nanoTime() - begun) / 1e9, job.path("statistics"));
      assertThat(job.path("statistics").path("method").asText()).isEqualTo("revision-blocks");
      assertThat(job.path("statistics").path("documentsRemoved").asInt()).isEqualTo(DOCUMENTS);
      assertThat(job.path("statistics").path("documentsFetched").asInt()).isEqualTo(DOCUMENTS_LEFT);
      assertThat(follower.count("many")).isEqualTo(DOCUMENTS_LEFT);
      assertThat(follower.checksum("many")).isEqualTo(leader.checksum("many"));
      assertThat(follower.log()).doesNotContain("OutOfMemoryError");
    }
  }

  /// Everything the follower has is surplus then; and the leader is not empty, which would be
  /// easier.
  private static void becomesSurplus(LockstepServer leader) {
    leader.send("PUT", "/_api/collection/many/truncate", null).hasStatus(200);
    Sync.load(leader, "many", DOCUMENTS_LEFT, i -> "{\"other\":" + i + "}");
  }

  private Path documents() throws IOException {
    Path file = folder.resolve("many.jsonl.gz");
    try (var out =
        new BufferedWriter(
            new java.io.OutputStreamWriter(
                new GZIPOutputStream(Files.newOutputStream(file), 1 << 16) {
                  {
                    def.setLevel(Deflater.BEST_SPEED);
                  }
                },
                java.nio.charset.StandardCharsets.US_ASCII),
            1 << 16)) {
      for (int i = 0; i < DOCUMENTS; i++) {
        out.write("{\"n\":");
        out.write(Integer.toString(i));
        out.write(",\"name\":\"document number ");
        out.write(Integer.toString(i * 31));
        out.write(
            "\",\"tags\":[\"a\",\"b\",1.5],\"nested\":{\"flag\":true,\"text\":\"some more text to"
                + " have a size\"}}\n");
      }
    }
    return file;
  }
}
