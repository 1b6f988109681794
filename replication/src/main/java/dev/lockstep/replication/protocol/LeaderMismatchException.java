package dev.lockstep.replication.protocol;

import dev.lockstep.core.ErrorNumber;

/// The server at the other end is not one we may follow: a version we do not know (1403), or
/// ourselves (1405).
public final class LeaderMismatchException extends ReplicationException {
  private static final long serialVersionUID = 1L;

  private LeaderMismatchException(ErrorNumber number, String message) {
    super(number, message);
  }

  public static LeaderMismatchException incompatibleVersion(String endpoint, String version) {
    return new LeaderMismatchException(
        ErrorNumber.REPLICATION_LEADER_INCOMPATIBLE,
        "got incompatible leader version from endpoint '"
            + endpoint
            + "': '"
            + excerpt(version)
            + "'");
  }

  /// @param serverId decimal
  public static LeaderMismatchException sameServer(String endpoint, String serverId) {
    return new LeaderMismatchException(
        ErrorNumber.REPLICATION_LOOP,
        "got same server id ("
            + serverId
            + ") from endpoint '"
            + endpoint
            + "' as the local applier server's id");
  }

  @Override
  public boolean isTransient() {
    return false;
  }
}
