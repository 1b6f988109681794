package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysMessagesTest {
  private static final String URL = "/_api/replication/keys/7";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"id\":\"103\",\"count\":10} | 103 | 10",
        "{\"id\":103,\"count\":\"10\"} | 103 | 10",
        "{\"id\":\"103-80\",\"count\":0} | 103-80 | 0",
        // A quick answer about a large collection.
        "{\"count\":2000000} | '' | 2000000",
      })
  void readsWhatEveryLeaderSaysOfAListOfKeys(String answer, String id, long count) {
    assertThat(KeysMessages.ready(JsonToVPack.parse(answer)))
        .isEqualTo(new KeysAnswer.Ready(id, count));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "7",
        "{}",
        "{\"id\":\"7\"}",
        "{\"id\":\"7\",\"count\":-1}",
        "{\"id\":\"7\",\"count\":\"many\"}",
        "{\"id\":\"7\",\"count\":1.5}",
        "{\"id\":\"7\",\"count\":18446744073709551615}",
        "{\"id\":[],\"count\":1}",
        "{\"id\":-7,\"count\":1}"
      })
  void refusesWhatSaysNothingOfAListOfKeys(String answer) {
    assertThatThrownBy(() -> KeysMessages.ready(JsonToVPack.parse(answer)))
        .isInstanceOf(MessageException.class);
  }

  @Test
  void readsChunks() {
    assertThat(
            KeysMessages.chunks(
                JsonToVPack.parse(
                    "[{\"low\":\"A\",\"high\":\"Z\",\"hash\":\"12658147930339680891\"},"
                        + "{\"low\":\"a%b\",\"high\":\"a%b\",\"hash\":\"1\"}]")))
        .containsExactly(
            new KeyChunk("A", "Z", Long.parseUnsignedLong("12658147930339680891")),
            new KeyChunk("a%b", "a%b", 1));
    assertThat(KeysMessages.chunks(JsonToVPack.parse("[]"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | expected an array",
        "[7] | a chunk is no object",
        "[{\"high\":\"b\",\"hash\":\"1\"}] | bad '_key'",
        "[{\"low\":\"a\",\"high\":7,\"hash\":\"1\"}] | bad '_key'",
        "[{\"low\":\"a/b\",\"high\":\"b\",\"hash\":\"1\"}] | bad '_key'",
        "[{\"low\":\"a\",\"high\":\"b\"}] | hash' is missing",
        "[{\"low\":\"a\",\"high\":\"b\",\"hash\":\"x\"}] | hash' is no unsigned",
        "[{\"low\":\"a\",\"high\":\"b\",\"hash\":\"18446744073709551616\"}] | hash' is no"
            + " unsigned",
        "[{\"low\":\"a\",\"high\":\"b\",\"hash\":1.5}] | hash' is no unsigned",
        "[{\"low\":\"b\",\"high\":\"a\",\"hash\":\"1\"}] | do not ascend",
        "[{\"low\":\"a\",\"high\":\"c\",\"hash\":\"1\"},{\"low\":\"c\",\"high\":\"d\",\"hash\":\"1\"}]"
            + " | do not ascend",
        "[{\"low\":\"a\",\"high\":\"c\",\"hash\":\"1\"},{\"low\":\"b\",\"high\":\"d\",\"hash\":\"1\"}]"
            + " | do not ascend",
        // Bytewise: capitals come first.
        "[{\"low\":\"a\",\"high\":\"b\",\"hash\":\"1\"},{\"low\":\"C\",\"high\":\"D\",\"hash\":\"1\"}]"
            + " | do not ascend",
      })
  void refusesChunksThatDoNotAscend(String answer, String why) {
    assertThatThrownBy(() -> KeysMessages.chunks(JsonToVPack.parse(answer)))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining(why);
  }

  /// RocksDB leaders of 3.2 print the number, mmfiles leaders and later ones the revision.
  @Test
  void readsRevisionsInEveryForm() {
    assertThat(
            KeysMessages.keys(
                JsonToVPack.parse(
                    "[[\"k0\",\"1882503621557354496\"],[\"k1\",\"_md9uUHK--_\"],"
                        + "[\"k2\",1882503621557354498],[\"k3\",\"42\"]]")))
        .containsExactly(
            new KeyRevision("k0", new Revision(1882503621557354496L)),
            new KeyRevision("k1", Revision.parse("_md9uUHK--_")),
            new KeyRevision("k2", new Revision(1882503621557354498L)),
            new KeyRevision("k3", new Revision(42)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | expected an array",
        "[] | a chunk has no keys",
        "[\"k\"] | is no pair",
        "[[\"k\"]] | is no pair",
        "[[\"k\",\"_md9uUHK--_\",1]] | is no pair",
        "[[7,\"_md9uUHK--_\"]] | is no pair",
        "[[\"a b\",\"_md9uUHK--_\"]] | bad '_key'",
        "[[\"k\",null]] | revision' is no unsigned",
        "[[\"k\",-1]] | revision' is no unsigned",
        "[[\"k\",1.5]] | revision' is no unsigned",
        "[[\"k\",0]] | the revision of key 'k' cannot be read",
        "[[\"k\",\"\"]] | the revision of key 'k' cannot be read",
        "[[\"k\",\"no spaces\"]] | the revision of key 'k' cannot be read",
        "[[\"b\",\"_md9uUHK--_\"],[\"a\",\"_md9uUHK--A\"]] | the keys do not ascend",
        "[[\"b\",\"_md9uUHK--_\"],[\"b\",\"_md9uUHK--A\"]] | the keys do not ascend",
      })
  void refusesWhatIsNoListOfKeys(String answer, String why) {
    assertThatThrownBy(() -> KeysMessages.keys(JsonToVPack.parse(answer)))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining(why);
  }

  @Test
  void refusesMoreKeysThanAChunkCanHave() {
    VPackBuilder answer = new VPackBuilder().openArray();
    for (int i = 0; i <= KeysMessages.CHUNK_SIZE_MAX; i++) {
      answer.openArray().value("k%05d".formatted(i)).value("_md9uUHK--_").close();
    }

    assertThatThrownBy(() -> KeysMessages.keys(answer.close().toSlice()))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining("more than 20000 keys");
  }

  private static final String FIRST = "{\"_key\":\"k3\",\"_id\":\"c/k3\",\"_rev\":\"_md9vKfO---\"}";
  private static final String SECOND =
      "{\"_key\":\"k4\",\"_id\":\"c/k4\",\"_rev\":\"_md9vKfO--_\"}";

  private static List<String> keysOf(String answer, int wanted, int offset) {
    FetchedDocuments fetched =
        KeysMessages.documents(JsonToVPack.parse(answer), wanted, offset, 12, URL);
    assertThat(fetched.bytes()).isEqualTo(12);
    assertThat(fetched.url()).isEqualTo(URL);
    return fetched.documents().stream().map(Document::key).toList();
  }

  @Test
  void readsDocumentsOfAChunk() {
    assertThat(keysOf("[" + FIRST + "," + SECOND + "]", 2, 0)).containsExactly("k3", "k4");
    assertThat(keysOf("[" + FIRST + "]", 2, 0)).containsExactly("k3");
  }

  @Test
  void passesOverWhatIsHereAlready() {
    assertThat(keysOf("[null," + SECOND + "]", 3, 1)).containsExactly("k4");
    // Leaders that know no offset send everything once more.
    assertThat(keysOf("[" + FIRST + "," + SECOND + "]", 3, 1)).containsExactly("k4");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | 2 | 0 | expected an array",
        "[] | 2 | 0 | none of the documents came",
        "[null] | 2 | 1 | none of the documents came",
        "[null] | 2 | 0 | a document is no object",
        "[7] | 2 | 0 | a document is no object",
        "[{}] | 2 | 0 | no '_key'",
        "[{\"_key\":\"a\"}] | 2 | 0 | no '_rev'",
        "[null,null,{\"_key\":\"a\",\"_rev\":\"_md9uUHK--_\"}] | 2 | 1 | a document is no object",
        "[null,{\"_key\":\"a\",\"_rev\":\"_md9uUHK--_\"},null] | 2 | 1 | more documents came than"
            + " the 2",
      })
  void refusesWhatIsNoListOfDocuments(String answer, int wanted, int offset, String why) {
    assertThatThrownBy(() -> keysOf(answer, wanted, offset))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining(why);
  }

  @Test
  void asksForDocumentsByTheirPositions() {
    assertThat(KeysMessages.positions(new int[] {0, 3, 5}).toJson()).isEqualTo("[0,3,5]");
    assertThat(KeysMessages.positions(new int[0]).toJson()).isEqualTo("[]");
  }
}
