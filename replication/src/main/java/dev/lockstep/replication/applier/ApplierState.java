package dev.lockstep.replication.applier;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.ServerIdentity;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What an applier is doing at one moment: the answer of `applier-state`. Immutable. Source:
/// `docs/protocol.md`, "Applier".
///
/// @param started of the last run; null before the first
/// @param applied the last change carried out; [Tick#NONE] if there is none
/// @param processed up to where the leader's log has been looked through, applied or not
/// @param available the newest change that the leader has told of
/// @param safeResume from where a new run would go on
/// @param behind how long the oldest change that is known but not applied has been known
/// @param appliedAt when changes were carried out last, since the start of the server; null: none
/// @param contactAt when the leader answered last, since the start of the server; null: never
/// @param message what it does, for people
/// @param failedConnects attempts since the leader answered last
/// @param server this one
/// @param endpoint of the leader; empty if none is configured
/// @param database the local one; `_system` for all databases
public record ApplierState(
    ApplierPhase phase,
    @Nullable Instant started,
    Tick applied,
    Tick processed,
    Tick available,
    Tick safeResume,
    Duration behind,
    @Nullable Instant appliedAt,
    @Nullable Instant contactAt,
    Instant messageTime,
    String message,
    int failedConnects,
    Counts counts,
    @Nullable Failure lastError,
    Instant time,
    ServerIdentity server,
    String endpoint,
    String database) {

  /// Since the start of the server.
  ///
  /// @param requests sent to the leader
  /// @param events markers received
  /// @param documents inserted or replaced
  /// @param resyncs comparisons that were needed because the log did not reach far enough back
  /// @param excluded markers about what is not followed
  public record Counts(
      long requests,
      long failedConnects,
      long events,
      long documents,
      long removals,
      long resyncs,
      long excluded,
      Duration applyTime,
      long applies,
      Duration fetchTime,
      long fetches) {
    static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0, Duration.ZERO, 0, Duration.ZERO, 0);
  }

  /// What ended the last run.
  public record Failure(Instant time, int errorNumber, String message) {}

  /// Whether it tails.
  public boolean isRunning() {
    return phase == ApplierPhase.RUNNING;
  }

  /// Changes that the leader has told of and that have not been looked at.
  public long ticksBehind() {
    Tick here = here();
    return isRunning() && available.compareTo(here) > 0 ? available.value() - here.value() : 0;
  }

  /// The leader's last change that is here or did not have to be.
  public Tick here() {
    return processed.compareTo(applied) > 0 ? processed : applied;
  }

  /// Writes the wire's object, members in upstream's order.
  ///
  /// @param withLag whether to add `secondsBehind`, `lastAppliedTime` and `lastContactTime`, which
  ///   stock clients do not know
  public void render(VPackBuilder target, boolean withLag) {
    target.openObject();
    renderMembers(target, withLag);
    target.close();
  }

  /// As [#render], but only the members, into an object of the caller's.
  public void renderMembers(VPackBuilder target, boolean withLag) {
    target.key("state").openObject();
    target.member("started", started == null ? "" : LoggerState.wireTime(started));
    target.member("running", isRunning());
    target.member("phase", phase.wireName());
    tick(target, "lastAppliedContinuousTick", applied);
    tick(target, "lastProcessedContinuousTick", processed);
    tick(target, "lastAvailableContinuousTick", available);
    tick(target, "safeResumeTick", safeResume);
    if (isRunning() || withLag) {
      target.member("ticksBehind", ticksBehind());
    }
    if (withLag) {
      target.member("secondsBehind", behind.toMillis() / 1000.0);
      time(target, "lastAppliedTime", appliedAt);
      time(target, "lastContactTime", contactAt);
    }
    target
        .key("progress")
        .openObject()
        .member("time", LoggerState.wireTime(messageTime))
        .member("message", message)
        .member("failedConnects", failedConnects)
        .close();
    target.member("totalRequests", counts.requests());
    target.member("totalFailedConnects", counts.failedConnects());
    target.member("totalEvents", counts.events());
    target.member("totalDocuments", counts.documents());
    target.member("totalRemovals", counts.removals());
    target.member("totalResyncs", counts.resyncs());
    target.member("totalOperationsExcluded", counts.excluded());
    times(target, "ApplyTime", counts.applyTime(), counts.applies());
    times(target, "FetchTime", counts.fetchTime(), counts.fetches());
    target.key("lastError").openObject();
    if (lastError == null) {
      target.member("errorNum", 0);
    } else {
      target.member("time", LoggerState.wireTime(lastError.time()));
      target.member("errorMessage", lastError.message());
      target.member("errorNum", lastError.errorNumber());
    }
    target.close();
    target.member("time", LoggerState.wireTime(time)).close();
    target
        .key("server")
        .openObject()
        .member("version", server.version())
        .member("serverId", server.serverIdText())
        .close();
    target.member("endpoint", endpoint).member("database", database);
  }

  private static void time(VPackBuilder target, String name, @Nullable Instant time) {
    target.key(name);
    if (time == null) {
      target.nullValue();
    } else {
      target.value(LoggerState.wireTime(time));
    }
  }

  private static void tick(VPackBuilder target, String name, Tick tick) {
    target.key(name);
    if (tick.equals(Tick.NONE)) {
      target.nullValue();
    } else {
      target.value(tick.toString());
    }
  }

  /// In milliseconds.
  private static void times(VPackBuilder target, String name, Duration total, long count) {
    target.member("total" + name, total.toMillis());
    target.key("average" + name);
    if (count == 0) {
      target.value(0);
    } else {
      target.value(total.toMillis() / (double) count);
    }
  }
}
