package dev.lockstep.server;

import dev.lockstep.client.TlsTrust;
import dev.lockstep.client.leader.HttpLeaderConnector;
import dev.lockstep.client.leader.PermittedLeaders;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionHold.ClientWrites;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.replication.applier.ApplierSettings;
import dev.lockstep.replication.applier.Appliers;
import dev.lockstep.replication.follower.FollowerSettings;
import dev.lockstep.replication.follower.ReplicationFollower;
import dev.lockstep.replication.leader.LeaderSettings;
import dev.lockstep.replication.leader.ReplicationLeader;
import dev.lockstep.replication.protocol.LeaderConnector;
import dev.lockstep.server.settings.Limit;
import dev.lockstep.server.settings.ReplicationSettings;
import dev.lockstep.server.settings.SettingsException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The two roles a server has at once, made from its settings.
///
/// @param leader to be started after the listener and closed after it
/// @param follower to be closed before the listener: its jobs hold requests
/// @param appliers to be started after the listener and closed first
/// @param connector to leaders; to be closed last
/// @param refusals so far because of limits that are met without an answer to a request
record ReplicationRoles(
    ReplicationLeader leader,
    ReplicationFollower follower,
    Appliers appliers,
    HttpLeaderConnector connector,
    Map<Limit, LongSupplier> refusals)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicationRoles.class);

  /// @throws SettingsException if the file of trusted authorities is unusable
  static ReplicationRoles create(DocumentStore store, ReplicationSettings settings, Clock clock) {
    ReplicationLeader leader =
        new ReplicationLeader(
            store,
            clock,
            LeaderSettings.of(settings.advertisedVersion())
                .withBatchesMax(settings.batchesMax())
                .withDumpsInFlightMax(settings.dumpsMax(), settings.dumpsWaitMax())
                .withQuickKeysMax(settings.quickKeysMax())
                .withRetention(settings.retention()));
    HttpLeaderConnector http =
        new HttpLeaderConnector(
            trust(settings),
            new PermittedLeaders(settings.permittedLeaders(), "--replication.allowed-leaders"),
            settings.leaderAnswerBytesMax(),
            Limit.LEADER_ANSWER_SIZE.setting());
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
    ClientWrites clientWrites =
        settings.allowsWritesWhileSyncing() ? ClientWrites.ALLOWED : ClientWrites.REFUSED;
    ReplicationFollower follower =
        new ReplicationFollower(
            store, connector, FollowerSettings.DEFAULT.withClientWrites(clientWrites), clock);
    follower.runAtMost(settings.synchronizationsMax(), Limit.SYNCHRONIZATIONS.setting());
    Appliers appliers =
        new Appliers(
            store,
            connector,
            follower,
            leader.identity(),
            clock,
            ApplierSettings.DEFAULT.withClientWrites(clientWrites));
    return new ReplicationRoles(
        leader,
        follower,
        appliers,
        http,
        Map.of(
            Limit.LEADER_ANSWER_SIZE,
            http::oversizedAnswers,
            Limit.SYNCHRONIZATIONS,
            follower::refused));
  }

  private static TlsTrust trust(ReplicationSettings settings) {
    if (!settings.verifiesLeaders()) {
      LOG.warn(
          "--replication.verify-leader=false: the certificates of ssl:// leaders are not checked;"
              + " whoever sits on the way can read and change everything");
      return new TlsTrust.Anyone();
    }
    Path file = settings.leaderCertificatesFile();
    if (file == null) {
      return new TlsTrust.SystemAuthorities();
    }
    TlsTrust.AuthoritiesFile authorities = new TlsTrust.AuthoritiesFile(file);
    try {
      authorities.read();
    } catch (IllegalArgumentException e) {
      throw new SettingsException("option --replication.ca-file: " + e.getMessage());
    }
    return authorities;
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
    appliers.close();
    follower.close();
    leader.close();
    connector.close();
  }
}
