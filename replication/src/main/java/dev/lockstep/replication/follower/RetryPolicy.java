package dev.lockstep.replication.follower;

import dev.lockstep.replication.protocol.LeaderUnavailableException;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Repeats requests that failed in a way that passes, with doubling, capped pauses. Thread-safe.
final class RetryPolicy {
  private static final Logger LOG = LoggerFactory.getLogger(RetryPolicy.class);

  /// One request.
  @FunctionalInterface
  interface Call<T> {
    T perform() throws InterruptedException;
  }

  private final StopSignal stop;
  private final Duration backoffFirst;
  private final Duration backoffMax;
  private final BiConsumer<String, String> note;

  /// @param note told what is being waited for, and the failure that is the reason
  RetryPolicy(StopSignal stop, FollowerSettings settings, BiConsumer<String, String> note) {
    this.stop = stop;
    this.backoffFirst = settings.backoffFirst();
    this.backoffMax = settings.backoffMax();
    this.note = note;
  }

  /// @param retriesMax repetitions after the first attempt
  /// @param mayRepeat whether the request may be sent again after this failure
  /// @throws LeaderUnavailableException the last failure
  <T> T perform(int retriesMax, Predicate<LeaderUnavailableException> mayRepeat, Call<T> call)
      throws InterruptedException {
    Duration pause = backoffFirst;
    for (int attempt = 0; ; attempt++) {
      stop.throwIfStopped();
      try {
        return stop.interruptibly(call);
      } catch (InterruptedException e) {
        stop.throwIfStopped();
        throw e;
      } catch (LeaderUnavailableException e) {
        stop.throwIfStopped();
        if (attempt >= retriesMax || !mayRepeat.test(e)) {
          throw e;
        }
        LOG.info(
            "request to the leader failed, attempt {} of {} follows in {} ms: {}",
            attempt + 2,
            retriesMax + 1,
            pause.toMillis(),
            e.getMessage());
        note.accept(
            "waiting to repeat a request, attempt "
                + (attempt + 2)
                + " of "
                + (retriesMax + 1)
                + ": "
                + e.getMessage(),
            String.valueOf(e.getMessage()));
        stop.pause(pause);
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(backoffMax) > 0 ? backoffMax : doubled;
      }
    }
  }
}
