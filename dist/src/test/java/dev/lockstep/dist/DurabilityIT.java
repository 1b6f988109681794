package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a server has answered survives `kill -9` in the middle of the next writes, with and without
/// `waitForSync`. Power loss is shown by the storage engine's own tests on an engine that forgets
/// unsynced writes.
class DurabilityIT {
  private static final int WRITERS = 4;
  private static final int KILLS = 3;
  private static final int ACKNOWLEDGED_MIN = 200;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyAnsweredWriteSurvivesKill9(boolean waitForSync) throws InterruptedException {
    try (LockstepServer server = LockstepServer.in(folder, "server-" + waitForSync).start()) {
      server.send("POST", "/_api/collection", "{\"name\":\"c\"}").hasStatus(200);
      Set<String> acknowledged = new TreeSet<>();
      for (int kill = 0; kill < KILLS; kill++) {
        acknowledged.addAll(writeUntilKilled(server, kill, waitForSync));
        server.start();
        Set<String> there = new TreeSet<>();
        server
            .send(
                "PUT",
                "/_api/simple/all-keys",
                "{\"collection\":\"c\",\"type\":\"key\",\"batchSize\":1000000}")
            .hasStatus(201)
            .body()
            .path("result")
            .forEach(key -> there.add(key.asText()));
        assertThat(there).as("after kill %d", kill).containsAll(acknowledged);
        assertThat(server.count("c")).isEqualTo(there.size());
      }
    }
  }

  private static Queue<String> writeUntilKilled(
      LockstepServer server, int round, boolean waitForSync) throws InterruptedException {
    Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    AtomicBoolean isOver = new AtomicBoolean();
    try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
      for (int writer = 0; writer < WRITERS; writer++) {
        String prefix = "r" + round + "w" + writer + "n";
        writers.submit(() -> {
          for (int n = 0; !isOver.get(); n++) {
            try {
              server
                  .send(
                      "POST",
                      "/_api/document/c?waitForSync=" + waitForSync,
                      "{\"_key\":\"" + prefix + n + "\"}")
                  .hasStatus(waitForSync ? 201 : 202);
              acknowledged.add(prefix + n);
            } catch (AssertionError _) {
              return; // killed: this one was not answered
            }
          }
        });
      }
      Awaitility.await("enough answers")
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> acknowledged.size() >= ACKNOWLEDGED_MIN);
      server.kill();
      isOver.set(true);
    }
    return acknowledged;
  }
}
