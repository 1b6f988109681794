package dev.lockstep.shell.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// Finds out how far a follower is behind, by writing something small on the leader now and then
/// and asking the follower for it until it has it. Runs beside the load that is measured.
public final class LagProbe implements AutoCloseable {
  /// Between two probes: often enough for a percentile, seldom enough to be no load.
  private static final long PAUSE_MILLIS = 20;

  /// Between two questions.
  private static final long POLL_MICROS = 200;

  private static final long VISIBLE_NANOS_MAX = TimeUnit.MINUTES.toNanos(30);

  /// One side of the probe.
  public interface Sides {
    /// Writes probe `number` on the leader; returns when the leader has acknowledged it.
    void write(int number) throws IOException, InterruptedException;

    /// Whether the follower has it.
    boolean isVisible(int number) throws IOException, InterruptedException;
  }

  /// From the leader's acknowledgement until the follower shows it.
  ///
  /// @param probes how many were made
  public record Lag(Duration median, Duration p99, int probes) {}

  private final Sides sides;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final Future<Void> work;
  private volatile boolean isOver;

  // Written by the probing thread, read when it has ended.
  private final List<Long> lags = new ArrayList<>();
  private int number;

  /// Begins at once.
  ///
  /// @param first number of the first probe; each number is written once
  public LagProbe(Sides sides, int first) {
    this.sides = sides;
    this.number = first;
    this.work =
        thread.submit(() -> {
          while (!isOver) {
            lags.add(probe());
            Thread.sleep(PAUSE_MILLIS);
          }
          return null;
        });
  }

  private long probe() throws IOException, InterruptedException {
    int mine = number++;
    sides.write(mine);
    long begun = System.nanoTime();
    while (!sides.isVisible(mine)) {
      if (System.nanoTime() - begun > VISIBLE_NANOS_MAX) {
        throw new IOException("the follower did not get a change within half an hour");
      }
      TimeUnit.MICROSECONDS.sleep(POLL_MICROS);
    }
    return System.nanoTime() - begun;
  }

  /// Ends probing, and makes one more: what was written before it is at the follower then, too.
  public Lag finish() throws IOException, InterruptedException {
    isOver = true;
    try {
      work.get();
    } catch (ExecutionException e) {
      throw new IOException("a probe failed: " + e.getCause(), e);
    }
    lags.add(probe());
    Collections.sort(lags);
    return new Lag(at(0.5), at(0.99), lags.size());
  }

  private Duration at(double share) {
    return Duration.ofNanos(lags.get((int) Math.min(lags.size() - 1, share * lags.size())));
  }

  /// The number after the last one.
  public int next() {
    return number;
  }

  @Override
  public void close() {
    isOver = true;
    thread.shutdownNow();
  }
}
