package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` of the follower at random moments of a full synchronization: after the restart the old
/// data are complete (or, when the moment was after the swap, the new ones), and no space leaks.
class FollowerCrashIT {
  private static final int KILLS = Integer.getInteger("lockstep.kills", 20);
  private static final int DOCUMENTS = 40_000;
  private static final long SEED = Long.getLong("lockstep.seed", System.nanoTime());
  private static final String TEXT = "abcdefghij".repeat(60);

  @TempDir Path folder;

  private static void loadOld(LockstepServer follower) {
    follower.send("PUT", "/_api/collection/c/truncate", null).hasStatus(200);
    Sync.load(
        follower, "c", 1_000, number -> "{\"_key\":\"old" + number + "\",\"n\":" + number + "}");
  }

  @Test
  void oldOrNewDataAreCompleteAfterEveryKill() {
    Random random = new Random(SEED);
    try (LockstepServer leader = LockstepServer.in(folder, "leader").start();
        LockstepServer follower = LockstepServer.in(folder, "follower").start()) {
      Sync.create(leader, "{\"name\":\"c\"}");
      Sync.load(
          leader,
          "c",
          DOCUMENTS,
          number -> "{\"n\":" + number + ",\"text\":\"" + TEXT + number + "\"}");
      leader
          .send("POST", "/_api/index?collection=c", "{\"type\":\"persistent\",\"fields\":[\"n\"]}")
          .hasStatus(201);
      String newChecksum = leader.checksum("c");

      long begun = System.nanoTime();
      Sync.run(follower, Sync.options(leader, "c")).hasStatus(200);
      long undisturbedNanos = System.nanoTime() - begun;
      loadOld(follower);
      int afterTheSwap = 0;
      for (int kill = 0; kill < KILLS; kill++) {
        String oldChecksum = follower.checksum("c");
        Sync.run(follower, Sync.options(leader, "c"), "x-arango-async", "store").hasStatus(202);
        // The moment is the subject of this test, not a wait for something.
        LockSupport.parkNanos((long) (random.nextDouble() * undisturbedNanos));
        follower.kill();
        follower.start();
        String checksum = follower.checksum("c");
        String moment = "kill " + kill + ", -Dlockstep.seed=" + SEED;
        assertThat(checksum).as(moment).isIn(oldChecksum, newChecksum);
        if (checksum.equals(newChecksum)) {
          afterTheSwap++;
          assertThat(follower.count("c")).as(moment).isEqualTo(DOCUMENTS);
          loadOld(follower);
        } else {
          assertThat(follower.count("c")).as(moment).isEqualTo(1_000);
        }
      }
      assertThat(afterTheSwap).as("kills before the swap, seed %d", SEED).isLessThan(KILLS);

      Sync.run(follower, Sync.options(leader, "c")).hasStatus(200);
      assertThat(follower.checksum("c")).isEqualTo(newChecksum);
      follower.stop();
      follower.start();
      leader.stop();
      leader.start();
      // One copy is what the leader has; what the kills left is 20 times parts of that.
      long allowed = 2 * leader.bytesOnDisk() + (64L << 20);
      Awaitility.await("space comes back")
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(follower.bytesOnDisk()).isLessThan(allowed));
    }
  }
}
