package dev.lockstep.server.api;

import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.DumpBody;
import dev.lockstep.server.http.ApiResponse;
import org.jspecify.annotations.Nullable;

/// Answers with documents or markers, as dumps and tails have them.
final class ReplicationAnswers {
  private ReplicationAnswers() {}

  /// 200 with the body, or 204 if it is empty. Its place among the answers in memory is given back
  /// when it is sent.
  ///
  /// @param mediaType null for JSON lines
  static ApiResponse of(
      DumpBody body, @Nullable String mediaType, ReplicationLeader.InFlight<?> inFlight) {
    if (body.length() == 0) {
      inFlight.close();
      return ApiResponse.empty(204).header("content-type", ApiResponse.DUMP);
    }
    return ApiResponse.stream(
            200,
            mediaType == null ? ApiResponse.DUMP + "; charset=utf-8" : mediaType,
            body.length(),
            out -> {
              try (inFlight) {
                body.writeTo(out);
              }
            })
        .uncompressed();
  }
}
