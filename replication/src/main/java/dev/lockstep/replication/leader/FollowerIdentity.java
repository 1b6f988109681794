package dev.lockstep.replication.leader;

/// Who a request says it is for: the parameters `serverId`, `syncerId` and `clientInfo`, and the
/// database it addresses. Several appliers of one server are several followers.
///
/// @param serverId decimal; empty or `0` when the request does not say
/// @param syncerId decimal; empty or `0` when there is none
/// @param address of its host, for people; empty if it is not known
public record FollowerIdentity(
    String serverId, String syncerId, String clientInfo, String database, String address) {
  public FollowerIdentity {
    serverId = isNone(serverId) ? "" : serverId;
    syncerId = isNone(syncerId) ? "" : syncerId;
  }

  /// One whose host is not known.
  public FollowerIdentity(String serverId, String syncerId, String clientInfo, String database) {
    this(serverId, syncerId, clientInfo, database, "");
  }

  /// A request without identity.
  public static FollowerIdentity anonymous(String database) {
    return new FollowerIdentity("", "", "", database);
  }

  /// What tells it from others: a follower that moves to another host stays the same.
  FollowerIdentity withoutAddress() {
    return new FollowerIdentity(serverId, syncerId, clientInfo, database);
  }

  boolean isAnonymous() {
    return serverId.isEmpty() && syncerId.isEmpty();
  }

  /// The wire shows numbers, also where there is none.
  String shownSyncerId() {
    return syncerId.isEmpty() ? "0" : syncerId;
  }

  private static boolean isNone(String id) {
    return id.isEmpty() || id.equals("0");
  }
}
