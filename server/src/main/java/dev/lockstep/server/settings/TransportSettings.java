package dev.lockstep.server.settings;

import java.time.Duration;
import java.util.Set;

/// Limits of the HTTP side.
///
/// @param urlBytesMax longest request URL; beyond it 414
/// @param headerBytesMax most bytes of request headers; beyond it 431
/// @param bodyBytesMax longest request body, as sent and as decompressed; beyond it 413
/// @param bodyMemoryBytes what all request bodies held in memory at once may take; longer bodies
///   must be streamed
/// @param bodyMemoryWait how long a request waits for its share of that before it is answered 503
/// @param requestsInFlightMax requests being worked on at once; beyond it 503
/// @param keepAlive how long an idle connection stays open
/// @param trustedOrigins origins whose scripts may send credentials; `*` is every origin
public record TransportSettings(
    int urlBytesMax,
    int headerBytesMax,
    long bodyBytesMax,
    long bodyMemoryBytes,
    Duration bodyMemoryWait,
    int requestsInFlightMax,
    Duration keepAlive,
    Set<String> trustedOrigins) {
  /// The option that sets `bodyMemoryBytes`, for messages.
  public static final String BODY_MEMORY_OPTION = "--server.request-memory";

  public static final TransportSettings DEFAULT =
      new TransportSettings(
          16 << 10,
          1 << 20,
          1L << 30,
          Math.max(Runtime.getRuntime().maxMemory() / 2, 16L << 20),
          Duration.ofSeconds(30),
          4096,
          Duration.ofSeconds(300),
          Set.of());

  public TransportSettings {
    trustedOrigins = Set.copyOf(trustedOrigins);
    if (bodyMemoryBytes < 1 << 20) {
      throw new IllegalArgumentException("expecting at least 1 MiB");
    }
    if (requestsInFlightMax < 1) {
      throw new IllegalArgumentException("expecting at least 1");
    }
  }

  public TransportSettings withBodyMemory(long bytes, Duration wait) {
    return new TransportSettings(
        urlBytesMax,
        headerBytesMax,
        bodyBytesMax,
        bytes,
        wait,
        requestsInFlightMax,
        keepAlive,
        trustedOrigins);
  }

  public TransportSettings withBodyBytesMax(long bytes) {
    return new TransportSettings(
        urlBytesMax,
        headerBytesMax,
        bytes,
        bodyMemoryBytes,
        bodyMemoryWait,
        requestsInFlightMax,
        keepAlive,
        trustedOrigins);
  }
}
