package dev.lockstep.replication.follower;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackMember;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.replication.protocol.Transferred;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/// What a synchronization has cost so far, all collections together.
///
/// @param method how the collection in work, or the last one, is brought over
/// @param documentsFetched whose bodies came from the leader
/// @param documentsRemoved here because the leader does not have them; those that a newer revision
///   has replaced do not count
/// @param documentsSkipped compared one by one, found equal and not fetched
/// @param transferred over the wire, in all attempts
/// @param phaseTimes time spent in each phase entered
public record SyncStatistics(
    SyncMethod method,
    long documentsFetched,
    long documentsRemoved,
    long documentsSkipped,
    Transferred transferred,
    Map<SyncPhase, Duration> phaseTimes) {
  public SyncStatistics {
    phaseTimes = Map.copyOf(phaseTimes);
  }

  /// Reads what [#render] has written.
  static SyncStatistics read(VPackSlice object) {
    Map<SyncPhase, Duration> times = new EnumMap<>(SyncPhase.class);
    for (VPackMember phase : StoredSync.member(object, "seconds").members()) {
      times.put(
          SyncPhase.ofWireName(phase.name()),
          Duration.ofMillis(Math.round(phase.value().asDouble() * 1000)));
    }
    return new SyncStatistics(
        SyncMethod.ofWireName(StoredSync.member(object, "method").asString()),
        number(object, "documentsFetched"),
        number(object, "documentsRemoved"),
        number(object, "documentsSkipped"),
        new Transferred(
            number(object, "requests"),
            number(object, "bytesSent"),
            number(object, "bytesReceived"),
            number(object, "damagedAnswers")),
        times);
  }

  private static long number(VPackSlice object, String name) {
    return StoredSync.member(object, name).asLong();
  }

  /// Writes the wire's object.
  void render(VPackBuilder target) {
    target
        .openObject()
        .member("method", method.wireName())
        .member("documentsFetched", documentsFetched)
        .member("documentsRemoved", documentsRemoved)
        .member("documentsSkipped", documentsSkipped)
        .member("requests", transferred.requests())
        .member("bytesSent", transferred.bytesSent())
        .member("bytesReceived", transferred.bytesReceived())
        .member("damagedAnswers", transferred.damagedAnswers());
    target.key("seconds").openObject();
    if (!phaseTimes.isEmpty()) {
      new EnumMap<>(phaseTimes)
          .forEach((phase, time) -> target.member(phase.wireName(), time.toMillis() / 1000.0));
    }
    target.close().close();
  }
}
