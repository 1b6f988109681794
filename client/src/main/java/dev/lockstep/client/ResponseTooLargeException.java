package dev.lockstep.client;

/// The response body is larger than [ConnectionSettings#responseBytesMax()]; the rest of it was not
/// read.
public final class ResponseTooLargeException extends TransportException {
  ResponseTooLargeException(Endpoint endpoint, String path, String detail, Throwable cause) {
    super(endpoint, path, detail, cause);
  }

  ResponseTooLargeException(Endpoint endpoint, String path, String detail) {
    super(endpoint, path, detail);
  }
}
