package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Full and incremental synchronizations of real servers through a link that delays, throttles,
/// drops, resets, half-closes, truncates, flips bits, duplicates and goes away, as a seed says:
/// each ends equal, or with a failure that says what happened and with the old data there. Source:
/// issue "A sync that does not die", proof 1.
class FaultScheduleIT {
  private static final int SCHEDULES = Integer.getInteger("lockstep.schedules", 12);
  private static final int DOCUMENTS = Integer.getInteger("lockstep.documents", 20_000);

  /// Of one run; beyond, it hangs.
  private static final Duration DEADLINE = Duration.ofSeconds(90);

  /// 1400 no answer, 1401 one that makes no sense, 1402 a refusal, 1403 and 1406 what a damaged
  /// request was understood as, 404 a collection that a damaged answer does not name any more.
  private static final Set<Integer> SPECIFIED = Set.of(1400, 1401, 1402, 1403, 1406, 404, 1203);

  /// Documents that come with a change of the leader and go with the next.
  private static final int EXTRA = 100;

  private static final Set<String> ENDS = Set.of("done", "failed", "canceled");

  @TempDir static Path folder;
  private static ServerPair servers;
  private static FaultyLink link;
  private static int rounds;

  /// Rounds by key.
  private static final Map<String, Integer> onLeader = new HashMap<>();

  @BeforeAll
  static void startServers() {
    servers = ServerPair.start(folder);
    link = new FaultyLink(servers.leader().port());
    Sync.createVictim(servers.leader());
    load(0, DOCUMENTS, i -> i);
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      try (ServerPair pair = servers) {
        link.close();
      }
    }
  }

  private static void load(int round, int count, IntUnaryOperator number) {
    Sync.load(
        servers.leader(),
        "victim&onDuplicate=replace",
        count,
        i -> {
          int which = number.applyAsInt(i);
          onLeader.put("k" + which, round);
          return "{\"_key\":\"k"
              + which
              + "\",\"n\":"
              + which
              + ",\"round\":"
              + round
              + ",\"text\":\"some text to have a size, and some more, and then a little more\"}";
        });
  }

  /// Every tenth document of the leader is another afterwards; some go, some come.
  private static void changeLeader() {
    int round = ++rounds;
    int extra = DOCUMENTS + round * EXTRA;
    String gone =
        IntStream.range(extra - EXTRA, extra)
            .mapToObj(i -> "k" + i)
            .filter(key -> onLeader.remove(key) != null)
            .collect(Collectors.joining("\",\"", "[\"", "\"]"));
    servers.leader().send("DELETE", "/_api/document/victim?silent=true", gone);
    load(round, DOCUMENTS / 10, i -> i * 10 + round % 10);
    load(round, EXTRA, i -> extra + i);
  }

  private static ObjectNode options(boolean isIncremental) {
    return Sync.options(servers.leader(), "victim")
        .put("endpoint", link.endpoint())
        .put("incremental", isIncremental)
        .put("requestTimeout", 1.5)
        .put("connectTimeout", 1)
        .put("connectionRetryWaitTime", 0.2)
        .put("maxConnectRetries", 20);
  }

  /// Begins a synchronization and waits for its end.
  private static JsonNode synchronize(boolean isIncremental, String description) {
    LockstepServer follower = servers.follower();
    LockstepServer.Answer begun =
        Sync.run(follower, options(isIncremental), "x-arango-async", "store").hasStatus(202);
    String job = begun.headers().firstValue("x-arango-async-id").orElseThrow();
    try {
      Awaitility.await("the synchronization ends")
          .atMost(DEADLINE)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> follower.send("PUT", "/_api/job/" + job, null).status() != 204);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          description + ": hangs: " + Sync.lastJob(follower) + "\n" + follower.log(), e);
    }
    JsonNode ended = Sync.lastJob(follower);
    assertThat(ENDS).as(description).contains(ended.path("phase").asText());
    return ended;
  }

  /// Rounds by key.
  private static Map<String, Integer> contents(LockstepServer server) {
    Map<String, Integer> contents = new HashMap<>();
    server.forEachDocument(
        "victim",
        document -> contents.put(document.path("_key").asText(), document.path("round").asInt()));
    return contents;
  }

  /// What a failure has left: the old state, or of a comparison each document in the old or the new
  /// one.
  private static void assertOldOrNew(
      String description, Map<String, Integer> old, boolean isIncremental) {
    Map<String, Integer> found = contents(servers.follower());
    if (!isIncremental) {
      assertThat(found.equals(old)).as(description).isTrue();
      return;
    }
    Set<String> keys = new HashSet<>(old.keySet());
    keys.addAll(onLeader.keySet());
    keys.addAll(found.keySet());
    for (String key : keys) {
      assertThat(found.get(key))
          .as("%s: key %s", description, key)
          .isIn(old.get(key), onLeader.get(key));
    }
  }

  @Test
  void everySynchronizationThroughAFaultyLinkEndsEqualOrSaysWhyNot() {
    long first = Seed.forTest("FaultScheduleIT");
    LockstepServer follower = servers.follower();
    LockstepServer leader = servers.leader();
    long[] answers = new long[2];
    long[] requests = new long[2];
    for (int kind = 0; kind < 2; kind++) {
      link.follow(FaultSchedule.none());
      assertThat(synchronize(kind == 1, "undisturbed").path("phase").asText()).isEqualTo("done");
      answers[kind] = link.answerBytes();
      requests[kind] = link.requestBytes();
      changeLeader();
    }
    // One that has something to do.
    link.follow(FaultSchedule.none());
    synchronize(true, "undisturbed");
    answers[1] = link.answerBytes();
    requests[1] = link.requestBytes();

    Map<FaultSchedule.Fault, Integer> committed = new EnumMap<>(FaultSchedule.Fault.class);
    Map<String, Integer> ends = new TreeMap<>();
    for (int run = 0; run < SCHEDULES; run++) {
      long seed = first + run;
      Random random = new Random(seed);
      boolean isIncremental = run % 2 == 1;
      Map<String, Integer> old = Map.copyOf(onLeader);
      changeLeader();
      String wanted = leader.checksum("victim");
      int kind = isIncremental ? 1 : 0;
      FaultSchedule schedule = FaultSchedule.random(random, answers[kind], requests[kind]);
      String description =
          "seed " + seed + (isIncremental ? ", incremental, " : ", full, ") + schedule;

      link.follow(schedule);
      JsonNode job = synchronize(isIncremental, description);
      link.follow(FaultSchedule.none());
      schedule.committed().forEach(event -> committed.merge(event.fault(), 1, Integer::sum));
      description = description + ", job " + job;

      if (job.path("phase").asText().equals("done")) {
        assertThat(follower.checksum("victim")).as(description).isEqualTo(wanted);
        ends.merge("equal", 1, Integer::sum);
      } else {
        assertThat(SPECIFIED).as(description).contains(job.path("errorNum").asInt());
        assertThat(job.path("errorMessage").asText()).as(description).isNotBlank();
        assertOldOrNew(description, old, isIncremental);
        ends.merge("failed with " + job.path("errorNum").asInt(), 1, Integer::sum);
        assertThat(synchronize(true, description).path("phase").asText()).isEqualTo("done");
        assertThat(follower.checksum("victim")).as(description).isEqualTo(wanted);
      }
    }
    System.out.println(
        "FaultScheduleIT: "
            + SCHEDULES
            + " schedules, "
            + DOCUMENTS
            + " documents: "
            + ends
            + ", faults "
            + committed);
    servers.verify("victim").hasStatus(0);
    assertThat(committed).as("faults that were committed").isNotEmpty();
    assertThat(ends.getOrDefault("equal", 0)).as("%s", ends).isGreaterThan(SCHEDULES / 2);
  }
}
