package dev.lockstep.client.leader;

import dev.lockstep.client.AddressPolicy;
import dev.lockstep.client.ConnectionSettings;
import dev.lockstep.client.Credentials;
import dev.lockstep.client.Endpoint;
import dev.lockstep.client.HttpClientPool;
import dev.lockstep.client.ServerConnection;
import dev.lockstep.client.TlsTrust;
import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.replication.protocol.LeaderAddress;
import dev.lockstep.replication.protocol.LeaderClient;
import dev.lockstep.replication.protocol.LeaderConnector;
import dev.lockstep.replication.protocol.LeaderCredentials;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Connects to leaders over HTTP/1.1. Thread-safe. Every connection to a leader whose certificate
/// is not checked is logged.
public final class HttpLeaderConnector implements LeaderConnector, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpLeaderConnector.class);

  /// Up to four fetch documents, one lists revisions ahead, one renews the lease, which must not
  /// wait behind the others, one ends the batch. They are opened when needed.
  private static final int CONNECTIONS_MAX = 8;

  /// For what a leader answers without working on it. Long enough for one whose disk is slow, as it
  /// brings its log there first.
  private static final Duration PROMPT_MAX = Duration.ofSeconds(30);

  private final TlsTrust trust;
  private final AddressPolicy addressPolicy;
  private final long answerBytesMax;
  private final String answerBytesSetting;
  private final HttpClientPool clients = new HttpClientPool();
  private final LongAdder damagedAnswers = new LongAdder();
  private final LongAdder oversizedAnswers = new LongAdder();

  /// Takes answers as long as users ask for.
  ///
  /// @param trust which certificates of leaders are believed
  /// @param addressPolicy which addresses users may make this process connect to
  public HttpLeaderConnector(TlsTrust trust, AddressPolicy addressPolicy) {
    this(trust, addressPolicy, Long.MAX_VALUE, "");
  }

  /// @param trust which certificates of leaders are believed
  /// @param addressPolicy which addresses users may make this server connect to
  /// @param answerBytesMax longest answer that is taken, whatever users ask for
  /// @param answerBytesSetting what operators call that limit
  public HttpLeaderConnector(
      TlsTrust trust, AddressPolicy addressPolicy, long answerBytesMax, String answerBytesSetting) {
    this.trust = trust;
    this.addressPolicy = addressPolicy;
    this.answerBytesMax = answerBytesMax;
    this.answerBytesSetting = answerBytesSetting;
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
    AnswerLimit limit =
        AnswerLimit.of(
            address.responseBytesMax(), answerBytesMax, answerBytesSetting, oversizedAnswers);
    ConnectionSettings settings =
        ConnectionSettings.of(endpoint, credentials(address.credentials()))
            .withConnectTimeout(address.connectTimeout())
            .withIdleTimeout(address.silenceMax())
            .withResponseBytesMax(limit.bytesMax())
            .withConnectionsMax(CONNECTIONS_MAX)
            .withTrust(trust)
            .withAddressPolicy(addressPolicy);
    HttpLeaderClient client =
        new HttpLeaderClient(open(settings), address, PROMPT_MAX, limit, damagedAnswers);
    client.warnings().forEach(LOG::warn);
    return client;
  }

  /// Answers so far, of all leaders, whose checksums did not fit.
  public long damagedAnswers() {
    return damagedAnswers.sum();
  }

  /// Answers so far, of all leaders, that were longer than accepted.
  public long oversizedAnswers() {
    return oversizedAnswers.sum();
  }

  /// Lets go of what is kept for further connections; those that are open stay.
  @Override
  public void close() {
    clients.close();
  }

  private ServerConnection open(ConnectionSettings settings) {
    try {
      return clients.open(settings);
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
