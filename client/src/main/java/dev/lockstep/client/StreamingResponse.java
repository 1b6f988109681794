package dev.lockstep.client;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// A response whose body is read while it arrives. Holds one connection until the body was read to
/// its end or this is closed; closing early drops the connection. The reader's own slowness is not
/// limited: the idle limit counts only while a read waits for the server. One thread at a time.
public final class StreamingResponse implements AutoCloseable {
  private final int status;
  private final String reason;
  private final ResponseHeaders headers;
  private final InputStream body;
  private final Runnable abandon;

  StreamingResponse(
      int status, String reason, ResponseHeaders headers, InputStream body, Runnable abandon) {
    this.status = status;
    this.reason = reason;
    this.headers = headers;
    this.body = body;
    this.abandon = abandon;
  }

  public int status() {
    return status;
  }

  public String reason() {
    return reason;
  }

  public ResponseHeaders headers() {
    return headers;
  }

  /// The first header of this name, or null.
  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /// The body as sent. Reading throws the same [TransportException]s as [ServerConnection#send],
  /// and [java.io.InterruptedIOException] (with the interrupt kept) when the reading thread is
  /// interrupted.
  public InputStream body() {
    return body;
  }

  @Override
  public void close() {
    abandon.run();
  }
}
