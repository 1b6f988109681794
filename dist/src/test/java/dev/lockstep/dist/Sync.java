package dev.lockstep.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/// What the tests of synchronization have in common: its requests, and documents by the thousand.
final class Sync {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration IDLE_MAX = Duration.ofMinutes(3);
  private static final Set<String> ENDS = Set.of("done", "failed", "canceled");

  private Sync() {}

  /// The body of `PUT /_api/replication/sync` for some collections of a leader.
  static ObjectNode options(LockstepServer leader, String... collections) {
    return options(leader.endpoint(), leader.password(), collections);
  }

  static ObjectNode options(WatchedLeader leader, String... collections) {
    return options(leader.endpoint(), leader.leader().password(), collections);
  }

  private static ObjectNode options(String endpoint, String password, String... collections) {
    ObjectNode options =
        JSON.createObjectNode()
            .put("endpoint", endpoint)
            .put("username", "root")
            .put("password", password)
            .put("restrictType", "include")
            .put("includeSystem", true);
    var restricted = options.putArray("restrictCollections");
    for (String collection : collections) {
      restricted.add(collection);
    }
    return options;
  }

  static LockstepServer.Answer run(LockstepServer follower, ObjectNode options, String... headers) {
    return follower.send("PUT", "/_api/replication/sync", options.toString(), headers);
  }

  /// Takes over what differs.
  ///
  /// @return the progress of the job at its end
  static JsonNode incremental(LockstepServer follower, ObjectNode options) {
    run(follower, options.put("incremental", true)).hasStatus(200);
    return lastJob(follower);
  }

  /// Waits until no synchronization is at work, nor one that a restart has interrupted.
  ///
  /// @return the progress of the one that ended last;
  ///   [com.fasterxml.jackson.databind.node.MissingNode] if there was none
  static JsonNode awaitIdle(LockstepServer follower) {
    Awaitility.await("synchronizations end")
        .atMost(IDLE_MAX)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> ENDS.contains(lastJob(follower).path("phase").asText("done")));
    return lastJob(follower);
  }

  /// The progress of the synchronization that ended last; there must be none at work.
  static JsonNode lastJob(LockstepServer follower) {
    return follower.send("GET", "/_api/replication/jobs", null).hasStatus(200).body().path(0);
  }

  /// Imports `count` documents, each made by `document` from its number.
  static void load(
      LockstepServer server, String collection, int count, IntFunction<String> document) {
    int portion = 20_000;
    for (int first = 0; first < count; first += portion) {
      String lines =
          IntStream.range(first, Math.min(first + portion, count))
              .mapToObj(document)
              .collect(Collectors.joining("\n"));
      var answer =
          server
              .send("POST", "/_api/import?type=documents&collection=" + collection, lines)
              .hasStatus(201);
      if (answer.body().path("errors").asInt() != 0) {
        throw new AssertionError("import into " + collection + ": " + answer.body());
      }
    }
  }

  /// Has the collection `victim` made, with a unique index on `n`.
  static void createVictim(LockstepServer server) {
    create(server, "{\"name\":\"victim\"}");
    server
        .send(
            "POST",
            "/_api/index?collection=victim",
            "{\"type\":\"persistent\",\"fields\":[\"n\"],\"unique\":true}")
        .hasStatus(201);
  }

  static void create(LockstepServer server, String properties) {
    server.send("POST", "/_api/collection", properties).hasStatus(200);
  }
}
