package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.revision.RevisionRange;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RevisionMessagesTest {
  private static final String URL = "/_api/replication/revisions/ranges";

  /// `_fw2YvKK---` to `_fw2YvKK--z`, and two more like it.
  private static final List<RevisionRange> RANGES =
      List.of(
          range("_fw2YvKK---", "_fw2YvKK--z"),
          range("_fw2YvKL---", "_fw2YvKL--z"),
          range("_fw2YvKM---", "_fw2YvKM--z"));

  private static RevisionRange range(String first, String last) {
    return new RevisionRange(Revision.parse(first), Revision.parse(last));
  }

  private static RevisionRangesRequest request(String resume, boolean isHlc) {
    return new RevisionRangesRequest(
        "7", "h1/2", RANGES, Revision.parse(resume), isHlc, RevisionForm.JSON);
  }

  private static RevisionPage page(String answer, String resume) {
    return RevisionMessages.page(JsonToVPack.parse(answer), request(resume, false), URL);
  }

  private static RevisionPage page(String answer) {
    return page(answer, "_fw2YvKK---");
  }

  private static List<String> printed(RevisionPage page) {
    return LongStream.of(page.revisions())
        .mapToObj(revision -> new Revision(revision).toString())
        .toList();
  }

  @Test
  void readsAllRangesToTheirEnds() {
    RevisionPage page =
        page("{\"ranges\":[[\"_fw2YvKK---\",\"_fw2YvKK--z\"],[],[\"_fw2YvKM--A\"]]}");

    assertThat(printed(page)).containsExactly("_fw2YvKK---", "_fw2YvKK--z", "_fw2YvKM--A");
    assertThat(page.resume()).isNull();
    assertThat(page.url()).isEqualTo(URL);
  }

  @Test
  void takesTheFirstListForTheRangeThatHoldsTheResumedRevision() {
    RevisionPage page = page("{\"ranges\":[[\"_fw2YvKL--B\"],[\"_fw2YvKM---\"]]}", "_fw2YvKL--B");

    assertThat(printed(page)).containsExactly("_fw2YvKL--B", "_fw2YvKM---");
    // A revision between two ranges leads to the second.
    assertThat(printed(page("{\"ranges\":[[\"_fw2YvKM---\"]]}", "_fw2YvKL-A-")))
        .containsExactly("_fw2YvKM---");
  }

  @ParameterizedTest
  @CsvSource({
    // Inside of the range told last, at the beginning of the next one, between two, behind all.
    "'[[\"_fw2YvKK---\"]]', _fw2YvKK--_",
    "'[[\"_fw2YvKK---\"]]', _fw2YvKL---",
    "'[[\"_fw2YvKK---\"],[]]', _fw2YvKL---",
    "'[[\"_fw2YvKK---\"],[\"_fw2YvKL--z\"]]', _fw2YvKL-A-",
    "'[[\"_fw2YvKK---\"],[],[]]', _fw2YvKM-A-",
  })
  void readsWhereAnAnswerThatWasCutGoesOn(String ranges, String resume) {
    assertThat(page("{\"ranges\":" + ranges + ",\"resume\":\"" + resume + "\"}").resume())
        .isEqualTo(Revision.parse(resume));
  }

  /// The decimal form of small numbers reads as another number in base 64, and the other way round.
  @Test
  void prefersTheFormThatCannotBeMistaken() {
    Revision small = new Revision(1234);
    RevisionRangesRequest request =
        new RevisionRangesRequest(
            "7",
            "c",
            List.of(new RevisionRange(new Revision(1000), new Revision(2000))),
            new Revision(1000),
            true,
            RevisionForm.JSON);
    String hlc = small.toHlcString();
    String answer =
        "{\"ranges\":[[\""
            + new Revision(1001).toHlcString()
            + "\"]],\"resume\":\"1500\",\"resumeHLC\":\""
            + hlc
            + "\"}";

    RevisionPage page = RevisionMessages.page(JsonToVPack.parse(answer), request, URL);

    assertThat(page.revisions()).containsExactly(1001);
    assertThat(page.resume()).isEqualTo(small);
    assertThat(RevisionMessages.body(request).toJson())
        .isEqualTo(
            "[[\""
                + new Revision(1000).toHlcString()
                + "\",\""
                + new Revision(2000).toHlcString()
                + "\"]]");
    assertThat(RevisionMessages.resume(request, false)).isEqualTo("1000");
  }

  @Test
  void understandsLeadersThatKnowTheOldFormOnly() {
    RevisionRangesRequest request =
        new RevisionRangesRequest(
            "7",
            "c",
            List.of(new RevisionRange(new Revision(1000), new Revision(2000))),
            new Revision(1000),
            false,
            RevisionForm.JSON);
    String answer = "{\"ranges\":[[\"1001\"]],\"resume\":\"1500\",\"resumeHLC\":\"R---\"}";

    RevisionPage page = RevisionMessages.page(JsonToVPack.parse(answer), request, URL);

    assertThat(page.revisions()).containsExactly(1001);
    assertThat(page.resume()).isEqualTo(new Revision(1500));
    assertThat(RevisionMessages.body(request).toJson()).isEqualTo("[[\"1000\",\"2000\"]]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | expected an object",
        "7 | expected an object",
        "{} | the array 'ranges' is missing",
        "{\"ranges\":{}} | the array 'ranges' is missing",
        "{\"ranges\":[[],[],7]} | a range of revisions is no array",
        "{\"ranges\":[[],[],[],[]]} | there are more ranges than were asked for",
        "{\"ranges\":[[1761718534384123905],[],[]]} | a revision is no string",
        "{\"ranges\":[[\"\"],[],[]]} | a revision cannot be read",
        "{\"ranges\":[[\"no spaces\"],[],[]]} | a revision cannot be read",
        "{\"ranges\":[[\"_fw2YvKJ--z\"],[],[]]} | lies outside of its range",
        "{\"ranges\":[[\"_fw2YvKL---\"],[],[]]} | lies outside of its range",
        "{\"ranges\":[[\"_fw2YvKK--A\",\"_fw2YvKK--_\"],[],[]]} | does not ascend",
        "{\"ranges\":[[\"_fw2YvKK--A\",\"_fw2YvKK--A\"],[],[]]} | does not ascend",
        "{\"ranges\":[[]],\"resume\":7} | a revision is no string",
        "{\"ranges\":[[]],\"resume\":\"?\"} | a revision cannot be read",
        "{\"ranges\":[[\"_fw2YvKK--A\"]],\"resume\":\"_fw2YvKK--A\"} | not beyond what was told",
        "{\"ranges\":[[\"_fw2YvKK--A\"]],\"resume\":\"_fw2YvKK--_\"} | not beyond what was told",
        // The same question would be asked for ever.
        "{\"ranges\":[],\"resume\":\"_fw2YvKK---\"} | not beyond what was told",
        "{\"ranges\":[[]],\"resume\":\"_fw2YvKK---\"} | not beyond what was told",
      })
  void refusesWhatDoesNotFitTheRequest(String answer, String why) {
    assertThatThrownBy(() -> page(answer))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining(why);
  }

  /// Documents here that lie in such a range would be removed.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"ranges\":[]}",
        "{\"ranges\":[[],[]]}",
        "{\"ranges\":[[\"_fw2YvKK---\"]],\"resume\":\"_fw2YvKM---\"}",
        "{\"ranges\":[],\"resume\":\"_fw2YvKL---\"}"
      })
  void neverTakesARangeThatWasLeftOutForAnEmptyOne(String answer) {
    assertThatThrownBy(() -> page(answer))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining("is missing");
  }

  @Test
  void refusesRevisionsBelowTheResumedOne() {
    assertThatThrownBy(() -> page("{\"ranges\":[[\"_fw2YvKL--A\"],[]]}", "_fw2YvKL--B"))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining("does not ascend");
  }

  @Test
  void refusesMoreRevisionsThanAnyLeaderTells() {
    VPackBuilder answer = new VPackBuilder().openObject();
    answer.key("ranges").openArray().openArray();
    long first = Revision.parse("_fw2YvKK---").value();
    for (long i = 0; i <= RevisionPage.REVISIONS_MAX; i++) {
      answer.value(new Revision(first + i).toHlcString());
    }
    answer.close().close().close();
    RevisionRangesRequest request =
        new RevisionRangesRequest(
            "7",
            "c",
            List.of(new RevisionRange(new Revision(first), new Revision(first + (1 << 20)))),
            new Revision(first),
            true,
            RevisionForm.VELOCYPACK);

    assertThatThrownBy(() -> RevisionMessages.page(answer.toSlice(), request, URL))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining("more than 65536 revisions");
  }

  private static final RevisionDocumentsRequest DOCUMENTS =
      new RevisionDocumentsRequest(
          "7",
          "c",
          new long[] {
            Revision.parse("_fw2YvKK--_").value(),
            Revision.parse("_fw2YvKK--A").value(),
            Revision.parse("_fw2YvKK--B").value()
          },
          0,
          false,
          false);

  private static List<String> documents(String answer) {
    return RevisionMessages.documents(JsonToVPack.parse(answer), DOCUMENTS, 99, URL)
        .documents()
        .stream()
        .map(document -> document.slice().toJson())
        .toList();
  }

  private static String document(String key, String revision) {
    return "{\"_key\":\"" + key + "\",\"_id\":\"c/" + key + "\",\"_rev\":\"" + revision + "\"}";
  }

  @Test
  void bringsDocumentsIntoStoredForm() {
    VPackSlice answer =
        JsonToVPack.parse(
            "[{\"b\":1.0,\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\",\"_id\":\"c/k\",\"a\":1}]");

    FetchedDocuments fetched = RevisionMessages.documents(answer, DOCUMENTS, 99, URL);

    assertThat(fetched.bytes()).isEqualTo(99);
    assertThat(fetched.url()).isEqualTo(URL);
    Document document = fetched.documents().getFirst();
    assertThat(document.key()).isEqualTo("k");
    assertThat(document.revision()).isEqualTo(Revision.parse("_fw2YvKK--_"));
    assertThat(document.slice().toJson())
        .isEqualTo("{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\",\"b\":1.0,\"a\":1}");
  }

  @Test
  void takesFewerDocumentsThanAskedFor() {
    assertThat(documents("[]")).isEmpty();
    assertThat(
            documents(
                "[" + document("a", "_fw2YvKK--_") + "," + document("c", "_fw2YvKK--B") + "]"))
        .hasSize(2);
  }

  /// Stock leaders have been seen to send the next document in the place of one they do not have.
  @Test
  void leavesOutWhatWasNotAskedForAndWhatComesTwice() {
    assertThat(
            documents(
                "["
                    + document("x", "_fw2YvKK---")
                    + ","
                    + document("b", "_fw2YvKK--A")
                    + ","
                    + document("b", "_fw2YvKK--A")
                    + ","
                    + document("y", "_fw2YvKK--z")
                    + "]"))
        .containsExactly("{\"_key\":\"b\",\"_rev\":\"_fw2YvKK--A\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | expected an array of documents",
        "[7] | a document is no object",
        "[null] | a document is no object",
        // What the documentation says a leader sends for a revision that it does not have.
        "[{}] | no '_key'",
        "[{\"_key\":7,\"_rev\":\"_fw2YvKK--_\"}] | no '_key'",
        "[{\"_key\":\"a/b\",\"_rev\":\"_fw2YvKK--_\"}] | bad '_key'",
        "[{\"_key\":\"a\"}] | no '_rev'",
        "[{\"_key\":\"a\",\"_rev\":7}] | no '_rev'",
        "[{\"_key\":\"a\",\"_rev\":\"no spaces\"}] | unreadable '_rev'",
      })
  void refusesWhatIsNoListOfDocuments(String answer, String why) {
    assertThatThrownBy(() -> documents(answer))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining(why);
  }

  @Test
  void asksForDocumentsByTheirPrintedRevisions() {
    assertThat(RevisionMessages.body(DOCUMENTS).toJson())
        .isEqualTo("[\"_fw2YvKK--_\",\"_fw2YvKK--A\",\"_fw2YvKK--B\"]");
    assertThat(
            RevisionMessages.body(
                    new RevisionDocumentsRequest("7", "c", new long[] {1000}, 0, true, false))
                .toJson())
        .isEqualTo("[\"" + new Revision(1000).toHlcString() + "\"]");
  }
}
