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
import dev.lockstep.core.document.ChunkHash;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.storage.Durability;
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
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Our leader against the recorded requests of a stock 3.2.2 follower, both storage engines, byte
/// for byte over one connection; but for ids, which a follower repeats from our answers. Everything
/// the stock leader answered must be in our answer, but for what [#isOurs] lists.
class RecordedFollowerTest {
  private static final Pattern ID =
      Pattern.compile("(?<before>/(batch|keys|barrier|job)/|(batchId|collection)=)(?<id>[0-9]+)");

  @TempDir Path folder;
  private RunningServer leader;
  private String collectionId = "";

  /// What the follower would repeat from our answers instead of the recorded ones, by what it is
  /// the id of: a RocksDB leader gives a list of keys the id of its batch, we do not.
  private final Map<String, String> ids = new LinkedHashMap<>();

  /// Where the recorded leader errs, or where its answer was shortened and is made up here.
  private final Set<String> different = new TreeSet<>();

  /// The lists of chunks we answered.
  private final List<VPackSlice> chunkLists = new ArrayList<>();

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

  /// What happened on the recorded leader happens here, and the follower asks after each step: it
  /// is told what the recorded one was, in the same form. But for a truncation: that is told as
  /// one, not as the removal of each document.
  @ParameterizedTest
  @ValueSource(strings = {"rocksdb", "mmfiles"})
  void tellsAFollowerWhatHappensAfterItsSynchronization(String engine) throws IOException {
    List<Exchange> recording = RecordedConversation.read(engine + "-9-leader.txt");
    createAsRecorded("tail", List.of("{\"_key\":\"a\",\"_rev\":\"_md9uuJ----\",\"v\":1}"));
    different.addAll(Set.of("marker.database", "marker.tid", "marker.data._rev"));
    DocumentCollection collection =
        leader.server().store().requireDatabase("_system").requireCollection("tail");
    List<Runnable> steps =
        List.of(
            () -> write(collection, insert("{\"_key\":\"b\",\"v\":2}")),
            () ->
                write(
                    collection,
                    new DocumentWrite.Update(
                        "a", JsonToVPack.parse("{\"v\":11}"), null, true, true)),
            () -> write(collection, new DocumentWrite.Remove("b", null)),
            () ->
                collection.ensureIndex(
                    IndexDefinition.of(IndexType.HASH, List.of("v"), false, false)),
            () -> write(collection, insert("{\"_key\":\"t1\"}"), insert("{\"_key\":\"t2\"}")),
            () -> collection.changeProperties(null, true, null, false),
            () -> collection.truncate(Durability.PROCESS_CRASH),
            () -> write(collection, insert("{\"_key\":\"m1\"}"), insert("{\"_key\":\"m2\"}")));
    String tick = leader.server().store().publishedTick().toString();
    List<VPackSlice> told = new ArrayList<>();
    try (RawConnection connection = new RawConnection(leader.port())) {
      RawConnection.Answer open = connection.send(request(recording.get(0))).read();
      assertThat(open.status()).isEqualTo(200);
      assertThat(json(open).toJson()).isEqualTo("[]");
      assertThat(open.headers())
          .containsKeys("x-arango-replication-frompresent", "x-arango-replication-lasttick");
      tick = follow(connection, recording.get(1), tick, told);
      for (Runnable step : steps) {
        step.run();
        tick = follow(connection, recording.get(2), tick, told);
      }
      follow(connection, recording.get(3), tick, told);
    }

    assertThat(told.removeIf(marker -> type(marker) == 2004)).isTrue();
    List<VPackSlice> recorded =
        withoutTruncation(recording.get(2).body().lines().map(JsonToVPack::parse).toList());
    assertThat(told.stream().map(RecordedFollowerTest::type))
        .containsExactlyElementsOf(recorded.stream().map(RecordedFollowerTest::type).toList());
    for (int i = 0; i < told.size(); i++) {
      compare(recorded.get(i), told.get(i), "marker");
    }
  }

  private static DocumentWrite insert(String json) {
    return new DocumentWrite.Insert(
        JsonToVPack.parse(json), OverwriteMode.CONFLICT, true, true, null);
  }

  private static void write(DocumentCollection collection, DocumentWrite... writes) {
    List<DocumentWrite> all = List.of(writes);
    WriteOptions options =
        new WriteOptions(
            Durability.PROCESS_CRASH, false, false, all.size() > 1, WriteOptions.DEFAULT.origin());
    collection
        .write(all, options)
        .forEach(result -> assertThat(result).isInstanceOf(WriteResult.Written.class));
  }

  /// @return from where the follower asks the next time
  private String follow(
      RawConnection connection, Exchange recorded, String tick, List<VPackSlice> told)
      throws IOException {
    String request = request(recorded).replaceFirst("&from=[0-9]+&", "&from=" + tick + "&");
    RawConnection.Answer answer = connection.send(request).read();
    assertThat(answer.status()).isEqualTo(recorded.status());
    for (String name : List.of("content-type", "x-arango-replication-active")) {
      assertThat(answer.headers().get(name))
          .startsWith(Objects.requireNonNull(recorded.headers().get(name)).replaceFirst(";.*", ""));
    }
    assertThat(answer.headers().get("x-arango-replication-frompresent")).isEqualTo("true");
    assertThat(answer.headers().get("x-arango-replication-checkmore")).isEqualTo("false");
    assertThat(answer.headers().get("x-arango-replication-lasttick"))
        .isEqualTo(leader.server().store().publishedTick().toString());
    new String(body(answer), StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> told.add(JsonToVPack.parse(line)));
    String last = answer.headers().get("x-arango-replication-lastincluded");
    return "0".equals(last) ? tick : Objects.requireNonNull(last);
  }

  private static long type(VPackSlice marker) {
    return Objects.requireNonNull(marker.get("type")).asLong();
  }

  /// Without the transaction that removes documents.
  private static List<VPackSlice> withoutTruncation(List<VPackSlice> markers) {
    String truncation =
        markers.stream()
            .filter(marker -> type(marker) == 2302)
            .map(RecordedFollowerTest::transaction)
            .filter(transaction -> !transaction.equals("0"))
            .findFirst()
            .orElseThrow();
    return markers.stream().filter(marker -> !transaction(marker).equals(truncation)).toList();
  }

  private static String transaction(VPackSlice marker) {
    VPackSlice transaction = marker.get("tid");
    return transaction == null ? "" : transaction.asString();
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

  /// Recordings 2 to 5 follow each other: nothing changed, then some documents, then one more, then
  /// all were removed. Also the hashes of chunks are the recorded ones.
  @ParameterizedTest
  @CsvSource({
    "rocksdb,2,4",
    "rocksdb,3,6",
    "rocksdb,4,6",
    "rocksdb,5,3",
    "mmfiles,2,4",
    "mmfiles,3,6",
    "mmfiles,4,7",
    "mmfiles,5,3"
  })
  void servesAnIncrementalSynchronization(String engine, int number, int keysRequests)
      throws IOException {
    createAsRecorded("test", documentsAt(engine, number));

    List<String> served =
        replay(RecordedConversation.read(engine + "-" + number + "-leader.txt"), "test");

    assertThat(served)
        .startsWith("logger-state", "flush", "barrier", "batch", "inventory", "keys")
        .filteredOn("keys"::equals)
        .hasSize(keysRequests);
    assertThat(chunkLists).hasSize(number == 5 ? 0 : 1);
  }

  /// The follower of recordings 12 and 13 asks for the keys of chunks that are equal, since its
  /// leader went on with the hash of the chunk before. That of recording 14 has all documents, too,
  /// and a leader that begins each hash anew: it asks for nothing, and so it would ask nothing of
  /// us.
  @ParameterizedTest
  @CsvSource({"12,10", "13,6", "14,4"})
  void servesTwelveThousandDocumentsByKeys(int number, int keysRequests) throws IOException {
    createAsRecorded(
        "mid", IntStream.range(0, 12_000).mapToObj(RecordedConversation::changedDocument).toList());
    different.add("keys[].hash");

    assertThat(replay(RecordedConversation.read("rocksdb-" + number + "-leader.txt"), "mid"))
        .filteredOn("keys"::equals)
        .hasSize(keysRequests);

    List<String> hashes = new ArrayList<>();
    for (int from = 0; from < 12_000; from += 5_000) {
      ChunkHash ofFollower = new ChunkHash();
      for (int i = from; i < Math.min(from + 5_000, 12_000); i++) {
        ofFollower.add("k%07d".formatted(i), RecordedConversation.changedRevision(i));
      }
      hashes.add(Long.toUnsignedString(ofFollower.value()));
    }
    assertThat(chunkLists.getFirst().elements())
        .extracting(chunk -> Objects.requireNonNull(chunk.get("hash")).asString())
        .containsExactlyElementsOf(hashes);
  }

  /// What the stock leader had when recording `number` began, as far as recordings tell it: the
  /// documents of the first one, then those that were fetched later, of the keys that are left.
  private static List<String> documentsAt(String engine, int number) {
    Map<String, String> documents = new TreeMap<>();
    for (String document : lastDocuments(RecordedConversation.read(engine + "-1-leader.txt"))) {
      put(documents, JsonToVPack.parse(document));
    }
    for (int i = 2; i <= number; i++) {
      for (Exchange exchange : RecordedConversation.read(engine + "-" + i + "-leader.txt")) {
        if (exchange.target().contains("type=keys")) {
          Set<String> left = new TreeSet<>();
          JsonToVPack.parse(exchange.body())
              .elements()
              .forEach(pair -> left.add(pair.at(0).asString()));
          documents.keySet().retainAll(left);
        } else if (exchange.target().contains("type=docs")) {
          JsonToVPack.parse(exchange.body())
              .elements()
              .forEach(document -> put(documents, document));
        } else if (exchange.body().matches("\\{\"id\":\"[0-9]+\",\"count\":0}\\s*")) {
          documents.clear();
        }
      }
    }
    return List.copyOf(documents.values());
  }

  private static void put(Map<String, String> documents, VPackSlice document) {
    documents.put(Objects.requireNonNull(document.get("_key")).asString(), document.toJson());
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
    String asynchronous = "";
    try (RawConnection connection = new RawConnection(leader.port())) {
      for (Exchange exchange : recording) {
        RawConnection.Answer answer = ask(connection, exchange);
        String command = exchange.path().contains("/_api/job/") ? asynchronous : command(exchange);
        served.add(command);
        if (exchange.path().contains("/_api/job/") && exchange.isPending()) {
          continue;
        }
        if (exchange.isDump()) {
          compareDump(exchange, answer, dumped);
        } else if (command.equals("barrier")) {
          // Improved: acknowledged whatever the engine.
          assertThat(answer.status()).isIn(200, 204);
          if (exchange.status() == 200 && answer.status() == 200) {
            learn(command, JsonToVPack.parse(exchange.body()), json(answer));
          }
        } else {
          assertThat(answer.status()).as(exchange.target()).isEqualTo(exchange.status());
          if (!exchange.body().isEmpty()) {
            assertThat(answer.headers().get("content-type"))
                .isEqualTo(exchange.headers().get("content-type"));
            compare(command, exchange, json(answer), collection);
          }
        }
        if (exchange.headers().containsKey("x-arango-async-id") && exchange.isPending()) {
          asynchronous = command;
          ids.put(
              "job/" + exchange.headers().get("x-arango-async-id"),
              Objects.requireNonNull(answer.headers().get("x-arango-async-id")));
        }
      }
    }
    assertThat(dumped).containsExactlyElementsOf(expected);
    return served;
  }

  private static String command(Exchange exchange) {
    return exchange
        .path()
        .replaceFirst(".*/(_api/replication|_admin/wal)/", "")
        .replaceFirst("/.*", "");
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
    String target =
        ID.matcher(exchange.target())
            .replaceAll(id ->
                id.group("before")
                    + ids.getOrDefault(
                        kind(id.group("before")) + "/" + id.group("id"), id.group("id")));
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

  /// Of what a follower repeats an id in paths and parameters.
  private static String kind(String before) {
    return before.equals("batchId=") ? "batch" : before.replaceAll("[^a-z]", "");
  }

  private void learn(String kind, VPackSlice theirs, VPackSlice ours) {
    VPackSlice id = theirs.isObject() ? theirs.get("id") : null;
    if (id != null) {
      ids.put(kind + "/" + id.asString(), Objects.requireNonNull(ours.get("id")).asString());
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

  private void compare(String command, Exchange recorded, VPackSlice ours, String collection) {
    VPackSlice theirs = JsonToVPack.parse(recorded.body());
    if (recorded.isAbout("inventory")) {
      compareInventory(theirs, ours, collection);
    } else {
      compare(theirs, ours, command);
      learn(command, theirs, ours);
    }
    if (recorded.target().contains("/keys/") && recorded.verb().equals("GET")) {
      chunkLists.add(ours);
    }
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
        "collection/"
            + Objects.requireNonNull(Objects.requireNonNull(expected.get("parameters")).get("id"))
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
  private void compare(VPackSlice theirs, VPackSlice ours, String path) {
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
        if (isDecimalRevision(theirs, path)) {
          // Printed in our way; followers of either engine read both.
          assertThat(Revision.parse(ours.asString()))
              .as(path)
              .isEqualTo(Revision.parse(theirs.asString()));
        } else if (!isOurs(path) && !different.contains(path)) {
          assertThat(ours.toJson()).as(path).isEqualTo(theirs.toJson());
        }
      }
    }
  }

  private static boolean isDecimalRevision(VPackSlice theirs, String path) {
    return path.equals("keys[][]") && theirs.asString().matches("[0-9]{10,}");
  }

  /// Members that only the storage of the recorded leader has a use for.
  private static boolean isLeftOut(String path) {
    return path.matches(
        ".*\\.((parameters|data)\\.indexes|objectId|selectivityEstimate|shards|count|doCompact|indexBuckets"
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
