package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A follower whose heap is far smaller than the collection takes it all the same.
class SmallHeapIT {
  private static final int DOCUMENTS = Integer.getInteger("lockstep.documents", 2_000_000);

  @TempDir Path folder;

  @Test
  void aFollowerOf256MegabytesTakesTwoMillionDocuments() {
    try (LockstepServer leader = LockstepServer.in(folder, "leader").start();
        LockstepServer follower = LockstepServer.in(folder, "follower").heap("256m").start()) {
      Sync.create(leader, "{\"name\":\"many\"}");
      Sync.load(
          leader,
          "many",
          DOCUMENTS,
          number ->
              "{\"_key\":\""
                  + number
                  + "\",\"name\":\"document number "
                  + number
                  + "\",\"value\":"
                  + number
                  + "}");

      Sync.run(follower, Sync.options(leader, "many")).hasStatus(200);

      assertThat(follower.count("many")).isEqualTo(DOCUMENTS);
      assertThat(follower.checksum("many")).isEqualTo(leader.checksum("many"));
      assertThat(follower.log()).doesNotContain("OutOfMemoryError");
    }
  }
}
