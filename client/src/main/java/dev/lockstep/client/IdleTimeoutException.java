package dev.lockstep.client;

/// The server was silent for longer than the idle limit. The server may have acted, or still be at
/// it.
public final class IdleTimeoutException extends TransportException {
  IdleTimeoutException(Endpoint endpoint, String path, String detail, Throwable cause) {
    super(endpoint, path, detail, cause);
  }

  IdleTimeoutException(Endpoint endpoint, String path, String detail) {
    super(endpoint, path, detail);
  }
}
