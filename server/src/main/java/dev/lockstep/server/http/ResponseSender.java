package dev.lockstep.server.http;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.lockstep.client.Zstandard;
import dev.lockstep.replication.protocol.AnswerSeal;
import dev.lockstep.replication.protocol.FrameFormat;
import dev.lockstep.replication.protocol.FrameOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/// Sends a rendered body: with `content-length` wherever the length is known or the body is short,
/// compressed only where the peer asked. Thread-safe: no state.
final class ResponseSender {
  /// What a streamed body may write before the headers go out: shorter ones get a `content-length`,
  /// and a failure up to here can still be told properly.
  static final int HELD_BACK_MAX = 64 << 10;

  /// What goes to the socket in one piece. The JDK copies each into memory outside of the heap, as
  /// large as the piece, and keeps that for the carrying thread.
  private static final int WRITTEN_AT_ONCE_MAX = 256 << 10;

  /// Below this compression saves less than its headers and time cost.
  private static final int COMPRESSED_MIN = 1 << 10;

  /// Bodies up to this size are compressed in memory, so that they get a `content-length`.
  private static final int COMPRESSED_IN_MEMORY_MAX = 1 << 20;

  private static final Set<String> GZIP_AND_DEFLATE = Set.of("gzip", "deflate");
  private static final Set<String> ZSTD = Set.of("zstd");

  /// The fastest one: a leader has more to do than to save the link's last percents.
  private static final int ZSTD_LEVEL = 1;

  private ResponseSender() {}

  /// @param callback completed when everything is handed over, or failed; called exactly once
  ///   unless this throws
  /// @throws IOException and runtime exceptions of the body's writer; nothing is sent then if the
  ///   response is not committed
  static void send(
      Response response,
      RenderedBody body,
      boolean headOnly,
      @Nullable String acceptEncoding,
      boolean compressible,
      Callback callback)
      throws IOException {
    if (!body.contentType().isEmpty()) {
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, body.contentType());
    }
    if (!headOnly && isFramed(response.getRequest())) {
      sendFramed(response, body, callback);
      return;
    }
    String encoding =
        compressible && (body.length() < 0 || body.length() >= COMPRESSED_MIN)
            ? chooseEncoding(acceptEncoding)
            : null;
    if (headOnly) {
      if (body.length() >= 0 && encoding == null) {
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length());
      }
      response.write(true, null, callback);
      return;
    }
    if (encoding == null) {
      sendPlain(response, body, callback);
      return;
    }
    response.getHeaders().put(HttpHeader.CONTENT_ENCODING, encoding);
    response.getHeaders().put(HttpHeader.VARY, "accept-encoding");
    if (body.length() >= 0 && body.length() <= COMPRESSED_IN_MEMORY_MAX) {
      ByteArrayOutputStream compressed = new ByteArrayOutputStream((int) body.length() / 2);
      compress(encoding, body, compressed);
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, compressed.size());
      response.write(true, ByteBuffer.wrap(compressed.toByteArray()), callback);
    } else {
      HeldBack out = new HeldBack(response);
      compress(encoding, body, out);
      out.finish(callback);
    }
  }

  private static boolean isFramed(Request request) {
    return FrameFormat.CRC32C.equals(request.getHeaders().get(FrameFormat.HEADER));
  }

  /// Sends a body in frames, and a seal of everything that stands before it.
  private static void sendFramed(Response response, RenderedBody body, Callback callback)
      throws IOException {
    boolean isCompressed =
        (body.length() < 0 || body.length() >= COMPRESSED_MIN)
            && firstAcceptable(
                    response.getRequest().getHeaders().get(HttpHeader.ACCEPT_ENCODING), ZSTD)
                != null
            && Zstandard.isAvailable();
    if (body.length() >= 0) {
      response.getHeaders().put(FrameFormat.LENGTH_HEADER, body.length());
    }
    if (isCompressed) {
      response.getHeaders().put(HttpHeader.CONTENT_ENCODING, "zstd");
    }
    seal(response);
    if (response.getStatus() == HttpStatus.NO_CONTENT_204) {
      sendPlain(response, body, callback);
      return;
    }
    if (body.length() >= 0 && !isCompressed) {
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, FrameFormat.framedLength(body.length()));
    }
    HeldBack out = new HeldBack(response);
    if (isCompressed) {
      try (OutputStream compressed = new ZstdOutputStreamNoFinalizer(out, ZSTD_LEVEL)) {
        writeFrames(body, compressed);
      }
    } else {
      writeFrames(body, out);
    }
    out.finish(callback);
  }

  private static void writeFrames(RenderedBody body, OutputStream out) throws IOException {
    FrameOutput frames = new FrameOutput(out);
    body.writer().writeTo(frames);
    frames.finish();
  }

  private static void seal(Response response) {
    Request request = response.getRequest();
    AnswerSeal seal =
        new AnswerSeal(
            request.getMethod(), request.getHttpURI().getPathQuery(), response.getStatus());
    request.getHeaders().forEach(field -> seal.asked(field.getName(), value(field)));
    response.getHeaders().forEach(field -> seal.answered(field.getName(), value(field)));
    response.getHeaders().put(FrameFormat.HEADER, seal.text());
  }

  private static String value(HttpField field) {
    return field.getValue() == null ? "" : field.getValue();
  }

  private static void sendPlain(Response response, RenderedBody body, Callback callback)
      throws IOException {
    if (body.length() >= 0) {
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length());
    }
    if (body.writer() instanceof RenderedBody.Fixed fixed
        && fixed.length() <= WRITTEN_AT_ONCE_MAX) {
      response.write(
          true, ByteBuffer.wrap(fixed.buffer(), fixed.offset(), fixed.length()), callback);
    } else if (body.length() == 0) {
      announceNothing(response);
      response.write(true, null, callback);
    } else {
      HeldBack out = new HeldBack(response);
      body.writer().writeTo(out);
      out.finish(callback);
    }
  }

  /// Gives a 204 a length, as stock servers do: followers before 3.4 read on until the connection
  /// ends where there is none. Jetty knows that such an answer has no body and leaves the length
  /// out, but for a field that it does not recognize.
  private static void announceNothing(Response response) {
    if (isHttp1(response.getRequest()) && response.getStatus() == HttpStatus.NO_CONTENT_204) {
      response.getHeaders().add(new HttpField((HttpHeader) null, "content-length", "0"));
    }
  }

  static boolean isHttp1(Request request) {
    return request.getConnectionMetaData().getHttpVersion().getVersion()
        <= HttpVersion.HTTP_1_1.getVersion();
  }

  private static void compress(String encoding, RenderedBody body, OutputStream target)
      throws IOException {
    if (encoding.equals("gzip")) {
      try (GZIPOutputStream out = new GZIPOutputStream(target, 8 << 10)) {
        body.writer().writeTo(out);
      }
    } else {
      Deflater deflater = new Deflater(Deflater.BEST_SPEED);
      try (DeflaterOutputStream out = new DeflaterOutputStream(target, deflater, 8 << 10)) {
        body.writer().writeTo(out);
      } finally {
        deflater.end();
      }
    }
  }

  /// The first acceptable one of gzip and deflate, or null.
  static @Nullable String chooseEncoding(@Nullable String acceptEncoding) {
    return firstAcceptable(acceptEncoding, GZIP_AND_DEFLATE);
  }

  private static @Nullable String firstAcceptable(
      @Nullable String acceptEncoding, Set<String> known) {
    if (acceptEncoding == null) {
      return null;
    }
    for (String item : acceptEncoding.toLowerCase(Locale.ROOT).split(",")) {
      String[] parts = item.trim().split(";");
      boolean refused = false;
      for (int i = 1; i < parts.length; i++) {
        String parameter = parts[i].replace(" ", "");
        refused |= parameter.matches("q=0(\\.0*)?");
      }
      String name = parts[0].trim();
      if (!refused && known.contains(name)) {
        return name;
      }
    }
    return null;
  }

  /// Keeps the first bytes back, then writes through; blocks while the peer is slow.
  private static final class HeldBack extends OutputStream {
    private final Response response;
    private byte[] buffer = new byte[4 << 10];
    private int length;

    HeldBack(Response response) {
      this.response = response;
    }

    @Override
    public void write(int b) throws IOException {
      if (length == buffer.length) {
        makeRoom(1);
      }
      buffer[length++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      if (count > buffer.length - length) {
        if (count >= HELD_BACK_MAX) {
          flushBuffer();
          writeThrough(bytes, offset, count);
          return;
        }
        makeRoom(count);
      }
      System.arraycopy(bytes, offset, buffer, length, count);
      length += count;
    }

    private void writeThrough(byte[] bytes, int offset, int count) throws IOException {
      for (int written = 0; written < count; ) {
        int slice = Math.min(count - written, WRITTEN_AT_ONCE_MAX);
        Content.Sink.write(response, false, ByteBuffer.wrap(bytes, offset + written, slice));
        written += slice;
      }
    }

    private void makeRoom(int wanted) throws IOException {
      if (length + wanted > HELD_BACK_MAX) {
        flushBuffer();
      }
      if (buffer.length - length < wanted) {
        int size = Math.min(HELD_BACK_MAX, Math.max(2 * buffer.length, length + wanted));
        buffer = Arrays.copyOf(buffer, size);
      }
    }

    private void flushBuffer() throws IOException {
      if (length > 0) {
        Content.Sink.write(response, false, ByteBuffer.wrap(buffer, 0, length));
        length = 0;
      }
    }

    void finish(Callback callback) {
      if (!response.isCommitted() && !response.getHeaders().contains(HttpHeader.CONTENT_LENGTH)) {
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, length);
      }
      response.write(true, ByteBuffer.wrap(buffer, 0, length), callback);
    }
  }
}
