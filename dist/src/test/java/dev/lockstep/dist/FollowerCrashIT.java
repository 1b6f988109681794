package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` of the follower at random moments of a full synchronization: after the restart it has
/// the old data, complete, or, if it got that far, the new data, complete; the synchronization goes
/// on to its end, and half-built copies leave no space behind.
class FollowerCrashIT {
  private static final int KILLS = Integer.getInteger("lockstep.kills", 20);
  private static final int DOCUMENTS = 60_000;
  private static final Duration SPACE_RETURNS_MAX = Duration.ofSeconds(120);

  @TempDir static Path folder;
  private static ServerPair servers;

  @BeforeAll
  static void startServersAndCopyOnce() throws IOException {
    servers = ServerPair.start(folder);
    Sync.createVictim(servers.leader());
    Random random = new Random(1);
    StringBuilder lines = new StringBuilder();
    byte[] noise = new byte[300];
    for (int i = 0; i < DOCUMENTS; i++) {
      random.nextBytes(noise);
      // Noise, so that compression cannot hide lost space.
      lines
          .append("{\"n\":")
          .append(i)
          .append(",\"text\":\"")
          .append(java.util.Base64.getEncoder().encodeToString(noise))
          .append("\"}\n");
    }
    Path file = Files.writeString(folder.resolve("victim.jsonl"), lines);
    LockstepProcess.run(
            "import",
            file.toString(),
            "--collection",
            "victim",
            "--server.endpoint",
            servers.leader().endpoint(),
            "--server.password",
            ServerPair.LEADER_PASSWORD)
        .hasStatus(0);
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      servers.close();
    }
  }

  /// A blocking synchronization as any driver asks for it.
  private static void synchronize() {
    servers
        .follower()
        .send(
            "PUT",
            "/_api/replication/sync",
            "{\"endpoint\":\""
                + servers.leader().endpoint()
                + "\",\"username\":\"root\",\"password\":\""
                + ServerPair.LEADER_PASSWORD
                + "\",\"restrictType\":\"include\",\"restrictCollections\":[\"victim\"]}")
        .hasStatus(200);
  }

  @Test
  void theOldDataSurviveEveryMomentAndNoSpaceIsLost() {
    Random random = new Random(Seed.forTest("FollowerCrashIT"));
    LockstepServer follower = servers.follower();
    synchronize();
    long begun = System.nanoTime();
    synchronize();
    Duration whole = Duration.ofNanos(System.nanoTime() - begun);
    String old = follower.checksum("victim");
    assertThat(old).isEqualTo(servers.leader().checksum("victim"));
    long bytesBefore = settledBytes(follower, Long.MAX_VALUE);

    int interrupted = 0;
    try (ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor()) {
      for (int kill = 0; kill < KILLS; kill++) {
        // So that old and new can always be told apart.
        servers.leader().send("PATCH", "/_api/document/victim", changeOf(kill)).hasStatus(202);
        String fresh = servers.leader().checksum("victim");
        long moment = (long) (random.nextDouble() * 1.1 * whole.toNanos());
        CompletableFuture<Void> call = CompletableFuture.runAsync(FollowerCrashIT::synchronize);
        try {
          killer.schedule(follower::kill, moment, TimeUnit.NANOSECONDS).get();
        } catch (Exception e) {
          throw new AssertionError("kill " + kill, e);
        }
        boolean isDone = !call.handle((_, failure) -> failure != null).join();
        follower.start();

        String state = follower.checksum("victim");
        String moments =
            "kill " + kill + " after " + moment / 1_000_000 + " of " + whole.toMillis() + " ms";
        if (isDone) {
          assertThat(state).as("%s: the copy was reported done", moments).isEqualTo(fresh);
        } else {
          // An answer may be lost after the swap; anything but one of the two states is a broken
          // promise.
          assertThat(state).as(moments).isIn(old, fresh);
        }
        assertThat(follower.count("victim")).as(moments).isEqualTo(DOCUMENTS);
        interrupted += state.equals(old) ? 1 : 0;
        // Goes on by itself.
        assertThat(Sync.awaitIdle(follower).path("phase").asText()).as(moments).isEqualTo("done");
        old = follower.checksum("victim");
      }
    }
    System.out.println(
        "FollowerCrashIT: " + interrupted + " of " + KILLS + " kills came before the swap");
    assertThat(interrupted).as("kills that hit the copy while it was being built").isPositive();

    synchronize();
    servers.verify("victim").hasStatus(0);
    long bytesAfter = settledBytes(follower, bytesBefore + bytesBefore / 2);
    System.out.println(
        "FollowerCrashIT: "
            + bytesBefore
            + " bytes on disk before the kills, "
            + bytesAfter
            + " after");
    assertThat(bytesAfter)
        .as("bytes on disk, %d before", bytesBefore)
        .isLessThanOrEqualTo(bytesBefore + bytesBefore / 2);
  }

  private static String changeOf(int kill) {
    String key =
        servers
            .leader()
            .send("PUT", "/_api/simple/any", "{\"collection\":\"victim\"}")
            .hasStatus(200)
            .body()
            .path("document")
            .path("_key")
            .asText();
    return "[{\"_key\":\"" + key + "\",\"changed\":" + kill + "}]";
  }

  /// The size of the data folder once purging and compaction had time to return what is free: below
  /// `enough`, or no longer shrinking.
  private static long settledBytes(LockstepServer server, long enough) {
    long[] last = {Long.MAX_VALUE};
    int[] steady = {0};
    Awaitility.await("space is returned")
        .atMost(SPACE_RETURNS_MAX)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> {
          server.send("PUT", "/_api/collection/victim/compact", null);
          long bytes = server.bytesOnDisk();
          steady[0] = bytes < last[0] ? 0 : steady[0] + 1;
          last[0] = Math.min(last[0], bytes);
          boolean isSettled = steady[0] >= 10;
          return enough == Long.MAX_VALUE ? isSettled : bytes <= enough || steady[0] >= 60;
        });
    return server.bytesOnDisk();
  }
}
