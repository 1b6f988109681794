package dev.lockstep.replication.protocol;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.CRC32C;

/// Writes a body in frames ([FrameFormat]). What is written in pieces smaller than a frame is
/// collected; larger pieces go through without being copied. Only [#finish] ends the body: a body
/// that was left unfinished is recognized as cut. Closing does nothing. Not thread-safe.
public final class FrameOutput extends OutputStream {
  private static final int BUFFER_BYTES_FIRST = 4 << 10;

  private final OutputStream out;
  private final CRC32C sum = new CRC32C();
  private byte[] buffer = new byte[BUFFER_BYTES_FIRST];
  private int collected;

  public FrameOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, source.length);
    int position = offset;
    int end = offset + length;
    while (position < end) {
      if (collected == 0 && end - position >= FrameFormat.FRAME_BYTES) {
        frame(source, position, FrameFormat.FRAME_BYTES);
        position += FrameFormat.FRAME_BYTES;
        continue;
      }
      int count = Math.min(end - position, FrameFormat.FRAME_BYTES - collected);
      if (buffer.length - collected < count) {
        int wanted = Math.max(collected + count, 4 * buffer.length);
        buffer = Arrays.copyOf(buffer, Math.min(FrameFormat.FRAME_BYTES, wanted));
      }
      System.arraycopy(source, position, buffer, collected, count);
      collected += count;
      position += count;
      if (collected == FrameFormat.FRAME_BYTES) {
        frame(buffer, 0, collected);
        collected = 0;
      }
    }
  }

  private void frame(byte[] source, int offset, int length) throws IOException {
    sum.update(source, offset, length);
    out.write(
        ByteBuffer.allocate(FrameFormat.FRAME_HEAD_BYTES)
            .putInt(length)
            .putInt((int) sum.getValue())
            .array());
    out.write(source, offset, length);
  }

  /// Writes what is collected, and the end.
  public void finish() throws IOException {
    if (collected > 0) {
      frame(buffer, 0, collected);
      collected = 0;
    }
    frame(buffer, 0, 0);
  }
}
