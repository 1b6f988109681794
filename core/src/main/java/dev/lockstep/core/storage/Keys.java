package dev.lockstep.core.storage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Builds and takes apart storage keys: unsigned 64-bit numbers, big-endian, so that byte order is
/// number order.
public final class Keys {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Keys() {}

  public static byte[] of(long first) {
    byte[] key = new byte[Long.BYTES];
    LONG.set(key, 0, first);
    return key;
  }

  public static byte[] of(long first, long second) {
    byte[] key = new byte[2 * Long.BYTES];
    LONG.set(key, 0, first);
    LONG.set(key, Long.BYTES, second);
    return key;
  }

  public static byte[] of(long first, byte[] rest) {
    byte[] key = new byte[Long.BYTES + rest.length];
    LONG.set(key, 0, first);
    System.arraycopy(rest, 0, key, Long.BYTES, rest.length);
    return key;
  }

  public static long longAt(byte[] key, int offset) {
    return (long) LONG.get(key, offset);
  }

  public static void putLong(byte[] key, int offset, long value) {
    LONG.set(key, offset, value);
  }
}
