package dev.lockstep.server.settings;

import java.time.Duration;

/// Limits of asynchronous requests.
///
/// @param queueMax jobs waiting or running; beyond it 503
/// @param runningMax jobs running at once
/// @param resultsMax answers kept; beyond it the oldest is dropped
/// @param resultBytesEachMax longest answer that is kept; a job with a longer one fails with 32
/// @param resultBytesMax bytes of all answers kept; beyond it the oldest is dropped
/// @param resultLifetime how long an answer is kept
public record JobSettings(
    int queueMax,
    int runningMax,
    int resultsMax,
    int resultBytesEachMax,
    long resultBytesMax,
    Duration resultLifetime) {
  public static final JobSettings DEFAULT =
      new JobSettings(4096, 64, 10_000, 64 << 20, 64L << 20, Duration.ofHours(1));

  public JobSettings {
    if (queueMax < 1
        || runningMax < 1
        || resultsMax < 1
        || resultBytesEachMax < 1
        || resultBytesMax < 1) {
      throw new IllegalArgumentException("expecting at least 1");
    }
  }
}
