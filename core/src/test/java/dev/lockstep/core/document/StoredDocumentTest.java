package dev.lockstep.core.document;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoredDocumentTest {
  private static final Revision REVISION = Revision.parse("_fw2YvKK--_");

  private static Document store(String json) {
    return StoredDocument.normalize(JsonToVPack.parse(json), "k", REVISION);
  }

  @Test
  void putsKeyAndRevisionFirstAndKeepsTheOrderOfTheRest() {
    assertThat(store("{\"z\":1,\"a\":2.0,\"m\":{\"y\":[],\"b\":{}}}").slice().toJson())
        .isEqualTo(
            "{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\",\"z\":1,\"a\":2.0,\"m\":{\"y\":[],\"b\":{}}}");
    assertThat(store("{}").slice().toJson()).isEqualTo("{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\"}");
  }

  @Test
  void dropsTheIdentityThatCameIn() {
    assertThat(
            store("{\"a\":1,\"_rev\":\"other\",\"_id\":\"c/other\",\"_key\":\"other\",\"_rev2\":2}")
                .slice()
                .toJson())
        .isEqualTo("{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\",\"a\":1,\"_rev2\":2}");
    assertThat(store("{\"_key\":1,\"_rev\":null,\"_id\":{}}").slice().length()).isEqualTo(2);
  }

  @Test
  void putsTheEndsOfAnEdgeAfterTheRevision() {
    assertThat(store("{\"w\":1,\"_to\":\"v/2\",\"_from\":\"v/1\",\"_froms\":0}").slice().toJson())
        .isEqualTo(
            "{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\",\"_from\":\"v/1\",\"_to\":\"v/2\",\"w\":1,\"_froms\":0}");
  }

  @Test
  void leavesSystemNamesInsideValuesAlone() {
    VPackSlice stored = store("{\"o\":{\"_id\":1,\"_key\":2,\"_to\":3}}").slice();
    assertThat(requireNonNull(stored.get("o")).toJson())
        .isEqualTo("{\"_id\":1,\"_key\":2,\"_to\":3}");
  }

  @Test
  void returnsStoredFormAsItIs() {
    for (int seed = 0; seed < 300; seed++) {
      Document document = randomDocument(seed);
      assertThat(
              StoredDocument.normalize(document.slice(), document.key(), document.revision())
                  .body())
          .as("seed %s", seed)
          .isSameAs(document.body());
      byte[] surrounded = new byte[document.body().length + 9];
      System.arraycopy(document.body(), 0, surrounded, 4, document.body().length);
      byte[] cutOut =
          StoredDocument.normalize(
                  new VPackSlice(surrounded, 4), document.key(), document.revision())
              .body();
      assertThat(cutOut).isEqualTo(document.body());
    }
  }

  @Test
  void rewritesStoredFormWithAnotherKeyOrRevision() {
    Document document = store("{\"a\":1}");
    assertThat(
            StoredDocument.key(
                StoredDocument.normalize(document.slice(), "other", REVISION).slice()))
        .isEqualTo("other");
    Revision next = new Revision(REVISION.value() + 1);
    assertThat(
            StoredDocument.revision(StoredDocument.normalize(document.slice(), "k", next).slice()))
        .isEqualTo(next);
  }

  private static Document randomDocument(int seed) {
    RandomValues values = new RandomValues(seed);
    Map<String, Object> attributes = new LinkedHashMap<>();
    if (seed % 3 == 0) {
      attributes.put("_from", "v/1");
      attributes.put("_to", "v/2");
    }
    attributes.putAll(values.object(3));
    return StoredDocument.normalize(RandomValues.toSlice(attributes), "key" + seed, REVISION);
  }

  @Test
  void allLayoutsOfTheSameDocumentStoreTheSameBytes() {
    for (int seed = 0; seed < 300; seed++) {
      Map<String, Object> attributes = new RandomValues(seed).object(3);
      byte[] expected =
          StoredDocument.normalize(RandomValues.toSlice(attributes), "k", REVISION).body();
      VPackBuilder compact = new VPackBuilder().compact();
      RandomValues.write(attributes, compact);
      assertThat(StoredDocument.normalize(compact.toSlice(), "k", REVISION).body())
          .as("seed %s", seed)
          .isEqualTo(expected);
    }
  }

  /// As a leader's dump: translated names, `_id` as custom type.
  @Test
  void resolvesTranslatedNamesAndTheCustomId() {
    byte[] document =
        compactObject(
            "31416b",
            "33f32a00000000000000",
            "324b5f66773259764b4b2d2d5f",
            "3543762f32",
            "3443762f31",
            "4161" + "1408" + "31" + "4178" + "3331" + "02");
    VPackSlice incoming = VPackValidator.validateWhole(document, ValidationLimits.DUMP);
    assertThat(StoredDocument.key(incoming)).isEqualTo("k");
    assertThat(StoredDocument.revision(incoming)).isEqualTo(REVISION);
    assertThat(StoredDocument.normalize(incoming, "k", REVISION).slice().toJson())
        .isEqualTo(
            "{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\",\"_from\":\"v/1\",\"_to\":\"v/2\","
                + "\"a\":{\"_key\":\"x\",\"_id\":1}}");
  }

  /// A compact object of the members given in hex.
  private static byte[] compactObject(String... members) {
    String content = String.join("", members);
    int size = 3 + content.length() / 2;
    return Vectors.bytes("14%02x".formatted(size) + content + "%02x".formatted(members.length));
  }

  @Test
  void namesTheCollectionOfANestedCustomIdByItsNumber() {
    byte[] document =
        compactObject(
            "31416b",
            "4161" + "140f" + "33f32a00000000000000" + "4162" + "01",
            "4163" + "130c" + "f32a00000000000000" + "01");
    // The first object counts one member and has two bytes left over, which are no part of it.
    VPackSlice incoming = VPackValidator.validateWhole(document, ValidationLimits.DUMP);
    assertThat(StoredDocument.normalize(incoming, "k", REVISION).slice().toJson())
        .isEqualTo(
            "{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\",\"a\":{\"_id\":\"42/k\"},\"c\":[\"42/k\"]}");
  }

  @Test
  void repairsUnsortedIndexTablesAndRepeatedNames() {
    // {"b":1,"a":2} with an index in byte order, and {"a":1,"a":2}, as the only attribute each.
    for (String[] broken :
        new String[][] {
          {"0b0b024162314161320306", "{\"b\":1,\"a\":2}"}, {"0b0b024161314161320306", "{\"a\":2}"}
        }) {
      VPackSlice value =
          VPackValidator.validateWhole(Vectors.bytes(broken[0]), ValidationLimits.REQUEST);
      String expected = broken[1];
      assertThat(StoredDocument.normalize(value, "k", REVISION).slice().toJson())
          .isEqualTo("{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\"," + expected.substring(1));
      VPackSlice around =
          new VPackBuilder().openObject().member("o", value).member("p", 1).close().toSlice();
      VPackSlice stored = StoredDocument.normalize(around, "k", REVISION).slice();
      assertThat(requireNonNull(stored.get("o")).toJson()).isEqualTo(expected);
    }
  }

  @Test
  void refusesWhatIsNoDocument() {
    assertThatThrownBy(() -> store("[]")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StoredDocument.key(JsonToVPack.parse("{}")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StoredDocument.key(JsonToVPack.parse("{\"_key\":1}")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StoredDocument.revision(JsonToVPack.parse("[1]")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void clientsSeeTheIdBetweenKeyAndRevision() throws IOException {
    for (int seed = 0; seed < 300; seed++) {
      Document document = randomDocument(seed);
      VPackSlice seen = StoredDocument.withId(document.slice(), "collection");
      VPackValidator.validateWhole(seen.buffer(), ValidationLimits.REQUEST);
      assertThat(requireNonNull(seen.get("_id")).asString()).isEqualTo("collection/key" + seed);
      assertThat(seen.toJson())
          .startsWith(
              "{\"_key\":\"key%d\",\"_id\":\"collection/key%d\",\"_rev\":".formatted(seed, seed));
      assertThat(seen.length()).isEqualTo(document.slice().length() + 1);
      ByteArrayOutputStream json = new ByteArrayOutputStream();
      StoredDocument.writeJson(document.slice(), "collection", json);
      assertThat(json.toString(StandardCharsets.UTF_8))
          .as("seed %s", seed)
          .isEqualTo(seen.toJson());
      assertThat(StoredDocument.normalize(seen, document.key(), document.revision()).body())
          .isEqualTo(document.body());
    }
  }

  @Test
  void streamsLargeDocumentsAsJson() throws IOException {
    String large = "ä\"".repeat(200_000);
    VPackSlice document =
        StoredDocument.normalize(
                new VPackBuilder()
                    .openObject()
                    .member("a", large)
                    .member("b", large)
                    .close()
                    .toSlice(),
                "k",
                REVISION)
            .slice();
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    StoredDocument.writeJson(document, "c", json);
    assertThat(json.toString(StandardCharsets.UTF_8))
        .isEqualTo(StoredDocument.withId(document, "c").toJson());
  }
}
