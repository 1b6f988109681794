package dev.lockstep.replication.protocol;

import dev.lockstep.core.ErrorNumber;

/// The leader answered with an error status that repeating does not cure (1402): wrong password, no
/// permission, unknown database, expired batch.
public final class LeaderRefusedException extends ReplicationException {
  private static final long serialVersionUID = 1L;

  private final int status;

  public LeaderRefusedException(
      String endpoint, String url, int status, String reason, String body) {
    super(
        ErrorNumber.REPLICATION_LEADER_ERROR, statusSentence(endpoint, url, status, reason, body));
    this.status = status;
  }

  /// The leader's HTTP status.
  public int status() {
    return status;
  }

  @Override
  public boolean isTransient() {
    return false;
  }
}
