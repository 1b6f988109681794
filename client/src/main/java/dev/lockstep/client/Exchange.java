package dev.lockstep.client;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/// One request and its response: hands chunks from Jetty's threads to the one reading thread, and
/// measures silence.
final class Exchange implements Response.Listener, AutoCloseable {
  /// Chunks that may wait for the reader: enough to keep the network busy while one is consumed;
  /// bounds the memory of a streaming response at this many socket reads.
  private static final int CHUNKS_WAITING_MAX = 4;

  private final Request request;
  private final Endpoint endpoint;
  private final String path;
  private final long bytesMax;
  private final long idleNanos;
  private final long beginNanosMax;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // All below: guarded by lock.
  private final ArrayDeque<Content.Chunk> chunks = new ArrayDeque<>(CHUNKS_WAITING_MAX);
  private ServerConnection.@Nullable ResponseHead head;
  private @Nullable Runnable demand;
  private @Nullable Throwable failure;
  private boolean begun;
  private boolean responseComplete;
  private boolean complete;
  private boolean closed;

  /// True while our own supplier of the request body is being read: the silence is then ours, not
  /// the server's.
  private boolean readingOwnBody;

  private long lastActivityNanos = System.nanoTime();
  private long receivedBytes;

  private final TransferCount transfer;
  private final Runnable finished;

  /// @param finished called by [#close] if the exchange has come to its end
  Exchange(
      Request request,
      ConnectionSettings settings,
      String path,
      Duration idle,
      TransferCount transfer,
      Runnable finished) {
    this.request = request;
    this.transfer = transfer;
    this.finished = finished;
    this.endpoint = settings.endpoint();
    this.path = path;
    this.bytesMax = settings.responseBytesMax();
    this.idleNanos = idle.toNanos();
    // Until the request has a connection, name look-up and connect have their own limits; this one
    // only catches a
    // request that waits behind others for a free connection.
    this.beginNanosMax = 2 * settings.connectTimeout().toNanos() + idleNanos;
  }

  void send() {
    request.onRequestBegin(_ -> note(() -> begun = true));
    request.onRequestHeaders(
        sent -> transfer.requestHead(sent.getMethod(), path, sent.getHeaders()));
    request.onRequestContent((_, content) -> {
      transfer.requestBody(content.remaining());
      note(() -> {});
    });
    request.onRequestSuccess(_ -> note(() -> {}));
    request.send(this);
  }

  private void note(Runnable change) {
    lock.lock();
    try {
      change.run();
      lastActivityNanos = System.nanoTime();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  InputStream observe(InputStream body) {
    return new FilterInputStream(body) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        note(() -> readingOwnBody = true);
        try {
          return super.in.read(target, offset, length);
        } finally {
          note(() -> readingOwnBody = false);
        }
      }
    };
  }

  @Override
  public void onHeaders(Response response) {
    List<Map.Entry<String, String>> lines = new ArrayList<>(response.getHeaders().size());
    for (HttpField field : response.getHeaders()) {
      lines.add(
          new SimpleImmutableEntry<>(
              field.getName(), Objects.requireNonNullElse(field.getValue(), "")));
    }
    transfer.responseHead(response.getReason(), response.getHeaders());
    var arrived =
        new ServerConnection.ResponseHead(
            response.getStatus(),
            Objects.requireNonNullElse(response.getReason(), ""),
            ResponseHeaders.of(lines));
    note(() -> head = arrived);
  }

  @Override
  public void onContent(Response response, Content.Chunk chunk, Runnable demander) {
    transfer.responseBody(chunk.remaining());
    boolean more;
    lock.lock();
    try {
      lastActivityNanos = System.nanoTime();
      if (closed) {
        more = true;
      } else {
        if (chunk.hasRemaining()) {
          chunk.retain();
          chunks.add(chunk);
        }
        more = chunks.size() < CHUNKS_WAITING_MAX;
        demand = more ? null : demander;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (more) {
      demander.run();
    }
  }

  @Override
  public void onSuccess(Response response) {
    note(() -> responseComplete = true);
  }

  @Override
  public void onComplete(Result result) {
    note(() -> {
      // Only now, not at the response's end: the connection is back in the pool and serves the next
      // request. A
      // server may answer before it has read the whole request and then hang up: the answer is what
      // counts.
      if (responseComplete || result.isSucceeded()) {
        complete = true;
      } else {
        failure =
            Objects.requireNonNullElseGet(result.getResponseFailure(), result::getRequestFailure);
      }
    });
  }

  /// Waits for status line and headers.
  ServerConnection.ResponseHead awaitHead() throws TransportException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (head == null) {
        if (failure != null) {
          throw describe(failure);
        }
        awaitChange("waiting for the response");
      }
      return head;
    } finally {
      lock.unlock();
    }
  }

  /// Reads as [InputStream#read(byte[],int,int)].
  int read(byte[] target, int offset, int length) throws TransportException, InterruptedException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    Runnable demandMore = null;
    int count;
    lock.lockInterruptibly();
    try {
      // The reader may have been away for long; only from now on does the server's silence count.
      lastActivityNanos = Math.max(lastActivityNanos, System.nanoTime());
      while (chunks.isEmpty()) {
        if (closed) {
          throw new ConnectionLostException(
              endpoint, path, "the response was closed by its reader");
        }
        if (failure != null) {
          throw describe(failure);
        }
        if (complete) {
          return -1;
        }
        awaitChange("in the middle of the response, after " + receivedBytes + " bytes");
      }
      Content.Chunk chunk = chunks.getFirst();
      count = Math.min(length, chunk.remaining());
      chunk.getByteBuffer().get(target, offset, count);
      receivedBytes += count;
      if (receivedBytes > bytesMax) {
        ResponseTooLargeException tooLarge =
            new ResponseTooLargeException(
                endpoint,
                path,
                "the response is larger than the accepted maximum of " + bytesMax + " bytes");
        request.abort(tooLarge);
        throw tooLarge;
      }
      if (!chunk.hasRemaining()) {
        chunks.removeFirst().release();
        demandMore = demand;
        demand = null;
      }
    } finally {
      lock.unlock();
    }
    if (demandMore != null) {
      demandMore.run();
    }
    return count;
  }

  /// Waits until something happens, at most until the server has been silent for too long. Lock
  /// held.
  private void awaitChange(String phase) throws IdleTimeoutException, InterruptedException {
    if (readingOwnBody) {
      changed.await(idleNanos, TimeUnit.NANOSECONDS);
      return;
    }
    long limit = begun ? idleNanos : beginNanosMax;
    long remaining = limit - (System.nanoTime() - lastActivityNanos);
    if (remaining > 0) {
      changed.awaitNanos(remaining);
      return;
    }
    String limitText = Duration.ofNanos(limit).toMillis() + " ms";
    IdleTimeoutException timeout =
        new IdleTimeoutException(
            endpoint,
            path,
            begun
                ? "the server was silent for " + limitText + " " + phase
                : "no connection became free within " + limitText);
    request.abort(timeout);
    throw timeout;
  }

  private TransportException describe(Throwable cause) {
    if (cause instanceof TransportException transport) {
      return transport;
    }
    if (cause instanceof ServerConnection.NoPermittedAddress refused) {
      return new AddressRefusedException(
          endpoint, path, String.valueOf(refused.getMessage()), refused);
    }
    String text = text(cause);
    boolean connecting =
        cause instanceof ConnectException
            || cause instanceof UnknownHostException
            || cause instanceof NoRouteToHostException
            || cause instanceof UnresolvedAddressException
            || cause instanceof SSLException
            || !begun;
    return connecting
        ? new ConnectFailedException(endpoint, path, text, cause)
        : new ConnectionLostException(endpoint, path, "the connection broke: " + text, cause);
  }

  private String text(Throwable cause) {
    return switch (cause) {
      case UnknownHostException _ -> "host name '" + endpoint.host() + "' is not known";
      case UnresolvedAddressException _ -> "host name '" + endpoint.host() + "' is not known";
      case SocketTimeoutException _ -> "connect timeout";
      case SSLException tls -> "TLS: " + tls.getMessage();
      // Jetty's message is the description of its connection.
      case EOFException _ -> "the server closed it";
      default -> {
        String message = cause.getMessage();
        yield message == null || message.isEmpty() ? cause.getClass().getSimpleName() : message;
      }
    };
  }

  /// Lets go of everything. An unfinished response is aborted, and with it its connection.
  @Override
  public void close() {
    boolean abort;
    boolean isFinished;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      isFinished = complete;
      abort = !complete && failure == null;
      while (!chunks.isEmpty()) {
        chunks.removeFirst().release();
      }
      demand = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (abort) {
      request.abort(
          new ConnectionLostException(endpoint, path, "the request was given up by its caller"));
    } else if (isFinished) {
      finished.run();
    }
  }
}
