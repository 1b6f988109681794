package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.IndexType;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.http.RawConnection;
import dev.lockstep.server.replication.RecordedConversation.Exchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Our leader against the recorded requests of a stock 3.2.2 follower, both storage engines, byte
/// for byte over one connection; but for ids, which a follower repeats from our answers. Everything
/// the stock leader answered must be in our answer, but for what [#isOurs] lists.
class RecordedFollowerTest {
  @TempDir Path folder;
  private RunningServer leader;
  private String collectionId = "";

  /// What the follower would repeat from our answers instead of the recorded ones.
  private final Map<String, String> ids = new LinkedHashMap<>();

  @BeforeEach
  void start() throws IOException {
    leader =
        RunningServer.start(folder, new MemoryStorageEngine(), Map.of("ARANGO_ROOT_PASSWORD", ""));
  }

  @AfterEach
  void stop() {
    leader.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void servesAFullSynchronization(String engine) throws IOException {
    List<Exchange> recording = RecordedConversation.read(engine + "-1-leader.txt");
    createAsRecorded("test", lastDocuments(recording));

    List<String> served = replay(recording, "test");

    assertThat(served)
        .startsWith("logger-state", "barrier", "batch", "inventory", "dump")
        .endsWith(
            engine.equals("mmfiles") ? new String[] {"batch", "barrier"} : new String[] {"batch"});
  }

  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void servesAnEmptiedCollection(String engine) throws IOException {
    createAsRecorded("test", List.of());

    assertThat(replay(RecordedConversation.read(engine + "-6-leader.txt"), "test"))
        .contains("dump");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void servesAFollowerThatFindsNothing(String engine) throws IOException {
    createAsRecorded("test", List.of());

    assertThat(replay(RecordedConversation.read(engine + "-7-leader.txt"), "test"))
        .contains("inventory", "batch")
        .doesNotContain("dump");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void refusesAWrongPassword(String engine) throws IOException {
    Exchange refused = RecordedConversation.read(engine + "-8-leader.txt").getFirst();
    try (RawConnection connection = new RawConnection(leader.port())) {
      RawConnection.Answer answer = connection.send(request(refused)).read();

      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.headers().get("www-authenticate"))
          .contains(refused.headers().get("www-authenticate"));
    }
  }

  /// Also the borders between the parts are the recorded ones, to the byte.
  @Test
  void servesTwelveThousandDocumentsInTwoParts() throws IOException {
    List<Exchange> recording = RecordedConversation.read("rocksdb-11-leader.txt");
    List<String> documents = new ArrayList<>();
    for (int i = 0; i < 12_000; i++) {
      documents.add(RecordedConversation.document(i));
    }
    createAsRecorded("mid", documents);

    assertThat(replay(recording, "mid")).filteredOn("dump"::equals).hasSize(4);
  }

  private void createAsRecorded(String name, List<String> documents) {
    Database system = leader.server().store().requireDatabase("_system");
    DocumentCollection collection =
        system.createCollection(CollectionProperties.of(name, CollectionType.DOCUMENT));
    List<DocumentWrite> writes = new ArrayList<>();
    for (String document : documents) {
      VPackSlice body = JsonToVPack.parse(document);
      Revision revision = Revision.parse(Objects.requireNonNull(body.get("_rev")).asString());
      writes.add(new DocumentWrite.Insert(body, OverwriteMode.CONFLICT, true, true, revision));
    }
    collection
        .write(writes, WriteOptions.DEFAULT)
        .forEach(result -> assertThat(result).isInstanceOf(WriteResult.Written.class));
    collection.ensureIndex(IndexDefinition.of(IndexType.SKIPLIST, List.of("value"), false, false));
    collectionId = Long.toUnsignedString(collection.id());
  }

  /// The documents that a recorded dump, which may be a history, leads to.
  private static List<String> lastDocuments(List<Exchange> recording) {
    Map<String, String> last = new LinkedHashMap<>();
    for (Exchange exchange : recording) {
      if (exchange.isDump()) {
        for (String line : exchange.body().lines().toList()) {
          VPackSlice envelope = JsonToVPack.parse(line);
          VPackSlice data = Objects.requireNonNull(envelope.get("data"));
          String key = Objects.requireNonNull(data.get("_key")).asString();
          last.remove(key);
          if (Objects.requireNonNull(envelope.get("type")).asLong() == 2300) {
            last.put(key, data.toJson());
          }
        }
      }
    }
    return List.copyOf(last.values());
  }

  /// @return the commands in order
  private List<String> replay(List<Exchange> recording, String collection) throws IOException {
    List<String> served = new ArrayList<>();
    Set<String> expected = new TreeSet<>(lastDocuments(recording));
    Set<String> dumped = new TreeSet<>();
    try (RawConnection connection = new RawConnection(leader.port())) {
      for (Exchange exchange : recording) {
        RawConnection.Answer answer = ask(connection, exchange);
        served.add(command(exchange));
        if (exchange.path().contains("/_api/job/") && exchange.isPending()) {
          continue;
        }
        if (exchange.isDump()) {
          compareDump(exchange, answer, dumped);
        } else if (command(exchange).equals("barrier")) {
          // Improved: acknowledged whatever the engine.
          assertThat(answer.status()).isIn(200, 204);
          if (exchange.status() == 200 && answer.status() == 200) {
            learn(JsonToVPack.parse(exchange.body()), json(answer));
          }
        } else {
          assertThat(answer.status()).as(exchange.target()).isEqualTo(exchange.status());
          if (!exchange.body().isEmpty()) {
            compare(exchange, json(answer), collection);
          }
        }
        if (exchange.status() == 202) {
          ids.put(
              exchange.headers().get("x-arango-async-id"),
              Objects.requireNonNull(answer.headers().get("x-arango-async-id")));
        }
      }
    }
    assertThat(dumped).containsExactlyElementsOf(expected);
    return served;
  }

  private static String command(Exchange exchange) {
    if (exchange.path().contains("/_api/job/")) {
      return "dump";
    }
    return exchange.path().replaceFirst(".*/_api/replication/", "").replaceFirst("/.*", "");
  }

  /// A poll is repeated until the job is done: ours may take longer or shorter.
  private RawConnection.Answer ask(RawConnection connection, Exchange exchange) throws IOException {
    if (exchange.path().contains("/_api/job/") && exchange.isPending()) {
      return new RawConnection.Answer("HTTP/1.1 204 skipped", Map.of(), new byte[0]);
    }
    if (!exchange.path().contains("/_api/job/")) {
      return connection.send(request(exchange)).read();
    }
    return await()
        .atMost(20, TimeUnit.SECONDS)
        .until(
            () -> connection.send(request(exchange)).read(),
            answer ->
                answer.status() != 204
                    || answer.headers().containsKey("x-arango-replication-checkmore"));
  }

  private String request(Exchange exchange) {
    String target = exchange.target();
    for (Map.Entry<String, String> id : ids.entrySet()) {
      target = target.replaceAll("(?<![0-9])" + id.getKey() + "(?![0-9])", id.getValue());
    }
    // The follower asks for what follows the part it has got, by our number of it.
    target = target.replace("&from=2&", "&from=1&");
    return exchange.verb()
        + " "
        + target
        + " HTTP/1.1\r\n"
        + String.join("\r\n", exchange.requestHeaders())
        + "\r\n\r\n"
        + exchange.requestBody();
  }

  private void learn(VPackSlice theirs, VPackSlice ours) {
    VPackSlice id = theirs.get("id");
    if (id != null) {
      ids.put(id.asString(), Objects.requireNonNull(ours.get("id")).asString());
    }
  }

  private void compareDump(Exchange recorded, RawConnection.Answer answer, Set<String> dumped)
      throws IOException {
    assertThat(answer.headers().get("x-arango-replication-checkmore"))
        .isEqualTo(recorded.headers().get("x-arango-replication-checkmore"));
    boolean isHistory = recorded.body().startsWith("{\"tick\"");
    String text = new String(body(answer), StandardCharsets.UTF_8);
    if (!isHistory) {
      assertThat(answer.status()).isEqualTo(recorded.status());
      assertThat(text.length()).isEqualTo(recorded.body().length());
    }
    assertThat(answer.headers().get("content-type"))
        .isIn(recorded.headers().get("content-type"), "application/x-arango-dump");
    for (String line : text.lines().toList()) {
      VPackSlice envelope = JsonToVPack.parse(line);
      assertThat(Objects.requireNonNull(envelope.get("type")).asLong()).isEqualTo(2300);
      dumped.add(sorted(Objects.requireNonNull(envelope.get("data"))));
    }
  }

  /// The members in the order in which the stock leader sends them.
  private static String sorted(VPackSlice object) {
    TreeMap<String, String> members = new TreeMap<>();
    for (VPackMember member : object.members()) {
      members.put(member.name(), member.value().toJson());
    }
    StringBuilder json = new StringBuilder("{");
    members.forEach(
        (name, value) -> json.append('"').append(name).append("\":").append(value).append(','));
    json.setCharAt(json.length() - 1, '}');
    return json.toString();
  }

  private void compare(Exchange recorded, VPackSlice ours, String collection) {
    VPackSlice theirs = JsonToVPack.parse(recorded.body());
    if (recorded.isAbout("inventory")) {
      compareInventory(theirs, ours, collection);
    } else {
      compare(theirs, ours, command(recorded));
    }
    learn(theirs, ours);
  }

  private void compareInventory(VPackSlice theirs, VPackSlice ours, String collection) {
    compare(
        Objects.requireNonNull(theirs.get("state")),
        Objects.requireNonNull(ours.get("state")),
        "inventory.state");
    VPackSlice expected = find(theirs, collection);
    VPackSlice actual = find(ours, collection);
    compare(expected, actual, "inventory.collection");
    ids.put(
        Objects.requireNonNull(Objects.requireNonNull(expected.get("parameters")).get("id"))
            .asString(),
        collectionId);
  }

  private static VPackSlice find(VPackSlice inventory, String collection) {
    for (VPackSlice entry : Objects.requireNonNull(inventory.get("collections")).elements()) {
      VPackSlice parameters = Objects.requireNonNull(entry.get("parameters"));
      if (Objects.requireNonNull(parameters.get("name")).asString().equals(collection)) {
        return entry;
      }
    }
    throw new AssertionError("no collection " + collection + " in " + inventory.toJson());
  }

  /// Every member they have, we have, of the same type and, unless it is ours to choose, value.
  private static void compare(VPackSlice theirs, VPackSlice ours, String path) {
    assertThat(ours.type()).as(path).isEqualTo(theirs.type());
    switch (theirs.type()) {
      case OBJECT -> {
        for (VPackMember member : theirs.members()) {
          String memberPath = path + "." + member.name();
          VPackSlice value = ours.get(member.name());
          if (isLeftOut(memberPath)) {
            continue;
          }
          assertThat(value).as(memberPath).isNotNull();
          compare(member.value(), Objects.requireNonNull(value), memberPath);
        }
      }
      case ARRAY -> {
        if (!path.endsWith(".clients")) {
          assertThat(ours.length()).as(path).isEqualTo(theirs.length());
          for (int i = 0; i < theirs.length(); i++) {
            compare(theirs.at(i), ours.at(i), path + "[]");
          }
        }
      }
      default -> {
        if (!isOurs(path)) {
          assertThat(ours.toJson()).as(path).isEqualTo(theirs.toJson());
        }
      }
    }
  }

  /// Members that only the storage of the recorded leader has a use for.
  private static boolean isLeftOut(String path) {
    return path.matches(
        ".*\\.(parameters\\.indexes|objectId|selectivityEstimate|shards|count|doCompact|indexBuckets"
            + "|isVolatile|journalSize)");
  }

  /// Ids, ticks, times and versions.
  private static boolean isOurs(String path) {
    return path.matches(
        ".*\\.(id|cid|planId|tick|lastLogTick|lastUncommittedLogTick|totalEvents|time|serverId|version)");
  }

  private static VPackSlice json(RawConnection.Answer answer) throws IOException {
    return JsonToVPack.parse(new String(body(answer), StandardCharsets.UTF_8));
  }

  /// The recorded follower accepts deflated bodies.
  private static byte[] body(RawConnection.Answer answer) throws IOException {
    if (!"deflate".equals(answer.headers().get("content-encoding"))) {
      return answer.body();
    }
    try (InflaterInputStream inflated =
        new InflaterInputStream(new ByteArrayInputStream(answer.body()))) {
      return inflated.readAllBytes();
    }
  }
}
