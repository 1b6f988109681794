package dev.lockstep.replication.protocol;

import dev.lockstep.core.ErrorNumber;

/// The server at the other end is not one we may follow: a version we do not know (1403), another
/// one than before (1404), or ourselves (1405).
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

  /// Another server answers where the leader used to.
  ///
  /// @param serverId of the one that answers, decimal
  /// @param formerId of the one that was followed, decimal
  public static LeaderMismatchException otherServer(
      String endpoint, String serverId, String formerId) {
    return new LeaderMismatchException(
        ErrorNumber.REPLICATION_LEADER_CHANGE,
        "leader change: at "
            + endpoint
            + " there is the server with id "
            + serverId
            + " now; what is here follows "
            + formerId
            + ". Set the replication up again to follow the new one");
  }

  @Override
  public boolean isTransient() {
    return false;
  }
}
