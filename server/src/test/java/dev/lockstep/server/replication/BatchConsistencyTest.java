package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.document.ChunkHash;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionBlocksEditor;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeEditor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import dev.lockstep.replication.protocol.RevisionBlocksCodec;
import dev.lockstep.replication.protocol.RevisionBlocksRequest;
import dev.lockstep.replication.protocol.RevisionTreeCodec;
import dev.lockstep.rocksdb.RocksSettings;
import dev.lockstep.rocksdb.RocksStorageEngine;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// While writers change a collection as fast as they can, everything a follower may ask within one
/// batch describes one state: tree, ranges, documents, keys and dump agree with each other, and
/// with a moment in the writers' histories.
class BatchConsistencyTest {
  private static final int ROUNDS = 8;
  private static final int WRITERS = 2;

  /// A writer replaces its document this many steps after it wrote it, and removes it as many steps
  /// later again.
  private static final int DISTANCE = 150;

  private static final String VELOCYPACK = "application/x-velocypack";
  private static final String ALL = "[[\"_\",\"N999999999z\"]]";

  @TempDir Path folder;

  private final long seed = Long.getLong("lockstep.seed", new Random().nextLong());
  private final Random random = new Random(seed);

  @SuppressWarnings("NullAway.Init") // the test begins with it
  private RunningServer leader;

  /// One document as a batch shows it, in whatever way.
  private record Seen(Revision revision, String json) {}

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everythingInABatchIsOneStateWhileWritersGoOn(boolean onDisk) throws Exception {
    try (StorageEngine engine =
            onDisk
                ? RocksStorageEngine.open(folder.resolve("engine"), RocksSettings.DEFAULT)
                : new MemoryStorageEngine();
        RunningServer started =
            RunningServer.start(
                folder.resolve("server"), engine, Map.of("ARANGO_ROOT_PASSWORD", "secret"))) {
      leader = started;
      leader.post("/_api/collection", "{\"name\":\"c\"}");
      try (Writers writers = new Writers(WRITERS)) {
        for (int round = 0; round < ROUNDS; round++) {
          int before = writers.slowest();
          await()
              .atMost(60, TimeUnit.SECONDS)
              .until(() -> writers.slowest() >= before + DISTANCE / 2);
          try {
            checkOneBatch("round " + round);
          } catch (RuntimeException | AssertionError failure) {
            throw new AssertionError("seed " + seed + ", round " + round, failure);
          }
          assertThat(writers.slowest()).as("writers went on").isGreaterThan(before + DISTANCE / 2);
        }
      }
    }
  }

  private void checkOneBatch(String when) throws IOException {
    String batch =
        leader.post("/_api/replication/batch?serverId=4711", "{\"ttl\":60}").get("id").asString();
    RevisionTree tree = tree(batch);
    List<Revision> listed = ranges(batch);
    TreeMap<String, Seen> byKeys = keys(batch);
    TreeMap<String, Seen> byRevisions = documents(batch, listed);
    TreeMap<String, Seen> dumped = dump(batch);

    assertThat(listed).as(when).isSorted().doesNotHaveDuplicates().isNotEmpty();
    RevisionTreeEditor built = new RevisionTreeEditor();
    listed.forEach(built::insert);
    assertThat(RevisionTree.differences(tree, built.toTree())).as(when).isEmpty();
    assertThat(tree.count()).as(when).isEqualTo(listed.size());
    RevisionBlocksEditor blocks = new RevisionBlocksEditor();
    listed.forEach(blocks::insert);
    for (long countMax : new long[] {1, 30}) {
      RevisionBlockList told = blocks(batch, countMax);
      assertThat(RevisionBlockList.differences(told, blocks.toBlocks().all()).ranges())
          .as(when)
          .isEmpty();
      assertThat(told.count()).as(when).isEqualTo(listed.size());
    }
    assertThat(byRevisions.values())
        .as(when)
        .extracting(Seen::revision)
        .containsExactlyInAnyOrderElementsOf(listed);
    assertThat(dumped).as(when).isEqualTo(byRevisions);
    assertThat(byKeys).as(when).isEqualTo(byRevisions);
    assertThat(RevisionTree.differences(tree(batch), tree)).as(when).isEmpty();
    for (int writer = 0; writer < WRITERS; writer++) {
      checkMoment(when, writer, byRevisions);
    }
    assertThat(leader.delete("/_api/replication/batch/" + batch).status()).isEqualTo(204);
  }

  /// A writer does one thing after the other: at any moment its documents are without gap, and the
  /// older ones are those that it replaced.
  private static void checkMoment(String when, int writer, Map<String, Seen> documents) {
    List<Integer> numbers = new ArrayList<>();
    int lastReplaced = -1;
    for (Map.Entry<String, Seen> document : documents.entrySet()) {
      if (document.getKey().startsWith("w" + writer)) {
        int number = Integer.parseInt(document.getKey().substring(3));
        numbers.add(number);
        if (document.getValue().json().contains("\"replaced\"")) {
          lastReplaced = number;
          assertThat(lastReplaced).as(when).isEqualTo(numbers.getFirst() + numbers.size() - 1);
        }
      }
    }
    int first = numbers.getFirst();
    int last = numbers.getLast();
    assertThat(numbers).as(when).hasSize(last - first + 1);
    assertThat(lastReplaced)
        .as(when)
        .isBetween(Math.max(-1, last - DISTANCE - 1), Math.max(-1, last - DISTANCE));
    assertThat(first)
        .as(when)
        .isBetween(Math.max(0, last - 2 * DISTANCE), Math.max(0, last + 1 - 2 * DISTANCE));
  }

  private String in(String batch, String path) {
    return "/_api/replication/" + path + "&collection=c&serverId=4711&batchId=" + batch;
  }

  private VPackSlice ask(String verb, String path, String json) {
    boolean velocyPack = random.nextBoolean();
    Reply reply =
        leader.send(
            verb,
            path,
            velocyPack
                ? Map.of("accept", VELOCYPACK, "content-type", VELOCYPACK)
                : Map.of("accept", "application/json"),
            json.isEmpty()
                ? new byte[0]
                : velocyPack
                    ? JsonToVPack.parse(json).toByteArray()
                    : json.getBytes(StandardCharsets.UTF_8));
    assertThat(reply.status()).as(path).isEqualTo(200);
    return reply.header("content-type").equals(VELOCYPACK)
        ? VPackValidator.validateWhole(reply.bytes(), ValidationLimits.REQUEST)
        : reply.json();
  }

  private static VPackSlice member(VPackSlice object, String name) {
    return Objects.requireNonNull(object.get(name), name);
  }

  private RevisionTree tree(String batch) {
    return RevisionTreeCodec.read(
        ask("GET", in(batch, "revisions/tree?onlyPopulated=" + random.nextBoolean()), ""));
  }

  private RevisionBlockList blocks(String batch, long countMax) {
    Reply reply =
        leader.send(
            "PUT",
            in(batch, "revisions/blocks?count=" + countMax),
            Map.of("content-type", "application/json"),
            ALL.getBytes(StandardCharsets.UTF_8));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).isEqualTo(RevisionBlocksCodec.MEDIA_TYPE);
    return RevisionBlocksCodec.read(
        reply.bytes(),
        new RevisionBlocksRequest(
            batch, "c", List.of(new RevisionRange(new Revision(1), Revision.GREATEST)), countMax));
  }

  private List<Revision> ranges(String batch) {
    List<Revision> listed = new ArrayList<>();
    VPackSlice answer = ask("PUT", in(batch, "revisions/ranges?encodeAsHLC=true"), ALL);
    for (VPackSlice revision : member(answer, "ranges").at(0).elements()) {
      listed.add(Revision.parse(revision.asString()));
    }
    return listed;
  }

  private TreeMap<String, Seen> documents(String batch, List<Revision> revisions) {
    TreeMap<String, Seen> documents = new TreeMap<>();
    for (int done = 0; done < revisions.size(); ) {
      VPackBuilder wanted = new VPackBuilder().openArray();
      revisions
          .subList(done, Math.min(revisions.size(), done + 100))
          .forEach(revision -> wanted.value(revision.toString()));
      VPackSlice answer =
          ask(
              "PUT",
              in(batch, "revisions/documents?chunkSize=" + (1 + random.nextInt(5_000))),
              wanted.close().toSlice().toJson());
      assertThat(answer.length()).isPositive();
      answer.elements().forEach(document -> put(documents, document));
      done += answer.length();
    }
    return documents;
  }

  private TreeMap<String, Seen> keys(String batch) {
    VPackSlice opened = ask("POST", in(batch, "keys?to=1"), "");
    String url = "/_api/replication/keys/" + member(opened, "id").asString();
    TreeMap<String, Seen> seen = new TreeMap<>();
    int number = 0;
    for (VPackSlice chunk : ask("GET", url + "?chunkSize=100", "").elements()) {
      String part =
          url + "?chunk=" + number++ + "&chunkSize=100&low=" + member(chunk, "low").asString();
      VPackSlice keys = ask("PUT", part + "&type=keys", "");
      ChunkHash hash = new ChunkHash();
      StringBuilder positions = new StringBuilder("[");
      for (int i = 0; i < keys.length(); i++) {
        hash.add(keys.at(i).at(0).asString(), Revision.parse(keys.at(i).at(1).asString()));
        positions.append(i == 0 ? "" : ",").append(i);
      }
      assertThat(hash).hasToString(member(chunk, "hash").asString());
      VPackSlice documents = ask("PUT", part + "&type=docs", positions + "]");
      for (int i = 0; i < keys.length(); i++) {
        put(seen, documents.at(i));
        assertThat(seen.lastEntry().getKey()).isEqualTo(keys.at(i).at(0).asString());
      }
    }
    assertThat(seen).hasSize((int) member(opened, "count").asLong());
    return seen;
  }

  private TreeMap<String, Seen> dump(String batch) {
    TreeMap<String, Seen> documents = new TreeMap<>();
    String from = "0";
    boolean hasMore = true;
    while (hasMore) {
      Reply page =
          leader.get(
              in(
                  batch,
                  "dump?useEnvelope=false&from="
                      + from
                      + "&chunkSize="
                      + (1 + random.nextInt(20_000))));
      assertThat(page.status()).isEqualTo(200);
      page.text().lines().forEach(line -> put(documents, JsonToVPack.parse(line)));
      from = page.header("x-arango-replication-lastincluded");
      hasMore = Boolean.parseBoolean(page.header("x-arango-replication-checkmore"));
    }
    return documents;
  }

  private static void put(TreeMap<String, Seen> documents, VPackSlice document) {
    assertThat(
            documents.put(
                StoredDocument.key(document),
                new Seen(StoredDocument.revision(document), document.toJson())))
        .isNull();
  }

  /// Threads that each insert a document, replace an older one and remove a still older one, again
  /// and again, one request after the other.
  private final class Writers implements AutoCloseable {
    private final List<Thread> threads = new ArrayList<>();
    private final List<AtomicInteger> steps = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();
    private volatile boolean isOver;

    Writers(int count) {
      for (int i = 0; i < count; i++) {
        int writer = i;
        AtomicInteger step = new AtomicInteger();
        steps.add(step);
        threads.add(
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    while (!isOver) {
                      step(writer, step.get());
                      step.incrementAndGet();
                    }
                  } catch (Throwable failure) {
                    synchronized (failures) {
                      failures.add(failure);
                    }
                  }
                }));
      }
    }

    private void step(int writer, int step) {
      Supplier<String> filler = () -> "x".repeat(step * 31 % 200);
      assertThat(
              leader
                  .post(
                      "/_api/document/c",
                      "{\"_key\":\"%s\",\"text\":\"%s\"}"
                          .formatted(key(writer, step), filler.get()))
                  .status())
          .isEqualTo(202);
      if (step >= DISTANCE) {
        assertThat(
                leader
                    .put("/_api/document/c/" + key(writer, step - DISTANCE), "{\"replaced\":true}")
                    .status())
            .isEqualTo(202);
      }
      if (step >= 2 * DISTANCE) {
        assertThat(leader.delete("/_api/document/c/" + key(writer, step - 2 * DISTANCE)).status())
            .isEqualTo(202);
      }
    }

    private static String key(int writer, int number) {
      return "w%d-%06d".formatted(writer, number);
    }

    /// Steps of the writer that has done the fewest.
    int slowest() {
      synchronized (failures) {
        assertThat(failures).isEmpty();
      }
      return steps.stream().mapToInt(AtomicInteger::get).min().orElseThrow();
    }

    @Override
    public void close() throws InterruptedException {
      isOver = true;
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }
}
