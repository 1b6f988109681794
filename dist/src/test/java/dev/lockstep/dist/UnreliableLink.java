package dev.lockstep.dist;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Passes TCP connections on to a port of this machine, until it is told to fail. Any number of
/// connections at a time. Thread-safe.
final class UnreliableLink implements AutoCloseable {
  /// What can go wrong.
  enum Fault {
    /// All connections end, as if the other side had closed them, perhaps within an answer.
    CUT,
    /// All connections are reset.
    RESET,
    /// Nothing arrives any more, in either direction; no connection ends.
    STALL,
    /// All connections end, and new ones do at once.
    REFUSE
  }

  private static final int CONNECT_MILLIS = 5_000;
  private static final int BUFFER_BYTES = 8 << 10;

  private final ServerSocket listener;
  private final int port;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  // Guarded by this.
  private @Nullable Fault next;
  private long bytesUntilNext;
  private @Nullable Fault now;
  private boolean isClosed;

  /// @param port of whoever is to be reached
  UnreliableLink(int port) {
    this.port = port;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError("no free port", e);
    }
    Thread.ofVirtual().name("link-accept").start(this::accept);
  }

  String endpoint() {
    return "tcp://127.0.0.1:" + listener.getLocalPort();
  }

  /// Fails once so many further bytes have passed, in whichever direction.
  synchronized void failAfter(long bytes, Fault fault) {
    next = fault;
    bytesUntilNext = bytes;
  }

  /// Passes everything on again. What was to fail later does not.
  synchronized void heal() {
    next = null;
    now = null;
    notifyAll();
  }

  private void accept() {
    while (true) {
      try {
        Socket near = listener.accept();
        if (isRefusing()) {
          near.close();
        } else {
          connect(near);
        }
      } catch (IOException _) {
        if (listener.isClosed()) {
          return;
        }
      }
    }
  }

  private synchronized boolean isRefusing() {
    return now == Fault.REFUSE;
  }

  private void connect(Socket near) {
    Socket far = new Socket();
    try {
      far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
    } catch (IOException _) {
      end(near);
      end(far);
      return;
    }
    open.add(near);
    open.add(far);
    Thread.ofVirtual().name("link-there").start(() -> pass(near, far));
    Thread.ofVirtual().name("link-back").start(() -> pass(far, near));
  }

  private void pass(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        int passing = admitted(count);
        out.write(buffer, 0, passing);
        if (passing < count) {
          fail();
        }
      }
    } catch (IOException | InterruptedException _) {
      // Ends the other direction, too.
    } finally {
      end(from);
      end(to);
    }
  }

  /// Waits while nothing may pass.
  ///
  /// @return how many of the bytes pass before everything fails
  private synchronized int admitted(int count) throws InterruptedException {
    while (now == Fault.STALL && !isClosed) {
      wait();
    }
    Fault fault = next;
    if (fault == null || bytesUntilNext >= count) {
      bytesUntilNext -= count;
      return count;
    }
    now = fault;
    next = null;
    if (fault == Fault.STALL) {
      while (now == Fault.STALL && !isClosed) {
        wait();
      }
      return count;
    }
    return (int) bytesUntilNext;
  }

  private void fail() throws IOException {
    boolean isReset;
    synchronized (this) {
      isReset = now == Fault.RESET;
      if (now != Fault.REFUSE) {
        now = null;
      }
    }
    for (Socket socket : open) {
      if (isReset) {
        socket.setSoLinger(true, 0);
      }
      end(socket);
    }
  }

  private void end(Socket socket) {
    open.remove(socket);
    try {
      socket.close();
    } catch (IOException _) {
      // It has ended.
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      isClosed = true;
      notifyAll();
    }
    try {
      listener.close();
    } catch (IOException _) {
      // Nobody connects any more.
    }
    open.forEach(this::end);
  }
}
