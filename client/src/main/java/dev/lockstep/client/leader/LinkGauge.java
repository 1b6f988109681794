package dev.lockstep.client.leader;

import dev.lockstep.replication.protocol.TransferPolicy;
import dev.lockstep.replication.protocol.TransferPolicy.Compression;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Measures how fast answers arrive, keeps them below the user's limit, and judges from both
/// whether compressing them is worth it. Thread-safe.
final class LinkGauge {
  /// Slower links are worth compressing for. Level 1 of zstd does several hundred megabytes a
  /// second, so below this it costs a few percent of a core on either side.
  static final double THIN_BYTES_PER_SECOND = 20e6;

  /// Smaller bodies measure the time to the leader and back rather than the link.
  private static final int MEASURED_BYTES_MIN = 64 << 10;

  /// Weight of the latest body.
  private static final double LATEST = 0.3;

  /// Read between two looks at the limit.
  private static final int PIECE_BYTES = 16 << 10;

  /// Unused for so long, a limit is not saved up further.
  private static final long BURST_NANOS = 100_000_000;

  private final TransferPolicy policy;
  private final boolean isLoopback;

  // Guarded by this.
  private double bytesPerSecond;
  private long paidUntilNanos = System.nanoTime();

  /// @param isLoopback whether the leader is on this machine: there is no link to save
  LinkGauge(TransferPolicy policy, boolean isLoopback) {
    this.policy = policy;
    this.isLoopback = isLoopback;
  }

  /// Whether the next answer should come compressed.
  ///
  /// @param isBulk whether it is one of many that copy everything: on a quick link compressing
  ///   those takes longer than sending them. What a comparison asks for is little, beside the work
  ///   of comparing, and may be paid for by the byte
  boolean wantsCompression(boolean isBulk) {
    if (policy.compression() != Compression.AUTO) {
      return policy.compression() == Compression.ZSTD;
    }
    if (policy.bytesPerSecondMax() > 0 && policy.bytesPerSecondMax() < THIN_BYTES_PER_SECOND) {
      return true;
    }
    if (isLoopback || !isBulk) {
      return !isLoopback;
    }
    synchronized (this) {
      return bytesPerSecond > 0 && bytesPerSecond < THIN_BYTES_PER_SECOND;
    }
  }

  /// A body as it travels, from now on counted and slowed down. To be closed when it was read.
  InputStream watch(InputStream body) {
    return new Watched(body);
  }

  private synchronized void measured(long bytes, long nanos) {
    if (bytes >= MEASURED_BYTES_MIN) {
      double rate = bytes * 1e9 / Math.max(1, nanos);
      bytesPerSecond = bytesPerSecond == 0 ? rate : LATEST * rate + (1 - LATEST) * bytesPerSecond;
    }
  }

  /// Takes what was read from the limit.
  ///
  /// @return nanoseconds to wait until it is paid for
  private synchronized long debt(int bytes) {
    long now = System.nanoTime();
    if (now - paidUntilNanos > BURST_NANOS) {
      paidUntilNanos = now - BURST_NANOS;
    }
    paidUntilNanos += (long) (bytes * 1e9 / policy.bytesPerSecondMax());
    return paidUntilNanos - now;
  }

  private final class Watched extends FilterInputStream {
    private final long begunNanos = System.nanoTime();
    private long bytes;

    Watched(InputStream body) {
      super(body);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      boolean isLimited = policy.bytesPerSecondMax() > 0;
      int count = in.read(target, offset, isLimited ? Math.min(length, PIECE_BYTES) : length);
      if (count > 0) {
        bytes += count;
        if (isLimited) {
          pause(debt(count));
        }
      }
      return count;
    }

    private static void pause(long nanos) throws InterruptedIOException {
      for (long until = System.nanoTime() + nanos, left = nanos;
          left > 0;
          left = until - System.nanoTime()) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("interrupted while keeping below maxBandwidth");
        }
        LockSupport.parkNanos(Math.min(left, TimeUnit.SECONDS.toNanos(1)));
      }
    }

    @Override
    public void close() throws IOException {
      measured(bytes, System.nanoTime() - begunNanos);
      super.close();
    }
  }
}
