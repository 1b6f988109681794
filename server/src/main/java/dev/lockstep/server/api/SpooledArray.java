package dev.lockstep.server.api;

import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackToJson;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.http.ApiResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// An array of an answer, collected element by element in the form the client asked for, of any
/// size. Once it became a response, that one owns it, and [#close] does nothing. Not thread-safe.
final class SpooledArray implements AutoCloseable {
  /// Writes one element in both forms; whoever implements it makes sure that they say the same.
  interface Element {
    void writeJson(OutputStream out) throws IOException;

    VPackSlice toVPack();
  }

  private static final VPackSlice NULL = new VPackBuilder().nullValue().toSlice();

  private final boolean velocyPack;
  private final Spool spool;
  private long count;
  private boolean handedOver;

  /// @param velocyPack whether the client asked for VelocyPack rather than JSON
  private SpooledArray(boolean velocyPack, long bytesMax) {
    this.velocyPack = velocyPack;
    this.spool = new Spool(bytesMax);
  }

  static SpooledArray of(ApiRequest request) {
    return new SpooledArray(request.wantsVelocyPack(), request.limits().spooledBytesMax());
  }

  /// For answers that are VelocyPack whatever the client accepts.
  static SpooledArray ofVelocyPack(ApiRequest request) {
    return new SpooledArray(true, request.limits().spooledBytesMax());
  }

  /// Number of elements.
  long count() {
    return count;
  }

  /// Bytes so far, separators included.
  long byteSize() {
    return spool.size();
  }

  void add(VPackSlice value) throws IOException {
    if (velocyPack) {
      spool.write(value.buffer(), value.offset(), value.byteSize());
    } else {
      separate();
      VPackToJson.write(value, spool);
    }
    count++;
  }

  void addNull() throws IOException {
    add(NULL);
  }

  /// Adds a stored document as clients see it.
  void addDocument(VPackSlice stored, String collection) throws IOException {
    if (velocyPack) {
      VPackSlice value = StoredDocument.withId(stored, collection);
      spool.write(value.buffer(), value.offset(), value.byteSize());
    } else {
      separate();
      StoredDocument.writeJson(stored, collection, spool);
    }
    count++;
  }

  void add(Element element) throws IOException {
    if (velocyPack) {
      add(element.toVPack());
      return;
    }
    separate();
    element.writeJson(spool);
    count++;
  }

  private void separate() throws IOException {
    if (count > 0) {
      spool.write(',');
    }
  }

  /// The array as the whole answer.
  ApiResponse toResponse(int status) {
    if (velocyPack) {
      return response(
          status,
          ApiResponse.VELOCYPACK,
          compactSize(spool.size(), count),
          out -> writeCompact(out, 0x13, spool.size(), count, spool::writeTo));
    }
    return response(
        status,
        ApiResponse.JSON,
        spool.size() + 2,
        out -> {
          out.write('[');
          spool.writeTo(out);
          out.write(']');
        });
  }

  /// An object with the array as its first member.
  ///
  /// @param others writes at least one further member
  ApiResponse toResponse(int status, String name, Consumer<VPackBuilder> others) {
    VPackBuilder builder = new VPackBuilder().openObject();
    others.accept(builder);
    VPackSlice rest = builder.close().toSlice();
    if (!velocyPack) {
      byte[] json = VPackToJson.toBytes(rest);
      byte[] head = ("{\"" + name + "\":[").getBytes(StandardCharsets.UTF_8);
      return response(
          status,
          ApiResponse.JSON,
          // A bracket and a comma come, the brace of the others goes.
          head.length + spool.size() + 2 + json.length - 1,
          out -> {
            out.write(head);
            spool.writeTo(out);
            out.write(']');
            out.write(',');
            out.write(json, 1, json.length - 1);
          });
    }
    VPackBuilder members = new VPackBuilder();
    byte[] key = new VPackBuilder().value(name).toByteArray();
    rest.members().forEach(member -> members.value(member.name()).slice(member.value()));
    byte[] tail = members.toByteArray();
    long payload = key.length + compactSize(spool.size(), count) + tail.length;
    return response(
        status,
        ApiResponse.VELOCYPACK,
        compactSize(payload, rest.length() + 1L),
        out ->
            writeCompact(
                out,
                0x14,
                payload,
                rest.length() + 1L,
                inner -> {
                  inner.write(key);
                  writeCompact(inner, 0x13, spool.size(), count, spool::writeTo);
                  inner.write(tail);
                }));
  }

  private interface Payload {
    void writeTo(OutputStream out) throws IOException;
  }

  private ApiResponse response(int status, String contentType, long length, Payload payload) {
    handedOver = true;
    return ApiResponse.stream(
        status,
        contentType,
        length,
        out -> {
          try (spool) {
            payload.writeTo(out);
          }
        });
  }

  /// Bytes of a compact array or object with that payload.
  private static long compactSize(long payload, long elements) {
    if (elements == 0) {
      return 1;
    }
    long withoutLength = 1 + payload + VPackArrayReader.compactWidth(elements);
    int width = VPackArrayReader.compactWidth(withoutLength + 1);
    // The length counts its own bytes, which may just make it one byte longer.
    return withoutLength + VPackArrayReader.compactWidth(withoutLength + width);
  }

  private static void writeCompact(
      OutputStream out, int head, long payload, long elements, Payload writer) throws IOException {
    if (elements == 0) {
      // Compact containers are never empty; the empty ones have heads of their own.
      out.write(head == 0x13 ? 0x01 : 0x0a);
      return;
    }
    out.write(head);
    long length = compactSize(payload, elements);
    for (long rest = length; ; rest >>>= 7) {
      if (rest < 0x80) {
        out.write((int) rest);
        break;
      }
      out.write((int) (rest & 0x7f | 0x80));
    }
    writer.writeTo(out);
    // The number of elements stands at the very end and is read backwards, lowest bits first.
    int highest = 7 * (VPackArrayReader.compactWidth(elements) - 1);
    for (int shift = highest; shift >= 0; shift -= 7) {
      int bits = (int) (elements >>> shift & 0x7f);
      out.write(shift == highest ? bits : bits | 0x80);
    }
  }

  @Override
  public void close() {
    if (handedOver) {
      return;
    }
    try {
      spool.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
