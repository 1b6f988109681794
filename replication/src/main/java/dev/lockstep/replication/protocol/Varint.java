package dev.lockstep.replication.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/// Unsigned numbers of one to ten bytes: seven bits a byte, lowest first, high bit = more follow.
final class Varint {
  private static final int BYTES_MAX = 10;

  private Varint() {}

  static void write(long value, ByteArrayOutputStream out) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /// @param what is read, for the message
  /// @throws MessageException if it ends early, or never
  static long read(ByteBuffer in, String what) {
    long value = 0;
    for (int i = 0; i < BYTES_MAX; i++) {
      if (!in.hasRemaining()) {
        throw new MessageException(what + " ends in the middle of a number");
      }
      byte b = in.get();
      value |= (long) (b & 0x7f) << 7 * i;
      if (b >= 0) {
        return value;
      }
    }
    throw new MessageException("a number in " + what + " is too long");
  }
}
