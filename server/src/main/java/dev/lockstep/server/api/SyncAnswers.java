package dev.lockstep.server.api;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.document.VPackBuilder;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.replication.protocol.SyncResult;
import dev.lockstep.server.http.ApiResponse;
import dev.lockstep.server.jobs.StoredAnswer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// What `PUT /_api/replication/sync` answers, at once or later, in JSON.
final class SyncAnswers {
  private SyncAnswers() {}

  static StoredAnswer stored(SyncResult result) {
    VPackBuilder body = new VPackBuilder();
    result.render(body);
    return stored(200, body.toSlice());
  }

  static StoredAnswer stored(LockstepException failure) {
    return stored(failure.number().httpStatus(), failure(failure));
  }

  /// The body of the answer that says why.
  static VPackSlice failure(LockstepException failure) {
    return failure(
        failure.number().httpStatus(),
        failure.number().number(),
        String.valueOf(failure.getMessage()));
  }

  /// Of a failure that only the stored record knows; 14xx and the like are 500 or as the number
  /// says.
  static StoredAnswer stored(int httpStatus, int errorNum, String message) {
    return stored(httpStatus, failure(httpStatus, errorNum, message));
  }

  private static VPackSlice failure(int httpStatus, int errorNum, String message) {
    return new VPackBuilder()
        .openObject()
        .member("code", httpStatus)
        .member("error", true)
        .member("errorMessage", message)
        .member("errorNum", errorNum)
        .close()
        .toSlice();
  }

  private static StoredAnswer stored(int status, VPackSlice body) {
    return new StoredAnswer(
        status, List.of(), ApiResponse.JSON, body.toJson().getBytes(StandardCharsets.UTF_8));
  }
}
