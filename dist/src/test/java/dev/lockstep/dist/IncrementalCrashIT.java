package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` of the follower at random moments of an incremental synchronization: after the restart
/// each document is as it was or as the leader's is, what both states have is there, count and
/// index agree with the documents, and once the leader is there the synchronization goes on by
/// itself.
class IncrementalCrashIT {
  private static final int KILLS = Integer.getInteger("lockstep.kills", 5);
  private static final int DOCUMENTS = 20_000;

  private static final int PAGE_BYTES = 64 << 10;

  /// Each has more than so many bytes.
  private static final int DOCUMENT_BYTES = 80;

  @TempDir static Path folder;
  private static ServerPair servers;

  @BeforeAll
  static void startServersAndCopyOnce() {
    servers = ServerPair.start(folder);
    Sync.createVictim(servers.leader());
    write(0);
    synchronize();
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      servers.close();
    }
  }

  private static JsonNode synchronize() {
    return Sync.incremental(
        servers.follower(),
        Sync.options(servers.leader(), "victim")
            .put("connectionRetryWaitTime", 0.5)
            .put("chunkSize", PAGE_BYTES));
  }

  /// One quarter of the documents stays, one is changed, one half is replaced by others that take
  /// over the values of the unique attribute.
  private static void write(int round) {
    LockstepServer leader = servers.leader();
    if (round > 0) {
      String keys =
          IntStream.range(0, DOCUMENTS / 2)
              .mapToObj(i -> "\"r" + (round - 1) + "-" + i + "\"")
              .collect(Collectors.joining(",", "[", "]"));
      leader.send("DELETE", "/_api/document/victim?silent=true", keys);
    }
    int same = round == 0 ? 0 : DOCUMENTS / 4;
    Sync.load(
        leader,
        "victim&onDuplicate=replace",
        DOCUMENTS - same,
        i ->
            "{\"_key\":\""
                + (i < DOCUMENTS / 2 ? "r" + round + "-" + i : "k" + i)
                + "\",\"n\":"
                + (i < DOCUMENTS / 2 ? (i + 791 * round) % (DOCUMENTS / 2) : i)
                + ",\"round\":"
                + round
                + ",\"text\":\"some text to have a size, and some more of it\"}");
  }

  /// Revisions by key.
  private static Map<String, String> revisions(LockstepServer server) {
    Map<String, String> revisions = new HashMap<>();
    server.forEachDocument(
        "victim",
        document -> revisions.put(document.path("_key").asText(), document.path("_rev").asText()));
    return revisions;
  }

  @Test
  void theSynchronizationGoesOnWhereKill9HasInterruptedIt() throws Exception {
    Random random = new Random(Seed.forTest("IncrementalCrashIT"));
    LockstepServer follower = servers.follower();
    write(1);
    long begun = System.nanoTime();
    synchronize();
    long wholeNanos = System.nanoTime() - begun;

    int halfWay = 0;
    int resumed = 0;
    try (ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor()) {
      for (int kill = 0; kill < KILLS; kill++) {
        Map<String, String> old = revisions(follower);
        write(2 + kill);
        Map<String, String> fresh = revisions(servers.leader());
        // At random, but one after the other through the whole of it.
        long moment = (long) ((kill + random.nextDouble()) / KILLS * wholeNanos);
        CompletableFuture<Void> call = CompletableFuture.runAsync(IncrementalCrashIT::synchronize);
        killer.schedule(follower::kill, moment, TimeUnit.NANOSECONDS).get();
        call.handle((_, _) -> true).join();
        // What there is at the follower stands still as long as the leader is away.
        servers.leader().stop();
        follower.start();

        String when = "kill " + kill + " after " + moment / 1_000_000 + " ms";
        Map<String, String> found = revisions(follower);
        assertValid(when, old, fresh, found);
        halfWay += found.equals(old) || found.equals(fresh) ? 0 : 1;

        servers.leader().start();
        JsonNode job = Sync.awaitIdle(follower);
        boolean isResumed = job.path("restarts").asInt() > 0;
        resumed += isResumed ? 1 : 0;
        if (!isResumed) {
          // The request had not arrived yet, or was answered already.
          job = synchronize();
        }
        assertThat(revisions(follower).equals(fresh)).as("%s: equal to the leader", when).isTrue();
        assertThat(job.path("warnings")).as("%s: %s", when, job).isEmpty();
        // What had come before the kill is not fetched again, but for one page of the change log.
        long stillMissing =
            fresh.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(found.get(entry.getKey())))
                .count();
        assertThat(job.path("statistics").path("documentsFetched").asLong())
            .as("%s: %s", when, job)
            .isBetween(stillMissing, stillMissing + PAGE_BYTES / DOCUMENT_BYTES);
      }
    }
    servers.verify("victim").hasStatus(0);
    System.out.println(
        "IncrementalCrashIT: " + halfWay + " of " + KILLS + " kills left a state in between");
    assertThat(resumed).as("synchronizations gone on with").isPositive();
    assertThat(halfWay).as("kills in the middle of the changes").isPositive();
  }

  private static void assertValid(
      String when, Map<String, String> old, Map<String, String> fresh, Map<String, String> found) {
    List<String> neither =
        found.entrySet().stream()
            .filter(document ->
                !document.getValue().equals(old.get(document.getKey()))
                    && !document.getValue().equals(fresh.get(document.getKey())))
            .map(Map.Entry::getKey)
            .toList();
    assertThat(excerpt(neither)).as("%s: documents of neither state", when).isEmpty();
    List<String> missing =
        old.keySet().stream()
            .filter(key -> fresh.containsKey(key) && !found.containsKey(key))
            .toList();
    assertThat(excerpt(missing)).as("%s: documents of both states, missing", when).isEmpty();
    LockstepServer follower = servers.follower();
    assertThat(follower.count("victim")).as(when).isEqualTo(found.size());
    // By way of the key and of the unique index, not of the revisions.
    String key = found.keySet().iterator().next();
    JsonNode document =
        follower.send("GET", "/_api/document/victim/" + key, null).hasStatus(200).body();
    assertThat(document.path("_rev").asText()).as(when).isEqualTo(found.get(key));
    var conflict =
        follower.send(
            "POST", "/_api/document/victim", "{\"n\":" + document.path("n").asLong() + "}");
    assertThat(conflict.errorNum()).as("%s: %s", when, conflict).isEqualTo(1210);
  }

  private static List<String> excerpt(List<String> keys) {
    return keys.subList(0, Math.min(5, keys.size()));
  }
}
