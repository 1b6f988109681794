package dev.lockstep.replication.protocol;

import dev.lockstep.core.ErrorNumber;

/// This server's operator does not let it connect to the leader's address (403/11). Nothing was
/// connected to; repeating does not help.
public final class LeaderNotPermittedException extends ReplicationException {
  private static final long serialVersionUID = 1L;

  /// @param detail why not, with the address and the setting that decides it
  public LeaderNotPermittedException(String endpoint, String url, String detail, Throwable cause) {
    super(
        ErrorNumber.FORBIDDEN,
        "forbidden: did not connect to leader at "
            + endpoint
            + " for URL "
            + url
            + ": "
            + excerpt(detail),
        cause);
  }

  @Override
  public boolean isTransient() {
    return false;
  }
}
