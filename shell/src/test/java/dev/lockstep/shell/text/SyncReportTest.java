package dev.lockstep.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyncReportTest {
  private static final String TRANSFER =
      "'documentsSkipped':488,'requests':7,'bytesSent':2100,'bytesReceived':14000,"
          + "'seconds':{'connecting':0.011,'listing':0.006,'comparing':0.057,'updating':0.05}";

  private static final String TRANSFER_TEXT =
      " | 14.0 kB received, 2.10 kB sent, 7 requests"
          + " | 0.12 s (connecting 0.01, comparing 0.06, updating 0.05)";

  private static SyncReport report(String json) {
    return SyncReport.of(JsonToVPack.parse(json.replace('\'', '"')));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '~',
      value = {
        "'phase':'copying','documentsDone':85537,'documentsExpected':171075,'bytesDone':12345678,"
            + "'ratePerSecond':84000,'etaSeconds':1.2"
            + " # test: copying 49 %, 0:02 left | 85,537 of 171,075 documents, 84,000/s | 12.3 MB",
        "'phase':'copying','documentsDone':5,'documentsExpected':null,'bytesDone':900,"
            + "'ratePerSecond':0.4,'etaSeconds':null # test: copying | 5 documents | 900 B",
        "'phase':'comparing','documentsDone':250000,'documentsExpected':1000000,'bytesDone':0,"
            + "'ratePerSecond':500000,'statistics':{'documentsFetched':0,'documentsRemoved':0}"
            + " # test: comparing 25 % | 250,000 of 1,000,000 documents compared, 500,000/s",
        "'phase':'updating','documentsDone':999999,'documentsExpected':1000000,'bytesDone':4200,"
            + "'etaSeconds':90,'statistics':{'documentsFetched':12,'documentsRemoved':3}"
            + " # test: updating 99 %, 1:30 left | 999,999 of 1,000,000 documents compared"
            + " | 12 fetched, 3 removed | 4.20 kB",
        "'phase':'indexing','message':'creating indexes','documentsDone':9,'documentsExpected':9"
            + " # test: indexing | creating indexes",
        "'phase':'comparing','message':'comparing collection','documentsDone':0"
            + " # test: comparing | comparing collection",
      })
  void showsPhaseAndTimeLeftAndWhatHasBeenDone(String members, String line) {
    assertThat(report("{'collection':'test'," + members + "}").progress()).isEqualTo(line);
  }

  @Test
  void showsWhatThereIsBeforeTheFirstCollection() {
    assertThat(report("{'phase':'listing','collection':'','message':'asking'}").progress())
        .isEqualTo("listing | asking");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '~',
      value = {
        "incremental # revision-tree # 12 # 3 # test: 12 documents fetched, 3 removed, 488 skipped"
            + " | compared by revision tree",
        "incremental # keys # 1 # 0 # test: 1 document fetched, 488 skipped | compared by keys",
        "incremental # fingerprint # 0 # 0 # test: no differences | compared by fingerprint",
        "incremental # full # 12 # 0 # test: 12 documents fetched, 488 skipped | copied as a whole",
        "full # full # 0 # 0 # test: 0 documents fetched, 488 skipped",
      })
  void sumsUpWhatWasDoneAndHow(
      String kind, String method, int fetched, int removed, String beginning) {
    SyncReport report =
        report(
            "{'kind':'"
                + kind
                + "','phase':'done','collection':'test','collectionsDone':1,'collectionsTotal':1,"
                + "'warnings':[],'statistics':{'method':'"
                + method
                + "','documentsFetched':"
                + fetched
                + ",'documentsRemoved':"
                + removed
                + ","
                + TRANSFER
                + "}}");

    assertThat(report.end()).containsExactly(beginning + TRANSFER_TEXT);
  }

  @Test
  void sumsUpSeveralCollectionsWithoutTheLastOnesWay() {
    assertThat(
            report(
                    "{'phase':'done','collection':'z','collectionsDone':3,'collectionsTotal':3,"
                        + "'statistics':{'method':'keys','documentsFetched':1200,"
                        + "'documentsRemoved':0,"
                        + TRANSFER
                        + "}}")
                .end())
        .containsExactly("3 collections: 1,200 documents fetched, 488 skipped" + TRANSFER_TEXT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '~',
      value = {
        "'phase':'failed','failedIn':'updating','collectionsTotal':1 # 1200"
            + " # test: failed while updating, after 1,200 documents fetched, 488 skipped",
        "'phase':'failed','collectionsTotal':1 # 1200"
            + " # test: failed, after 1,200 documents fetched, 488 skipped",
        "'phase':'canceled','failedIn':'copying','collectionsDone':1,'collectionsTotal':5 # 0"
            + " # test (collection 2 of 5): canceled while copying, nothing was fetched",
      })
  void tellsHowFarAFailureCame(String members, int fetched, String beginning) {
    assertThat(
            report(
                    "{'collection':'test',"
                        + members
                        + ",'statistics':{'documentsFetched':"
                        + fetched
                        + ","
                        + TRANSFER
                        + "}}")
                .end())
        .containsExactly(beginning + TRANSFER_TEXT);
  }

  @Test
  void leavesAFailureBeforeTheFirstCollectionToItsError() {
    assertThat(
            report(
                    "{'phase':'failed','failedIn':'connecting','collection':'','statistics':{"
                        + TRANSFER
                        + "}}")
                .end())
        .isEmpty();
  }

  @Test
  void tellsEveryWarningOnALineOfItsOwn() {
    String json =
        "{'phase':'done','collection':'test','warnings':['one\\n\\u001b[31mtwo',5,'three'],"
            + "'statistics':{'method':'full','documentsFetched':2}}";

    assertThat(report(json).end())
        .containsExactly(
            "test: 2 documents fetched | 0 B received, 0 B sent, 0 requests",
            "warning: one  [31mtwo",
            "warning: three");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "[]",
        "'text'",
        "{}",
        "{'collection':5,'phase':[],'documentsDone':'x','warnings':{},'message':null}",
      })
  void saysNothingWhereTheServerTellsNothing(String json) {
    SyncReport report = report(json);

    assertThat(report.progress()).isEmpty();
    assertThat(report.end()).isEmpty();
    assertThat(report.documentsFetched()).isZero();
    assertThat(report.bytesReceived()).isZero();
  }

  @Test
  void countsWhatWasDoneWhereThereAreNoStatistics() {
    SyncReport report = SyncReport.of(withoutStatistics());

    assertThat(report.documentsFetched()).isEqualTo(171_075);
    assertThat(report.documentsRemoved()).isZero();
    assertThat(report.bytesReceived()).isEqualTo(17_100_000);
    assertThat(report.end()).as("nothing is told of a server that keeps no statistics").isEmpty();
  }

  private static VPackSlice withoutStatistics() {
    return JsonToVPack.parse(
        "{\"phase\":\"done\",\"collection\":\"test\",\"warnings\":[\"w\"],"
            + "\"documentsDone\":171075,\"bytesDone\":17100000}");
  }
}
