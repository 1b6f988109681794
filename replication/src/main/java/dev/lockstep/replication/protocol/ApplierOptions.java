package dev.lockstep.replication.protocol;

import java.time.Duration;

/// The options that concern continuous replication only. A single synchronization accepts and
/// checks them, as stock clients send one object for both.
///
/// @param ignoreErrors apply errors to tolerate; [Integer#MAX_VALUE] = any number
/// @param connectionRetryWaitTime between two attempts to reach a lost leader
/// @param idleMinWaitTime between two empty fetches
/// @param idleMaxWaitTime most that adaptive polling stretches it to
public record ApplierOptions(
    int ignoreErrors,
    int lockTimeoutRetries,
    boolean autoStart,
    boolean autoResync,
    int autoResyncRetries,
    boolean adaptivePolling,
    boolean requireFromPresent,
    int maxConnectRetries,
    Duration connectionRetryWaitTime,
    Duration idleMinWaitTime,
    Duration idleMaxWaitTime) {
  public static final ApplierOptions DEFAULT =
      new ApplierOptions(
          0,
          0,
          false,
          false,
          2,
          true,
          true,
          100,
          Duration.ofSeconds(15),
          Duration.ofSeconds(1),
          Duration.ofMillis(2500));
}
