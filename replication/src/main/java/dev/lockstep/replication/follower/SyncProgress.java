package dev.lockstep.replication.follower;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
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
/// @param duration since it started, or until its end; with all restarts of this server in it
/// @param restarts of this server that it has outlived; what else is counted, but the collections,
///   was counted since the last of them
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
    LeaderContact leader,
    int restarts) {
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
    target.member("restarts", restarts);
    leader.render(target);
    if (errorNum != 0) {
      target.member("errorNum", errorNum).member("errorMessage", errorMessage);
    }
    if (failedIn != null) {
      target.member("failedIn", failedIn.wireName());
    }
    target.close();
  }

  /// Reads what [#render] has written.
  ///
  /// @throws RuntimeException if it is something else
  static SyncProgress read(VPackSlice object) {
    VPackSlice errorNum = object.get("errorNum");
    VPackSlice failedIn = object.get("failedIn");
    VPackSlice expected = StoredSync.member(object, "documentsExpected");
    List<String> warnings = new ArrayList<>();
    StoredSync.member(object, "warnings")
        .elements()
        .forEach(warning -> warnings.add(warning.asString()));
    return new SyncProgress(
        text(object, "id"),
        text(object, "kind"),
        text(object, "database"),
        SyncPhase.ofWireName(text(object, "phase")),
        failedIn == null ? null : SyncPhase.ofWireName(failedIn.asString()),
        text(object, "collection"),
        (int) number(object, "collectionsDone"),
        (int) number(object, "collectionsTotal"),
        number(object, "documentsDone"),
        expected.isNull() ? null : expected.asLong(),
        number(object, "bytesDone"),
        StoredSync.member(object, "ratePerSecond").asDouble(),
        null,
        text(object, "message"),
        warnings,
        Instant.parse(text(object, "started")),
        Instant.parse(text(object, "changed")),
        errorNum == null ? 0 : (int) errorNum.asLong(),
        errorNum == null ? "" : text(object, "errorMessage"),
        SyncStatistics.read(StoredSync.member(object, "statistics")),
        Duration.ofMillis(
            Math.round(StoredSync.member(object, "durationSeconds").asDouble() * 1000)),
        LeaderContact.read(object),
        (int) number(object, "restarts"));
  }

  private static String text(VPackSlice object, String name) {
    return StoredSync.member(object, name).asString();
  }

  private static long number(VPackSlice object, String name) {
    return StoredSync.member(object, name).asLong();
  }

  /// Whole seconds, as elsewhere on the wire, say nothing about a copy that takes one.
  private static String toMillis(Instant time) {
    return DateTimeFormatter.ISO_INSTANT.format(time.truncatedTo(ChronoUnit.MILLIS));
  }
}
