package dev.lockstep.client;

/// The connection broke after the request was begun and before the response was complete. The
/// server may have acted.
public final class ConnectionLostException extends TransportException {
  ConnectionLostException(Endpoint endpoint, String path, String detail, Throwable cause) {
    super(endpoint, path, detail, cause);
  }

  ConnectionLostException(Endpoint endpoint, String path, String detail) {
    super(endpoint, path, detail);
  }
}
