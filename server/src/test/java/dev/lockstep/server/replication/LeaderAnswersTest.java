package dev.lockstep.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.server.RunningServer;
import dev.lockstep.server.RunningServer.Reply;
import dev.lockstep.server.http.RawConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where a leader's answers end, and what old followers need of them.
class LeaderAnswersTest {
  private static final String VELOCYPACK = "application/x-velocypack";

  @TempDir Path folder;
  private RunningServer leader;
  private DocumentCollection collection;

  @BeforeEach
  void start() throws IOException {
    leader = RunningServer.start(folder);
    collection =
        leader
            .server()
            .store()
            .requireDatabase("_system")
            .createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
  }

  @AfterEach
  void stop() {
    leader.close();
  }

  private void insert(List<String> keys, int textBytes) {
    String text = "x".repeat(textBytes);
    List<DocumentWrite> writes = new ArrayList<>();
    for (String key : keys) {
      writes.add(
          new DocumentWrite.Insert(
              new VPackBuilder()
                  .openObject()
                  .member("_key", key)
                  .member("text", text)
                  .close()
                  .toSlice(),
              OverwriteMode.CONFLICT,
              true,
              false,
              null));
    }
    assertThat(collection.write(writes, WriteOptions.DEFAULT))
        .allMatch(WriteResult.Written.class::isInstance);
  }

  private static List<String> numbered(int count) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      keys.add("k%06d".formatted(i));
    }
    return keys;
  }

  private String batch() {
    return leader.post("/_api/replication/batch", "{\"ttl\":60}").get("id").asString();
  }

  private String revisions(String command, String batch) {
    return "/_api/replication/revisions/" + command + "?collection=c&batchId=" + batch;
  }

  private String keys(String batch) {
    return "/_api/replication/keys/"
        + leader
            .post("/_api/replication/keys?collection=c&batchId=" + batch, "")
            .get("id")
            .asString();
  }

  private static VPackSlice velocyPack(Reply reply) {
    assertThat(reply.header("content-type")).isEqualTo(VELOCYPACK);
    return VPackValidator.validateWhole(reply.bytes(), ValidationLimits.REQUEST);
  }

  private static VPackSlice member(VPackSlice object, String name) {
    return Objects.requireNonNull(object.get(name), name);
  }

  @Test
  void listsNoMoreRevisionsThanAPageAtATime() {
    insert(numbered(70_000), 0);
    String batch = batch();
    String everything = "[[\"_\",\"N9999999998\"]]";

    VPackSlice first =
        velocyPack(leader.put(revisions("ranges", batch), everything, "accept", VELOCYPACK));
    VPackSlice second =
        leader
            .put(
                revisions("ranges", batch)
                    + "&resume=nonsense&encodeAsHLC=true&resumeHLC="
                    + member(first, "resumeHLC").asString(),
                everything)
            .json();

    VPackSlice told = member(first, "ranges").at(0);
    VPackSlice rest = member(second, "ranges").at(0);
    assertThat(told.length()).isEqualTo(65_536);
    assertThat(rest.length()).isEqualTo(70_000 - 65_536);
    assertThat(member(first, "resume").asString()).isEqualTo(member(first, "resumeHLC").asString());
    assertThat(rest.at(0).asString()).isEqualTo(member(first, "resume").asString());
    // Their texts do not sort as they do.
    assertThat(Revision.parse(rest.at(0).asString()))
        .isGreaterThan(Revision.parse(told.at(65_535).asString()));
    assertThat(second.get("resume")).isNull();
  }

  @Test
  void refusesMoreRangesThanAnyTwoTreesDifferIn() {
    StringBuilder ranges = new StringBuilder("[");
    for (int i = 0; i <= 262_144; i++) {
      ranges.append(i == 0 ? "" : ",").append("[]");
    }

    Reply refused = leader.put(revisions("ranges", batch()), ranges + "]");

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.get("errorMessage").asString()).contains("262145", "262144");
  }

  @Test
  void endsAnAnswerOfDocumentsWithTheOneThatPassesItsLimit() {
    insert(numbered(6), 5 << 20);
    String batch = batch();
    VPackSlice listed =
        member(leader.put(revisions("ranges", batch), "[[\"_\",\"N9999999998\"]]").json(), "ranges")
            .at(0);

    VPackSlice byRevision = velocyPack(leader.put(revisions("documents", batch), listed.toJson()));
    VPackSlice firstByKey = byKey(batch, "[0,1,2,3,4,5]", "&offset=0");
    VPackSlice restByKey = byKey(batch, "[0,1,2,3,4,5]", "&offset=2");
    VPackSlice allByKey = byKey(batch, "[0,1,2,3,4,5]", "");

    assertThat(byRevision.length()).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      assertThat(StoredDocument.revision(byRevision.at(i))).hasToString(listed.at(i).asString());
    }
    assertThat(firstByKey.length()).isEqualTo(2);
    assertThat(restByKey.length()).isEqualTo(4);
    assertThat(restByKey.at(0).isNull() && restByKey.at(1).isNull()).isTrue();
    assertThat(StoredDocument.key(restByKey.at(2))).isEqualTo("k000002");
    assertThat(allByKey.length()).isEqualTo(6);
  }

  private VPackSlice byKey(String batch, String positions, String more) {
    return velocyPack(
        leader.put(
            keys(batch) + "?type=docs&chunk=0&low=k000000" + more,
            positions,
            "accept",
            VELOCYPACK));
  }

  @Test
  void sendsADocumentLargerThanTheLimitOfAnAnswer() {
    insert(List.of("large"), 20_000_000);
    String batch = batch();
    String revision = Objects.requireNonNull(collection.document("large")).revision().toString();

    Reply reply = leader.put(revisions("documents", batch), "[\"" + revision + "\"]");

    assertThat(reply.header("content-length")).isEqualTo("" + reply.bytes().length);
    assertThat(StoredDocument.key(velocyPack(reply).at(0))).isEqualTo("large");
    assertThat(reply.bytes().length).isGreaterThan(20_000_000);
  }

  @Test
  void theLengthPrecedesEveryAnswerAlsoWhereItCouldBeCompressed() throws IOException {
    insert(numbered(20_000), 100);
    String batch = batch();
    String keys = keys(batch);
    List<String> requests =
        List.of(
            "GET " + keys + "?chunkSize=100",
            "PUT " + keys + "?type=keys&chunk=0&chunkSize=20000&low=k000000",
            "GET " + revisions("tree", batch),
            "PUT " + keys + "?type=docs&chunk=0&chunkSize=20000&low=k000000",
            "PUT " + revisions("ranges", batch));
    List<String> bodies = List.of("", "", "", numbers(20_000), "[[\"_\",\"N9999999998\"]]");
    try (RawConnection connection = new RawConnection(leader.port())) {
      for (int i = 0; i < requests.size(); i++) {
        RawConnection.Answer answer =
            connection
                .send(
                    requests.get(i)
                        + " HTTP/1.1\r\nHost: x\r\nAccept-Encoding: deflate\r\nAuthorization: "
                        + RunningServer.basic("root", "secret")
                        + "\r\nContent-Length: "
                        + bodies.get(i).length()
                        + "\r\n\r\n"
                        + bodies.get(i))
                .read();
        assertThat(answer.status()).as(requests.get(i)).isEqualTo(200);
        assertThat(answer.headers())
            .as(requests.get(i))
            .containsEntry("content-length", "" + answer.body().length)
            .doesNotContainKey("content-encoding");
      }
    }
  }

  private static String numbers(int count) {
    StringBuilder numbers = new StringBuilder("[");
    for (int i = 0; i < count; i++) {
      numbers.append(i == 0 ? "" : ",").append(i);
    }
    return numbers.append(']').toString();
  }

  /// The second chunk begins with a key that looks like percent-encoding, as followers up to 3.9
  /// send it and as later ones do.
  @ParameterizedTest
  @CsvSource({
    // Decoded it is another key, which exists as well.
    "k%41,k%41",
    "k%41,k%2541",
    // Decoded it is none, or cannot be.
    "k%42,k%42",
    "k%42,k%2542",
    "k%zz,k%zz",
    "k%zz,k%25zz",
    "k%ff,k%ff",
    "k+1,k+1",
    "k+1,k%2B1"
  })
  void findsAChunkByAKeyThatIsNotEncoded(String key, String low) throws IOException {
    List<String> documents = new ArrayList<>(numbered(100));
    documents.replaceAll(name -> "a" + name);
    documents.addAll(List.of(key, "kA", "kZ"));
    insert(documents, 0);
    String keys = keys(batch());

    // Java's client would not send it.
    try (RawConnection connection = new RawConnection(leader.port())) {
      RawConnection.Answer answer =
          connection
              .send(
                  "PUT "
                      + keys
                      + "?type=keys&chunk=1&chunkSize=100&low="
                      + low
                      + " HTTP/1.1\r\nHost: x\r\nAuthorization: "
                      + RunningServer.basic("root", "secret")
                      + "\r\nContent-Length: 0\r\n\r\n")
              .read();

      assertThat(answer.status()).as("%s", answer).isEqualTo(200);
      Reply reply = leader.put(keys + "?type=keys&chunk=1&chunkSize=100", "");
      assertThat(new String(answer.body(), StandardCharsets.UTF_8))
          .isEqualTo(reply.text())
          .startsWith("[[\"" + key + "\",");
    }
  }
}
