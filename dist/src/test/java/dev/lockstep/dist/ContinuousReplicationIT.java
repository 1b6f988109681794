package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One server follows another one through everything: random changes of documents, collections,
/// indexes and databases on the leader, while now and then one of the two processes is killed, or
/// the network between them fails. Once that is over, both hold the same, and nothing had to be
/// compared: the log was enough.
class ContinuousReplicationIT {
  private static final long SECONDS = Long.getLong("lockstep.chaos.seconds", 30);
  private static final int WRITERS = 3;
  private static final Duration CATCH_UP_MAX = Duration.ofSeconds(120);

  /// Before the network fails: from at once to in the middle of some later page.
  private static final int BYTES_BEFORE_FAULT_MAX = 100_000;

  private static final List<String> DATABASES = List.of("_system", "shop", "stock");
  private static final List<String> NAMES = List.of("red", "green", "blue", "white");

  @TempDir static Path folder;

  private final AtomicLong writes = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  /// Changes the leader at random until it is told to stop. A leader that is down is tried again.
  private final class Writer {
    private final LockstepServer leader;
    private final Random random;
    private final AtomicBoolean isOver;

    Writer(LockstepServer leader, long seed, AtomicBoolean isOver) {
      this.leader = leader;
      this.random = new Random(seed);
      this.isOver = isOver;
    }

    void run() {
      while (!isOver.get()) {
        try {
          int status = change();
          (status < 300 ? writes : refused).incrementAndGet();
        } catch (AssertionError _) {
          // The leader is down; whether the change was made shows later, on both sides alike.
          refused.incrementAndGet();
          LockSupport.parkNanos(10_000_000);
        }
      }
    }

    private String base() {
      int which = random.nextInt(10);
      return "/_db/" + DATABASES.get(which < 6 ? 0 : which < 8 ? 1 : 2);
    }

    private String name() {
      return NAMES.get(random.nextInt(NAMES.size()));
    }

    private String document() {
      return "{\"_key\":\"k"
          + random.nextInt(500)
          + "\",\"u\":"
          + random.nextInt(400)
          + ",\"n\":"
          + random.nextInt()
          + "}";
    }

    private String documents(int count, String separator) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(document());
      }
      return String.join(separator, all);
    }

    private int change() {
      String base = base();
      String name = name();
      String path = base + "/_api/document/" + name;
      String collection = base + "/_api/collection/" + name;
      int what = random.nextInt(1000);
      if (what < 500) {
        return send("POST", path + "?overwriteMode=replace", document());
      } else if (what < 600) {
        return send(
            "POST",
            path + "?overwriteMode=update",
            "[" + documents(1 + random.nextInt(50), ",") + "]");
      } else if (what < 750) {
        return send(
            "PATCH", path + "/k" + random.nextInt(500), "{\"u\":" + random.nextInt(400) + "}");
      } else if (what < 900) {
        return send("DELETE", path + "/k" + random.nextInt(500), null);
      } else if (what < 930) {
        return send(
            "POST",
            base
                + "/_api/import?type=documents&complete=true&onDuplicate=replace&collection="
                + name,
            documents(1 + random.nextInt(200), "\n"));
      } else if (what < 940) {
        return send("PUT", collection + "/truncate", "");
      } else if (what < 965) {
        return send("POST", base + "/_api/collection", "{\"name\":\"" + name + "\"}");
      } else if (what < 970) {
        return send("DELETE", collection, null);
      } else if (what < 980) {
        return send("PUT", collection + "/rename", "{\"name\":\"" + name() + "\"}");
      } else if (what < 985) {
        return send(
            "PUT", collection + "/properties", "{\"waitForSync\":" + random.nextBoolean() + "}");
      } else if (what < 990) {
        return send(
            "POST",
            base + "/_api/index?collection=" + name,
            "{\"type\":\"persistent\",\"name\":\"i"
                + random.nextInt(3)
                + "\",\"fields\":[\"u\"],\"unique\":"
                + random.nextBoolean()
                + "}");
      } else if (what < 993) {
        return send("DELETE", base + "/_api/index/" + name + "/i" + random.nextInt(3), null);
      } else if (what < 998) {
        return send(
            "POST",
            "/_api/database",
            "{\"name\":\"" + DATABASES.get(1 + random.nextInt(2)) + "\"}");
      } else {
        return send("DELETE", "/_api/database/" + DATABASES.get(1 + random.nextInt(2)), null);
      }
    }

    private int send(String method, String path, @Nullable String body) {
      return leader.send(method, path, body).status();
    }
  }

  @Test
  void staysEqualThroughRandomChangesDeathsAndNetworkFailures() throws Exception {
    followThroughEverything(false);
  }

  /// Such a leader sends markers as JSON, and is polled.
  @Test
  void staysEqualToALeaderThatIsTakenForAStockOne() throws Exception {
    followThroughEverything(true);
  }

  private void followThroughEverything(boolean asStock) throws Exception {
    long seed = Seed.forTest("ContinuousReplicationIT");
    Random random = new Random(seed);
    try (ServerPair servers = ServerPair.start(folder.resolve("stock-" + asStock));
        UnreliableLink link = new UnreliableLink(servers.leader().port())) {
      follow(servers, link.endpoint(), asStock);
      AtomicBoolean isOver = new AtomicBoolean();
      List<CompletableFuture<Void>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        Writer writer = new Writer(servers.leader(), random.nextLong(), isOver);
        writers.add(CompletableFuture.runAsync(writer::run, Thread::startVirtualThread));
      }
      Trouble trouble = trouble(servers, link, random);
      isOver.set(true);
      writers.forEach(CompletableFuture::join);

      JsonNode state = awaitCaughtUp(servers);
      assertThat(state.path("state").path("totalResyncs").asLong()).as("%s", state).isZero();
      assertThat(contents(servers.follower())).isEqualTo(contents(servers.leader()));
      servers.verify().hasStatus(0);
      System.out.printf(
          "ContinuousReplicationIT: stock %s: %,d changes, %,d refused or lost, %d kills, network"
              + " failures %s%n",
          asStock, writes.get(), refused.get(), trouble.kills(), trouble.faults());
      assertThat(writes.get()).isGreaterThan(SECONDS);
    }
  }

  private static void follow(ServerPair servers, String endpoint, boolean asStock) {
    JsonNode state =
        servers
            .follower()
            .send(
                "PUT",
                "/_api/replication/make-follower?global=true",
                "{\"endpoint\":\""
                    + endpoint
                    + "\",\"username\":\"root\",\"password\":\""
                    + ServerPair.LEADER_PASSWORD
                    + "\",\"useExtensions\":"
                    + !asStock
                    + ",\"idleMinWaitTime\":0.3,\"autoStart\":true,\"includeSystem\":false,\"maxConnectRetries\":1000,"
                    + "\"connectionRetryWaitTime\":0.5}")
            .hasStatus(200)
            .body();
    assertThat(state.path("state").path("running").asBoolean()).as("%s", state).isTrue();
  }

  /// What went wrong, and how often.
  private record Trouble(int kills, Map<UnreliableLink.Fault, Integer> faults) {}

  /// Kills either process and lets the network fail now and then, sometimes while a process is
  /// down.
  private static Trouble trouble(ServerPair servers, UnreliableLink link, Random random)
      throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
    int kills = 0;
    Map<UnreliableLink.Fault, Integer> faults = new EnumMap<>(UnreliableLink.Fault.class);
    List<UnreliableLink.Fault> all = List.of(UnreliableLink.Fault.values());
    try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
      while (System.nanoTime() < end) {
        for (int i = random.nextInt(4); i > 0; i--) {
          UnreliableLink.Fault fault = all.get(random.nextInt(all.size()));
          long bytes = random.nextInt(BYTES_BEFORE_FAULT_MAX);
          faults.merge(fault, 1, Integer::sum);
          timer
              .schedule(
                  () -> link.failAfter(bytes, fault), random.nextInt(1_000), TimeUnit.MILLISECONDS)
              .get();
          if (random.nextInt(4) > 0) {
            timer.schedule(link::heal, random.nextInt(1_500), TimeUnit.MILLISECONDS).get();
          }
        }
        LockstepServer victim = random.nextBoolean() ? servers.leader() : servers.follower();
        timer.schedule(victim::kill, 1_000 + random.nextInt(3_000), TimeUnit.MILLISECONDS).get();
        timer.schedule(victim::start, random.nextInt(1_500), TimeUnit.MILLISECONDS).get();
        kills++;
        link.heal();
      }
    }
    return new Trouble(kills, faults);
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
    JsonNode[] state = new JsonNode[1];
    try {
      await("the follower has caught up")
          .atMost(CATCH_UP_MAX)
          .pollInterval(Duration.ofMillis(50))
          .untilAsserted(() -> {
            state[0] =
                servers
                    .follower()
                    .send("GET", "/_api/replication/applier-state?global=true", null)
                    .hasStatus(200)
                    .body();
            assertThat(state[0].path("state").path("running").asBoolean())
                .as("%s", state[0])
                .isTrue();
            assertThat(state[0].path("state").path("lastProcessedContinuousTick").asLong())
                .as("%s", state[0])
                .isGreaterThanOrEqualTo(last);
            assertThat(state[0].path("state").path("progress").path("message").asText())
                .startsWith("following the leader at");
          });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          e.getMessage()
              + "\n"
              + servers.follower().stacks("applier")
              + "\n"
              + servers.leader().stacks("http"),
          e);
    }
    return state[0];
  }

  /// Databases, collections, indexes and checksums.
  private static Map<String, String> contents(LockstepServer server) {
    Map<String, String> contents = new TreeMap<>();
    for (JsonNode database :
        server.send("GET", "/_api/database", null).hasStatus(200).body().path("result")) {
      String base = "/_db/" + database.asText();
      contents.put(base, "");
      for (JsonNode collection :
          server
              .send("GET", base + "/_api/collection?excludeSystem=true", null)
              .hasStatus(200)
              .body()
              .path("result")) {
        String name = collection.path("name").asText();
        String path = base + "/_api/collection/" + name;
        JsonNode properties = server.send("GET", path + "/properties", null).hasStatus(200).body();
        List<String> indexes = new ArrayList<>();
        for (JsonNode index :
            server
                .send("GET", base + "/_api/index?collection=" + name, null)
                .hasStatus(200)
                .body()
                .path("indexes")) {
          indexes.add(index.path("name").asText() + index.path("fields") + index.path("unique"));
        }
        contents.put(
            path,
            server
                    .send("GET", path + "/checksum?withRevisions=true&withData=true", null)
                    .hasStatus(200)
                    .body()
                    .path("checksum")
                    .asText()
                + " "
                + properties.path("globallyUniqueId").asText()
                + " "
                + properties.path("waitForSync")
                + " "
                + indexes);
      }
    }
    return contents;
  }
}
