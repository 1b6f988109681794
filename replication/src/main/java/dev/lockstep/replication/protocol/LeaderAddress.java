package dev.lockstep.replication.protocol;

import java.time.Duration;

/// Where a leader is and how to behave towards it.
///
/// @param endpoint as the user gave it
/// @param database on the leader
/// @param followerId the follower's server id, decimal; sent with every request
/// @param connectTimeout of one attempt
/// @param silenceMax longest silence during one request; not a limit of its total time
/// @param responseBytesMax larger responses are refused
/// @param transfer what to do for the link's sake
/// @param useExtensions whether to use what the leader announces beyond the stock protocol; false:
///   [LeaderClient#capabilities] stays empty, and requests are those a stock leader gets
public record LeaderAddress(
    String endpoint,
    String database,
    LeaderCredentials credentials,
    String followerId,
    Duration connectTimeout,
    Duration silenceMax,
    long responseBytesMax,
    int sslProtocol,
    TransferPolicy transfer,
    boolean useExtensions) {
  /// With [TransferPolicy#DEFAULT], using extensions.
  public LeaderAddress(
      String endpoint,
      String database,
      LeaderCredentials credentials,
      String followerId,
      Duration connectTimeout,
      Duration silenceMax,
      long responseBytesMax,
      int sslProtocol) {
    this(
        endpoint,
        database,
        credentials,
        followerId,
        connectTimeout,
        silenceMax,
        responseBytesMax,
        sslProtocol,
        TransferPolicy.DEFAULT,
        true);
  }

  public LeaderAddress withTimeouts(Duration connect, Duration silence) {
    return with(connect, silence, transfer, useExtensions);
  }

  public LeaderAddress withTransfer(TransferPolicy value) {
    return with(connectTimeout, silenceMax, value, useExtensions);
  }

  /// The same leader, its extensions used or left alone.
  public LeaderAddress withExtensions(boolean value) {
    return with(connectTimeout, silenceMax, transfer, value);
  }

  private LeaderAddress with(
      Duration connect, Duration silence, TransferPolicy policy, boolean extensions) {
    return new LeaderAddress(
        endpoint,
        database,
        credentials,
        followerId,
        connect,
        silence,
        responseBytesMax,
        sslProtocol,
        policy,
        extensions);
  }
}
