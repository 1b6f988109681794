package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Memory does not grow with the collection: a follower in a heap of 256 MB takes 2,000,000
/// documents.
class SmallHeapIT {
  private static final int DOCUMENTS = Integer.getInteger("lockstep.documents", 2_000_000);

  @TempDir Path folder;

  @Test
  void aFollowerInA256MegabyteHeapTakesTwoMillionDocuments() throws IOException {
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
      assertThat(follower.log()).doesNotContain("OutOfMemoryError");
    }
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
