package dev.lockstep.core.document;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentReaderTest {
  private static Document document(int seed) {
    RandomValues values = new RandomValues(seed);
    Map<String, Object> attributes = values.object(2);
    if (seed % 4 == 0) {
      attributes.put("_to", "v/2");
      attributes.put("_from", "v/1");
    }
    // Every tenth has a revision from before the clock, which is printed in decimal.
    Revision revision = new Revision(seed % 10 == 0 ? seed + 1 : (1_700_000_000_000L << 20) + seed);
    return StoredDocument.normalize(RandomValues.toSlice(attributes), "key" + seed, revision);
  }

  private static List<Document> readAll(byte[] bytes) {
    List<Document> documents = new ArrayList<>();
    DocumentReader reader = new DocumentReader(bytes, 0, bytes.length, ValidationLimits.DUMP);
    for (Document next = reader.next(); next != null; next = reader.next()) {
      documents.add(next);
    }
    assertThat(reader.offset()).isEqualTo(bytes.length);
    return documents;
  }

  private static void expectSame(List<Document> read, int count) {
    assertThat(read).hasSize(count);
    for (int i = 0; i < count; i++) {
      Document expected = document(i);
      assertThat(read.get(i).key()).isEqualTo(expected.key());
      assertThat(read.get(i).revision()).isEqualTo(expected.revision());
      assertThat(read.get(i).body()).as("document %s", i).isEqualTo(expected.body());
    }
  }

  @Test
  void readsDocumentsInStoredFormOneAfterTheOther() {
    ByteArrayOutputStream dump = new ByteArrayOutputStream();
    for (int i = 0; i < 300; i++) {
      dump.writeBytes(document(i).body());
    }
    expectSame(readAll(dump.toByteArray()), 300);
    assertThat(readAll(new byte[0])).isEmpty();
  }

  @Test
  void bringsOtherFormsIntoStoredForm() {
    ByteArrayOutputStream dump = new ByteArrayOutputStream();
    for (int i = 0; i < 300; i++) {
      VPackSlice stored = document(i).slice();
      VPackSlice withId = StoredDocument.withId(stored, "c");
      VPackBuilder other = i % 2 == 0 ? new VPackBuilder() : new VPackBuilder().compact();
      RandomValues.write(RandomValues.toJava(withId), other);
      dump.writeBytes(i % 3 == 0 ? withId.toByteArray() : other.toByteArray());
    }
    expectSame(readAll(dump.toByteArray()), 300);
  }

  /// As upstream stores and dumps them: names translated, `_id` as a custom value.
  @Test
  void readsWhatALeaderStores() {
    byte[] members =
        Vectors.bytes("31416b" + "33f30102000000000000" + "324b5f66773259764b4b2d2d5f" + "416131");
    int size = 3 + members.length;
    byte[] document = new byte[size];
    document[0] = VPackLayout.HEAD_COMPACT_OBJECT;
    document[1] = (byte) size;
    System.arraycopy(members, 0, document, 2, members.length);
    document[size - 1] = 4;
    assertThat(readAll(document).getFirst().slice().toJson())
        .isEqualTo("{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\",\"a\":1}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "1",
        "{}",
        "{\"_key\":\"k\"}",
        "{\"_rev\":\"_fw2YvKK--_\"}",
        "{\"_key\":1,\"_rev\":\"_fw2YvKK--_\"}",
        "{\"_key\":\"k\",\"_rev\":5}",
        "{\"_key\":\"k\",\"_rev\":\"!\"}"
      })
  void refusesWhatIsNoDocument(String json) {
    byte[] bytes = JsonToVPack.parse(json).toByteArray();
    DocumentReader reader = new DocumentReader(bytes, 0, bytes.length, ValidationLimits.DUMP);
    assertThatThrownBy(reader::next).isInstanceOf(InvalidVPackException.class);
    assertThat(reader.offset()).isZero();
  }

  @Test
  void refusesDamagedDocuments() {
    byte[] body = document(7).body();
    for (int length = 1; length < body.length; length++) {
      DocumentReader reader = new DocumentReader(body, 0, length, ValidationLimits.DUMP);
      assertThatThrownBy(reader::next).isInstanceOf(InvalidVPackException.class);
    }
  }

  @Test
  void takesNothingForStoredFormThatIsNot() {
    int valid = 0;
    for (int seed = 0; seed < 5_000; seed++) {
      byte[] body = document(seed % 50).body();
      var random = new RandomValues(seed).random();
      byte[] damaged = body.clone();
      damaged[random.nextInt(Math.min(body.length, 60))] = (byte) random.nextInt();
      try {
        Document read =
            requireNonNull(
                new DocumentReader(damaged, 0, damaged.length, ValidationLimits.DUMP).next());
        valid++;
        // What the one-pass reader returns must be what the full check accepts as stored.
        assertThat(StoredDocument.normalize(read.slice(), read.key(), read.revision()).body())
            .as("seed %s: %s", seed, Vectors.hex(damaged))
            .isSameAs(read.body());
        assertThat(StoredDocument.key(read.slice())).isEqualTo(read.key());
        assertThat(StoredDocument.revision(read.slice())).isEqualTo(read.revision());
      } catch (InvalidVPackException e) {
        assertThat(e.byteOffset()).isBetween(0, damaged.length);
      }
    }
    assertThat(valid).isGreaterThan(500);
  }

  @Test
  void documentsDoNotReferToTheBuffer() {
    byte[] bytes = document(3).body().clone();
    Document read = readAll(bytes).getFirst();
    Arrays.fill(bytes, (byte) 0);
    assertThat(read.body()).isEqualTo(document(3).body());
  }
}
