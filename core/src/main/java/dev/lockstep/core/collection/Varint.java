package dev.lockstep.core.collection;

import java.io.ByteArrayOutputStream;

/// Non-negative numbers in storage rows: seven bits per byte, lowest first, high bit = more follow.
final class Varint {
  private Varint() {}

  static void write(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 0x7f) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /// Bytes `value` takes.
  static int length(long value) {
    return Math.max(1, (64 - Long.numberOfLeadingZeros(value) + 6) / 7);
  }

  /// Writes at `offset` and returns the offset behind.
  static int put(byte[] target, int offset, long value) {
    int at = offset;
    long rest = value;
    while (rest > 0x7f) {
      target[at++] = (byte) (rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    target[at++] = (byte) rest;
    return at;
  }

  static long read(byte[] source, int offset) {
    long value = 0;
    for (int at = offset, shift = 0; ; at++, shift += 7) {
      value |= (long) (source[at] & 0x7f) << shift;
      if (source[at] >= 0) {
        return value;
      }
    }
  }
}
