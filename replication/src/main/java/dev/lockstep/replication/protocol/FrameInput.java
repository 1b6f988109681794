package dev.lockstep.replication.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/// Reads a body in frames ([FrameFormat]). Not thread-safe.
public final class FrameInput {
  /// Room for a body of unknown length, at first.
  private static final int BODY_BYTES_FIRST = 64 << 10;

  /// The body is longer than the reader wants to hold.
  public static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1L;

    TooLongException(long bytesMax) {
      super("the response is larger than the accepted maximum of " + bytesMax + " bytes");
    }
  }

  private final InputStream in;
  private final CRC32C sum = new CRC32C();

  public FrameInput(InputStream in) {
    this.in = in;
  }

  /// Reads and checks a body, and that nothing follows it. A body of known length is read into one
  /// array of just that size; never more than `bytesMax`, or twice what has arrived, is allocated.
  ///
  /// @param length of the body, -1 if unknown
  /// @throws DamagedAnswerException if a checksum does not fit, or the body ends too early or late
  /// @throws TooLongException if the body is longer than `bytesMax`
  /// @throws IOException of the stream
  public byte[] readBody(long length, long bytesMax) throws IOException {
    long limit = Math.min(bytesMax, Integer.MAX_VALUE - 8);
    if (length > limit) {
      throw new TooLongException(limit);
    }
    byte[] body = new byte[(int) (length >= 0 ? length : Math.min(limit, BODY_BYTES_FIRST))];
    int filled = 0;
    byte[] head = new byte[FrameFormat.FRAME_HEAD_BYTES];
    while (true) {
      readFully(head, 0, head.length);
      int frame = ByteBuffer.wrap(head).getInt();
      int told = ByteBuffer.wrap(head).getInt(4);
      if (frame < 0 || frame > FrameFormat.FRAME_BYTES) {
        throw new DamagedAnswerException("a frame of " + Integer.toUnsignedLong(frame) + " bytes");
      }
      if (frame > body.length - filled) {
        if (length >= 0) {
          throw new DamagedAnswerException("more than the announced " + length + " bytes");
        }
        if (frame > limit - filled) {
          throw new TooLongException(limit);
        }
        long wanted = Math.max(filled + (long) frame, 2L * body.length);
        body = Arrays.copyOf(body, (int) Math.min(limit, wanted));
      }
      readFully(body, filled, frame);
      sum.update(body, filled, frame);
      if ((int) sum.getValue() != told) {
        throw new DamagedAnswerException(
            "the checksum of the " + frame + " bytes from position " + filled + " does not fit");
      }
      filled += frame;
      if (frame == 0) {
        break;
      }
    }
    if (in.read() >= 0) {
      throw new DamagedAnswerException("bytes follow the end");
    }
    if (length >= 0 && filled < length) {
      throw new DamagedAnswerException(filled + " instead of " + length + " bytes");
    }
    return filled == body.length ? body : Arrays.copyOf(body, filled);
  }

  private void readFully(byte[] target, int offset, int length) throws IOException {
    if (in.readNBytes(target, offset, length) < length) {
      throw new DamagedAnswerException("the answer ends inside of a frame");
    }
  }
}
