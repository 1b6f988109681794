package dev.lockstep.shell.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// Stands between two sides of a peer that does not tell how much it sends, and counts. Costs the
/// connection some speed, so no run through it is compared with others. Thread-safe.
final class CountingRelay implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 16;

  private final ServerSocket listener;
  private final int targetPort;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final LongAdder bytes = new LongAdder();

  /// Listens on a free port of the loopback interface and passes on to another port of it.
  CountingRelay(int targetPort) throws IOException {
    this.targetPort = targetPort;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("relay").start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /// Passed on so far, both directions, all connections.
  long bytes() {
    return bytes.sum();
  }

  private void accept() {
    while (true) {
      try {
        Socket near = keep(listener.accept());
        Socket far = keep(new Socket(InetAddress.getLoopbackAddress(), targetPort));
        Thread.ofVirtual().start(() -> pump(near, far));
        Thread.ofVirtual().start(() -> pump(far, near));
      } catch (IOException _) {
        if (listener.isClosed()) {
          return;
        }
        // The far side does not listen: the near one sees its connection end with the relay.
      }
    }
  }

  private Socket keep(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    open.add(socket);
    return socket;
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        bytes.add(read);
      }
    } catch (IOException _) {
      // Either side has ended: so does the other.
    } finally {
      open.remove(from);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
