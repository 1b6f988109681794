package dev.lockstep.core.document;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// Writes VelocyPack values as JSON text in UTF-8, without white space. Integers stay integers and
/// doubles stay doubles when the text is read again (`1.0` is written as `1.0`). What JSON cannot
/// say: non-finite doubles become `null`, binary, dates, custom values and the like a string that
/// names the type. Thread-safe: no state.
public final class VPackToJson {
  private VPackToJson() {}

  /// Does not flush or close the stream.
  public static void write(VPackSlice value, OutputStream out) throws IOException {
    JsonOutput json = new JsonOutput(out);
    json.value(value.buffer(), value.offset());
    json.finish();
  }

  public static void write(VPackSlice value, StringBuilder out) {
    out.append(toJson(value));
  }

  public static String toJson(VPackSlice value) {
    JsonOutput json = toMemory(value);
    return new String(json.buffer(), 0, json.size(), StandardCharsets.UTF_8);
  }

  /// The text in UTF-8.
  public static byte[] toBytes(VPackSlice value) {
    return toMemory(value).toByteArray();
  }

  private static JsonOutput toMemory(VPackSlice value) {
    JsonOutput json = new JsonOutput(null);
    try {
      json.value(value.buffer(), value.offset());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Memory does not fail to be written.
    }
    return json;
  }
}
