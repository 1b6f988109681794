package dev.lockstep.replication.follower;

import dev.lockstep.core.document.VPackBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How far a synchronization is, at one moment.
///
/// @param id of the job, decimal
/// @param kind `full` or `incremental`, as asked for
/// @param collection the one being worked on, or the last one; empty before the first
/// @param documentsDone received and written, or compared; all collections together
/// @param documentsExpected what `documentsDone` will be at the end of this collection; null if the
///   leader does not tell
/// @param bytesDone of dump responses received
/// @param ratePerSecond documents of this collection per second; 0 before the first
/// @param etaSeconds until this collection is copied or compared; null if unknown
/// @param message for people
/// @param failedIn the phase in which it failed or was canceled; null if it did not
/// @param errorNum of the failure; 0 if there is none
/// @param errorMessage empty if there is none
/// @param duration since it started, or until its end
public record SyncProgress(
    String id,
    String kind,
    String database,
    SyncPhase phase,
    @Nullable SyncPhase failedIn,
    String collection,
    int collectionsDone,
    int collectionsTotal,
    long documentsDone,
    @Nullable Long documentsExpected,
    long bytesDone,
    double ratePerSecond,
    @Nullable Double etaSeconds,
    String message,
    List<String> warnings,
    Instant started,
    Instant changed,
    int errorNum,
    String errorMessage,
    SyncStatistics statistics,
    Duration duration,
    LeaderContact leader) {
  public SyncProgress {
    warnings = List.copyOf(warnings);
  }

  /// Writes the wire's object.
  public void render(VPackBuilder target) {
    target
        .openObject()
        .member("id", id)
        .member("kind", kind)
        .member("database", database)
        .member("phase", phase.wireName())
        .member("collection", collection)
        .member("collectionsDone", collectionsDone)
        .member("collectionsTotal", collectionsTotal)
        .member("documentsDone", documentsDone);
    target.key("documentsExpected");
    if (documentsExpected == null) {
      target.nullValue();
    } else {
      target.value(documentsExpected);
    }
    target.member("bytesDone", bytesDone);
    target.member("ratePerSecond", Math.round(ratePerSecond));
    target.key("etaSeconds");
    if (etaSeconds == null) {
      target.nullValue();
    } else {
      target.value(Math.round(etaSeconds * 10) / 10.0);
    }
    target.member("message", message);
    target.key("warnings").openArray();
    warnings.forEach(target::value);
    target.close();
    target.key("statistics");
    statistics.render(target);
    target.member("started", toMillis(started));
    target.member("changed", toMillis(changed));
    target.member("durationSeconds", duration.toMillis() / 1000.0);
    leader.render(target);
    if (errorNum != 0) {
      target.member("errorNum", errorNum).member("errorMessage", errorMessage);
    }
    if (failedIn != null) {
      target.member("failedIn", failedIn.wireName());
    }
    target.close();
  }

  /// Whole seconds, as elsewhere on the wire, say nothing about a copy that takes one.
  private static String toMillis(Instant time) {
    return DateTimeFormatter.ISO_INSTANT.format(time.truncatedTo(ChronoUnit.MILLIS));
  }
}
