package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A follower was away for longer than the leader's log reaches back: with `autoResync` it recovers
/// by itself, and fetches what has changed, not everything. Prints what that has cost.
class AutoResyncIT {
  private static final int DOCUMENTS = Integer.getInteger("lockstep.documents", 20_000);
  private static final int CHANGES_KEPT = 1_000;

  /// One in a hundred, but more than the log keeps.
  private static final int CHANGED = Math.max(DOCUMENTS / 100, 3 * CHANGES_KEPT);

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String TEXT = "some text to have a size, and some more. ".repeat(5);

  @TempDir static Path folder;

  private static void write(LockstepServer leader, int count, int round) {
    Sync.load(
        leader,
        "c&onDuplicate=replace",
        count,
        i ->
            "{\"_key\":\"k%d\",\"round\":%d,\"text\":\"%s\"}"
                .formatted((long) i * DOCUMENTS / count, round, TEXT));
  }

  private static JsonNode state(LockstepServer follower) {
    return follower
        .send("GET", "/_api/replication/applier-state", null)
        .hasStatus(200)
        .body()
        .path("state");
  }

  private static JsonNode awaitCaughtUp(ServerPair servers) {
    long last =
        servers
            .leader()
            .send("GET", "/_api/wal/lastTick", null)
            .hasStatus(200)
            .body()
            .path("tick")
            .asLong();
    await("the follower has caught up")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> state(servers.follower()).path("lastProcessedContinuousTick").asLong() >= last);
    return state(servers.follower());
  }

  @Test
  void aFollowerThatWasAwayTooLongRecoversAndFetchesWhatHasChanged() {
    LockstepServer leader =
        LockstepServer.in(folder, "leader")
            .password(ServerPair.LEADER_PASSWORD)
            .option("--replication.changes-kept", String.valueOf(CHANGES_KEPT))
            .option("--replication.changes-kept-time", "0")
            .option("--replication.changes-max", String.valueOf(CHANGES_KEPT))
            .start();
    LockstepServer follower =
        LockstepServer.in(folder, "follower").password(ServerPair.FOLLOWER_PASSWORD).start();
    try (ServerPair servers = new ServerPair(leader, follower)) {
      Sync.create(leader, "{\"name\":\"c\"}");
      write(leader, DOCUMENTS, 0);
      follower
          .send(
              "PUT",
              "/_api/replication/make-follower",
              """
              {"endpoint":"%s","username":"root","password":"%s","autoStart":true,\
              "autoResync":true,"includeSystem":false}\
              """
                  .formatted(leader.endpoint(), ServerPair.LEADER_PASSWORD))
          .hasStatus(200);
      awaitCaughtUp(servers);
      String position = state(follower).path("lastProcessedContinuousTick").asText();
      follower.kill();

      write(leader, CHANGED, 1);
      await("the log does not reach back any more")
          .atMost(PATIENCE)
          .until(() ->
              leader
                      .send("GET", "/_api/replication/logger-first-tick", null)
                      .hasStatus(200)
                      .body()
                      .path("firstTick")
                      .asLong()
                  > Long.parseLong(position) + 1);
      follower.start();
      long started = System.nanoTime();
      JsonNode state = awaitCaughtUp(servers);
      long millis = (System.nanoTime() - started) / 1_000_000;

      assertThat(state.path("totalResyncs").asLong()).as("%s", state).isEqualTo(1);
      JsonNode job = Sync.lastJob(follower);
      JsonNode statistics = job.path("statistics");
      assertThat(statistics.path("documentsFetched").asLong()).as("%s", job).isEqualTo(CHANGED);
      servers.verify("c").hasStatus(0);
      System.out.printf(
          "AutoResyncIT: %,d documents, %,d changed while the follower was away: caught up %,d ms"
              + " after its start, the comparison took %s s, %d requests, %,d bytes received%n",
          DOCUMENTS,
          CHANGED,
          millis,
          job.path("durationSeconds").asText(),
          statistics.path("requests").asInt(),
          statistics.path("bytesReceived").asLong());
    }
  }
}
