package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionRange;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RevisionBlocksCodecTest {
  private static final RevisionBlocksRequest EVERYTHING =
      request(new RevisionRange(new Revision(1), Revision.GREATEST));

  private static RevisionBlocksRequest request(RevisionRange... ranges) {
    return new RevisionBlocksRequest("1", "c", List.of(ranges), 10);
  }

  private static RevisionBlockList blocks() {
    RevisionBlockList.Builder blocks = new RevisionBlockList.Builder();
    blocks.add(0x10, 4, 3, 0x0102030405060708L);
    blocks.add(0x20, 0, 1, -1);
    blocks.add(0x4000, 8, 300, 5);
    blocks.add(1L << 63, 63, 7, 0);
    return blocks.build();
  }

  @Test
  void blocksAreWrittenAsTheProtocolSays() {
    assertThat(RevisionBlocksCodec.write(blocks()))
        .startsWith(
            // bits, distance, count, hash
            4,
            0x10,
            3,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            // right behind
            0,
            0,
            1,
            -1,
            -1,
            -1,
            -1,
            -1,
            -1,
            -1,
            -1,
            // 0x4000 - 0x21 = 0x3fdf, 300 = 0x12c
            8,
            0xdf,
            0x7f,
            0xac,
            2,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            5);
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    RevisionBlockList written = blocks();

    RevisionBlockList read =
        RevisionBlocksCodec.read(RevisionBlocksCodec.write(written), EVERYTHING);

    assertThat(read.size()).isEqualTo(written.size());
    for (int i = 0; i < read.size(); i++) {
      assertThat(read.first(i)).isEqualTo(written.first(i));
      assertThat(read.last(i)).isEqualTo(written.last(i));
      assertThat(read.count(i)).isEqualTo(written.count(i));
      assertThat(read.hash(i)).isEqualTo(written.hash(i));
    }
    assertThat(RevisionBlocksCodec.read(new byte[0], EVERYTHING).size()).isZero();
  }

  @Test
  void whatIsTornIsRefused() {
    byte[] written = RevisionBlocksCodec.write(blocks());
    for (int length : new int[] {1, 2, 5, 12, written.length - 1}) {
      assertRefused(Arrays.copyOf(written, length), EVERYTHING);
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    // 2^4 revisions from 0x11 on; 2^70; a count that is negative
    assertRefused(new byte[] {4, 0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0}, EVERYTHING);
    assertRefused(new byte[] {70, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, EVERYTHING);
    assertRefused(
        new byte[] {0, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 0, 0, 0, 0, 0, 0, 0, 0},
        EVERYTHING);
    // Beyond the end of all revisions the first ones follow.
    assertRefused(
        new byte[] {64, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, EVERYTHING);
  }

  @Test
  void whatWasNotAskedForIsRefused() {
    byte[] written = RevisionBlocksCodec.write(blocks());
    RevisionRange first = new RevisionRange(new Revision(0x1f), new Revision(0x20));
    RevisionRange second = new RevisionRange(new Revision(0x4001), new Revision(0x4001));
    RevisionRange third = new RevisionRange(new Revision(-3), new Revision(-2));

    assertThat(RevisionBlocksCodec.read(written, request(first, second, third)).size())
        .isEqualTo(4);
    assertRefused(written, request(first, second));
    assertRefused(written, request(first, third));
    assertRefused(written, request(second, third));
  }

  private static void assertRefused(byte[] body, RevisionBlocksRequest request) {
    assertThatThrownBy(() -> RevisionBlocksCodec.read(body, request))
        .isInstanceOf(MessageException.class);
  }
}
