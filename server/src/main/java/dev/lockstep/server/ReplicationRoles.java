package dev.lockstep.server;

import dev.lockstep.client.AddressPolicy;
import dev.lockstep.client.TlsTrust;
import dev.lockstep.client.leader.HttpLeaderConnector;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.follower.FollowerSettings;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LeaderConnector;
import dev.lockstep.server.settings.ReplicationSettings;
import java.time.Clock;
import java.util.Locale;

/// The two roles a server has at once, made from its settings.
///
/// @param leader to be started after the listener and closed after it
/// @param follower to be closed first: its jobs hold requests
record ReplicationRoles(ReplicationLeader leader, ReplicationFollower follower)
    implements AutoCloseable {

  static ReplicationRoles create(DocumentStore store, ReplicationSettings settings, Clock clock) {
    ReplicationLeader leader =
        new ReplicationLeader(
            store,
            clock,
            LeaderSettings.of(settings.advertisedVersion())
                .withBatchesMax(settings.batchesMax())
                .withQuickKeysMax(settings.quickKeysMax()));
    // Only administrators can start a synchronization, so any address is as good as another; see
    // SyncResource.
    HttpLeaderConnector http = new HttpLeaderConnector(trust(settings), AddressPolicy.ANY);
    LeaderConnector connector =
        address ->
            http.connect(
                address.withTimeouts(
                    settings.connectTimeout() == null
                        ? address.connectTimeout()
                        : settings.connectTimeout(),
                    settings.requestTimeout() == null
                        ? address.silenceMax()
                        : settings.requestTimeout()));
    ReplicationFollower follower =
        new ReplicationFollower(
            store, connector, FollowerSettings.DEFAULT, clock, database -> false);
    return new ReplicationRoles(leader, follower);
  }

  private static TlsTrust trust(ReplicationSettings settings) {
    if (!settings.verifiesLeaders()) {
      return new TlsTrust.Anyone();
    }
    return settings.leaderCertificatesFile() == null
        ? new TlsTrust.SystemAuthorities()
        : new TlsTrust.AuthoritiesFile(settings.leaderCertificatesFile());
  }

  /// Whether documents of a collection expire here. Those of a copy expire on its leader: the
  /// globally unique id says which server created a collection.
  static boolean expires(CollectionDefinition definition, long serverId) {
    String guid = definition.globallyUniqueId();
    String own = "h" + Long.toHexString(serverId).toUpperCase(Locale.ROOT) + "/";
    return guid.equals(definition.name()) || guid.startsWith(own);
  }

  @Override
  public void close() {
    follower.close();
    leader.close();
  }
}
