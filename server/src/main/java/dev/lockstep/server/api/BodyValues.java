package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.InvalidJsonException;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.server.http.ApiRequest;
import dev.lockstep.server.settings.ContentLimits;
import java.io.IOException;
import java.io.PushbackInputStream;
import org.jspecify.annotations.Nullable;

/// A request body that is either one value or an array whose elements are read one by one, JSON or
/// VelocyPack, with memory for one value. Malformed input is a [LockstepException] 400/600, a value
/// beyond the limit 400/1216. Belongs to the request's thread.
final class BodyValues implements AutoCloseable {
  private static final int READ_AHEAD = 16;

  private interface Source extends AutoCloseable {
    @Nullable VPackSlice next() throws IOException;

    @Override
    void close() throws IOException;
  }

  private final ApiRequest request;
  private final @Nullable VPackSlice single;
  private final @Nullable Source elements;

  private BodyValues(ApiRequest request, @Nullable VPackSlice single, @Nullable Source elements) {
    this.request = request;
    this.single = single;
    this.elements = elements;
  }

  /// Reads as much as is needed to tell an array from another value; the other value is read whole.
  static BodyValues open(ApiRequest request) throws IOException {
    return request.hasVelocyPackBody() ? openVPack(request) : openJson(request);
  }

  private static BodyValues openVPack(ApiRequest request) throws IOException {
    ContentLimits limits = request.limits();
    PushbackInputStream in = new PushbackInputStream(request.body(), READ_AHEAD);
    int head = in.read();
    if (head < 0) {
      throw empty();
    }
    in.unread(head);
    try {
      if (!VPackArrayReader.isArrayHead(head)) {
        request.holdBody();
        byte[] bytes = in.readNBytes(limits.documentBytesMax() + 1);
        if (bytes.length > limits.documentBytesMax()) {
          throw new VPackTooLargeException(limits.documentBytesMax());
        }
        return new BodyValues(
            request, VPackValidator.validateWhole(bytes, limits.velocyPack()), null);
      }
      VPackArrayReader reader =
          new VPackArrayReader(in, limits.documentBytesMax(), limits.velocyPack());
      return new BodyValues(
          request,
          null,
          new Source() {
            @Override
            public @Nullable VPackSlice next() throws IOException {
              return reader.next();
            }

            @Override
            public void close() throws IOException {
              in.close();
            }
          });
    } catch (InvalidJsonException | InvalidVPackException | VPackTooLargeException e) {
      throw request.limits().refusal(e);
    }
  }

  private static BodyValues openJson(ApiRequest request) throws IOException {
    PushbackInputStream in = new PushbackInputStream(request.body(), READ_AHEAD);
    int first = firstCharacter(in);
    if (first < 0) {
      throw empty();
    }
    JsonToVPack.Limits limits = request.limits().jsonDocument();
    try {
      if (first != '[') {
        request.holdBody();
        return new BodyValues(request, JsonToVPack.parse(in, limits), null);
      }
      JsonToVPack.Values values = JsonToVPack.Values.elementsOf(in, limits);
      return new BodyValues(
          request,
          null,
          new Source() {
            @Override
            public @Nullable VPackSlice next() throws IOException {
              return values.next();
            }

            @Override
            public void close() throws IOException {
              values.close();
            }
          });
    } catch (InvalidJsonException | InvalidVPackException | VPackTooLargeException e) {
      throw request.limits().refusal(e);
    }
  }

  /// Skips white space and a byte order mark; the character found is the next one to be read.
  static int firstCharacter(PushbackInputStream in) throws IOException {
    int next = in.read();
    if (next == 0xef) {
      byte[] rest = in.readNBytes(2);
      if (rest.length == 2 && (rest[0] & 0xff) == 0xbb && (rest[1] & 0xff) == 0xbf) {
        next = in.read();
      } else {
        in.unread(rest);
      }
    }
    while (next == ' ' || next == '\t' || next == '\r' || next == '\n') {
      next = in.read();
    }
    if (next >= 0) {
      in.unread(next);
    }
    return next;
  }

  boolean isArray() {
    return elements != null;
  }

  /// The body that is no array.
  VPackSlice single() {
    if (single == null) {
      throw new IllegalStateException("the body is an array");
    }
    return single;
  }

  /// The body, which must be an object.
  ///
  /// @throws LockstepException 400/1227 if it is not
  VPackSlice singleObject() {
    if (single == null || !single.isObject()) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_TYPE_INVALID,
          "invalid document type: expecting an object as the request's body");
    }
    return single;
  }

  /// The next element, null after the last. Its buffer is its own.
  @Nullable VPackSlice next() throws IOException {
    if (elements == null) {
      throw new IllegalStateException("the body is no array");
    }
    try {
      return elements.next();
    } catch (InvalidJsonException | InvalidVPackException | VPackTooLargeException e) {
      throw request.limits().refusal(e);
    }
  }

  /// Says that no value returned so far is held any more, so that its memory is free for others.
  void letGo() {
    request.letGoOfBody();
  }

  private static LockstepException empty() {
    return new LockstepException(
        ErrorNumber.HTTP_CORRUPTED_JSON, "VPackError error: expecting a body, but it is empty");
  }

  @Override
  public void close() throws IOException {
    if (elements != null) {
      elements.close();
    }
  }
}
