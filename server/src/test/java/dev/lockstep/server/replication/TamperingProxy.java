package dev.lockstep.server.replication;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/// Passes TCP connections on to a server of this machine, records what goes each way, and when told
/// to flips one bit, or holds answers back. For one exchange at a time.
final class TamperingProxy implements AutoCloseable {
  enum Way {
    REQUEST,
    ANSWER
  }

  private record Flip(Way way, long position, int bit) {}

  private final ServerSocket listener;
  private final int port;

  // Guarded by this.
  private final ByteArrayOutputStream[] passed = {
    new ByteArrayOutputStream(), new ByteArrayOutputStream()
  };
  private @Nullable Flip next;
  private long answersHeldFrom = Long.MAX_VALUE;

  TamperingProxy(int port) throws IOException {
    this.port = port;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /// Forgets what was recorded; everything passes unharmed.
  synchronized void reset() {
    passed[0].reset();
    passed[1].reset();
    next = null;
  }

  /// From now on recorded anew, with one bit flipped.
  ///
  /// @param position of the byte, counted from now
  /// @param bit 0 to 7
  synchronized void flip(Way way, long position, int bit) {
    reset();
    next = new Flip(way, position, bit);
  }

  /// From now on recorded anew; after this many bytes of answers nothing more arrives, until
  /// [#release].
  synchronized void holdAnswersAfter(long bytes) {
    reset();
    answersHeldFrom = bytes;
  }

  synchronized void release() {
    answersHeldFrom = Long.MAX_VALUE;
    notifyAll();
  }

  /// Whether an answer is being held back.
  synchronized boolean isHolding() {
    return passed[Way.ANSWER.ordinal()].size() > answersHeldFrom;
  }

  private synchronized void awaitRelease(Way way) throws InterruptedException {
    while (way == Way.ANSWER && isHolding()) {
      wait();
    }
  }

  /// What has passed since the last call of [#reset] or [#flip], as it arrived here.
  synchronized byte[] passed(Way way) {
    return passed[way.ordinal()].toByteArray();
  }

  private synchronized void pass(Way way, byte[] bytes, int count) {
    ByteArrayOutputStream record = passed[way.ordinal()];
    long before = record.size();
    record.write(bytes, 0, count);
    Flip flip = next;
    if (flip != null
        && flip.way == way
        && flip.position >= before
        && flip.position < before + count) {
      bytes[(int) (flip.position - before)] ^= (byte) (1 << flip.bit);
      next = null;
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket near = listener.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), port);
        Thread.ofVirtual().start(() -> pump(Way.REQUEST, near, far));
        Thread.ofVirtual().start(() -> pump(Way.ANSWER, far, near));
      }
    } catch (IOException _) {
      // The test is over.
    }
  }

  private void pump(Way way, Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[32 << 10];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        pass(way, buffer, count);
        awaitRelease(way);
        out.write(buffer, 0, count);
      }
    } catch (IOException | InterruptedException _) {
      // One end is gone; so is the other.
    }
  }

  @Override
  public void close() throws IOException {
    release();
    listener.close();
  }
}
