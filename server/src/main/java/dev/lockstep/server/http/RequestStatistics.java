package dev.lockstep.server.http;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// What the listener counts about requests. Thread-safe; reading while requests run gives figures
/// that need not add up to each other exactly.
public final class RequestStatistics {
  /// Upper bounds of the latency classes in seconds; the last class has none.
  public static final double[] LATENCY_BOUNDS = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60
  };

  private final LongAdder[] byVerb = new LongAdder[HttpVerb.values().length];
  private final LongAdder[] byStatusClass = new LongAdder[6];
  private final LongAdder[] byLatency = new LongAdder[LATENCY_BOUNDS.length + 1];
  private final LongAdder nanos = new LongAdder();
  private final LongAdder asynchronous = new LongAdder();
  private final LongAdder unauthorized = new LongAdder();
  private final LongAdder bytesReceived = new LongAdder();
  private final LongAdder bytesSent = new LongAdder();
  private final AtomicInteger inFlight = new AtomicInteger();

  /// By setting; as many as there are settings.
  private final Map<String, LongAdder> refusals = new ConcurrentHashMap<>();

  public RequestStatistics() {
    for (LongAdder[] counters : List.of(byVerb, byStatusClass, byLatency)) {
      Arrays.setAll(counters, i -> new LongAdder());
    }
  }

  int begin() {
    return inFlight.incrementAndGet();
  }

  void end(HttpVerb verb, int status, long durationNanos, long received, long sent) {
    inFlight.decrementAndGet();
    byVerb[verb.ordinal()].increment();
    byStatusClass[Math.clamp(status / 100, 0, byStatusClass.length - 1)].increment();
    double seconds = durationNanos / 1e9;
    int bucket = 0;
    while (bucket < LATENCY_BOUNDS.length && seconds > LATENCY_BOUNDS[bucket]) {
      bucket++;
    }
    byLatency[bucket].increment();
    nanos.add(durationNanos);
    bytesReceived.add(Math.max(received, 0));
    bytesSent.add(Math.max(sent, 0));
  }

  void countAsynchronous() {
    asynchronous.increment();
  }

  void countUnauthorized() {
    unauthorized.increment();
  }

  /// @param setting the limit that a request has met
  void countRefusal(String setting) {
    refusals.computeIfAbsent(setting, name -> new LongAdder()).increment();
  }

  /// Requests and jobs that met a limit.
  ///
  /// @param setting as operators write it, see [dev.lockstep.server.settings.Limit]
  public long refusals(String setting) {
    LongAdder count = refusals.get(setting);
    return count == null ? 0 : count.sum();
  }

  public long requests(HttpVerb verb) {
    return byVerb[verb.ordinal()].sum();
  }

  public long requests() {
    return Arrays.stream(byVerb).mapToLong(LongAdder::sum).sum();
  }

  /// @param statusClass 1..5 for 1xx..5xx
  public long responses(int statusClass) {
    return byStatusClass[statusClass].sum();
  }

  /// Requests per latency class, one more than [#LATENCY_BOUNDS] has entries; not cumulated.
  public long[] latencies() {
    long[] counts = new long[byLatency.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = byLatency[i].sum();
    }
    return counts;
  }

  /// Sum of all requests' durations.
  public double seconds() {
    return nanos.sum() / 1e9;
  }

  public long asynchronousRequests() {
    return asynchronous.sum();
  }

  /// Requests answered 401.
  public long unauthorizedRequests() {
    return unauthorized.sum();
  }

  public long bytesReceived() {
    return bytesReceived.sum();
  }

  public long bytesSent() {
    return bytesSent.sum();
  }

  public int inFlight() {
    return inFlight.get();
  }
}
