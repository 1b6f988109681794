package dev.lockstep.server.http;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/// What a resource left of a request's body.
///
/// Headers and body often arrive apart. A connection whose answer goes out before the body is there
/// cannot serve another request, but the peer would not know and would send its next one into the
/// closing connection; so a rest that is short is read before the answer is sent. A longer one ends
/// the connection, and is read while the peer takes the answer: closing a socket with unread bytes
/// makes the peer's system throw the answer away.
///
/// One per request, used by the request's thread.
final class UnreadBody {
  /// What is read before the answer: beyond it, a new connection costs the peer less than sending
  /// the rest.
  static final int BYTES_MAX = 1 << 20;

  /// How long the answer waits for the rest altogether.
  static final Duration WAIT_MAX = Duration.ofSeconds(2);

  /// What is read after the answer.
  private static final long LINGERING_BYTES_MAX = 64 << 20;

  private static final Duration LINGERING_MAX = Duration.ofSeconds(5);

  private final Request request;
  private final Semaphore available = new Semaphore(0);

  /// Whether the transport will tell of the next bytes; it may not be asked twice.
  private boolean demanded;

  /// Null until it was tried.
  private @Nullable Boolean atEnd;

  UnreadBody(Request request) {
    this.request = request;
  }

  /// Reads the rest away before the answer is sent; called again it only tells the result again.
  ///
  /// @return whether the body is at its end, so that the connection can serve another request. It
  ///   is not if the rest is longer than [#BYTES_MAX], did not arrive within [#WAIT_MAX], failed,
  ///   or if the peer waits for the permission to send it
  boolean discard() {
    Boolean known = atEnd;
    if (known == null) {
      known = !isLong() && !awaitsPermission() && readToEnd(BYTES_MAX, WAIT_MAX);
      atEnd = known;
    }
    return known;
  }

  /// After the answer is sent: reads until the peer stops sending, within limits.
  void linger() {
    if (!awaitsPermission()) {
      readToEnd(LINGERING_BYTES_MAX, LINGERING_MAX);
    }
  }

  private boolean isLong() {
    return request.getLength() - Request.getContentBytesRead(request) > BYTES_MAX;
  }

  /// A body that was begun to be read has been asked for.
  private boolean awaitsPermission() {
    return Request.getContentBytesRead(request) == 0
        && request.getHeaders().contains(HttpHeader.EXPECT, HttpHeaderValue.CONTINUE.asString());
  }

  private boolean readToEnd(long bytesMax, Duration waitMax) {
    long deadline = System.nanoTime() + waitMax.toNanos();
    long discarded = 0;
    while (discarded <= bytesMax) {
      Content.Chunk chunk = demanded ? null : request.read();
      if (chunk == null) {
        if (!awaitMore(deadline)) {
          return false;
        }
        continue;
      }
      if (Content.Chunk.isFailure(chunk)) {
        return false;
      }
      discarded += chunk.remaining();
      boolean last = chunk.isLast();
      chunk.release();
      if (last) {
        return true;
      }
    }
    return false;
  }

  private boolean awaitMore(long deadline) {
    if (!demanded) {
      demanded = true;
      request.demand(available::release);
    }
    try {
      demanded = !available.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      return !demanded;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
