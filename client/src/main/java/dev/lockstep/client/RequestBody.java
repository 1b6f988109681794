package dev.lockstep.client;

import java.io.InputStream;
import java.util.function.Supplier;

/// What a request carries.
public sealed interface RequestBody {
  /// Nothing; `Content-Length: 0` is sent with the verbs that usually have a body.
  record None() implements RequestBody {}

  /// The whole body in memory. The array is not copied: the caller must not change it before the
  /// request is done.
  @SuppressWarnings(
      "ArrayRecordComponent") // compared by nobody; a copy would double the memory of large bodies
  record Bytes(byte[] content) implements RequestBody {}

  /// A body read while it is sent, by one of the client's threads, and closed afterwards.
  ///
  /// @param content opens the stream; called once per request
  /// @param length exact number of bytes, or -1 if unknown: then sent chunked, which stock servers
  ///   refuse
  record Stream(Supplier<InputStream> content, long length) implements RequestBody {}
}
