package dev.lockstep.server.http;

import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackToJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/// A response's body in the form the peer asked for.
///
/// @param length in bytes, -1 if only writing it will tell
/// @param writer writes it; may be called once
record RenderedBody(String contentType, long length, StreamBody writer) {
  /// Values up to this size in VelocyPack are rendered to JSON in memory. Larger ones are rendered
  /// twice, first to count the bytes, so that an answer with a document of 100 MB needs no second
  /// 100 MB.
  private static final int IN_MEMORY_MAX = 1 << 20;

  static final RenderedBody NONE = new RenderedBody("", 0, out -> {});

  /// @param velocyPack whether the peer accepts VelocyPack
  static RenderedBody of(ApiResponse.Body body, boolean velocyPack) throws IOException {
    return switch (body) {
      case ApiResponse.Body.Empty empty -> NONE;
      case ApiResponse.Body.Bytes bytes -> ofBytes(bytes.contentType(), bytes.bytes());
      case ApiResponse.Body.Stream stream ->
          new RenderedBody(stream.contentType(), stream.length(), stream.writer());
      case ApiResponse.Body.Value value ->
          velocyPack && !value.alwaysJson()
              ? ofSlice(value.value())
              : ofJson(value.value().byteSize(), out -> VPackToJson.write(value.value(), out));
      case ApiResponse.Body.StoredDocumentBody document ->
          velocyPack
              ? ofSlice(StoredDocument.withId(document.stored(), document.collection()))
              : ofJson(
                  document.stored().byteSize(),
                  out -> StoredDocument.writeJson(document.stored(), document.collection(), out));
    };
  }

  static RenderedBody ofBytes(String contentType, byte[] bytes) {
    return new RenderedBody(contentType, bytes.length, new Fixed(bytes, 0, bytes.length));
  }

  private static RenderedBody ofSlice(VPackSlice slice) {
    int size = slice.byteSize();
    return new RenderedBody(
        ApiResponse.VELOCYPACK, size, new Fixed(slice.buffer(), slice.offset(), size));
  }

  private static RenderedBody ofJson(int valueBytes, StreamBody writer) throws IOException {
    if (valueBytes > IN_MEMORY_MAX) {
      Counter counter = new Counter();
      writer.writeTo(counter);
      return new RenderedBody(ApiResponse.JSON, counter.count, writer);
    }
    Collected collected = new Collected(valueBytes + valueBytes / 4 + 64);
    writer.writeTo(collected);
    return new RenderedBody(
        ApiResponse.JSON, collected.size(), new Fixed(collected.buffer(), 0, collected.size()));
  }

  /// Bytes that are in memory; the transport sends them without copying.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Fixed(byte[] buffer, int offset, int length) implements StreamBody {
    @Override
    public void writeTo(OutputStream out) throws IOException {
      out.write(buffer, offset, length);
    }
  }

  private static final class Collected extends ByteArrayOutputStream {
    Collected(int size) {
      super(size);
    }

    byte[] buffer() {
      return buf;
    }
  }

  private static final class Counter extends OutputStream {
    private long count;

    @Override
    public void write(int b) {
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      count += length;
    }
  }
}
