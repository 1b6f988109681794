package dev.lockstep.client;

import java.util.concurrent.atomic.LongAdder;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/// Counts what goes over a connection as HTTP/1.1 writes it: start lines, headers, bodies. Not what
/// frames chunked bodies, nor what TLS and TCP add. Thread-safe.
final class TransferCount {
  /// ` ` and ` HTTP/1.1` and the line's end.
  private static final int REQUEST_LINE_BYTES = 1 + 9 + 2;

  /// `HTTP/1.1 200 ` and the line's end.
  private static final int STATUS_LINE_BYTES = 13 + 2;

  /// `: ` and the line's end.
  private static final int HEADER_BYTES = 2 + 2;

  private static final int END_OF_HEADERS_BYTES = 2;

  private final LongAdder requests = new LongAdder();
  private final LongAdder sent = new LongAdder();
  private final LongAdder received = new LongAdder();

  /// @param path with the query
  void requestHead(String method, String path, HttpFields headers) {
    requests.increment();
    sent.add(method.length() + path.length() + REQUEST_LINE_BYTES + bytes(headers));
  }

  void requestBody(int bytes) {
    sent.add(bytes);
  }

  /// @param reason null if there is none
  void responseHead(@Nullable String reason, HttpFields headers) {
    received.add((reason == null ? 0 : reason.length()) + STATUS_LINE_BYTES + bytes(headers));
  }

  void responseBody(int bytes) {
    received.add(bytes);
  }

  private static long bytes(HttpFields headers) {
    long sum = END_OF_HEADERS_BYTES;
    for (HttpField field : headers) {
      String value = field.getValue();
      sum += field.getName().length() + (value == null ? 0 : value.length()) + HEADER_BYTES;
    }
    return sum;
  }

  long requests() {
    return requests.sum();
  }

  long bytesSent() {
    return sent.sum();
  }

  long bytesReceived() {
    return received.sum();
  }
}
