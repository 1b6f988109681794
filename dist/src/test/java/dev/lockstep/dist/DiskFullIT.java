package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The follower's disk is full: the copy fails with an error that says so, the old data stay
/// readable, and once there is space again the next synchronization succeeds, without a restart.
/// The disk is a small file system in memory; skipped where this user may not mount one.
class DiskFullIT {
  private static final int DISK_MEGABYTES = 256;
  private static final int OLD_DOCUMENTS = 2_000;

  /// Some 80 MB, which do not compress.
  private static final int NEW_DOCUMENTS = 100_000;

  /// The engine takes nothing any more below 64 MiB: so much that the copy begins, and too little
  /// for it to end.
  private static final long FREE_BYTES = 100L << 20;

  private static final int DISK_FULL = 1224;
  private static final Duration FULL_DISK_NOTICED_MAX = Duration.ofSeconds(5);
  private static final Duration SPACE_RETURNS_MAX = Duration.ofSeconds(60);

  @TempDir static Path folder;
  private static Path disk;
  private static boolean isMounted;

  @BeforeAll
  static void mountDisk() throws Exception {
    disk = Files.createDirectory(folder.resolve("disk"));
    isMounted =
        run("mount", "-t", "tmpfs", "-o", "size=" + DISK_MEGABYTES + "m", "tmpfs", disk.toString());
    assumeTrue(isMounted, "this user may not mount a file system");
  }

  @AfterAll
  static void unmountDisk() throws Exception {
    if (isMounted) {
      assertThat(run("umount", disk.toString())).as("umount").isTrue();
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @Test
  void aFullDiskFailsACopyClearlyAndTheNextOneSucceeds() throws IOException {
    try (LockstepServer leader = LockstepServer.in(folder, "leader").start();
        LockstepServer follower = LockstepServer.in(disk, "follower").start()) {
      leader.send("POST", "/_api/collection", "{\"name\":\"c\"}").hasStatus(200);
      fill(leader, OLD_DOCUMENTS);
      synchronize(leader, follower).hasStatus(200);
      follower.send("POST", "/_api/collection", "{\"name\":\"other\"}").hasStatus(200);
      String old = follower.checksum("c");
      fill(leader, NEW_DOCUMENTS);
      Path ballast = disk.resolve("ballast");
      fillDisk(ballast, FREE_BYTES);

      LockstepServer.Answer failed = synchronize(leader, follower);

      System.out.println("DiskFullIT: " + failed.status() + " " + failed.body());
      assertThat(failed.status()).as("%s", failed.body()).isEqualTo(500);
      assertThat(failed.body().path("errorNum").asInt())
          .as("%s", failed.body())
          .isEqualTo(DISK_FULL);
      assertThat(failed.body().path("errorMessage").asText())
          .contains("no space left on the disk", disk.toString());
      JsonNode job =
          follower.send("GET", "/_api/replication/jobs", null).hasStatus(200).body().path(0);
      assertThat(job.path("phase").asText()).isEqualTo("failed");
      assertThat(job.path("failedIn").asText()).isEqualTo("copying");
      assertThat(job.path("documentsDone").asInt()).isPositive();
      assertThat(follower.checksum("c")).as("the old data").isEqualTo(old);
      assertThat(follower.count("c")).isEqualTo(OLD_DOCUMENTS);

      Path rest = disk.resolve("rest");
      fillDisk(rest, 0);
      Awaitility.await("the full disk is noticed")
          .atMost(FULL_DISK_NOTICED_MAX)
          .until(() -> follower.send("POST", "/_api/document/other", "{}").status() == 500);
      LockstepServer.Answer refused =
          follower.send("POST", "/_api/document/c", "{}").hasStatus(500);
      assertThat(refused.body().path("errorNum").asInt()).isEqualTo(DISK_FULL);
      assertThat(follower.checksum("c")).as("the old data on a full disk").isEqualTo(old);

      Files.delete(rest);
      Files.delete(ballast);
      Awaitility.await("a synchronization succeeds once there is space")
          .atMost(SPACE_RETURNS_MAX)
          .pollInterval(Duration.ofSeconds(1))
          .until(() -> synchronize(leader, follower).status() == 200);
      assertThat(follower.checksum("c")).isEqualTo(leader.checksum("c"));
      follower.send("POST", "/_api/document/c", "{}").hasStatus(202);
      follower.stop();
      follower.start();
      assertThat(follower.count("c")).isEqualTo(OLD_DOCUMENTS + NEW_DOCUMENTS + 1);
    }
  }

  private static LockstepServer.Answer synchronize(LockstepServer leader, LockstepServer follower) {
    return follower.send(
        "PUT",
        "/_api/replication/sync",
        "{\"endpoint\":\""
            + leader.endpoint()
            + "\",\"username\":\"root\",\"password\":\"\","
            + "\"restrictType\":\"include\",\"restrictCollections\":[\"c\"]}");
  }

  private static void fill(LockstepServer leader, int documents) {
    Random random = new Random(documents);
    byte[] noise = new byte[600];
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < documents; i++) {
      random.nextBytes(noise);
      lines
          .append("{\"text\":\"")
          .append(Base64.getEncoder().encodeToString(noise))
          .append("\"}\n");
      if (lines.length() > 8 << 20 || i == documents - 1) {
        leader
            .send("POST", "/_api/import?collection=c&type=documents", lines.toString())
            .hasStatus(201);
        lines.setLength(0);
      }
    }
  }

  private static void fillDisk(Path ballast, long freeBytes) throws IOException {
    FileStore store = Files.getFileStore(disk);
    byte[] block = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(ballast)) {
      while (store.getUsableSpace() > freeBytes) {
        out.write(block, 0, (int) Math.min(block.length, store.getUsableSpace() - freeBytes));
      }
    } catch (IOException e) {
      // Somebody else has taken the last bytes meanwhile.
      assertThat(freeBytes).as("%s", e).isZero();
    }
  }
}
