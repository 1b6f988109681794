package dev.lockstep.core.document;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChecksumTest {
  private static final List<String> MODES =
      List.of("none", "withRevisions", "withData", "withRevisionsAndData");

  @Test
  void agreesWithUpstreamOnEveryDocument() {
    JsonNode documents = Vectors.read("checksum").get("documents");
    assertThat(documents).hasSize(23);
    for (JsonNode vector : documents) {
      VPackSlice stored = stored(vector);
      for (String mode : MODES) {
        long value = DocumentChecksum.of(stored, withRevisions(mode), withData(mode));
        assertThat(Long.toUnsignedString(value))
            .as("%s %s", vector.get("name"), mode)
            .isEqualTo(vector.get("expected").get(mode).asText());
      }
    }
  }

  @Test
  void combinesDocumentsInAnyOrder() {
    JsonNode vectors = Vectors.read("checksum");
    List<VPackSlice> documents = new ArrayList<>();
    vectors.get("documents").forEach(vector -> documents.add(stored(vector)));
    for (String mode : MODES) {
      DocumentChecksum forward = new DocumentChecksum(withRevisions(mode), withData(mode));
      documents.forEach(forward::add);
      DocumentChecksum backward = new DocumentChecksum(withRevisions(mode), withData(mode));
      documents.reversed().forEach(backward::add);
      assertThat(forward).hasToString(vectors.get("xorOfAll").get(mode).asText());
      assertThat(backward.value()).isEqualTo(forward.value());
    }
    assertThat(new DocumentChecksum(true, true)).hasToString("0");
  }

  private static boolean withRevisions(String mode) {
    return mode.startsWith("withRevisions");
  }

  private static boolean withData(String mode) {
    return mode.endsWith("Data");
  }

  private static VPackSlice stored(JsonNode vector) {
    String json;
    if (vector.has("json")) {
      json = vector.get("json").asText();
    } else {
      json =
          "{\"_key\":\"s7\",\"_id\":\"c/s7\",\"_rev\":\"_fw2YvKK--_\",\"s\":\""
              + "c".repeat(70_000)
              + "\"}";
      assertThat(Vectors.sha256(json)).isEqualTo(vector.get("jsonSha256").asText());
    }
    VPackSlice incoming = JsonToVPack.parse(json);
    return StoredDocument.normalize(
            incoming, StoredDocument.key(incoming), StoredDocument.revision(incoming))
        .slice();
  }

  @Test
  void chunkHashesAgreeWithUpstream() {
    JsonNode chunks = Vectors.read("chunk-hash").get("chunks");
    assertThat(chunks).hasSize(11);
    for (JsonNode chunk : chunks) {
      ChunkHash hash = new ChunkHash();
      if (chunk.has("entries")) {
        chunk
            .get("entries")
            .forEach(entry -> hash.add(entry.get(0).asText(), entry.get(1).asText()));
      } else {
        addFiveThousand(hash, chunk);
      }
      assertThat(hash).as("%s", chunk.get("name")).hasToString(chunk.get("hash").asText());
    }
  }

  private static void addFiveThousand(ChunkHash hash, JsonNode chunk) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 5_000; i++) {
      String key = "k%06d".formatted(i);
      Revision revision = new Revision((1700000000000L << 20) + i * 1048577L);
      hash.add(key, revision);
      lines.append(key).append(':').append(revision).append('\n');
    }
    assertThat(Vectors.sha256(lines.toString())).isEqualTo(chunk.get("entriesSha256").asText());
  }
}
