package dev.lockstep.client;

/// No connection came about: name unknown, connection refused, connect timeout, TLS handshake
/// failed. The server has not seen the request; trying again later is harmless.
public final class ConnectFailedException extends TransportException {
  ConnectFailedException(Endpoint endpoint, String path, String detail, Throwable cause) {
    super(endpoint, path, detail, cause);
  }

  ConnectFailedException(Endpoint endpoint, String path, String detail) {
    super(endpoint, path, detail);
  }
}
