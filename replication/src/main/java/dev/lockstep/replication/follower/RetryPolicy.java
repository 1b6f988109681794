package dev.lockstep.replication.follower;

import dev.lockstep.replication.protocol.ApplierOptions;
import dev.lockstep.replication.protocol.LeaderUnavailableException;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Repeats requests that failed in a way that passes, with growing pauses. Thread-safe.
final class RetryPolicy {
  private static final Logger LOG = LoggerFactory.getLogger(RetryPolicy.class);

  /// One request.
  @FunctionalInterface
  interface Call<T> {
    T perform() throws InterruptedException;
  }

  private final StopSignal stop;
  private final Backoff backoff;
  private final Duration backoffFirst;
  private final Duration backoffMax;
  private final int retriesMax;
  private final BiConsumer<String, String> note;

  /// @param options `maxConnectRetries` is how often a request is repeated,
  ///   `connectionRetryWaitTime` the longest pause; the settings' own limits hold as well
  /// @param note told what is being waited for, and the failure that is the reason
  RetryPolicy(
      StopSignal stop,
      Backoff backoff,
      FollowerSettings settings,
      ApplierOptions options,
      BiConsumer<String, String> note) {
    this.stop = stop;
    this.backoff = backoff;
    this.backoffFirst = settings.backoffFirst();
    Duration wanted = options.connectionRetryWaitTime();
    this.backoffMax = wanted.compareTo(settings.backoffMax()) < 0 ? wanted : settings.backoffMax();
    this.retriesMax = Math.min(settings.retriesMax(), options.maxConnectRetries());
    this.note = note;
  }

  /// How often any request is repeated that may be, after the first attempt.
  int retriesMax() {
    return retriesMax;
  }

  /// @param retriesMax repetitions after the first attempt
  /// @param mayRepeat whether the request may be sent again after this failure
  /// @throws LeaderUnavailableException the last failure
  <T> T perform(int retriesMax, Predicate<LeaderUnavailableException> mayRepeat, Call<T> call)
      throws InterruptedException {
    for (int failures = 1; ; failures++) {
      stop.throwIfStopped();
      try {
        return stop.interruptibly(call);
      } catch (InterruptedException e) {
        stop.throwIfStopped();
        throw e;
      } catch (LeaderUnavailableException e) {
        stop.throwIfStopped();
        if (failures > retriesMax || !mayRepeat.test(e)) {
          throw e;
        }
        Duration pause = backoff.before(failures, backoffFirst, backoffMax);
        LOG.info(
            "request to the leader failed, attempt {} of {} follows in {} ms: {}",
            failures + 1,
            retriesMax + 1,
            pause.toMillis(),
            e.getMessage());
        note.accept(
            "waiting to repeat a request, attempt "
                + (failures + 1)
                + " of "
                + (retriesMax + 1)
                + ": "
                + e.getMessage(),
            String.valueOf(e.getMessage()));
        backoff.pause(pause, stop);
      }
    }
  }
}
