package dev.lockstep.dist;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Passes TCP connections on to a server of this machine, counts bytes, and commits the faults of a
/// [FaultSchedule]. Thread-safe.
final class FaultyLink implements AutoCloseable {
  private static final int BUFFER_BYTES = 16 << 10;
  private static final Duration DELAY = Duration.ofMillis(300);
  private static final Duration OUTAGE = Duration.ofMillis(500);
  private static final Duration THROTTLED = Duration.ofSeconds(1);

  /// Before each buffer while throttled: 1.6 MB/s at most.
  private static final Duration THROTTLED_PAUSE = Duration.ofMillis(10);

  private final ServerSocket listener;
  private final int targetPort;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong requestBytes = new AtomicLong();
  private final AtomicLong answerBytes = new AtomicLong();
  private volatile FaultSchedule schedule = FaultSchedule.none();
  private volatile long outageUntil = System.nanoTime();
  private volatile long throttledUntil = System.nanoTime();

  FaultyLink(int targetPort) {
    this.targetPort = targetPort;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError("no free port", e);
    }
    Thread.ofVirtual().name("faulty link").start(this::accept);
  }

  /// As `syncCollection` takes it.
  String endpoint() {
    return "tcp://127.0.0.1:" + listener.getLocalPort();
  }

  /// From now on these faults, bytes counted from now on. Existing connections stay.
  void follow(FaultSchedule next) {
    schedule = FaultSchedule.none();
    requestBytes.set(0);
    answerBytes.set(0);
    outageUntil = System.nanoTime();
    throttledUntil = outageUntil;
    schedule = next;
  }

  /// Ends all connections, as if both hosts had lost them.
  void cut() {
    open.forEach(Connection::reset);
  }

  long requestBytes() {
    return requestBytes.get();
  }

  long answerBytes() {
    return answerBytes.get();
  }

  private final class Connection {
    private final Socket near;
    private final Socket far;
    private volatile boolean isDropped;

    Connection(Socket near, Socket far) {
      this.near = near;
      this.far = far;
    }

    void start() {
      open.add(this);
      Thread.ofVirtual().start(() -> pump(false));
      Thread.ofVirtual().start(() -> pump(true));
    }

    private void pump(boolean answers) {
      byte[] buffer = new byte[BUFFER_BYTES];
      AtomicLong counter = answers ? answerBytes : requestBytes;
      try {
        InputStream in = (answers ? far : near).getInputStream();
        OutputStream out = (answers ? near : far).getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          long before = counter.getAndAdd(read);
          FaultSchedule.Event event = schedule.due(answers, before + read);
          int at = event == null ? read : (int) Math.max(0, event.after() - before);
          throttle();
          if (!isDropped) {
            out.write(buffer, 0, at);
          }
          if (event != null && !commit(event, buffer, at, read, out)) {
            return;
          }
        }
        (answers ? near : far).shutdownOutput();
      } catch (IOException _) {
        close();
      } finally {
        if (near.isOutputShutdown() && far.isOutputShutdown()) {
          close();
        }
      }
    }

    /// Commits a fault at a position of the buffer, whose bytes before are on their way.
    ///
    /// @return whether this direction goes on
    private boolean commit(
        FaultSchedule.Event event, byte[] buffer, int at, int read, OutputStream out)
        throws IOException {
      switch (event.fault()) {
        case DELAY -> pause(DELAY);
        case THROTTLE -> throttledUntil = System.nanoTime() + THROTTLED.toNanos();
        case DROP -> isDropped = true;
        case RESET -> {
          reset();
          return false;
        }
        case HALF_CLOSE -> {
          (event.answers() ? near : far).shutdownOutput();
          return false;
        }
        case TRUNCATE -> {
          close();
          return false;
        }
        case FLIP -> {
          if (at < read) {
            buffer[at] ^= (byte) (1 << (event.after() % 8));
          }
        }
        case DUPLICATE -> out.write(buffer, at, read - at);
        case OUTAGE -> {
          outageUntil = System.nanoTime() + OUTAGE.toNanos();
          cut();
          return false;
        }
      }
      if (!isDropped) {
        out.write(buffer, at, read - at);
      }
      return true;
    }

    private void throttle() {
      if (throttledUntil - System.nanoTime() > 0) {
        pause(THROTTLED_PAUSE);
      }
    }

    private void reset() {
      try {
        near.setSoLinger(true, 0);
        far.setSoLinger(true, 0);
      } catch (IOException _) {
        // It is closed already.
      }
      close();
    }

    private void close() {
      open.remove(this);
      try (near;
          far) {
        isDropped = true;
      } catch (IOException _) {
        // Nothing is left to be closed.
      }
    }
  }

  private static void pause(Duration duration) {
    LockSupport.parkNanos(duration.toNanos());
  }

  private void accept() {
    while (true) {
      try {
        Socket near = listener.accept();
        if (outageUntil - System.nanoTime() > 0) {
          near.setSoLinger(true, 0);
          near.close();
          continue;
        }
        near.setTcpNoDelay(true);
        try {
          Socket far = new Socket(InetAddress.getLoopbackAddress(), targetPort);
          far.setTcpNoDelay(true);
          new Connection(near, far).start();
        } catch (IOException _) {
          // The server is not there: whoever called sees the connection end.
          near.close();
        }
      } catch (IOException _) {
        if (listener.isClosed()) {
          return;
        }
      }
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new AssertionError("cannot close the link", e);
    }
    cut();
  }
}
