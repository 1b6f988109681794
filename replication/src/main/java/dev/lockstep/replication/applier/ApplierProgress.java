package dev.lockstep.replication.applier;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.applier.ApplierState.Counts;
import dev.lockstep.replication.applier.ApplierState.Failure;
import dev.lockstep.replication.protocol.ServerIdentity;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// What is to be shown of an applier, as it changes. Thread-safe.
final class ApplierProgress {
  /// Ticks that the leader told of and that are not applied yet, with the time. Beyond, newer ones
  /// are not noted: the oldest says how far behind we are.
  private static final int SAMPLES_MAX = 4096;

  private record Sample(Tick available, Instant seen) {}

  private final InstantSource time;
  private final Deque<Sample> samples = new ArrayDeque<>();

  // Guarded by this.
  private ApplierPhase phase = ApplierPhase.INACTIVE;
  private @Nullable Instant started;
  private @Nullable Instant appliedAt;
  private @Nullable Instant contactAt;
  private Tick applied = Tick.NONE;
  private Tick processed = Tick.NONE;
  private Tick available = Tick.NONE;
  private Tick safeResume = Tick.NONE;
  private Instant messageTime;
  private String message;
  private int failedConnects;
  private Counts counts = Counts.NONE;
  private @Nullable Failure lastError;

  ApplierProgress(InstantSource time, String database) {
    this.time = time;
    this.messageTime = time.instant();
    this.message = "applier initially created for database '" + database + "'";
  }

  synchronized void started() {
    started = time.instant();
    lastError = null;
    failedConnects = 0;
    samples.clear();
    available = Tick.NONE;
  }

  synchronized void phase(ApplierPhase next, String newMessage) {
    phase = next;
    message(newMessage);
  }

  synchronized ApplierPhase phase() {
    return phase;
  }

  synchronized void message(String newMessage) {
    message = newMessage;
    messageTime = time.instant();
  }

  /// Where a run begins, or what a restart found.
  synchronized void at(ApplierRecord record) {
    applied = record.applied();
    processed = record.processed();
    safeResume = record.safeResume();
    forgetSamples();
  }

  /// There is no configuration any more.
  synchronized void forgotten() {
    started = null;
    appliedAt = null;
    contactAt = null;
    applied = Tick.NONE;
    processed = Tick.NONE;
    available = Tick.NONE;
    safeResume = Tick.NONE;
    lastError = null;
    counts = Counts.NONE;
    samples.clear();
    message("applier was forgotten");
  }

  synchronized void failed(LockstepException failure) {
    lastError =
        new Failure(
            time.instant(), failure.number().number(), String.valueOf(failure.getMessage()));
  }

  synchronized void failedConnect(String newMessage) {
    failedConnects++;
    add(new Counts(0, 1, 0, 0, 0, 0, 0, Duration.ZERO, 0, Duration.ZERO, 0));
    message(newMessage);
  }

  /// The leader has said who it is.
  synchronized void contacted() {
    failedConnects = 0;
    contactAt = time.instant();
  }

  synchronized void fetched(Tick newAvailable, Duration took) {
    failedConnects = 0;
    contactAt = time.instant();
    if (newAvailable.compareTo(available) > 0) {
      available = newAvailable;
      if (newAvailable.compareTo(processed) > 0 && samples.size() < SAMPLES_MAX) {
        samples.addLast(new Sample(newAvailable, time.instant()));
      }
    }
    add(new Counts(1, 0, 0, 0, 0, 0, 0, Duration.ZERO, 0, took, 1));
  }

  synchronized void applied(
      long events, long documents, long removals, long excluded, Duration took) {
    appliedAt = time.instant();
    add(new Counts(0, 0, events, documents, removals, 0, excluded, took, 1, Duration.ZERO, 0));
  }

  synchronized void resynced() {
    add(new Counts(0, 0, 0, 0, 0, 1, 0, Duration.ZERO, 0, Duration.ZERO, 0));
  }

  private void forgetSamples() {
    Tick here = processed.compareTo(applied) > 0 ? processed : applied;
    while (!samples.isEmpty() && samples.getFirst().available().compareTo(here) <= 0) {
      samples.removeFirst();
    }
  }

  private void add(Counts more) {
    counts =
        new Counts(
            counts.requests() + more.requests(),
            counts.failedConnects() + more.failedConnects(),
            counts.events() + more.events(),
            counts.documents() + more.documents(),
            counts.removals() + more.removals(),
            counts.resyncs() + more.resyncs(),
            counts.excluded() + more.excluded(),
            counts.applyTime().plus(more.applyTime()),
            counts.applies() + more.applies(),
            counts.fetchTime().plus(more.fetchTime()),
            counts.fetches() + more.fetches());
  }

  synchronized ApplierState state(ServerIdentity server, String endpoint, String database) {
    Instant now = time.instant();
    return new ApplierState(
        phase,
        started,
        applied,
        processed,
        available,
        safeResume,
        samples.isEmpty() ? Duration.ZERO : Duration.between(samples.getFirst().seen(), now),
        appliedAt,
        contactAt,
        messageTime,
        message,
        failedConnects,
        counts,
        lastError,
        now,
        server,
        endpoint,
        database);
  }
}
