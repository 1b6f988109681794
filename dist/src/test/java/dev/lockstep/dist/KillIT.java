package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `kill -9` of the leader, or of the follower, at random moments of full and incremental
/// synchronizations: after the restart the job goes on by itself under its id and ends equal, and
/// what had come is not fetched again. Source: issue "A sync that does not die", proof 2.
class KillIT {
  private static final int KILLS = Integer.getInteger("lockstep.kills", 3);
  private static final int DOCUMENTS = Integer.getInteger("lockstep.documents", 60_000);

  /// Answers under way, and what of them is not committed yet: `fetchedBytesMax`, `decodedBytesMax`
  /// and a commit of `FollowerSettings` and `GenerationLoad`.
  private static final long IN_FLIGHT_BYTES = (16 + 8 + 4) << 20;

  /// Long enough that to fetch everything twice exceeds the bound, what is in flight included.
  private static final String TEXT = "some text to have a size, and some more of it. ".repeat(30);

  @TempDir static Path folder;
  private static ServerPair servers;
  private static FaultyLink link;
  private static int rounds;

  @BeforeAll
  static void startServers() {
    servers = ServerPair.start(folder);
    link = new FaultyLink(servers.leader().port());
    Sync.create(servers.leader(), "{\"name\":\"victim\"}");
    load(DOCUMENTS);
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      try (ServerPair pair = servers) {
        link.close();
      }
    }
  }

  /// Replaces documents, or makes them.
  private static void load(int count) {
    int round = ++rounds;
    Sync.load(
        servers.leader(),
        "victim&onDuplicate=replace",
        count,
        i ->
            "{\"_key\":\"k"
                + i * (DOCUMENTS / count)
                + "\",\"round\":"
                + round
                + ",\"text\":\""
                + TEXT
                + "\"}");
  }

  private static ObjectNode options(boolean isIncremental) {
    return Sync.options(servers.leader(), "victim")
        .put("endpoint", link.endpoint())
        .put("incremental", isIncremental)
        .put("connectionRetryWaitTime", 0.2);
  }

  /// @return id of the job whose answer can be fetched
  private static String begin(boolean isIncremental) {
    return Sync.run(servers.follower(), options(isIncremental), "x-arango-async", "store")
        .hasStatus(202)
        .headers()
        .firstValue("x-arango-async-id")
        .orElseThrow();
  }

  @ParameterizedTest(name = "{0}, incremental {1}")
  @CsvSource({"leader, false", "leader, true", "follower, false", "follower, true"})
  void synchronizationsGoOnWhateverIsKilled(String side, boolean isIncremental) throws Exception {
    Random random = new Random(Seed.forTest("KillIT"));
    LockstepServer follower = servers.follower();
    LockstepServer killed = side.equals("leader") ? servers.leader() : follower;
    // The first one warms up.
    long wholeNanos = 0;
    long wholeBytes = 0;
    for (int i = 0; i < 2; i++) {
      load(DOCUMENTS / 2);
      link.follow(FaultSchedule.none());
      long begun = System.nanoTime();
      begin(isIncremental);
      assertThat(Sync.awaitIdle(follower).path("phase").asText()).isEqualTo("done");
      wholeNanos = System.nanoTime() - begun;
      wholeBytes = link.answerBytes() + link.requestBytes();
    }

    int interrupted = 0;
    double worst = 0;
    try (ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor()) {
      for (int kill = 0; kill < KILLS; kill++) {
        load(DOCUMENTS / 2);
        String wanted = servers.leader().checksum("victim");
        link.follow(FaultSchedule.none());
        long moment = random.nextLong(wholeNanos);
        String when = side + ", kill " + kill + " after " + moment / 1_000_000 + " ms";
        String job = begin(isIncremental);
        // Before, the leader is not known yet, and a wrong address is to be told soon.
        Awaitility.await("first contact")
            .pollInterval(Duration.ofMillis(1))
            .until(() -> link.answerBytes() > 0);
        killer.schedule(killed::kill, moment, TimeUnit.NANOSECONDS).get();
        killed.start();

        JsonNode ended = Sync.awaitIdle(follower);
        when = when + ", " + ended;
        assertThat(ended.path("phase").asText()).as(when).isEqualTo("done");
        assertThat(follower.checksum("victim")).as(when).isEqualTo(wanted);
        LockstepServer.Answer answer = follower.send("PUT", "/_api/job/" + job, null);
        assertThat(answer.status()).as("%s: %s", when, answer.body()).isEqualTo(200);
        assertThat(answer.body().path("collections")).as(when).hasSize(1);
        interrupted += ended.path("restarts").asInt() + ended.path("retries").asInt() > 0 ? 1 : 0;
        long bytes = link.answerBytes() + link.requestBytes();
        assertThat(bytes).as(when).isLessThan(wholeBytes * 12 / 10 + IN_FLIGHT_BYTES);
        worst = Math.max(worst, (double) bytes / wholeBytes);
      }
    }
    servers.verify("victim").hasStatus(0);
    System.out.printf(
        "KillIT: %s, incremental %s: %d kills, %d of them in the middle; at most %.2f times the %d"
            + " bytes of an undisturbed run%n",
        side, isIncremental, KILLS, interrupted, worst, wholeBytes);
  }
}
