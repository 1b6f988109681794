package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The acceptance list of incremental synchronization, row by row, between two servers: through the
/// change log, and in all three ways of comparing.
class IncrementalSyncIT {
  /// How follower and leader compare.
  enum Way {
    /// As two Lockstep servers do: by digest and fingerprint first, then by the leader's change
    /// log, and as below where that does not lead to its state.
    LOCKSTEP(List.of("change-log", "newer-revisions", "revision-blocks"), "fingerprint", true),
    /// As two Lockstep servers do without the change log: by what is newer, then by revision
    /// blocks.
    BLOCKS(List.of("newer-revisions", "revision-blocks"), "fingerprint", true),
    /// As with a stock leader from 3.8 on.
    TREES(List.of("revision-tree"), "revision-tree", true),
    /// As with a stock leader, where the collection is not to be compared by revisions.
    KEYS(List.of("keys"), "keys", false);

    /// In the job's statistics, where something differs and where nothing does.
    final List<String> methods;

    final String methodOfEqual;
    final boolean syncByRevision;

    Way(List<String> methods, String methodOfEqual, boolean syncByRevision) {
      this.methods = methods;
      this.methodOfEqual = methodOfEqual;
      this.syncByRevision = syncByRevision;
    }

    WatchedLeader leader() {
      return this == LOCKSTEP || this == BLOCKS ? lockstepLeader : stockLeader;
    }
  }

  private static final AtomicInteger COLLECTIONS = new AtomicInteger();

  @TempDir static Path folder;
  private static ServerPair servers;
  private static LockstepServer leader;
  private static LockstepServer follower;
  private static WatchedLeader lockstepLeader;
  private static WatchedLeader stockLeader;

  @BeforeAll
  static void startServers() {
    servers = ServerPair.start(folder);
    leader = servers.leader();
    follower = servers.follower();
    lockstepLeader = new WatchedLeader(leader, false);
    stockLeader = new WatchedLeader(leader, true);
  }

  @AfterAll
  static void stopServers() {
    if (servers != null) {
      lockstepLeader.close();
      stockLeader.close();
      servers.close();
    }
  }

  // ---- what the rows have in common

  /// A new collection on the leader.
  private static String create(Way way, String moreProperties) {
    String name = "c" + COLLECTIONS.incrementAndGet();
    Sync.create(
        leader,
        "{\"name\":\""
            + name
            + "\",\"syncByRevision\":"
            + way.syncByRevision
            + moreProperties
            + "}");
    return name;
  }

  /// Keys `k0` and so on.
  private static void load(LockstepServer server, String collection, int count) {
    Sync.load(
        server,
        collection,
        count,
        i -> "{\"_key\":\"k" + i + "\",\"n\":" + i + ",\"text\":\"document " + i + "\"}");
  }

  private static JsonNode incremental(Way way, String... collections) {
    return Sync.incremental(follower, options(way, collections));
  }

  private static ObjectNode options(Way way, String... collections) {
    return Sync.options(way.leader(), collections).put("useChangeLog", way == Way.LOCKSTEP);
  }

  private static void insert(LockstepServer server, String collection, String documents) {
    assertWritten(server.send("POST", "/_api/document/" + collection, documents));
  }

  private static void patch(LockstepServer server, String collection, String documents) {
    assertWritten(server.send("PATCH", "/_api/document/" + collection, documents));
  }

  private static void remove(LockstepServer server, String collection, String keys) {
    assertWritten(server.send("DELETE", "/_api/document/" + collection, keys));
  }

  private static void assertWritten(LockstepServer.Answer answer) {
    assertThat(answer.status()).as("%s", answer).isBetween(200, 202);
    assertThat(answer.body().toString()).doesNotContain("errorNum");
  }

  private static void truncate(LockstepServer server, String collection) {
    server.send("PUT", "/_api/collection/" + collection + "/truncate", null).hasStatus(200);
  }

  /// Count, checksum over revisions and contents, indexes, properties and global id.
  private static void assertSame(String collection) {
    assertThat(follower.count(collection)).isEqualTo(leader.count(collection));
    assertThat(follower.checksum(collection)).isEqualTo(leader.checksum(collection));
    assertThat(indexes(follower, collection)).isEqualTo(indexes(leader, collection));
    assertThat(properties(follower, collection)).isEqualTo(properties(leader, collection));
  }

  private static JsonNode indexes(LockstepServer server, String collection) {
    return server
        .send("GET", "/_api/index?collection=" + collection, null)
        .hasStatus(200)
        .body()
        .path("indexes");
  }

  private static JsonNode properties(LockstepServer server, String collection) {
    ObjectNode properties =
        (ObjectNode)
            server
                .send("GET", "/_api/collection/" + collection + "/properties", null)
                .hasStatus(200)
                .body();
    assertThat(properties.path("globallyUniqueId").asText()).isNotEmpty();
    // Each server counts for itself.
    return properties.without(List.of("id", "objectId"));
  }

  private static long fetched(JsonNode job) {
    return job.path("statistics").path("documentsFetched").asLong(-1);
  }

  private static long removed(JsonNode job) {
    return job.path("statistics").path("documentsRemoved").asLong(-1);
  }

  private static String method(JsonNode job) {
    return job.path("statistics").path("method").asText();
  }

  private static List<String> warnings(JsonNode job) {
    List<String> warnings = new ArrayList<>();
    job.path("warnings").forEach(warning -> warnings.add(warning.asText()));
    return warnings;
  }

  // ---- full copy

  @ParameterizedTest
  @EnumSource
  void aFullCopyHasTheLeadersCountChecksumIndexesPropertiesAndGlobalId(Way way) {
    String name =
        create(way, ",\"waitForSync\":true,\"keyOptions\":{\"type\":\"padded\"},\"type\":2");
    load(leader, name, 500);
    leader
        .send(
            "POST",
            "/_api/index?collection=" + name,
            "{\"type\":\"persistent\",\"fields\":[\"n\"],\"unique\":true,\"name\":\"byNumber\"}")
        .hasStatus(201);
    leader
        .send(
            "POST",
            "/_api/index?collection=" + name,
            "{\"type\":\"ttl\",\"fields\":[\"expires\"],\"expireAfter\":3600}")
        .hasStatus(201);

    Sync.run(follower, Sync.options(way.leader(), name)).hasStatus(200);

    assertSame(name);
    assertThat(method(Sync.lastJob(follower))).isEqualTo("full");
  }

  // ---- repeat without change

  @ParameterizedTest
  @EnumSource
  void aRepetitionWithoutChangesMovesNoDocument(Way way) {
    String name = create(way, "");
    load(leader, name, 1_000);
    incremental(way, name);
    way.leader().forget();

    JsonNode job = incremental(way, name);

    List<String> expected = new ArrayList<>();
    expected.add("GET replication/logger-state");
    if (way.leader() != lockstepLeader) {
      expected.add("POST replication/batch");
      expected.add("GET replication/inventory");
    }
    switch (way) {
      case LOCKSTEP, BLOCKS -> {}
      case TREES -> expected.add("GET replication/revisions/tree");
      case KEYS -> {
        expected.add("POST replication/keys");
        way.leader().forms().stream()
            .filter(form -> form.equals("PUT job/<id>"))
            .forEach(expected::add);
        expected.add("GET replication/keys/<id>");
        expected.add("DELETE replication/keys/<id>");
      }
    }
    if (way.leader() != lockstepLeader) {
      expected.add("DELETE replication/batch/<id>");
    }
    assertThat(way.leader().forms()).containsExactlyElementsOf(expected);
    assertThat(method(job)).isEqualTo(way.methodOfEqual);
    assertThat(fetched(job)).isZero();
    assertThat(removed(job)).isZero();
    JsonNode statistics = job.path("statistics");
    List<WatchedLeader.Request> requests = way.leader().requests();
    assertThat(statistics.path("requests").asLong()).isEqualTo(requests.size());
    // Bodies as they were seen, and for each request its line and headers.
    assertThat(statistics.path("bytesReceived").asLong())
        .isGreaterThan(
            requests.stream().mapToLong(WatchedLeader.Request::bytesReceived).sum()
                + 50L * requests.size());
    assertThat(statistics.path("bytesSent").asLong())
        .isGreaterThan(
            requests.stream().mapToLong(WatchedLeader.Request::bytesSent).sum()
                + 50L * requests.size());
    assertSame(name);
  }

  // ---- every change on either side

  /// What happens between two synchronizations.
  enum Change {
    NOTHING,
    INSERTS_ON_THE_LEADER,
    UPDATES_ON_THE_LEADER,
    REMOVALS_ON_THE_LEADER,
    TRUNCATION_OF_THE_LEADER,
    INSERTS_ON_THE_FOLLOWER,
    UPDATES_ON_THE_FOLLOWER,
    REMOVALS_ON_THE_FOLLOWER,
    TRUNCATION_OF_THE_FOLLOWER,
    THE_SAME_KEY_ON_BOTH,
    EVERYTHING_AT_ONCE;

    boolean needsDocuments() {
      return switch (this) {
        case UPDATES_ON_THE_LEADER,
            REMOVALS_ON_THE_LEADER,
            UPDATES_ON_THE_FOLLOWER,
            REMOVALS_ON_THE_FOLLOWER,
            EVERYTHING_AT_ONCE ->
            true;
        default -> false;
      };
    }

    /// How many of the leader's documents are missing or different then.
    int differing(int size) {
      return switch (this) {
        case NOTHING, REMOVALS_ON_THE_LEADER, TRUNCATION_OF_THE_LEADER, INSERTS_ON_THE_FOLLOWER ->
            0;
        case INSERTS_ON_THE_LEADER -> 2;
        case UPDATES_ON_THE_LEADER, UPDATES_ON_THE_FOLLOWER -> Math.min(2, size);
        case REMOVALS_ON_THE_FOLLOWER, THE_SAME_KEY_ON_BOTH -> 1;
        case TRUNCATION_OF_THE_FOLLOWER -> size;
        case EVERYTHING_AT_ONCE -> size > 10 ? 5 : 2;
      };
    }

    void make(String name, int size) {
      String last = "k" + (size - 1);
      switch (this) {
        case NOTHING -> {}
        case INSERTS_ON_THE_LEADER -> insert(leader, name, "[{\"_key\":\"a\"},{\"_key\":\"z\"}]");
        case UPDATES_ON_THE_LEADER ->
            patch(
                leader, name, "[{\"_key\":\"k0\",\"new\":1},{\"_key\":\"" + last + "\",\"b\":2}]");
        case REMOVALS_ON_THE_LEADER -> remove(leader, name, "[\"" + last + "\"]");
        case TRUNCATION_OF_THE_LEADER -> truncate(leader, name);
        case INSERTS_ON_THE_FOLLOWER ->
            insert(follower, name, "[{\"_key\":\"a\"},{\"_key\":\"z\"}]");
        case UPDATES_ON_THE_FOLLOWER ->
            patch(
                follower,
                name,
                "[{\"_key\":\"k0\",\"n\":-1},{\"_key\":\"" + last + "\",\"n\":-2}]");
        case REMOVALS_ON_THE_FOLLOWER -> remove(follower, name, "[\"" + last + "\"]");
        case TRUNCATION_OF_THE_FOLLOWER -> truncate(follower, name);
        case THE_SAME_KEY_ON_BOTH -> {
          insert(follower, name, "[{\"_key\":\"both\",\"from\":\"follower\"}]");
          insert(leader, name, "[{\"_key\":\"both\",\"from\":\"leader\"}]");
        }
        case EVERYTHING_AT_ONCE -> {
          insert(leader, name, "[{\"_key\":\"a\"},{\"_key\":\"both\"}]");
          insert(follower, name, "[{\"_key\":\"b\"},{\"_key\":\"both\"}]");
          patch(follower, name, "[{\"_key\":\"k0\",\"n\":-1}]");
          remove(leader, name, "[\"" + last + "\"]");
          if (size > 10) {
            patch(leader, name, "[{\"_key\":\"k0\",\"n\":-2},{\"_key\":\"k5\",\"n\":-2}]");
            remove(follower, name, "[\"k7\"]");
          }
        }
      }
    }
  }

  static Stream<Arguments> changes() {
    return Stream.of(Way.values())
        .flatMap(way ->
            Stream.of(Change.values())
                .flatMap(change ->
                    Stream.of(0, 1, 1_000)
                        .filter(size -> size > 0 || !change.needsDocuments())
                        .map(size -> Arguments.of(way, change, size))));
  }

  @ParameterizedTest(name = "{1}, {2} documents, {0}")
  @MethodSource("changes")
  void bringsEverythingToTheLeadersState(Way way, Change change, int size) {
    String name = create(way, "");
    leader
        .send(
            "POST",
            "/_api/index?collection=" + name,
            "{\"type\":\"persistent\",\"fields\":[\"n\"]}")
        .hasStatus(201);
    load(leader, name, size);
    incremental(way, name);
    change.make(name, size);
    boolean isCompared = follower.count(name) > 0;

    JsonNode job = incremental(way, name);

    assertSame(name);
    if (isCompared) {
      assertThat(method(job)).matches(m -> way.methods.contains(m) || m.equals(way.methodOfEqual));
      assertThat(fetched(job)).as("%s", job).isEqualTo(change.differing(size));
      assertThat(warnings(job)).isEmpty();
    } else {
      assertThat(method(job)).isEqualTo("full");
    }
  }

  // ---- unique values

  @ParameterizedTest
  @EnumSource
  void exchangesUniqueValues(Way way) {
    String name = create(way, "");
    for (String field : List.of("n", "m")) {
      leader
          .send(
              "POST",
              "/_api/index?collection=" + name,
              "{\"type\":\"persistent\",\"fields\":[\"" + field + "\"],\"unique\":true}")
          .hasStatus(201);
    }
    insert(
        leader,
        name,
        "[{\"_key\":\"a\",\"n\":1,\"m\":10},{\"_key\":\"b\",\"n\":2,\"m\":20},{\"_key\":\"c\",\"n\":3,\"m\":30}]");
    incremental(way, name);
    // Through a value that nobody has: n goes round in one direction, m in the other.
    for (String document :
        List.of(
            "{\"_key\":\"a\",\"n\":0,\"m\":0}",
            "{\"_key\":\"c\",\"n\":1,\"m\":10}",
            "{\"_key\":\"b\",\"n\":3,\"m\":30}",
            "{\"_key\":\"a\",\"n\":2,\"m\":20}")) {
      patch(leader, name, "[" + document + "]");
    }
    // And a document that the leader does not have holds a value that one of the leader's needs.
    insert(leader, name, "[{\"_key\":\"d\",\"n\":4,\"m\":40}]");
    insert(
        follower,
        name,
        "[{\"_key\":\"local\",\"n\":4,\"m\":41},{\"_key\":\"too\",\"n\":5,\"m\":40}]");

    JsonNode job = incremental(way, name);

    assertSame(name);
    assertThat(method(job)).isIn(way.methods);
    assertThat(fetched(job)).isEqualTo(4);
  }

  // ---- kinds of collections and names

  @ParameterizedTest
  @EnumSource
  void comparesEdgeCollections(Way way) {
    String name = create(way, ",\"type\":3");
    Sync.load(
        leader,
        name,
        200,
        i -> "{\"_key\":\"e" + i + "\",\"_from\":\"v/" + i + "\",\"_to\":\"v/" + (i + 1) + "\"}");
    incremental(way, name);
    insert(leader, name, "[{\"_from\":\"v/0\",\"_to\":\"v/100\"}]");
    patch(follower, name, "[{\"_key\":\"e7\",\"_to\":\"v/0\"}]");

    JsonNode job = incremental(way, name);

    assertSame(name);
    assertThat(method(job)).isIn(way.methods);
    assertThat(fetched(job)).isEqualTo(2);
    var edges =
        follower.send("GET", "/_api/edges/" + name + "?vertex=v/7&direction=out", null).body();
    assertThat(edges.path("edges").path(0).path("_to").asText()).isEqualTo("v/8");
  }

  @ParameterizedTest
  @EnumSource(names = {"LOCKSTEP", "TREES"})
  void comparesSystemCollections(Way way) {
    String graph = "g" + COLLECTIONS.incrementAndGet();
    insert(leader, "_graphs", "[{\"_key\":\"" + graph + "\",\"edgeDefinitions\":[]}]");
    incremental(way, "_graphs", "_analyzers");
    insert(leader, "_graphs", "[{\"_key\":\"" + graph + "b\",\"edgeDefinitions\":[]}]");

    JsonNode job = incremental(way, "_graphs", "_analyzers");

    assertSame("_graphs");
    assertSame("_analyzers");
    assertThat(job.path("collectionsDone").asInt()).isEqualTo(2);
    assertThat(fetched(job)).isEqualTo(1);
  }

  /// The accounts of the leader are the follower's then, root included.
  @Test
  void accountsWorkAfterTheirCollectionWasCompared() {
    // With the leader's password from the beginning, so that root is the same before and after.
    try (LockstepServer own =
        LockstepServer.in(folder, "accounts").password(ServerPair.LEADER_PASSWORD).start()) {
      Sync.run(own, Sync.options(leader, "_users")).hasStatus(200);
      for (Way way : List.of(Way.LOCKSTEP, Way.TREES)) {
        String user = "alice-" + way;
        leader
            .send("POST", "/_api/user", "{\"user\":\"" + user + "\",\"passwd\":\"in wonderland\"}")
            .hasStatus(201);

        JsonNode job = Sync.incremental(own, options(way, "_users"));

        assertThat(method(job)).isIn(way.methods);
        assertThat(own.checksum("_users")).isEqualTo(leader.checksum("_users"));
        authenticate(own, user, "in wonderland").hasStatus(200);
        authenticate(own, user, "elsewhere").hasStatus(401);
      }
    }
  }

  private static LockstepServer.Answer authenticate(
      LockstepServer server, String user, String password) {
    return server.send(
        "POST", "/_open/auth", "{\"username\":\"" + user + "\",\"password\":\"" + password + "\"}");
  }

  /// A globally unique id has a slash in it, and the leader's database is not the follower's.
  @ParameterizedTest
  @EnumSource
  void asksTheRightDatabaseForTheCollectionByItsEncodedGlobalId(Way way) {
    String database = "d" + COLLECTIONS.incrementAndGet();
    leader.send("POST", "/_api/database", "{\"name\":\"" + database + "\"}").hasStatus(201);
    String path = "/_db/" + database;
    String name = "only-there_" + way;
    leader
        .send(
            "POST",
            path + "/_api/collection",
            "{\"name\":\"" + name + "\",\"syncByRevision\":" + way.syncByRevision + "}")
        .hasStatus(200);
    leader
        .send("POST", path + "/_api/document/" + name, "[{\"_key\":\"1%25+a\"},{\"_key\":\"2\"}]")
        .hasStatus(202);
    ObjectNode options = options(way, name).put("database", database);
    Sync.incremental(follower, options);
    leader
        .send("POST", path + "/_api/document/" + name, "[{\"_key\":\"3%\"},{\"_key\":\"4\"}]")
        .hasStatus(202);
    way.leader().forget();

    JsonNode job = Sync.incremental(follower, options);

    assertThat(method(job)).isIn(way.methods);
    assertThat(fetched(job)).isEqualTo(2);
    assertThat(follower.count(name)).isEqualTo(4);
    assertThat(way.leader().requests())
        .filteredOn(request -> request.query().contains("collection=h"))
        .isNotEmpty()
        .allSatisfy(
            request -> assertThat(request.query()).containsPattern("collection=h[0-9A-F]+%2F\\d+"));
    follower.send("DELETE", "/_api/collection/" + name, null).hasStatus(200);
  }

  @Test
  void aNameThatNobodyCanHaveIsOneThatTheLeaderDoesNotHave() {
    assertThat(
            leader
                .send("POST", "/_api/collection", "{\"name\":\"grüße\"}")
                .hasStatus(400)
                .errorNum())
        .isEqualTo(1208);

    var answer =
        Sync.run(follower, Sync.options(lockstepLeader, "grüße").put("incremental", true))
            .hasStatus(200);

    assertThat(answer.body().path("collections")).isEmpty();
  }

  // ---- what is not the same collection

  @ParameterizedTest
  @ValueSource(strings = {"\"type\":3", "\"waitForSync\":true"})
  void anotherCollectionOfTheSameNameIsReplacedAsAWhole(String local) {
    String name = create(Way.LOCKSTEP, "");
    load(leader, name, 100);
    Sync.create(follower, "{\"name\":\"" + name + "\"," + local + "}");
    insert(follower, name, "[{\"_key\":\"k1\",\"_from\":\"v/1\",\"_to\":\"v/2\"}]");

    JsonNode job = incremental(Way.LOCKSTEP, name);

    assertSame(name);
    assertThat(method(job)).isEqualTo("full");
    assertThat(warnings(job))
        .anyMatch(warning -> warning.contains("1 documents of collection '" + name + "'"));
  }

  @Test
  void aCollectionThatTheLeaderLacksIsAnEmptyResultOnTheWireAnd1203ForOurOwnCommands() {
    Sync.create(follower, "{\"name\":\"mine\"}");
    insert(follower, "mine", "[{\"_key\":\"kept\"}]");
    ObjectNode options = Sync.options(leader, "mine").put("incremental", true);

    var raw = Sync.run(follower, options).hasStatus(200);
    var ours = Sync.run(follower, options, "x-lockstep-client", "test").hasStatus(404);

    assertThat(raw.body().path("collections").isArray()).isTrue();
    assertThat(raw.body().path("collections")).isEmpty();
    assertThat(raw.body().path("lastLogTick").asText()).matches("[1-9]\\d*");
    assertThat(ours.errorNum()).isEqualTo(1203);
    assertThat(follower.count("mine")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void aCollectionThatTheFollowerLacksIsCopied(Way way) {
    String name = create(way, "");
    load(leader, name, 100);

    JsonNode job = incremental(way, name);

    assertSame(name);
    assertThat(method(job)).isEqualTo("full");
    assertThat(warnings(job)).isEmpty();
  }

  @Test
  void localIndexesStayUnlessTheyCouldContradictTheLeader() {
    String name = create(Way.LOCKSTEP, "");
    load(leader, name, 10);
    incremental(Way.LOCKSTEP, name);
    for (String definition :
        List.of(
            "{\"type\":\"persistent\",\"fields\":[\"text\"],\"name\":\"harmless\"}",
            "{\"type\":\"persistent\",\"fields\":[\"n\"],\"unique\":true,\"name\":\"strict\"}")) {
      follower.send("POST", "/_api/index?collection=" + name, definition).hasStatus(201);
    }
    insert(leader, name, "[{\"_key\":\"twice\",\"n\":1}]");

    JsonNode job = incremental(Way.LOCKSTEP, name);

    assertThat(follower.checksum(name)).isEqualTo(leader.checksum(name));
    assertThat(indexes(follower, name).findValuesAsText("name"))
        .containsExactlyInAnyOrder("primary", "harmless");
    assertThat(warnings(job)).anyMatch(warning -> warning.contains("'strict'"));
  }

  // ---- failures

  @Test
  void failuresAreThoseOfAFullSynchronizationAndTouchNothing() throws IOException {
    String name = create(Way.LOCKSTEP, "");
    load(leader, name, 50);
    incremental(Way.LOCKSTEP, name);
    String before = follower.checksum(name);
    insert(leader, name, "[{\"_key\":\"not-yet\"}]");
    ObjectNode good = Sync.options(leader, name).put("incremental", true);

    assertFails(good.deepCopy().put("password", "wrong"), 1402, ".*HTTP 401: Unauthorized.*");
    assertFails(
        good.deepCopy().put("endpoint", "tcp://127.0.0.1:" + closedPort()),
        1400,
        "could not connect to leader at .*");
    assertFails(
        good.deepCopy().put("database", "nowhere"), 1402, ".*HTTP 404: Not Found - .*1228.*");
    assertFails(
        Sync.options(follower, name).put("incremental", true),
        1405,
        "got same server id \\(\\d+\\) from endpoint .*");

    assertThat(follower.checksum(name)).isEqualTo(before);
    insert(follower, name, "[{\"_key\":\"writable\"}]");
  }

  private static void assertFails(ObjectNode options, int errorNum, String sentence) {
    var answer = Sync.run(follower, options).hasStatus(500);
    assertThat(answer.errorNum()).as("%s", answer).isEqualTo(errorNum);
    assertThat(answer.body().path("errorMessage").asText()).matches(sentence);
    JsonNode job = Sync.lastJob(follower);
    assertThat(job.path("phase").asText()).isEqualTo("failed");
    assertThat(job.path("errorNum").asInt()).isEqualTo(errorNum);
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void refusesToSynchronizeWhileAnApplierRuns() {
    String name = "followed";
    Sync.create(leader, "{\"name\":\"" + name + "\"}");
    insert(leader, name, "[{\"_key\":\"first\"}]");
    ObjectNode options = Sync.options(leader, name);
    follower.send("PUT", "/_api/replication/make-follower", options.toString()).hasStatus(200);
    try {
      var answer = Sync.run(follower, options).hasStatus(400);
      assertThat(answer.errorNum()).as("%s", answer).isEqualTo(1411);
      assertThat(answer.body().path("errorMessage").asText())
          .isEqualTo("cannot perform operation while applier is running");
      insert(leader, name, "[{\"_key\":\"later\"}]");
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> follower.checksum(name).equals(leader.checksum(name)));
    } finally {
      follower.send("DELETE", "/_api/replication/applier-state", null).hasStatus(200);
    }
  }

  /// The second one is refused, and so are clients' writes; both say why.
  @Test
  void twoSynchronizationsAtOnceAndWritesMeanwhileAreRefused() {
    String name = create(Way.LOCKSTEP, "");
    load(leader, name, 20_000);
    incremental(Way.LOCKSTEP, name);
    changeAll(name, 20_000);

    String job =
        Sync.run(
                follower,
                Sync.options(leader, name).put("incremental", true),
                "x-arango-async",
                "store")
            .hasStatus(202)
            .headers()
            .firstValue("x-arango-async-id")
            .orElseThrow();
    awaitPhase(job, "updating");
    var second = Sync.run(follower, Sync.options(leader, name).put("incremental", true));
    var write = follower.send("POST", "/_api/document/" + name, "{\"_key\":\"mine\"}");
    var read = follower.send("GET", "/_api/document/" + name + "/k5", null);
    var result = awaitResult(job);

    assertThat(second.errorNum()).as("%s", second).isEqualTo(28);
    assertThat(write.errorNum()).as("%s", write).isEqualTo(1004);
    assertThat(write.body().path("errorMessage").asText()).contains(name).contains(job);
    read.hasStatus(200);
    assertThat(result.status()).isEqualTo(200);
    assertSame(name);
  }

  private static void changeAll(String name, int count) {
    Sync.load(
        leader,
        name + "&onDuplicate=replace",
        count,
        i -> "{\"_key\":\"k" + i + "\",\"n\":" + -i + ",\"text\":\"" + "x".repeat(200) + "\"}");
  }

  private static void awaitPhase(String job, String phase) {
    Awaitility.await("phase " + phase)
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .until(() ->
            follower
                .send("GET", "/_api/replication/jobs/" + job, null)
                .body()
                .path("phase")
                .asText()
                .equals(phase));
  }

  private static LockstepServer.Answer awaitResult(String job) {
    return Awaitility.await("result of job " + job)
        .atMost(Duration.ofMinutes(2))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> follower.send("PUT", "/_api/job/" + job, null), answer -> answer.status() != 204);
  }

  @Test
  void anAsynchronousCallGivesItsIdThenItsResultThenItsTrueError() {
    String name = create(Way.LOCKSTEP, "");
    load(leader, name, 10);
    incremental(Way.LOCKSTEP, name);
    insert(leader, name, "[{\"_key\":\"new\"}]");
    ObjectNode options = Sync.options(leader, name).put("incremental", true);

    var accepted = Sync.run(follower, options, "x-arango-async", "store").hasStatus(202);
    String job = accepted.headers().firstValue("x-arango-async-id").orElseThrow();
    var result = awaitResult(job).hasStatus(200);

    assertThat(result.headers().firstValue("x-arango-async-id")).contains(job);
    assertThat(result.body().path("collections").path(0).path("name").asText()).isEqualTo(name);
    assertSame(name);
    assertThat(follower.send("PUT", "/_api/job/4711", null).hasStatus(404).errorNum())
        .isEqualTo(404);

    String failing =
        Sync.run(follower, options.put("password", "wrong"), "x-arango-async", "store")
            .hasStatus(202)
            .headers()
            .firstValue("x-arango-async-id")
            .orElseThrow();
    assertThat(awaitResult(failing).hasStatus(500).errorNum()).isEqualTo(1402);
  }

  // ---- sizes and old revisions

  @ParameterizedTest
  @EnumSource
  void documentsLargerThanAnyPartPassWhateverTheirNumber(Way way) {
    String name = create(way, "");
    insert(leader, name, "[{\"_key\":\"small\"},{\"_key\":\"" + "k".repeat(254) + "\"}]");
    incremental(way, name);
    for (int i = 0; i < 8; i++) {
      insert(leader, name, "[{\"_key\":\"" + "l".repeat(253) + i + "\",\"n\":" + i + "}]");
      insert(leader, name, large("mid" + i, 300 << 10));
    }
    insert(leader, name, large("large", 17 << 20));

    JsonNode job = Sync.incremental(follower, options(way, name).put("chunkSize", 16 << 10));

    assertSame(name);
    assertThat(method(job)).isIn(way.methods);
    assertThat(fetched(job)).isEqualTo(17);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOCKSTEP", "KEYS"})
  void aDocumentOf90MegabytesPasses(Way way) {
    String name = create(way, "");
    insert(leader, name, "[{\"_key\":\"small\"}]");
    incremental(way, name);
    insert(leader, name, large("huge", 90 << 20));
    insert(leader, name, "[{\"_key\":\"after\"}]");

    // Not by way of somebody who holds it in memory.
    JsonNode job =
        Sync.incremental(
            follower, Sync.options(leader, name).put("useChangeLog", way == Way.LOCKSTEP));

    assertThat(method(job)).isIn(way.methods);
    assertThat(fetched(job)).isEqualTo(2);
    assertThat(follower.count(name)).isEqualTo(3);
    assertThat(follower.checksum(name)).isEqualTo(leader.checksum(name));
    for (LockstepServer server : List.of(leader, follower)) {
      server.send("DELETE", "/_api/collection/" + name, null).hasStatus(200);
    }
  }

  private static String large(String key, int bytes) {
    return "{\"_key\":\"" + key + "\",\"text\":\"" + "0123456789abcde_".repeat(bytes / 16) + "\"}";
  }

  /// Restored data: revisions from before 2021, where trees begin, and numbers from before
  /// revisions were times, which fit into no tree.
  @ParameterizedTest
  @EnumSource
  void takesOverRevisionsOfAnyAge(Way way) {
    String old = create(way, "");
    restore(old, "a", "_WT2-------");
    restore(old, "b", "_W_________");
    insert(leader, old, "[{\"_key\":\"now\"}]");
    incremental(way, old);
    restore(old, "c", "_V--------B");
    remove(leader, old, "[\"a\"]");

    JsonNode job = incremental(way, old);

    assertSame(old);
    assertThat(method(job)).isIn(way.methods);
    assertThat(fetched(job)).isEqualTo(1);

    String numbers = create(way, "");
    restore(numbers, "a", "12345");
    restore(numbers, "b", "98765432");
    incremental(way, numbers);
    restore(numbers, "c", "12346");
    remove(leader, numbers, "[\"b\"]");

    job = incremental(way, numbers);

    assertSame(numbers);
    assertThat(method(job))
        .as("%s", job)
        .isEqualTo(way == Way.LOCKSTEP ? way.methods.getFirst() : "keys");
    assertThat(fetched(job)).isEqualTo(1);
  }

  private static void restore(String collection, String key, String revision) {
    var answer =
        leader
            .send(
                "POST",
                "/_api/document/" + collection + "?isRestore=true",
                "{\"_key\":\"" + key + "\",\"_rev\":\"" + revision + "\"}")
            .hasStatus(202);
    assertThat(answer.body().path("_rev").asText()).isEqualTo(revision);
  }
}
