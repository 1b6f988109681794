package dev.lockstep.shell.cli;

import java.util.ArrayDeque;
import java.util.Deque;

/// How fast a counter has been growing of late. One thread.
final class ChangeRate {
  /// Long enough not to flicker, short enough to tell when a burst is over.
  private static final long WINDOW_NANOS = 2_000_000_000;

  private record Sample(long nanos, long value) {}

  private final Deque<Sample> samples = new ArrayDeque<>();

  /// Notes a value and tells the growth per second; 0 until there are two. A counter that is
  /// smaller than before began anew.
  double at(long nanos, long value) {
    if (!samples.isEmpty() && value < samples.getLast().value()) {
      samples.clear();
    }
    samples.addLast(new Sample(nanos, value));
    while (samples.size() > 2 && nanos - samples.getFirst().nanos() > WINDOW_NANOS) {
      samples.removeFirst();
    }
    Sample first = samples.getFirst();
    long took = nanos - first.nanos();
    return took <= 0 ? 0 : (value - first.value()) * 1e9 / took;
  }
}
