package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {
  private static final int FRAME = FrameFormat.FRAME_BYTES;

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] framed(byte[] body, int piece) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    FrameOutput frames = new FrameOutput(out);
    for (int i = 0; i < body.length; i += piece) {
      frames.write(body, i, Math.min(piece, body.length - i));
    }
    frames.finish();
    return out.toByteArray();
  }

  private static byte[] read(byte[] framed, long length, long bytesMax) throws IOException {
    return new FrameInput(new ByteArrayInputStream(framed)).readBody(length, bytesMax);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 77})
  void whatIsReadIsWhatWasWrittenInWhateverPieces(int length) throws IOException {
    byte[] body = random(length);
    byte[] atOnce = framed(body, Math.max(1, length));

    assertThat(framed(body, 1000)).isEqualTo(atOnce);
    assertThat(framed(body, FRAME + 5)).isEqualTo(atOnce);
    assertThat(atOnce).hasSize((int) FrameFormat.framedLength(length));
    assertThat(read(atOnce, length, 1 << 30)).isEqualTo(body);
    assertThat(read(atOnce, -1, 1 << 30)).isEqualTo(body);
  }

  /// CRC-32C of "123456789" is a published vector.
  @Test
  void theFormIsFixed() throws IOException {
    assertThat(HexFormat.of().formatHex(framed("123456789".getBytes("US-ASCII"), 4)))
        .isEqualTo("00000009e3069283" + "313233343536373839" + "00000000e3069283");
  }

  @Test
  void everyFlippedBitIsFound() throws IOException {
    byte[] framed = framed(random(100), 100);
    for (int bit = 0; bit < 8 * framed.length; bit++) {
      byte[] flipped = framed.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      for (long length : new long[] {-1, 100}) {
        assertThatThrownBy(() -> read(flipped, length, 1 << 20))
            .as("bit %d", bit)
            .isInstanceOf(DamagedAnswerException.class);
      }
    }
  }

  @Test
  void framesThatAreMissingRepeatedOrExchangedAreFound() throws IOException {
    byte[] framed = framed(random(3 * FRAME), FRAME);
    int step = FRAME + FrameFormat.FRAME_HEAD_BYTES;
    int[][] orders = {{0, 2}, {0, 0, 1, 2}, {1, 0, 2}, {0, 1, 2, 2}, {0, 1}, {}};
    for (int[] order : orders) {
      ByteArrayOutputStream other = new ByteArrayOutputStream();
      for (int frame : order) {
        other.write(framed, frame * step, step);
      }
      other.write(framed, 3 * step, FrameFormat.FRAME_HEAD_BYTES);
      assertThatThrownBy(() -> read(other.toByteArray(), -1, 1 << 30))
          .as("frames %s", Arrays.toString(order))
          .isInstanceOf(DamagedAnswerException.class);
    }
  }

  @Test
  void aBodyThatEndsAnywhereTooEarlyIsFound() throws IOException {
    byte[] framed = framed(random(50), 50);
    for (int length = 0; length < framed.length; length++) {
      byte[] cut = Arrays.copyOf(framed, length);
      assertThatThrownBy(() -> read(cut, -1, 1000)).isInstanceOf(DamagedAnswerException.class);
    }
    byte[] longer = Arrays.copyOf(framed, framed.length + 1);
    assertThatThrownBy(() -> read(longer, -1, 1000)).isInstanceOf(DamagedAnswerException.class);
    assertThatThrownBy(() -> read(framed, 51, 1000)).isInstanceOf(DamagedAnswerException.class);
    assertThatThrownBy(() -> read(framed, 49, 1000)).isInstanceOf(DamagedAnswerException.class);
  }

  @Test
  void aBodyLongerThanTheReaderTakesIsRefusedBeforeItIsHeld() throws IOException {
    byte[] framed = framed(random(2000), 2000);

    assertThatThrownBy(() -> read(framed, -1, 1999))
        .isInstanceOf(FrameInput.TooLongException.class)
        .hasMessageContaining("1999 bytes");
    assertThatThrownBy(() -> read(framed, 1L << 40, 1 << 20))
        .isInstanceOf(FrameInput.TooLongException.class);
    assertThat(read(framed, -1, 2000)).hasSize(2000);
  }

  @Test
  void aSealIsTheSameHoweverAProxyWritesPathAndHeaders() {
    AnswerSeal sent = new AnswerSeal("GET", "/_db/a%2Fb/_api/x?collection=h1%2F2", 200);
    sent.answered("x-arango-replication-checkmore", "true");
    sent.answered("content-type", "application/json");
    AnswerSeal received = new AnswerSeal("GET", "/_db/a%2fb/%5Fapi/x?collection=h1%2F2", 200);
    received.answered("Content-Type", " application/json");
    received.answered("Date", "today");
    received.answered("X-Arango-Replication-Checkmore", "true");

    assertThat(received.text()).isEqualTo(sent.text()).matches("[0-9a-f]{8}");
  }

  @Test
  void aSealTellsRequestsStatusesAndHeadersApart() {
    AnswerSeal one = new AnswerSeal("GET", "/a?from=1", 200);
    AnswerSeal question = new AnswerSeal("GET", "/a?from=3", 200);
    AnswerSeal status = new AnswerSeal("GET", "/a?from=1", 204);
    AnswerSeal form = new AnswerSeal("GET", "/a?from=1", 200);
    form.asked("Accept", "application/x-velocypack");
    AnswerSeal header = new AnswerSeal("GET", "/a?from=1", 200);
    header.answered("x-lockstep-count", "7");

    assertThat(one.text())
        .isNotEqualTo(question.text())
        .isNotEqualTo(status.text())
        .isNotEqualTo(form.text())
        .isNotEqualTo(header.text());
  }
}
