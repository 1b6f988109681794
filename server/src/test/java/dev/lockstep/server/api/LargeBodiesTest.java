package dev.lockstep.server.api;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Bodies and answers that are worked on in pieces.
class LargeBodiesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Several pieces of operations, and more results than are kept in memory.
  private static final int DOCUMENTS = 2 * DocumentResource.PIECE_OPERATIONS_MAX + 5_000;

  @TempDir Path folder;

  private ApiServer server;

  @BeforeEach
  void start() {
    server = new ApiServer(folder);
    server.send("POST", "/_api/collection", "{\"name\":\"c\"}");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String arrayOf(String format) {
    StringBuilder array = new StringBuilder("[");
    for (int i = 0; i < DOCUMENTS; i++) {
      array.append(i == 0 ? "" : ",").append(format.replace("#", Integer.toString(i)));
    }
    return array.append(']').toString();
  }

  private static byte[] vpackArrayOf(int count) {
    VPackBuilder builder = new VPackBuilder().openArray();
    for (int i = 0; i < count; i++) {
      builder.openObject().member("_key", "k" + i).member("n", i).close();
    }
    return builder.close().toByteArray();
  }

  @Test
  void anArrayOfManyPiecesKeepsOrderAndCountsErrors() throws Exception {
    server.send(
        "POST", "/_api/document/c", "[{\"_key\":\"k7\"},{\"_key\":\"k" + (DOCUMENTS - 1) + "\"}]");
    ApiServer.Reply reply =
        server.send("POST", "/_api/document/c?waitForSync=true", arrayOf("{\"_key\":\"k#\"}"));
    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.header("x-arango-error-codes")).isEqualTo("{\"1210\":2}");
    JsonNode results = JSON.readTree(reply.json());
    assertThat(results.size()).isEqualTo(DOCUMENTS);
    for (int i = 0; i < DOCUMENTS; i++) {
      JsonNode result = results.get(i);
      if (i == 7 || i == DOCUMENTS - 1) {
        assertThat(result.path("errorNum").asInt()).isEqualTo(1210);
      } else {
        assertThat(result.path("_key").asText()).isEqualTo("k" + i);
      }
    }
    assertThat(server.store.requireDatabase("_system").requireCollection("c").count())
        .isEqualTo(DOCUMENTS);
  }

  @Test
  void velocyPackArraysStreamBothWays() {
    Map<String, String> headers =
        Map.of("Content-Type", "application/x-velocypack", "Accept", "application/x-velocypack");
    ApiServer.Reply reply =
        server.send("POST", "/_api/document/c", headers, vpackArrayOf(DOCUMENTS));
    assertThat(reply.status()).isEqualTo(202);
    VPackSlice results = VPackValidator.validateWhole(reply.body(), ValidationLimits.REQUEST);
    assertThat(results.length()).isEqualTo(DOCUMENTS);
    int i = 0;
    for (VPackSlice result : results.elements()) {
      assertThat(requireNonNull(result.get("_key")).asString()).isEqualTo("k" + i++);
    }
    ApiServer.Reply cursor =
        server.send(
            "PUT",
            "/_api/simple/all-keys",
            headers,
            new VPackBuilder()
                .openObject()
                .member("collection", "c")
                .member("batchSize", DOCUMENTS)
                .member("type", "key")
                .close()
                .toByteArray());
    VPackSlice answer = VPackValidator.validateWhole(cursor.body(), ValidationLimits.REQUEST);
    assertThat(requireNonNull(answer.get("result")).length()).isEqualTo(DOCUMENTS);
    assertThat(requireNonNull(answer.get("hasMore")).asBoolean()).isFalse();
  }

  @Test
  void aSyntaxErrorInTheFirstPieceLeavesNothingBehind() {
    ApiServer.Reply reply =
        server.send("POST", "/_api/document/c", "[{\"_key\":\"a\"},{\"_key\":\"b\"},{]");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json()).contains("\"errorNum\":600");
    assertThat(server.store.requireDatabase("_system").requireCollection("c").count()).isZero();
  }

  @Test
  void aSyntaxErrorInALaterPieceSaysWhatIsDone() {
    String array = arrayOf("{\"_key\":\"k#\"}");
    ApiServer.Reply reply =
        server.send("POST", "/_api/document/c", array.substring(0, array.length() - 2));
    assertThat(reply.status()).isEqualTo(400);
    int done = 2 * DocumentResource.PIECE_OPERATIONS_MAX;
    assertThat(reply.json())
        .contains("the first " + done + " elements of the array are processed already");
    assertThat(server.store.requireDatabase("_system").requireCollection("c").count())
        .isEqualTo(done);
  }

  @Test
  void anImportOfManyPiecesListsAllItsErrors() throws Exception {
    String lines =
        arrayOf("{\"_key\":\"k#\"}").replace("},", "}\n").replace("[", "").replace("]", "");
    server.send("POST", "/_api/import?collection=c&type=documents", lines);
    ApiServer.Reply reply =
        server.send("POST", "/_api/import?collection=c&type=documents&details=true", lines);
    JsonNode answer = JSON.readTree(reply.json());
    assertThat(answer.get("errors").asInt()).isEqualTo(DOCUMENTS);
    assertThat(answer.get("details").size()).isEqualTo(DOCUMENTS);
    assertThat(answer.get("details").get(DOCUMENTS - 1).asText())
        .startsWith("at position " + (DOCUMENTS - 1) + ": ");
  }

  @Test
  void aCompressedImportIsReadLikeAPlainOne() throws Exception {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write("{\"_key\":\"a\"}\n{\"_key\":\"b\"}\n".getBytes(StandardCharsets.UTF_8));
    }
    ApiServer.Reply reply =
        server.send(
            "POST",
            "/_api/import?collection=c&type=documents",
            Map.of("Content-Encoding", "gzip"),
            compressed.toByteArray());
    assertThat(reply.json()).contains("\"created\":2");
  }

  @Test
  void aLargeDocumentComesBackAsItWas() throws Exception {
    String text = "0123456789".repeat(500_000);
    ApiServer.Reply reply =
        server.send(
            "POST",
            "/_api/document/c?returnNew=true",
            "{\"_key\":\"big\",\"text\":\"" + text + "\"}");
    assertThat(JSON.readTree(reply.json()).get("new").get("text").asText()).isEqualTo(text);
    JsonNode read = JSON.readTree(server.send("GET", "/_api/document/c/big", "").json());
    assertThat(read.get("text").asText()).isEqualTo(text);
  }
}
