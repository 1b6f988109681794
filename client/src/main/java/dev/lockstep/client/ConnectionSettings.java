package dev.lockstep.client;

import java.time.Duration;

/// How to reach a server and what to expect of it.
///
/// @param endpoint where it listens
/// @param credentials who we are
/// @param connectTimeout limit of one attempt to connect, name resolution included
/// @param idleTimeout longest silence of the server while we wait for it. Not a limit of a
///   request's total time: a slow link may take as long as bytes keep flowing
/// @param responseBytesMax largest response body accepted; more fails with
///   [ResponseTooLargeException]
/// @param connectionsMax most TCP connections at a time; further requests wait for a free one
/// @param trust which certificates are believed when the endpoint is encrypted
/// @param addressPolicy which resolved addresses may be connected to
public record ConnectionSettings(
    Endpoint endpoint,
    Credentials credentials,
    Duration connectTimeout,
    Duration idleTimeout,
    long responseBytesMax,
    int connectionsMax,
    TlsTrust trust,
    AddressPolicy addressPolicy) {

  /// ArangoDB's own limit for one packet.
  public static final long RESPONSE_BYTES_MAX_DEFAULT = 1L << 30;

  /// @throws IllegalArgumentException if a limit is not positive
  public ConnectionSettings {
    requirePositive("connectTimeout", connectTimeout);
    requirePositive("idleTimeout", idleTimeout);
    if (responseBytesMax < 1) {
      throw new IllegalArgumentException(
          "responseBytesMax must be positive, not " + responseBytesMax);
    }
    if (connectionsMax < 1) {
      throw new IllegalArgumentException("connectionsMax must be positive, not " + connectionsMax);
    }
  }

  private static void requirePositive(String name, Duration duration) {
    if (duration.toMillis() < 1) {
      throw new IllegalArgumentException(
          name + " must be at least one millisecond, not " + duration);
    }
  }

  /// The settings a person's command starts from: 10 s to connect, 600 s of silence, 8 connections,
  /// certificates verified, any address.
  public static ConnectionSettings of(Endpoint endpoint, Credentials credentials) {
    return new ConnectionSettings(
        endpoint,
        credentials,
        Duration.ofSeconds(10),
        Duration.ofSeconds(600),
        RESPONSE_BYTES_MAX_DEFAULT,
        8,
        new TlsTrust.SystemAuthorities(),
        AddressPolicy.ANY);
  }

  public ConnectionSettings withCredentials(Credentials value) {
    return new ConnectionSettings(
        endpoint,
        value,
        connectTimeout,
        idleTimeout,
        responseBytesMax,
        connectionsMax,
        trust,
        addressPolicy);
  }

  public ConnectionSettings withConnectTimeout(Duration value) {
    return new ConnectionSettings(
        endpoint,
        credentials,
        value,
        idleTimeout,
        responseBytesMax,
        connectionsMax,
        trust,
        addressPolicy);
  }

  public ConnectionSettings withIdleTimeout(Duration value) {
    return new ConnectionSettings(
        endpoint,
        credentials,
        connectTimeout,
        value,
        responseBytesMax,
        connectionsMax,
        trust,
        addressPolicy);
  }

  public ConnectionSettings withResponseBytesMax(long value) {
    return new ConnectionSettings(
        endpoint,
        credentials,
        connectTimeout,
        idleTimeout,
        value,
        connectionsMax,
        trust,
        addressPolicy);
  }

  public ConnectionSettings withConnectionsMax(int value) {
    return new ConnectionSettings(
        endpoint,
        credentials,
        connectTimeout,
        idleTimeout,
        responseBytesMax,
        value,
        trust,
        addressPolicy);
  }

  public ConnectionSettings withTrust(TlsTrust value) {
    return new ConnectionSettings(
        endpoint,
        credentials,
        connectTimeout,
        idleTimeout,
        responseBytesMax,
        connectionsMax,
        value,
        addressPolicy);
  }

  public ConnectionSettings withAddressPolicy(AddressPolicy value) {
    return new ConnectionSettings(
        endpoint,
        credentials,
        connectTimeout,
        idleTimeout,
        responseBytesMax,
        connectionsMax,
        trust,
        value);
  }
}
