package dev.lockstep.server.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.server.jobs.JobRegistry.Outcome;
import dev.lockstep.server.settings.JobSettings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JobRegistryTest {
  private static final class ManualClock extends Clock {
    private volatile Instant now = Instant.parse("2024-01-01T00:00:00Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private final ManualClock clock = new ManualClock();
  private JobRegistry jobs = registry(JobSettings.DEFAULT);

  private JobRegistry registry(JobSettings settings) {
    return new JobRegistry(settings, new AtomicLong(100)::incrementAndGet, clock);
  }

  private static StoredAnswer answer(int bytes) {
    return new StoredAnswer(200, List.of(), "text/plain", new byte[bytes]);
  }

  private long done(String owner, boolean keeps, int bytes) {
    long id = jobs.submit(owner, keeps, signal -> answer(bytes));
    Awaitility.await().until(() -> jobs.state(owner, id) instanceof Outcome.Done);
    return id;
  }

  @AfterEach
  void endEverything() {
    assertThat(jobs.shutDown(Duration.ofSeconds(20))).isTrue();
  }

  @Test
  void givesAnAnswerOnceUnlessItIsKept() {
    long once = done("me", false, 1);
    assertThat(jobs.take("me", once)).isInstanceOf(Outcome.Done.class);
    assertThat(jobs.take("me", once)).isInstanceOf(Outcome.Unknown.class);
    long kept = done("me", true, 1);
    assertThat(jobs.take("me", kept)).isInstanceOf(Outcome.Done.class);
    assertThat(jobs.take("me", kept)).isInstanceOf(Outcome.Done.class);
  }

  @Test
  void hidesJobsFromEverybodyElse() {
    long id = done("me", true, 1);
    assertThat(jobs.state("you", id)).isInstanceOf(Outcome.Unknown.class);
    assertThat(jobs.take("you", id)).isInstanceOf(Outcome.Unknown.class);
    assertThat(jobs.cancel("you", id)).isFalse();
    assertThat(jobs.delete("you", id)).isFalse();
    assertThat(jobs.ids("you", true, 10)).isEmpty();
    jobs.deleteAll("you");
    assertThat(jobs.ids("me", true, 10)).containsExactly(id);
  }

  @Test
  void forgetsAnswersAfterTheirTime() {
    long id = done("me", true, 10);
    clock.now = clock.now.plus(JobSettings.DEFAULT.resultLifetime());
    assertThat(jobs.state("me", id)).isInstanceOf(Outcome.Done.class);
    clock.now = clock.now.plusSeconds(1);
    assertThat(jobs.state("me", id)).isInstanceOf(Outcome.Unknown.class);
    assertThat(jobs.answerBytes()).isZero();
  }

  @Test
  void dropsTheOldestAnswersBeyondItsLimits() {
    jobs = registry(new JobSettings(10, 4, 3, 10_000, 100_000, Duration.ofHours(1)));
    long first = done("me", true, 10);
    long second = done("me", true, 10);
    long third = done("me", true, 10);
    long fourth = done("me", true, 10);
    assertThat(jobs.ids("me", true, 10)).containsExactly(second, third, fourth);
    assertThat(jobs.state("me", first)).isInstanceOf(Outcome.Unknown.class);
    long large = done("me", true, 99_000);
    assertThat(jobs.ids("me", true, 10)).containsExactly(large);
    long tooLarge = done("me", true, 200_000);
    assertThat(jobs.ids("me", true, 10)).containsExactly(tooLarge);
    assertThat(jobs.answerBytes()).isGreaterThanOrEqualTo(200_000);
    assertThat(jobs.take("me", tooLarge)).isInstanceOf(Outcome.Done.class);
  }

  @Test
  void limitsWhatRunsAndRefusesWhatDoesNotFitIntoTheQueue() throws Exception {
    jobs = registry(new JobSettings(3, 1, 10, 10_000, 100_000, Duration.ofHours(1)));
    CountDownLatch leave = new CountDownLatch(1);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      jobs.submit(
          "me",
          false,
          signal -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            try {
              leave.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            running.decrementAndGet();
            return answer(0);
          });
    }
    assertThatThrownBy(() -> jobs.submit("me", false, signal -> answer(0)))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number()).isEqualTo(ErrorNumber.QUEUE_FULL));
    assertThat(jobs.ids("me", false, 10)).hasSize(3);
    assertThat(jobs.ids("me", false, 2)).hasSize(2);
    leave.countDown();
    Awaitility.await().until(() -> jobs.ids("me", true, 10).size() == 3);
    assertThat(most).hasValue(1);
  }

  @Test
  void tellsAJobThatItIsCancelled() {
    CountDownLatch cancelled = new CountDownLatch(1);
    long id =
        jobs.submit(
            "me",
            false,
            signal -> {
              signal.onCancel(cancelled::countDown);
              try {
                cancelled.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              assertThat(signal.isCancelled()).isTrue();
              return new StoredAnswer(410, List.of(), "", new byte[0]);
            });
    assertThat(jobs.cancel("me", id)).isTrue();
    Awaitility.await().until(() -> jobs.state("me", id) instanceof Outcome.Done);
    assertThat(jobs.cancel("me", id)).isTrue();
    assertThat(jobs.cancel("me", 1)).isFalse();
  }

  @Test
  void deletesWhatStartedBeforeAStamp() {
    long early = done("me", false, 1);
    Instant stamp = clock.now.plusSeconds(1);
    clock.now = stamp;
    long late = done("me", false, 1);
    jobs.deleteStartedBefore("me", stamp);
    assertThat(jobs.ids("me", true, 10)).containsExactly(late);
    assertThat(jobs.delete("me", early)).isFalse();
    assertThat(jobs.delete("me", late)).isTrue();
    assertThat(jobs.answerBytes()).isZero();
  }

  @Test
  void cancelsEverythingAtTheEndAndTakesNothingMore() {
    CountDownLatch started = new CountDownLatch(1);
    long id =
        jobs.submit(
            "me",
            false,
            signal -> {
              CountDownLatch ended = new CountDownLatch(1);
              signal.onCancel(ended::countDown);
              started.countDown();
              try {
                ended.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return answer(0);
            });
    Awaitility.await().until(() -> started.getCount() == 0);
    assertThat(jobs.shutDown(Duration.ofSeconds(20))).isTrue();
    assertThat(jobs.state("me", id)).isInstanceOf(Outcome.Done.class);
    assertThatThrownBy(() -> jobs.submit("me", false, signal -> answer(0)))
        .isInstanceOfSatisfying(
            LockstepException.class,
            e -> assertThat(e.number()).isEqualTo(ErrorNumber.SHUTTING_DOWN));
  }
}
