package dev.lockstep.replication.protocol;

import dev.lockstep.core.ErrorNumber;
import java.time.Duration;

/// The leader did not answer, or answered that it cannot right now. Transient: back off and repeat.
public final class LeaderUnavailableException extends ReplicationException {
  private static final long serialVersionUID = 1L;

  private final boolean requestUnseen;

  private LeaderUnavailableException(
      ErrorNumber number, String message, boolean requestUnseen, Throwable cause) {
    super(number, message, cause);
    this.requestUnseen = requestUnseen;
  }

  private LeaderUnavailableException(ErrorNumber number, String message, boolean requestUnseen) {
    super(number, message);
    this.requestUnseen = requestUnseen;
  }

  /// No connection came about (1400): the leader has not seen the request.
  ///
  /// @param detail what the transport says
  public static LeaderUnavailableException notConnected(
      String endpoint, String url, String detail, Throwable cause) {
    return new LeaderUnavailableException(
        ErrorNumber.REPLICATION_NO_RESPONSE, sentence(endpoint, url, detail), true, cause);
  }

  /// The connection broke or fell silent before the answer was complete (1400): the leader may have
  /// acted.
  public static LeaderUnavailableException answerLost(
      String endpoint, String url, String detail, Throwable cause) {
    return new LeaderUnavailableException(
        ErrorNumber.REPLICATION_NO_RESPONSE, sentence(endpoint, url, detail), false, cause);
  }

  /// The answer is not what the leader sent (1401): checksums do not fit. The leader has acted.
  public static LeaderUnavailableException damaged(
      String endpoint, String url, DamagedAnswerException damage) {
    return new LeaderUnavailableException(
        ErrorNumber.REPLICATION_INVALID_RESPONSE,
        "the answer of the leader at "
            + endpoint
            + " for URL "
            + url
            + " was damaged on the way: "
            + excerpt(String.valueOf(damage.getMessage())),
        false,
        damage);
  }

  /// The leader does not know a batch any more that it has just opened (1402): another one can be
  /// opened.
  public static LeaderUnavailableException batchLost(LeaderRefusedException refusal) {
    return new LeaderUnavailableException(
        ErrorNumber.REPLICATION_LEADER_ERROR, String.valueOf(refusal.getMessage()), true, refusal);
  }

  /// The leader did not finish in time what it does asynchronously (1400).
  public static LeaderUnavailableException jobTakesTooLong(String endpoint, Duration waitMax) {
    return new LeaderUnavailableException(
        ErrorNumber.REPLICATION_NO_RESPONSE,
        "timed out waiting for response from leader at "
            + endpoint
            + ": the list of keys was not ready within "
            + waitMax.toSeconds()
            + " s (initialSyncMaxWaitTime)",
        false);
  }

  /// The leader does not know the job that it began for us (1400).
  public static LeaderUnavailableException jobGone(String endpoint) {
    return new LeaderUnavailableException(
        ErrorNumber.REPLICATION_NO_RESPONSE, "job not found on leader at " + endpoint, false);
  }

  /// One of the statuses that pass (1402): 429, 502, 503, 504; see [#isTransientStatus].
  public static LeaderUnavailableException status(
      String endpoint, String url, int status, String reason, String body) {
    // 429 and 503 come from a server that refuses to work on the request; 502 and 504 from
    // something
    // between us that does not know.
    return new LeaderUnavailableException(
        ErrorNumber.REPLICATION_LEADER_ERROR,
        statusSentence(endpoint, url, status, reason, body),
        status == 429 || status == 503);
  }

  /// Whether an HTTP status says that the same request may succeed later.
  public static boolean isTransientStatus(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
  }

  private static String sentence(String endpoint, String url, String detail) {
    return "could not connect to leader at "
        + endpoint
        + " for URL "
        + url
        + ": "
        + excerpt(detail);
  }

  /// Whether the leader has certainly not worked on the request, so that even a request that must
  /// not reach it twice can be repeated.
  public boolean isRequestUnseen() {
    return requestUnseen;
  }

  @Override
  public boolean isTransient() {
    return true;
  }
}
