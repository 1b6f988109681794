package dev.lockstep.server.settings;

import java.time.Duration;
import java.util.Set;

/// Limits of the HTTP side.
///
/// @param urlBytesMax longest request URL; beyond it 414
/// @param headerBytesMax most bytes of request headers; beyond it 431
/// @param bodyBytesMax longest request body, as sent; beyond it 413
/// @param decompressedBytesMax longest compressed request body after decompression; beyond it 413
/// @param bodyMemoryBytes what all request bodies held in memory at once may take; longer bodies
///   must be streamed
/// @param bodyMemoryWait how long a request waits for its share of that before it is answered 503
/// @param requestsInFlightMax requests being worked on at once; beyond it 503
/// @param keepAlive how long an idle connection stays open
/// @param trustedOrigins origins whose scripts may send credentials; `*` is every origin
/// @param content what bodies and answers may contain
public record TransportSettings(
    int urlBytesMax,
    int headerBytesMax,
    long bodyBytesMax,
    long decompressedBytesMax,
    long bodyMemoryBytes,
    Duration bodyMemoryWait,
    int requestsInFlightMax,
    Duration keepAlive,
    Set<String> trustedOrigins,
    ContentLimits content) {
  public static final TransportSettings DEFAULT =
      new TransportSettings(
          16 << 10,
          1 << 20,
          1L << 30,
          1L << 30,
          Math.max(Runtime.getRuntime().maxMemory() / 2, 16L << 20),
          Duration.ofSeconds(30),
          4096,
          Duration.ofSeconds(300),
          Set.of(),
          ContentLimits.DEFAULT);

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
        decompressedBytesMax,
        bytes,
        wait,
        requestsInFlightMax,
        keepAlive,
        trustedOrigins,
        content);
  }

  public TransportSettings withBodyBytesMax(long bytes, long decompressedBytes) {
    return new TransportSettings(
        urlBytesMax,
        headerBytesMax,
        bytes,
        decompressedBytes,
        bodyMemoryBytes,
        bodyMemoryWait,
        requestsInFlightMax,
        keepAlive,
        trustedOrigins,
        content);
  }
}
