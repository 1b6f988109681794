package dev.lockstep.core.document;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// Reads JSON text straight into VelocyPack, without a tree in between. Integers that fit into 64
/// bits (with or without sign) stay integers, larger ones and everything with a fraction or an
/// exponent become doubles. Of equal names in one object the last one wins. Thread-safe: no state.
public final class JsonToVPack {
  private JsonToVPack() {}

  /// @param bytesMax most bytes of one value, both as text and as VelocyPack
  /// @param depthMax most levels of arrays and objects inside each other
  public record Limits(int bytesMax, int depthMax) {
    public static final Limits DEFAULT =
        new Limits(VPackBuilder.BYTES_MAX, ValidationLimits.DEPTH_MAX);
  }

  /// @throws InvalidJsonException if the bytes are not exactly one JSON value, or too deep
  /// @throws VPackTooLargeException if the value exceeds the limit
  public static VPackSlice parse(byte[] json, Limits limits) {
    return parse(json, 0, json.length, limits);
  }

  public static VPackSlice parse(byte[] json, int offset, int length, Limits limits) {
    throw new UnsupportedOperationException();
  }

  public static VPackSlice parse(String json) {
    throw new UnsupportedOperationException();
  }

  public static VPackSlice parse(InputStream json, Limits limits) throws IOException {
    throw new UnsupportedOperationException();
  }

  /// Appends the value to a builder, as an element or as the value of the name given last.
  public static void parseInto(
      byte[] json, int offset, int length, VPackBuilder target, Limits limits) {
    throw new UnsupportedOperationException();
  }

  /// Many values of one stream, one after the other, with memory for one value only. Not
  /// thread-safe. Closing closes the stream.
  public abstract static class Values implements AutoCloseable {
    Values() {}

    /// Values that follow each other, separated by any white space or nothing. After an error the
    /// rest is unreadable.
    public static Values concatenated(InputStream json, Limits limits) {
      throw new UnsupportedOperationException();
    }

    /// The elements of the one top-level array. After an error the rest is unreadable.
    public static Values elementsOf(InputStream json, Limits limits) {
      throw new UnsupportedOperationException();
    }

    /// One value per line; blank lines are skipped and counted. After an [InvalidJsonException] the
    /// next call goes on with the next line.
    public static Values lines(InputStream json, Limits limits) {
      throw new UnsupportedOperationException();
    }

    /// The next value, or null after the last. The slice lies in a buffer of its own.
    ///
    /// @throws InvalidJsonException if the text is not JSON or ends too early
    public abstract @Nullable VPackSlice next() throws IOException;

    /// Blank lines passed so far ([#lines] only), without empty ones at the very end.
    public long blankLines() {
      return 0;
    }

    @Override
    public abstract void close() throws IOException;
  }
}
