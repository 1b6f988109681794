package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `useExtensions: false`: a Lockstep leader is asked just what a stock one is asked. Two followers
/// do the same: one with that option, one of the same leader with everything hidden that only
/// Lockstep servers tell each other.
class StockProtocolTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private RunningServer leader;
  private RunningServer follower;
  private RunningServer followerOfStock;
  private InterceptedLeader announcing;
  private InterceptedLeader stock;

  @BeforeEach
  void start() throws IOException {
    leader = RunningServer.start(folder.resolve("leader"));
    follower = RunningServer.start(folder.resolve("follower"));
    followerOfStock = RunningServer.start(folder.resolve("follower-of-stock"));
    announcing = new InterceptedLeader(leader, false);
    stock = new InterceptedLeader(leader, true);
    ok(
        leader.post(
            "/_api/collection",
            "{\"name\":\"c\",\"syncByRevision\":true,\"usesRevisionsAsDocumentIds\":true}"));
    write("a", "b", "c");
  }

  @AfterEach
  void stop() {
    announcing.close();
    stock.close();
    follower.close();
    followerOfStock.close();
    leader.close();
  }

  private static Reply ok(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isBetween(200, 299);
    return reply;
  }

  private void write(String... keys) {
    for (String key : keys) {
      ok(leader.post("/_api/document/c", "{\"_key\":\"" + key + "\",\"text\":\"" + key + "\"}"));
    }
  }

  private static String options(InterceptedLeader of, String more) {
    return "{\"endpoint\":\""
        + of.endpoint()
        + "\",\"username\":\"root\",\"password\":\"secret\",\"restrictType\":\"include\","
        + "\"restrictCollections\":[\"c\"]"
        + more
        + "}";
  }

  /// Both followers; each ends equal to the leader.
  ///
  /// @return the way of comparing that each took
  private List<String> synchronize(String more) {
    ok(
        follower.put(
            "/_api/replication/sync", options(announcing, ",\"useExtensions\":false" + more)));
    ok(followerOfStock.put("/_api/replication/sync", options(stock, more)));
    requireEqual();
    return List.of(method(follower), method(followerOfStock));
  }

  private void requireEqual() {
    assertThat(checksum(follower)).isEqualTo(checksum(leader));
    assertThat(checksum(followerOfStock)).isEqualTo(checksum(leader));
  }

  private static String checksum(RunningServer server) {
    Reply reply = server.get("/_api/collection/c/checksum?withRevisions=true&withData=true");
    return reply.status() == 200 ? reply.get("checksum").asString() : "";
  }

  private static String method(RunningServer of) {
    VPackSlice job = of.get("/_api/replication/jobs").json().at(0);
    VPackSlice statistics = Objects.requireNonNull(job.get("statistics"));
    return Objects.requireNonNull(statistics.get("method")).asString();
  }

  /// Without the numbers, such as ids and ticks, that differ from follower to follower.
  private static List<String> forms(InterceptedLeader of) {
    return of.requests().stream()
        .map(request -> request.replaceAll("(?<==|batch/)\\d+(?=[&? ])", "#"))
        .toList();
  }

  private void requireStockRequests() {
    assertThat(String.join("\n", announcing.requests()).toLowerCase(Locale.ROOT))
        .doesNotContain("x-lockstep-", "application/x-lockstep", "zstd", "blocks", "wait=");
  }

  @Test
  void aCopyAndComparisonsAskWhatAStockLeaderIsAskedAndEndEqual() {
    assertThat(synchronize("")).containsOnly("full");
    assertThat(synchronize(",\"incremental\":true")).containsOnly("revision-tree");
    write("d", "e");
    ok(leader.put("/_api/document/c/a", "{\"text\":\"changed\"}"));
    ok(leader.delete("/_api/document/c/b"));
    assertThat(synchronize(",\"incremental\":true")).containsOnly("revision-tree");

    requireStockRequests();
    assertThat(forms(announcing)).isEqualTo(forms(stock));
    assertThat(forms(stock)).anyMatch(request -> request.contains("revisions/documents"));
  }

  /// Else the test above would pass with any leader that tells nothing.
  @Test
  void withExtensionsTheSameLeaderIsAskedOtherwise() {
    ok(follower.put("/_api/replication/sync", options(announcing, "")));

    assertThat(String.join("\n", announcing.requests())).containsIgnoringCase("x-lockstep-");
  }

  @Test
  void anApplierAsksWhatAStockLeaderIsAskedAlsoAfterItWasStoppedAndStarted() {
    String quick = ",\"idleMinWaitTime\":0.05,\"idleMaxWaitTime\":0.05";
    ok(
        follower.put(
            "/_api/replication/make-follower",
            options(announcing, ",\"useExtensions\":false" + quick)));
    ok(followerOfStock.put("/_api/replication/make-follower", options(stock, quick)));
    write("d");
    awaitEqual();
    for (RunningServer one : List.of(follower, followerOfStock)) {
      ok(one.put("/_api/replication/applier-stop", ""));
      ok(one.put("/_api/replication/applier-start", ""));
    }
    write("e");
    awaitEqual();

    requireStockRequests();
    assertThat(forms(announcing).stream().distinct().toList())
        .containsExactlyInAnyOrderElementsOf(forms(stock).stream().distinct().toList());
    assertThat(follower.get("/_api/replication/applier-config").get("useExtensions").asBoolean())
        .isFalse();
  }

  private void awaitEqual() {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).untilAsserted(this::requireEqual);
  }
}
