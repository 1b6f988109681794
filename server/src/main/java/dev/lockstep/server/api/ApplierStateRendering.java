package dev.lockstep.server.api;

import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.replication.protocol.LoggerState;
import dev.lockstep.replication.protocol.ServerIdentity;
import java.time.InstantSource;
import java.util.List;

/// The wire's description of an applier that was never configured, in upstream's order of members.
final class ApplierStateRendering {
  private static final List<String> TICKS =
      List.of(
          "lastAppliedContinuousTick",
          "lastProcessedContinuousTick",
          "lastAvailableContinuousTick",
          "safeResumeTick");
  private static final List<String> COUNTERS =
      List.of(
          "totalRequests",
          "totalFailedConnects",
          "totalEvents",
          "totalDocuments",
          "totalRemovals",
          "totalResyncs",
          "totalOperationsExcluded",
          "totalApplyTime",
          "averageApplyTime",
          "totalFetchTime",
          "averageFetchTime");

  private ApplierStateRendering() {}

  static void inactive(
      VPackBuilder target, ServerIdentity server, String database, InstantSource time) {
    String now = LoggerState.wireTime(time.instant());
    target.openObject().key("state").openObject();
    target.member("started", "").member("running", false).member("phase", "inactive");
    TICKS.forEach(name -> target.key(name).nullValue());
    target
        .key("progress")
        .openObject()
        .member("time", now)
        .member("message", "applier initially created for database '" + database + "'")
        .member("failedConnects", 0)
        .close();
    COUNTERS.forEach(name -> target.member(name, 0));
    target.key("lastError").openObject().member("errorNum", 0).close();
    target.member("time", now).close();
    target
        .key("server")
        .openObject()
        .member("version", server.version())
        .member("serverId", server.serverIdText())
        .close();
    target.member("endpoint", "").member("database", database).close();
  }
}
