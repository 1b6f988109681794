package dev.lockstep.core.document;

import java.io.IOException;
import java.io.OutputStream;

/// Writes VelocyPack values as JSON text in UTF-8, without white space. Integers stay integers and
/// doubles stay doubles when the text is read again (`1.0` is written as `1.0`). What JSON cannot
/// say: non-finite doubles become `null`, binary, dates and custom values a string that names the
/// type. Thread-safe: no state.
public final class VPackToJson {
  private VPackToJson() {}

  public static void write(VPackSlice value, OutputStream out) throws IOException {
    throw new UnsupportedOperationException();
  }

  public static void write(VPackSlice value, StringBuilder out) {
    throw new UnsupportedOperationException();
  }

  public static String toJson(VPackSlice value) {
    throw new UnsupportedOperationException();
  }

  public static byte[] toBytes(VPackSlice value) {
    throw new UnsupportedOperationException();
  }
}
