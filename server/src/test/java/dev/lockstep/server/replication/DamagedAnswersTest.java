package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lockstep.client.AddressPolicy;
import dev.lockstep.client.TlsTrust;
import dev.lockstep.client.leader.HttpLeaderConnector;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.Capability;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.FetchedDocuments;
import dev.lockstep.replication.protocol.KeyChunk;
import dev.lockstep.replication.protocol.KeyChunkPart;
import dev.lockstep.replication.protocol.KeysAnswer;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderCredentials;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.ReplicationException;
import dev.lockstep.replication.protocol.RevisionBlocksRequest;
import dev.lockstep.replication.protocol.RevisionDocumentsRequest;
import dev.lockstep.replication.protocol.RevisionForm;
import dev.lockstep.replication.protocol.RevisionPage;
import dev.lockstep.replication.protocol.RevisionRangesRequest;
import dev.lockstep.server.RunningServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Bits flip on the way between two of our servers, in every kind of answer.
class DamagedAnswersTest {
  private static final int FLIPS = 25;

  /// One of the documents fills more than one frame.
  private static final int LARGE_TEXT = 700_000;

  private static final int DOCUMENTS = 2_000;

  /// What a follower asks for, and the answer as something that can be compared.
  enum Question {
    INVENTORY {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return test.client.inventory(test.batch, false, false, "c").toString();
      }
    },
    STORED_DUMP {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return test.dump(DumpForm.STORED);
      }
    },
    VELOCYPACK_DUMP {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return test.dump(DumpForm.VELOCYPACK);
      }
    },
    JSON_DUMP {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return test.dump(DumpForm.JSON);
      }
    },
    REVISION_TREE {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        var tree = test.client.revisionTree(test.batch, "c");
        return List.of(tree.count(), tree.hash());
      }
    },
    REVISION_BLOCKS {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        RevisionBlockList blocks =
            test.client.revisionBlocks(
                new RevisionBlocksRequest(
                    test.batch,
                    "c",
                    List.of(new RevisionRange(new Revision(1), Revision.GREATEST)),
                    10));
        return List.of(blocks.size(), blocks.count(), blocks.hash());
      }
    },
    REVISIONS {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return Arrays.toString(test.revisions(RevisionForm.VELOCYPACK).revisions());
      }
    },
    COMPACT_REVISIONS {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return Arrays.toString(test.revisions(RevisionForm.COMPACT).revisions());
      }
    },
    DOCUMENTS_OF_REVISIONS {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return json(
            test.client.revisionDocuments(
                new RevisionDocumentsRequest(test.batch, "c", test.listed, 0, true, true)));
      }
    },
    LIST_OF_KEYS {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return test.client.keyChunks(test.keys, "c", 500);
      }
    },
    KEYS {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        return test.client.chunkKeys(test.firstChunk);
      }
    },
    DOCUMENTS_OF_KEYS {
      @Override
      Object ask(DamagedAnswersTest test) throws InterruptedException {
        int[] positions = {0, 3, 17, 200, 499};
        return json(test.client.chunkDocuments(test.firstChunk, positions, 0));
      }
    };

    abstract Object ask(DamagedAnswersTest test) throws InterruptedException;
  }

  @TempDir Path folder;
  private final long seed = Long.getLong("lockstep.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private RunningServer leader;
  private TamperingProxy proxy;
  private HttpLeaderConnector connector;
  private LeaderClient client;
  private LeaderClient undisturbed;
  private String batch;
  private long[] listed;
  private String keys;
  private KeyChunkPart firstChunk;

  @BeforeEach
  void start() throws Exception {
    leader = RunningServer.start(folder);
    leader.post("/_api/collection", "{\"name\":\"c\"}");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < DOCUMENTS; i++) {
      lines.append("{\"_key\":\"k").append(i).append("\",\"text\":\"of some length\"}\n");
    }
    lines.append("{\"_key\":\"k\",\"text\":\"").repeat("large", LARGE_TEXT / 5).append("\"}\n");
    leader.post("/_api/import?collection=c&type=documents", lines.toString());
    proxy = new TamperingProxy(leader.port());
    connector = new HttpLeaderConnector(new TlsTrust.SystemAuthorities(), AddressPolicy.ANY);
    client = connect(proxy.port());
    undisturbed = connect(leader.port());
    client.loggerState();
    batch = undisturbed.openBatch(Duration.ofMinutes(10)).id();
    listed = revisions(RevisionForm.COMPACT).revisions();
    keys = readyKeys();
    KeyChunk chunk = client.keyChunks(keys, "c", 500).getFirst();
    firstChunk = new KeyChunkPart(keys, "c", 0, 500, chunk.low());
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    undisturbed.close();
    proxy.close();
    leader.close();
  }

  private LeaderClient connect(int port) {
    return connector.connect(
        new LeaderAddress(
            "tcp://127.0.0.1:" + port,
            "_system",
            new LeaderCredentials.Basic("root", "secret"),
            "4711",
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            64 << 20,
            0));
  }

  private String readyKeys() throws InterruptedException {
    KeysAnswer answer = undisturbed.openKeys(batch, "c", new Tick(1), false);
    while (answer instanceof KeysAnswer.Pending pending) {
      answer = undisturbed.pollKeys(pending);
    }
    return ((KeysAnswer.Ready) answer).id();
  }

  private RevisionPage revisions(RevisionForm form) throws InterruptedException {
    RevisionRange all = new RevisionRange(new Revision(1), new Revision(-2));
    return client.revisionRanges(
        new RevisionRangesRequest(batch, "c", List.of(all), all.first(), true, form));
  }

  private String dump(DumpForm form) throws InterruptedException {
    DumpPage page =
        client.dump(new DumpRequest(batch, "c", form, 0, new Tick(-1), 4 << 20, false, false));
    return page.form()
        + " "
        + page.hasMore()
        + page.lastIncluded()
        + page.leaderCount()
        + Arrays.hashCode(page.body());
  }

  private static List<String> json(FetchedDocuments documents) {
    return documents.documents().stream().map(document -> document.slice().toJson()).toList();
  }

  @ParameterizedTest
  @EnumSource
  void aFlippedBitOfABodyIsFoundAndPasses(Question question) throws Exception {
    proxy.reset();
    Object right = question.ask(this);
    byte[] answer = proxy.passed(TamperingProxy.Way.ANSWER);
    int head = headLength(answer);
    assertThat(answer.length).as("body").isGreaterThan(head);
    for (int i = 0; i < FLIPS; i++) {
      int position = head + random.nextInt(answer.length - head);
      long before = connector.damagedAnswers();
      proxy.flip(TamperingProxy.Way.ANSWER, position, random.nextInt(8));

      assertThatThrownBy(() -> question.ask(this))
          .as("seed %d, flip %d, byte %d of %d", seed, i, position, answer.length)
          .isInstanceOfSatisfying(
              LeaderUnavailableException.class,
              damage -> {
                assertThat(damage.isTransient()).isTrue();
                assertThat(damage).hasMessageContaining("was damaged on the way");
              });
      assertThat(connector.damagedAnswers()).isEqualTo(before + 1);
      proxy.reset();
      assertThat(question.ask(this)).isEqualTo(right);
    }
    assertThat(client.transferred().damagedAnswers()).isEqualTo(FLIPS);
  }

  /// What only the line's and the headers' ends say may break HTTP itself, and then it is no
  /// checksum that finds it; but nothing wrong is ever believed.
  @ParameterizedTest
  @EnumSource
  void aFlippedBitElsewhereNeverChangesWhatIsRead(Question question) throws Exception {
    proxy.reset();
    Object right = question.ask(this);
    int head = headLength(proxy.passed(TamperingProxy.Way.ANSWER));
    int request = proxy.passed(TamperingProxy.Way.REQUEST).length;
    for (int i = 0; i < FLIPS; i++) {
      TamperingProxy.Way way = TamperingProxy.Way.values()[i % 2];
      int position = random.nextInt(way == TamperingProxy.Way.ANSWER ? head : request);
      String what = "seed %d, flip %d, byte %d of the %s".formatted(seed, i, position, way);
      // What a damaged request has made of the part of a dump is kept, and would be told again.
      undisturbed.closeBatch(batch);
      batch = undisturbed.openBatch(Duration.ofMinutes(10)).id();
      keys = readyKeys();
      firstChunk = new KeyChunkPart(keys, "c", 0, 500, firstChunk.low());
      proxy.flip(way, position, random.nextInt(8));
      Object[] read = new Object[1];
      Throwable failure = catchThrowable(() -> read[0] = question.ask(this));
      if (failure == null) {
        assertThat(read[0]).as(what).isEqualTo(right);
      } else {
        assertThat(failure).as(what).isInstanceOf(ReplicationException.class);
      }
    }
  }

  @Test
  void aSynchronizationFetchesADamagedAnswerAgainAndSaysSo() throws IOException {
    try (RunningServer follower = RunningServer.start(folder.resolve("follower"))) {
      String sync =
          "{\"endpoint\":\"tcp://127.0.0.1:"
              + proxy.port()
              + "\",\"username\":\"root\",\"password\":\"secret\",\"chunkSize\":1000000,"
              + "\"restrictType\":\"include\",\"restrictCollections\":[\"c\"]}";
      // Somewhere in the largest of the answers.
      proxy.flip(TamperingProxy.Way.ANSWER, LARGE_TEXT / 2, 3);

      var reply = follower.put("/_api/replication/sync", sync);

      assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      var job = follower.get("/_api/replication/jobs").json().at(0);
      var statistics = Objects.requireNonNull(job.get("statistics"));
      assertThat(Objects.requireNonNull(statistics.get("damagedAnswers")).asLong()).isEqualTo(1);
      assertThat(Objects.requireNonNull(job.get("retries")).asLong()).isEqualTo(1);
      assertThat(Objects.requireNonNull(job.get("lastError")).asString())
          .contains("was damaged on the way");
      assertThat(follower.get("/_admin/metrics").text())
          .contains("lockstep_replication_damaged_answers_total 1");
      assertThat(follower.get("/_api/collection/c/count").get("count").asLong())
          .isEqualTo(DOCUMENTS + 1);
    }
  }

  @Test
  void damageOfARequestsBodyIsToldAsPassing() {
    var reply =
        leader.put(
            "/_api/replication/batch/1", "{\"ttl\":60}", "x-lockstep-body-crc32c", "00000000");

    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.text()).contains("was damaged on the way");
  }

  @Test
  void stockPeersAreServedAsBefore() {
    var reply = leader.get("/_api/replication/dump?collection=c&batchId=" + batch);

    assertThat(reply.header("x-lockstep-frames")).isEmpty();
    assertThat(reply.text()).startsWith("{\"type\":2300,");
    assertThat(Stream.of(Capability.values()).map(Capability::wireName)).contains("frames");
  }

  private static int headLength(byte[] answer) {
    return new String(answer, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
  }
}
