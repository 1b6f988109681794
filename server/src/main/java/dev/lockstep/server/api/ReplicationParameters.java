package dev.lockstep.server.api;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.replication.leader.FollowerIdentity;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.replication.protocol.SyncOptions;
import dev.lockstep.server.http.ApiRequest;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What several replication requests have in common.
final class ReplicationParameters {
  /// A lease in the request's body is given in seconds; beyond this arithmetic would overflow.
  private static final double TTL_SECONDS_MAX = 1e9;

  private ReplicationParameters() {}

  /// Who asks. What is no number is as good as none.
  static FollowerIdentity follower(ApiRequest request) {
    return new FollowerIdentity(
        digits(request.query().string("serverId", "")),
        digits(request.query().string("syncerId", "")),
        shortened(request.query().string("clientInfo", "")),
        request.database(),
        request.connection().remoteAddress());
  }

  private static String digits(String text) {
    return text.length() <= 20 && text.chars().allMatch(c -> c >= '0' && c <= '9') ? text : "";
  }

  private static String shortened(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200);
  }

  /// The lease that the body of a batch request asks for.
  ///
  /// @throws LockstepException 400 if there is no object, or `ttl` is no positive number
  static Duration ttl(ApiRequest request) throws IOException {
    VPackSlice ttl = request.bodyObject().get("ttl");
    if (ttl == null || ttl.isNull()) {
      return LeaderSettings.BATCH_TTL_DEFAULT;
    }
    // Written this way round so that NaN is refused too.
    if (!ttl.isNumber() || !(ttl.asDouble() > 0) || ttl.asDouble() > TTL_SECONDS_MAX) {
      throw new LockstepException(
          ErrorNumber.HTTP_BAD_PARAMETER,
          "invalid value for 'ttl': expecting a positive number of seconds");
    }
    return Duration.ofMillis(Math.max(1, (long) (ttl.asDouble() * 1000)));
  }

  /// @throws LockstepException 400/601 if the path goes on after `count` segments
  static void requireSegments(ApiRequest request, int count) {
    if (request.segments().size() > count) {
      throw new LockstepException(ErrorNumber.HTTP_SUPERFLUOUS_SUFFICES);
    }
  }

  /// Whether a request addresses the whole server, which only `_system` may.
  ///
  /// @throws LockstepException 403/11 elsewhere
  static boolean isGlobal(ApiRequest request) {
    boolean isGlobal = request.query().bool("global", false);
    if (isGlobal && !request.database().equals("_system")) {
      throw new LockstepException(
          ErrorNumber.FORBIDDEN, "global=true is allowed in the database '_system' only");
    }
    return isGlobal;
  }

  /// What options that nobody knows mean to a caller.
  static SyncOptions.UnknownOptions unknownOptions(ApiRequest request) {
    return request.isLockstepClient()
        ? SyncOptions.UnknownOptions.REFUSE
        : SyncOptions.UnknownOptions.WARN;
  }

  /// The segment, or an empty text.
  static String segment(ApiRequest request, int index) {
    @Nullable String segment = request.segment(index);
    return segment == null ? "" : segment;
  }
}
