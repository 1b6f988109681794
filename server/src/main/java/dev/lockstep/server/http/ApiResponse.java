package dev.lockstep.server.http;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An answer before it is rendered: status, headers and a body that is JSON or VelocyPack as the
/// request's `Accept` says, or fixed bytes, or a stream. Bodies must not be changed afterwards. Not
/// thread-safe while headers are added.
public final class ApiResponse {
  public static final String JSON = "application/json; charset=utf-8";
  public static final String VELOCYPACK = "application/x-velocypack";
  public static final String DUMP = "application/x-arango-dump";

  /// A header field, name in the wire's lower case.
  public record Header(String name, String value) {}

  /// What the transport has to send.
  sealed interface Body {
    record Empty() implements Body {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Bytes(String contentType, byte[] bytes) implements Body {}

    /// @param alwaysJson whatever `Accept` says
    record Value(VPackSlice value, boolean alwaysJson) implements Body {}

    /// A stored document, to which `_id` is added on the way out.
    record StoredDocumentBody(VPackSlice stored, String collection) implements Body {}

    /// @param length in bytes, -1 if only writing it will tell
    record Stream(String contentType, long length, StreamBody writer) implements Body {}
  }

  private static final Body.Empty EMPTY = new Body.Empty();

  private final int status;
  private final Body body;
  private final List<Header> headers = new ArrayList<>(4);
  private boolean compressible = true;

  private ApiResponse(int status, Body body) {
    this.status = status;
    this.body = body;
  }

  /// No body, `content-length: 0`.
  public static ApiResponse empty(int status) {
    return new ApiResponse(status, EMPTY);
  }

  /// Any value, as JSON or VelocyPack.
  public static ApiResponse value(int status, VPackSlice value) {
    return new ApiResponse(status, new Body.Value(value, false));
  }

  /// @param writer writes exactly one value
  public static ApiResponse value(int status, Consumer<VPackBuilder> writer) {
    return value(status, build(writer));
  }

  /// Any value as JSON, whatever `Accept` says.
  public static ApiResponse json(int status, VPackSlice value) {
    return new ApiResponse(status, new Body.Value(value, true));
  }

  /// @param writer writes exactly one value
  public static ApiResponse json(int status, Consumer<VPackBuilder> writer) {
    return json(status, build(writer));
  }

  /// An object.
  ///
  /// @param members writes its members
  public static ApiResponse object(int status, Consumer<VPackBuilder> members) {
    return value(
        status,
        builder -> {
          builder.openObject();
          members.accept(builder);
          builder.close();
        });
  }

  /// The usual envelope: the given members, then `error:false` and `code`.
  public static ApiResponse success(int status, Consumer<VPackBuilder> members) {
    return object(
        status,
        builder -> {
          members.accept(builder);
          builder.member("error", false).member("code", status);
        });
  }

  /// A stored document as clients see it (`_key`, `_id`, `_rev`, then the rest), rendered without
  /// an intermediate copy where possible.
  public static ApiResponse document(int status, VPackSlice stored, String collectionName) {
    return new ApiResponse(status, new Body.StoredDocumentBody(stored, collectionName));
  }

  /// The error body of the number, with its usual HTTP status.
  public static ApiResponse error(ErrorNumber number, String message) {
    return error(number.httpStatus(), number.number(), message, members -> {});
  }

  /// The error body of a failure, with its detail if there is any.
  static ApiResponse error(LockstepException failure) {
    ErrorNumber number = failure.number();
    return error(
        number.httpStatus(),
        number.number(),
        String.valueOf(failure.getMessage()),
        members -> {
          if (failure.detail() != null) {
            members.member("detail", failure.detail());
          }
        });
  }

  /// @param more writes further members, such as the current revision of a conflict
  public static ApiResponse error(
      int status, int errorNum, String message, Consumer<VPackBuilder> more) {
    return object(
        status,
        builder -> {
          builder
              .member("code", status)
              .member("error", true)
              .member("errorMessage", message)
              .member("errorNum", errorNum);
          more.accept(builder);
        });
  }

  /// Fixed bytes; the array is not copied.
  public static ApiResponse bytes(int status, String contentType, byte[] bytes) {
    return new ApiResponse(status, new Body.Bytes(contentType, bytes));
  }

  /// A body that is written while it is sent. Up to 64 KiB it goes out with `content-length`,
  /// beyond that in chunks.
  public static ApiResponse stream(int status, String contentType, StreamBody writer) {
    return new ApiResponse(status, new Body.Stream(contentType, -1, writer));
  }

  /// A body of known length, written while it is sent.
  ///
  /// @param length exactly what `writer` writes, in bytes
  public static ApiResponse stream(int status, String contentType, long length, StreamBody writer) {
    return new ApiResponse(status, new Body.Stream(contentType, length, writer));
  }

  /// Adds a header.
  public ApiResponse header(String name, String value) {
    if (value.indexOf('\n') >= 0 || value.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("line break in the value of header " + name);
    }
    headers.add(new Header(name, value));
    return this;
  }

  /// Adds a header unless the value is null.
  public ApiResponse headerIfPresent(String name, @Nullable String value) {
    return value == null ? this : header(name, value);
  }

  /// Never compresses the body, whatever the peer accepts: for dumps, whose readers count bytes.
  public ApiResponse uncompressed() {
    compressible = false;
    return this;
  }

  public int status() {
    return status;
  }

  public List<Header> headers() {
    return List.copyOf(headers);
  }

  boolean isCompressible() {
    return compressible;
  }

  Body body() {
    return body;
  }

  private static VPackSlice build(Consumer<VPackBuilder> writer) {
    VPackBuilder builder = new VPackBuilder();
    writer.accept(builder);
    return builder.toSlice();
  }
}
