package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompactRevisionsTest {
  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void readsWhatItWrote(long seed) {
    Random random = new Random(seed);
    long[] revisions = new long[random.nextInt(5000)];
    long last = random.nextBoolean() ? 0 : 1L << random.nextInt(63);
    for (int i = 0; i < revisions.length; i++) {
      last += random.nextInt(5) > 0 ? 1 : 1 + (random.nextLong() >>> 20 + random.nextInt(40));
      revisions[i] = last;
    }

    CompactRevisions.Read read = CompactRevisions.read(CompactRevisions.write(revisions), 5000);

    assertThat(read.revisions()).as("seed %d", seed).isEqualTo(revisions);
    assertThat(read.resume()).isZero();
  }

  @Test
  void writesRunsAndWhereToGoOn() {
    CompactRevisions.Writer writer = new CompactRevisions.Writer();
    for (long revision : new long[] {300, 301, 302, 310}) {
      writer.add(revision);
    }

    byte[] written = writer.finish(new Revision(500));

    assertThat(written).isEqualTo(bytes("00000000000001f4 ac02 02 08 00"));
  }

  /// Documents written at a stretch cost next to nothing, whatever their number.
  @Test
  void takesAFewBytesForABulkLoad() {
    long[] revisions = new long[100_000];
    Arrays.setAll(revisions, i -> (1_700_000_000_000L + i / 200 << 20) + i % 200);

    assertThat(CompactRevisions.write(revisions)).hasSizeLessThan(100_000 / 200 * 6 + 20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // no room for where to go on
        "00000000",
        // a number that does not end
        "0000000000000000 ac",
        "0000000000000000 ffffffffffffffffffffffff 00",
        // half a run
        "0000000000000000 05",
        // no distance: it does not ascend
        "0000000000000000 05 00 00 00",
        // beyond 64 bits
        "0000000000000000 ffffffffffffffffff01 01",
        // more than anybody asked for
        "0000000000000000 01 e807",
        "0000000000000000 01 ffffffffffffffffff01",
        "0000000000000000 01 7f 05 e707",
        // goes on inside of itself
        "0000000000000003 01 05"
      })
  void refusesDamagedLists(String hex) {
    assertThatThrownBy(() -> CompactRevisions.read(bytes(hex), 1000))
        .isInstanceOf(MessageException.class);
  }

  /// Nothing is allocated for what a list only claims.
  @Test
  void neverFailsInAnotherWay() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = new byte[random.nextInt(40)];
      random.nextBytes(damaged);
      try {
        long[] revisions = CompactRevisions.read(damaged, 1000).revisions();
        assertThat(revisions).hasSizeLessThanOrEqualTo(1000);
      } catch (MessageException expected) {
        assertThat(expected).hasMessageContaining("list of revisions");
      }
    }
  }

  private static RevisionRangesRequest request(long resume) {
    return new RevisionRangesRequest(
        "7",
        "c",
        List.of(
            new RevisionRange(new Revision(100), new Revision(199)),
            new RevisionRange(new Revision(300), new Revision(399))),
        new Revision(resume),
        true,
        RevisionForm.COMPACT);
  }

  @Test
  void isAPageOfWhatWasAskedFor() {
    byte[] answer = CompactRevisions.write(new long[] {100, 150, 151, 399});

    RevisionPage page = CompactRevisions.page(answer, request(100), "/x");

    assertThat(page.revisions()).containsExactly(100, 150, 151, 399);
    assertThat(page.resume()).isNull();
    assertThat(
            CompactRevisions.page(CompactRevisions.write(new long[0]), request(100), "/x")
                .revisions())
        .isEmpty();
  }

  @Test
  void refusesAnswersToOtherQuestions() {
    for (long wrong : new long[] {99, 200, 299, 400}) {
      byte[] answer = CompactRevisions.write(new long[] {wrong});
      assertThatThrownBy(() -> CompactRevisions.page(answer, request(100), "/x"))
          .isInstanceOf(MessageException.class)
          .hasMessageContaining("outside of the ranges");
    }
    byte[] before = CompactRevisions.write(new long[] {100});
    assertThatThrownBy(() -> CompactRevisions.page(before, request(110), "/x"))
        .isInstanceOf(MessageException.class);
    byte[] standing = new CompactRevisions.Writer().finish(new Revision(110));
    assertThatThrownBy(() -> CompactRevisions.page(standing, request(110), "/x"))
        .isInstanceOf(MessageException.class)
        .hasMessageContaining("does not get on");
  }
}
