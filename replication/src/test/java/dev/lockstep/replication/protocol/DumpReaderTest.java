package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DumpReaderTest {
  private static final String URL = "/_db/_system/_api/replication/dump?from=0";

  @Test
  void readsEnvelopedLines() {
    List<String> read =
        read(
            json(
                """
                {"data":{"_id":"test/k0","_key":"k0","_rev":"_md9vFhS---","text":"doc 0","value":0},"type":2300}
                {"type":2300,"data":{"_id":"test/k1","_key":"k1","_rev":"_md9vFhS--A","value":1.5}}
                """));

    assertThat(read)
        .containsExactly(
            "{\"_key\":\"k0\",\"_rev\":\"_md9vFhS---\",\"text\":\"doc 0\",\"value\":0}",
            "{\"_key\":\"k1\",\"_rev\":\"_md9vFhS--A\",\"value\":1.5}");
  }

  @Test
  void readsBareLines() {
    assertThat(read(json("{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--_\",\"data\":{\"x\":1}}\n\n")))
        .containsExactly("{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--_\",\"data\":{\"x\":1}}");
  }

  @Test
  void readsAHistoryWithItsRemovals() {
    DumpReader reader =
        new DumpReader(
            "tcp://l:1",
            json(
                """
                {"tick":"10222","type":2300,"data":{"_id":"test/k0","_key":"k0","_rev":"_md9uUHK---","value":0}}
                {"tick":"10268","type":2302,"data":{"_key":"k0","_rev":"_md9ua0O--A"}}
                """));

    assertThat(reader.next()).isInstanceOf(DumpReader.Entry.Put.class);
    assertThat(reader.isHistory()).isTrue();
    assertThat(reader.next()).isEqualTo(new DumpReader.Entry.Remove("k0"));
    assertThat(reader.next()).isNull();
  }

  @Test
  void readsVelocyPackBareEnvelopedAndAsArray() {
    VPackSlice first =
        JsonToVPack.parse("{\"_key\":\"a\",\"_id\":\"c/a\",\"_rev\":\"_fw2YvKK--_\",\"n\":1}");
    VPackSlice second =
        JsonToVPack.parse("{\"_key\":\"b\",\"_id\":\"c/b\",\"_rev\":\"_fw2YvKK--A\",\"n\":1.0}");
    String[] expected = {
      "{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--_\",\"n\":1}",
      "{\"_key\":\"b\",\"_rev\":\"_fw2YvKK--A\",\"n\":1.0}"
    };

    assertThat(read(velocyPack(concatenated(first, second)))).containsExactly(expected);
    assertThat(
            read(
                velocyPack(
                    concatenated(
                        new VPackBuilder()
                            .openObject()
                            .member("type", 2300)
                            .member("data", first)
                            .close()
                            .toSlice(),
                        new VPackBuilder()
                            .openObject()
                            .member("type", 2300)
                            .member("data", second)
                            .close()
                            .toSlice()))))
        .containsExactly(expected);
    assertThat(
            read(
                velocyPack(
                    new VPackBuilder()
                        .compact()
                        .openArray()
                        .slice(first)
                        .slice(second)
                        .close()
                        .toByteArray())))
        .containsExactly(expected);
  }

  /// What a stock leader of 3.8 and later really sends: names as small integers, `_id` as a custom
  /// value, the object in a layout sorted by those.
  @Test
  void resolvesTranslatedNamesAndCustomIds() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {0x14, 0});
    bytes.writeBytes(new byte[] {0x31, 0x41, 'a'});
    bytes.writeBytes(new byte[] {0x33, (byte) 0xf3, 1, 2, 3, 4, 5, 6, 7, 8});
    bytes.writeBytes(new byte[] {0x32, 0x4b});
    bytes.writeBytes("_fw2YvKK--_".getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(new byte[] {0x41, 'v', 0x37});
    bytes.write(4);
    byte[] object = bytes.toByteArray();
    object[1] = (byte) object.length;

    assertThat(read(velocyPack(object)))
        .containsExactly("{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--_\",\"v\":7}");
  }

  @Test
  void takesStoredFormsAsTheyAre() {
    Document document =
        StoredDocument.normalize(
            JsonToVPack.parse("{\"z\":1,\"a\":{\"_id\":7}}"), "k", Revision.parse("_fw2YvKK--_"));

    DumpReader reader =
        new DumpReader(
            "tcp://l:1", new DumpPage(DumpForm.STORED, document.body(), false, 1, null, URL));

    assertThat(reader.next())
        .isInstanceOfSatisfying(
            DumpReader.Entry.Put.class,
            put -> assertThat(put.document().body()).isSameAs(document.body()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not json",
        "[1]",
        "7",
        "{\"a\":1}",
        "{\"_key\":\"a\"}",
        "{\"_key\":\"a\",\"_rev\":7}",
        "{\"_key\":\"a\",\"_rev\":\"\"}",
        "{\"_key\":\"a\",\"_rev\":\"no spaces\"}",
        "{\"_key\":\"a/b\",\"_rev\":\"_fw2YvKK--_\"}",
        "{\"type\":2300,\"data\":{\"_rev\":\"_fw2YvKK--_\"}}",
        "{\"data\":{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--_\"}}",
        "{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--_\"}\n{\"_key\":\"b\",\"_re"
      })
  void refusesWhatIsNoDump(String lines) {
    assertThatThrownBy(() -> read(json(lines)))
        .isInstanceOf(ProtocolViolationException.class)
        .hasMessageStartingWith(
            "got invalid response from leader at tcp://l:1 for URL " + URL + ": ");
  }

  @Test
  void refusesMarkersThatDoNotBelongInADump() {
    assertThatThrownBy(() -> read(json("{\"type\":2001,\"data\":{\"_key\":\"a\"}}")))
        .isInstanceOfSatisfying(
            ProtocolViolationException.class, e -> assertThat(e.number().number()).isEqualTo(1406));
  }

  @Test
  void refusesCutVelocyPack() {
    byte[] whole =
        JsonToVPack.parse("{\"_key\":\"a\",\"_rev\":\"_fw2YvKK--_\",\"n\":1}").toByteArray();
    for (int length = 1; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> read(velocyPack(cut)))
          .isInstanceOf(ProtocolViolationException.class);
    }
  }

  private static byte[] concatenated(VPackSlice... values) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (VPackSlice value : values) {
      bytes.writeBytes(value.toByteArray());
    }
    return bytes.toByteArray();
  }

  private static DumpPage json(String lines) {
    return new DumpPage(DumpForm.JSON, lines.getBytes(StandardCharsets.UTF_8), false, 1, null, URL);
  }

  private static DumpPage velocyPack(byte[] body) {
    return new DumpPage(DumpForm.VELOCYPACK, body, false, 1, null, URL);
  }

  private static List<String> read(DumpPage page) {
    DumpReader reader = new DumpReader("tcp://l:1", page);
    List<String> read = new ArrayList<>();
    for (DumpReader.Entry entry = reader.next(); entry != null; entry = reader.next()) {
      read.add(
          switch (entry) {
            case DumpReader.Entry.Put(Document document) -> document.slice().toJson();
            case DumpReader.Entry.Remove(String key) -> "remove " + key;
          });
    }
    return read;
  }
}
