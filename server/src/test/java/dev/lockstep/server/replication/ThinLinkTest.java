package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.client.AddressPolicy;
import dev.lockstep.client.TlsTrust;
import dev.lockstep.client.leader.HttpLeaderConnector;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.DumpForm;
import dev.lockstep.replication.protocol.DumpPage;
import dev.lockstep.replication.protocol.DumpRequest;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderCredentials;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import dev.lockstep.replication.protocol.ProtocolViolationException;
import dev.lockstep.replication.protocol.TransferPolicy;
import dev.lockstep.replication.protocol.TransferPolicy.Compression;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compression and the limit of bandwidth between two of our servers.
class ThinLinkTest {
  /// Some 3 MB, of which one is a single document.
  private static final int DOCUMENTS = 20_000;

  @TempDir Path folder;
  private RunningServer leader;
  private TamperingProxy proxy;
  private String batch;

  @BeforeEach
  void start() throws Exception {
    leader = RunningServer.start(folder.resolve("leader"));
    leader.post("/_api/collection", "{\"name\":\"c\"}");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < DOCUMENTS; i++) {
      lines.append("{\"_key\":\"k").append(i).append("\",\"text\":\"said again and again\"}\n");
    }
    lines.append("{\"_key\":\"k\",\"text\":\"").repeat("large", 200_000).append("\"}\n");
    leader.post("/_api/import?collection=c&type=documents", lines.toString());
    proxy = new TamperingProxy(leader.port());
    batch = leader.post("/_api/replication/batch?serverId=1", "{\"ttl\":600}").get("id").asString();
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    leader.close();
  }

  private LeaderClient connect(TransferPolicy policy, long bytesMax) throws InterruptedException {
    LeaderClient client =
        new HttpLeaderConnector(new TlsTrust.SystemAuthorities(), AddressPolicy.ANY)
            .connect(
                new LeaderAddress(
                        "tcp://127.0.0.1:" + proxy.port(),
                        "_system",
                        new LeaderCredentials.Basic("root", "secret"),
                        "4711",
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(20),
                        bytesMax,
                        0)
                    .withTransfer(policy));
    client.loggerState();
    return client;
  }

  private DumpPage dump(LeaderClient client) throws InterruptedException {
    return client.dump(
        new DumpRequest(batch, "c", DumpForm.STORED, 0, new Tick(-1), 16 << 20, false, false));
  }

  private String asked() {
    return new String(proxy.passed(TamperingProxy.Way.REQUEST), StandardCharsets.ISO_8859_1)
        .toLowerCase(Locale.ROOT);
  }

  @Test
  void whatComesCompressedIsTheSameAndShorter() throws Exception {
    try (LeaderClient plain = connect(new TransferPolicy(Compression.NONE, 0), 64 << 20);
        LeaderClient compressed = connect(new TransferPolicy(Compression.ZSTD, 0), 64 << 20)) {
      proxy.reset();
      DumpPage expected = dump(plain);
      int plainBytes = proxy.passed(TamperingProxy.Way.ANSWER).length;
      assertThat(asked()).doesNotContain("accept-encoding");
      proxy.reset();

      assertThat(dump(compressed).body()).isEqualTo(expected.body());

      assertThat(asked()).contains("accept-encoding: zstd");
      assertThat(proxy.passed(TamperingProxy.Way.ANSWER).length).isLessThan(plainBytes / 4);
      assertThat(compressed.transferred().bytesReceived()).isLessThan(plainBytes / 4);
    }
  }

  @Test
  void onOneMachineNothingIsCompressedUnlessWanted() throws Exception {
    try (LeaderClient client = connect(TransferPolicy.DEFAULT, 64 << 20)) {
      proxy.reset();
      dump(client);
      dump(client);
      assertThat(asked()).doesNotContain("accept-encoding");
    }
    try (LeaderClient client = connect(new TransferPolicy(Compression.AUTO, 1 << 20), 64 << 20)) {
      proxy.reset();
      dump(client);
      assertThat(asked()).contains("accept-encoding: zstd");
    }
  }

  @Test
  void aFlippedBitOfACompressedAnswerIsFoundAndPasses() throws Exception {
    long seed = Long.getLong("lockstep.seed", new Random().nextLong());
    Random random = new Random(seed);
    try (LeaderClient client = connect(new TransferPolicy(Compression.ZSTD, 0), 64 << 20)) {
      proxy.reset();
      byte[] expected = dump(client).body();
      byte[] answer = proxy.passed(TamperingProxy.Way.ANSWER);
      int head = new String(answer, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
      for (int flip = 0; flip < 30; flip++) {
        // Not in the lengths that frame a chunked body, which are HTTP's.
        int position = head + 10 + random.nextInt(answer.length - head - 20);
        proxy.flip(TamperingProxy.Way.ANSWER, position, random.nextInt(8));
        assertThatThrownBy(() -> dump(client))
            .as("seed %d, byte %d of %d", seed, position, answer.length)
            .isInstanceOf(LeaderUnavailableException.class);
        proxy.reset();
        assertThat(dump(client).body()).isEqualTo(expected);
      }
    }
  }

  /// What is a kilobyte on the wire is a megabyte here: the limit counts what it becomes.
  @Test
  void theLargestAnswerIsMeasuredDecompressed() throws Exception {
    try (LeaderClient client = connect(new TransferPolicy(Compression.ZSTD, 0), 1_500_000)) {
      assertThatThrownBy(() -> dump(client))
          .isInstanceOf(ProtocolViolationException.class)
          .hasMessageContaining("1500000 bytes")
          .hasMessageContaining("raise the option maxPacketSize");
    }
  }

  @Test
  void aLimitOfBandwidthIsKept() throws Exception {
    long limit = 1 << 20;
    try (LeaderClient client = connect(new TransferPolicy(Compression.NONE, limit), 64 << 20)) {
      long begun = System.nanoTime();
      long bytes = dump(client).body().length;
      double seconds = (System.nanoTime() - begun) / 1e9;

      assertThat(bytes).isGreaterThan(2 * limit);
      assertThat(bytes / seconds).isLessThan(1.1 * limit);
    }
  }

  @Test
  void bothAreOptionsOfASynchronization() throws IOException {
    try (RunningServer follower = RunningServer.start(folder.resolve("follower"))) {
      String config =
          "{\"endpoint\":\"tcp://127.0.0.1:"
              + proxy.port()
              + "\",\"username\":\"root\",\"password\":\"secret\",\"restrictType\":\"include\","
              + "\"restrictCollections\":[\"c\"],\"compression\":\"zstd\",\"maxBandwidth\":10000000}";
      proxy.reset();

      Reply reply = follower.put("/_api/replication/sync", config);

      assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      assertThat(asked()).contains("accept-encoding: zstd");
      assertThat(follower.get("/_api/collection/c/count").get("count").asLong())
          .isEqualTo(DOCUMENTS + 1);

      for (String wrong :
          new String[] {"\"compression\":\"gzip\"", "\"compression\":1", "\"maxBandwidth\":1000"}) {
        Reply refused =
            follower.put(
                "/_api/replication/sync",
                "{\"endpoint\":\"tcp://127.0.0.1:" + proxy.port() + "\"," + wrong + "}");
        assertThat(refused.errorNum()).as(refused.text()).isEqualTo(1410);
        assertThat(refused.get("errorMessage").asString())
            .contains(wrong.substring(1, wrong.indexOf('"', 1)));
      }
    }
  }
}
