package dev.lockstep.client;

import java.io.IOException;

/// A request got no usable HTTP response. Every message names the endpoint and the path, and never
/// credentials. A response with an error status is *not* one of these: it is a [ServerResponse].
public abstract sealed class TransportException extends IOException
    permits ConnectFailedException,
        AddressRefusedException,
        ConnectionLostException,
        IdleTimeoutException,
        ResponseTooLargeException {
  private final transient Endpoint endpoint;
  private final String path;

  TransportException(Endpoint endpoint, String path, String detail, Throwable cause) {
    super(detail, cause);
    this.endpoint = endpoint;
    this.path = path;
  }

  TransportException(Endpoint endpoint, String path, String detail) {
    super(detail);
    this.endpoint = endpoint;
    this.path = path;
  }

  /// The server we spoke to.
  public Endpoint endpoint() {
    return endpoint;
  }

  /// Path and query of the request.
  public String path() {
    return path;
  }

  /// What went wrong, without endpoint and path, for callers that build a sentence of their own.
  public String detail() {
    return String.valueOf(super.getMessage());
  }

  @Override
  public String getMessage() {
    return detail() + " (endpoint " + endpoint + ", URL " + path + ")";
  }
}
