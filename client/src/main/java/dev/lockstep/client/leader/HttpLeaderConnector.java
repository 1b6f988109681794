package dev.lockstep.client.leader;

import dev.lockstep.client.AddressPolicy;
import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import dev.lockstep.client.ServerConnection;
import dev.lockstep.client.TlsTrust;
import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderConnector;
import dev.lockstep.replication.protocol.LeaderCredentials;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Connects to leaders over HTTP/1.1. Thread-safe. Every connection to a leader whose certificate
/// is not checked is logged.
public final class HttpLeaderConnector implements LeaderConnector {
  private static final Logger LOG = LoggerFactory.getLogger(HttpLeaderConnector.class);

  /// Up to four fetch documents, one lists revisions ahead, one renews the lease, which must not
  /// wait behind the others, one ends the batch. They are opened when needed.
  private static final int CONNECTIONS_MAX = 8;

  private final TlsTrust trust;
  private final AddressPolicy addressPolicy;
  private final LongAdder damagedAnswers = new LongAdder();

  /// @param trust which certificates of leaders are believed
  /// @param addressPolicy which addresses users may make this server connect to
  public HttpLeaderConnector(TlsTrust trust, AddressPolicy addressPolicy) {
    this.trust = trust;
    this.addressPolicy = addressPolicy;
  }

  @Override
  public LeaderClient connect(LeaderAddress address) {
    Endpoint endpoint;
    try {
      endpoint = Endpoint.parse(address.endpoint());
    } catch (IllegalArgumentException e) {
      throw new LockstepException(
          ErrorNumber.REPLICATION_INVALID_APPLIER_CONFIGURATION,
          ErrorNumber.REPLICATION_INVALID_APPLIER_CONFIGURATION.defaultMessage()
              + ": "
              + e.getMessage(),
          e);
    }
    // A response is held in memory as a whole, twice while it is decoded: beyond a third of the
    // heap
    // a user's wish could end this server.
    long responseBytesMax =
        Math.min(address.responseBytesMax(), Runtime.getRuntime().maxMemory() / 3);
    ConnectionSettings settings =
        ConnectionSettings.of(endpoint, credentials(address.credentials()))
            .withConnectTimeout(address.connectTimeout())
            .withIdleTimeout(address.silenceMax())
            .withResponseBytesMax(responseBytesMax)
            .withConnectionsMax(CONNECTIONS_MAX)
            .withTrust(trust)
            .withAddressPolicy(addressPolicy);
    HttpLeaderClient client = new HttpLeaderClient(open(settings), address, damagedAnswers);
    client.warnings().forEach(LOG::warn);
    return client;
  }

  /// Answers so far, of all leaders, whose checksums did not fit.
  public long damagedAnswers() {
    return damagedAnswers.sum();
  }

  private static ServerConnection open(ConnectionSettings settings) {
    try {
      return new ServerConnection(settings);
    } catch (IllegalArgumentException e) {
      // The file of trusted authorities was good when this server started.
      throw new LockstepException(
          ErrorNumber.SYSTEM_ERROR,
          ErrorNumber.SYSTEM_ERROR.defaultMessage() + ": " + e.getMessage(),
          e);
    }
  }

  private static Credentials credentials(LeaderCredentials credentials) {
    return switch (credentials) {
      case LeaderCredentials.None _ -> new Credentials.None();
      case LeaderCredentials.Basic(String user, String password) ->
          new Credentials.Basic(user, password);
      case LeaderCredentials.Token(String jwt) -> new Credentials.Bearer(jwt);
    };
  }
}
