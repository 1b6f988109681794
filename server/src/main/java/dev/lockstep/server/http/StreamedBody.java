package dev.lockstep.server.http;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.settings.Limit;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.eclipse.jetty.io.EofException;
import org.jspecify.annotations.Nullable;

/// A body that is still arriving. Owned by the request's thread; closing gives back the memory
/// reserved for it.
final class StreamedBody implements RequestBody, AutoCloseable {
  /// A body held as a whole exists up to three times at once: as value, in its stored form and in
  /// the engine's batch.
  private static final int COPIES = 3;

  private static final int STEP = 64 << 10;

  private final InputStream raw;
  private final long declaredLength;
  private final @Nullable String encoding;
  private final long bytesMax;
  private final long decompressedBytesMax;
  private final BodyMemory memory;

  private BodyMemory.@Nullable Reservation reservation;

  /// What may be held without asking for more.
  private long reservedBytes = BodyMemory.UNCOUNTED_MAX;

  /// Decompressed bytes handed out that the reader has not let go.
  private long heldBytes;

  private @Nullable InputStream decoded;

  /// @param declaredLength `Content-Length`, or -1
  /// @param encoding `Content-Encoding`, or null
  /// @param bytesMax most bytes as sent
  /// @param decompressedBytesMax most bytes of a compressed body after decompression
  StreamedBody(
      InputStream raw,
      long declaredLength,
      @Nullable String encoding,
      long bytesMax,
      long decompressedBytesMax,
      BodyMemory memory) {
    this.raw = raw;
    this.declaredLength = declaredLength;
    this.encoding = encoding;
    this.bytesMax = bytesMax;
    this.decompressedBytesMax = decompressedBytesMax;
    this.memory = memory;
  }

  @Override
  public InputStream stream() throws IOException {
    if (decoded == null) {
      requireLength(declaredLength, bytesMax);
      try {
        InputStream arriving = new Limited(new Unclosed(raw), bytesMax);
        decoded = new Held(isPlain() ? arriving : decompressed(arriving));
      } catch (ZipException | EOFException e) {
        throw damaged(e);
      }
    }
    return decoded;
  }

  /// @throws LockstepException 413 if a body is longer than the settings allow
  static void requireLength(long length, long bytesMax) {
    if (length > bytesMax) {
      throw Limit.BODY_SIZE.exceeded(
          ErrorNumber.HTTP_ENTITY_TOO_LARGE,
          bytesMax,
          "the request body has more bytes than are accepted");
    }
  }

  private InputStream decompressed(InputStream in) throws IOException {
    if (declaredLength == 0) {
      return in;
    }
    String name = codingName();
    return switch (name) {
      case "gzip", "x-gzip" -> new Decompressed(new GZIPInputStream(in, STEP));
      case "deflate" -> new Decompressed(inflate(in));
      default ->
          throw new LockstepException(
              ErrorNumber.HTTP_BAD_PARAMETER,
              "content-encoding '"
                  + name
                  + "' is not supported; expecting gzip, deflate or identity");
    };
  }

  /// "deflate" is zlib's format by the book, but some clients send the bare one; its first byte
  /// never has 8 as its lower half together with a zlib checksum.
  private static InputStream inflate(InputStream in) throws IOException {
    PushbackInputStream pushback = new PushbackInputStream(in, 2);
    byte[] head = pushback.readNBytes(2);
    pushback.unread(head);
    boolean zlib =
        head.length == 2
            && (head[0] & 0x0f) == 8
            && (((head[0] & 0xff) << 8) | (head[1] & 0xff)) % 31 == 0;
    Inflater inflater = new Inflater(!zlib);
    return new InflaterInputStream(pushback, inflater, STEP) {
      @Override
      public void close() throws IOException {
        super.close();
        inflater.end();
      }
    };
  }

  private String codingName() {
    return encoding == null ? "" : encoding.trim().toLowerCase(Locale.ROOT);
  }

  private boolean isPlain() {
    String name = codingName();
    return name.isEmpty() || name.equals("identity");
  }

  @Override
  public void holdWhole() {
    if (isPlain() && declaredLength > reservedBytes) {
      reserve(declaredLength);
    }
  }

  @Override
  public void letGo() {
    heldBytes = 0;
    if (reservation != null) {
      releaseMemory();
    }
  }

  /// Called before bytes that arrived are handed out. Reserves for twice of what is held, so that a
  /// body of unknown length waits only a logarithmic number of times.
  private void hold(int count) {
    heldBytes += count;
    if (heldBytes > reservedBytes) {
      reserve(Math.min(2 * heldBytes, Math.max(heldBytes, memory.capacityBytes() / COPIES)));
    }
  }

  /// What was reserved before is given back first: two bodies that grow while each holds a part
  /// would wait for each other.
  private void reserve(long bytes) {
    releaseMemory();
    reservation = memory.reserve(bytes, COPIES);
    reservedBytes = bytes;
  }

  @Override
  public byte[] bytes(int limit) throws IOException {
    requireLength(declaredLength, bytesMax);
    int most = Math.min(limit, Integer.MAX_VALUE - 8);
    if (declaredLength > most) {
      throw RequestBody.tooLarge(most);
    }
    if (isPlain() && declaredLength >= 0) {
      holdWhole();
      byte[] bytes = new byte[(int) declaredLength];
      int read = stream().readNBytes(bytes, 0, bytes.length);
      if (read < bytes.length) {
        throw new EofException("body ended after " + read + " of " + bytes.length + " bytes");
      }
      return bytes;
    }
    byte[] bytes = stream().readNBytes(most);
    if (bytes.length == most && stream().read() >= 0) {
      throw RequestBody.tooLarge(most);
    }
    return bytes;
  }

  private void releaseMemory() {
    if (reservation != null) {
      reservation.close();
      reservation = null;
    }
    reservedBytes = BodyMemory.UNCOUNTED_MAX;
  }

  @Override
  public void close() {
    releaseMemory();
    if (decoded != null) {
      try {
        decoded.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static LockstepException damaged(IOException e) {
    return new LockstepException(
        ErrorNumber.HTTP_BAD_PARAMETER,
        "the compressed request body is damaged: " + e.getMessage(),
        e);
  }

  /// The transport disposes of what a resource left unread; closing its stream would end the
  /// connection.
  private static final class Unclosed extends FilterInputStream {
    Unclosed(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return in.read(target, offset, length);
    }

    @Override
    public void close() {}
  }

  /// Reads in whole steps, so that whoever counts sees every byte.
  private abstract static class Watched extends FilterInputStream {
    Watched(InputStream in) {
      super(in);
    }

    /// @throws LockstepException if these bytes are more than are accepted
    abstract void arrived(int count);

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int read = in.read(target, offset, length);
      if (read > 0) {
        arrived(read);
      }
      return read;
    }

    @Override
    public long skip(long wanted) throws IOException {
      byte[] step = new byte[(int) Math.min(wanted, STEP)];
      int read = read(step, 0, step.length);
      return Math.max(read, 0);
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  /// The body as it is sent.
  private static final class Limited extends Watched {
    private final long bytesMax;
    private long count;

    Limited(InputStream in, long bytesMax) {
      super(in);
      this.bytesMax = bytesMax;
    }

    @Override
    void arrived(int bytes) {
      count += bytes;
      requireLength(count, bytesMax);
    }
  }

  /// A small compressed body must not become an endless one; and damage of the compressed form is
  /// the client's error.
  private final class Decompressed extends Watched {
    private long count;

    Decompressed(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      try {
        return super.read(target, offset, length);
      } catch (ZipException | EOFException e) {
        throw damaged(e);
      }
    }

    @Override
    void arrived(int bytes) {
      count += bytes;
      if (count > decompressedBytesMax) {
        throw Limit.DECOMPRESSED_SIZE.exceeded(
            ErrorNumber.HTTP_ENTITY_TOO_LARGE,
            decompressedBytesMax,
            "the compressed request body becomes longer than is accepted");
      }
    }
  }

  /// What the reader is taken to hold.
  private final class Held extends Watched {
    Held(InputStream in) {
      super(in);
    }

    @Override
    void arrived(int bytes) {
      hold(bytes);
    }
  }
}
