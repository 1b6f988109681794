package dev.lockstep.server.http;

import java.io.IOException;
import java.io.OutputStream;

/// Writes an answer's body while it is sent.
@FunctionalInterface
public interface StreamBody {
  /// Called once, on the request's thread. Writes block while the peer is slow. The stream need not
  /// be closed. A failure before the first 64 KiB were written still becomes an error answer; a
  /// later one cuts the connection, so that the peer cannot take the part for the whole.
  void writeTo(OutputStream out) throws IOException;
}
