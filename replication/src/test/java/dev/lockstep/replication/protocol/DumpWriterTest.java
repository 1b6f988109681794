package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DumpWriterTest {
  private static final Document DOCUMENT =
      StoredDocument.normalize(
          JsonToVPack.parse("{\"z\":1,\"a\":\"ü\"}"), "k", Revision.parse("_fw2YvKK--_"));

  @Test
  void writesLinesInEnvelopes() {
    assertThat(text(new DumpWriter(DumpForm.JSON, true, false, "c")))
        .isEqualTo(
            "{\"type\":2300,\"data\":{\"_key\":\"k\",\"_id\":\"c/k\",\"_rev\":\"_fw2YvKK--_\","
                + "\"z\":1,\"a\":\"ü\"}}\n");
  }

  @Test
  void writesBareLines() {
    assertThat(text(new DumpWriter(DumpForm.JSON, false, true, "c")))
        .isEqualTo(
            "{\"_key\":\"k\",\"_id\":\"c/k\",\"_rev\":\"_fw2YvKK--_\",\"z\":1,\"a\":\"ü\"}\n");
  }

  @Test
  void givesStockFollowersTheIdAndOursTheStoredForm() {
    DumpWriter stock = new DumpWriter(DumpForm.VELOCYPACK, false, false, "c");
    stock.add(DOCUMENT);
    VPackSlice sent =
        VPackValidator.validateWhole(stock.finish().toByteArray(), ValidationLimits.REQUEST);
    assertThat(sent.toJson())
        .isEqualTo("{\"_key\":\"k\",\"_id\":\"c/k\",\"_rev\":\"_fw2YvKK--_\",\"z\":1,\"a\":\"ü\"}");

    DumpWriter ours = new DumpWriter(DumpForm.STORED, true, true, "c");
    ours.add(DOCUMENT);
    assertThat(ours.finish().toByteArray()).isEqualTo(DOCUMENT.body());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 127, 128, 129, 1000, 20_000})
  void writesOneCompactArrayWhereAskedTo(int documents) {
    DumpWriter writer = new DumpWriter(DumpForm.VELOCYPACK, false, true, "c");
    for (int i = 0; i < documents; i++) {
      writer.add(DOCUMENT);
    }
    byte[] body = writer.finish().toByteArray();
    if (documents == 0) {
      assertThat(body).isEmpty();
      return;
    }

    VPackSlice array = VPackValidator.validateWhole(body, ValidationLimits.REQUEST);

    assertThat(array.length()).isEqualTo(documents);
    assertThat(array.at(documents - 1).toJson()).contains("\"_id\":\"c/k\"");
  }

  @ParameterizedTest
  @CsvSource({
    "JSON, true",
    "JSON, false",
    "VELOCYPACK, true",
    "VELOCYPACK, false",
    "STORED, false"
  })
  void isReadBackExactly(DumpForm form, boolean isEnveloped) {
    long seed = 20_261_121;
    Random random = new Random(seed);
    DumpWriter writer = new DumpWriter(form, isEnveloped, false, "c");
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      // Now and then one that is larger than a piece of the writer's memory.
      String text = "x".repeat(random.nextInt(i % 50 == 0 ? 200_000 : 2_000));
      Document document =
          StoredDocument.normalize(
              JsonToVPack.parse(
                  "{\"n\":" + random.nextLong() + ",\"d\":0.5,\"t\":\"" + text + "\"}"),
              "k" + i,
              new Revision(Revision.LOWER_BOUND.value() + i));
      documents.add(document);
      writer.add(document);
    }
    assertThat(writer.documents()).isEqualTo(300);
    long bytes = writer.bytes();
    DumpBody body = writer.finish();
    assertThat(body.length()).isEqualTo(bytes).isEqualTo(body.toByteArray().length);

    DumpReader reader =
        new DumpReader("e", new DumpPage(form, body.toByteArray(), false, 1, null, "/u"));
    for (Document document : documents) {
      assertThat(reader.next())
          .as("seed %d", seed)
          .isInstanceOfSatisfying(
              DumpReader.Entry.Put.class,
              put -> assertThat(Arrays.equals(put.document().body(), document.body())).isTrue());
    }
    assertThat(reader.next()).isNull();
  }

  private static String text(DumpWriter writer) {
    writer.add(DOCUMENT);
    return new String(writer.finish().toByteArray(), StandardCharsets.UTF_8);
  }
}
