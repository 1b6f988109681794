package dev.lockstep.replication.protocol;

import dev.lockstep.core.ErrorNumber;

/// The leader answered something that the protocol does not allow (1401, or 1406 for a marker
/// nobody knows). Permanent: stop and keep the evidence.
public final class ProtocolViolationException extends ReplicationException {
  private static final long serialVersionUID = 1L;

  private ProtocolViolationException(ErrorNumber number, String message) {
    super(number, message);
  }

  /// @param detail what is wrong with it
  public static ProtocolViolationException inResponse(String endpoint, String detail) {
    return new ProtocolViolationException(
        ErrorNumber.REPLICATION_INVALID_RESPONSE,
        "got invalid response from leader at " + endpoint + ": " + excerpt(detail));
  }

  /// @param url path and query of the request
  public static ProtocolViolationException inResponse(String endpoint, String url, String detail) {
    return new ProtocolViolationException(
        ErrorNumber.REPLICATION_INVALID_RESPONSE,
        "got invalid response from leader at "
            + endpoint
            + " for URL "
            + url
            + ": "
            + excerpt(detail));
  }

  /// A marker of a type that does not belong where it stands.
  public static ProtocolViolationException unexpectedMarker(String endpoint, long type) {
    return new ProtocolViolationException(
        ErrorNumber.REPLICATION_UNEXPECTED_MARKER,
        "got unexpected marker of type " + type + " in a dump of leader at " + endpoint);
  }

  /// A marker of a type that nobody knows.
  ///
  /// @param offending the marker as a part of a sentence
  static ProtocolViolationException unknownMarker(
      String endpoint, String url, long type, String offending) {
    return new ProtocolViolationException(
        ErrorNumber.REPLICATION_UNEXPECTED_MARKER,
        "got unexpected marker of type "
            + Long.toUnsignedString(type)
            + " from leader at "
            + endpoint
            + " for URL "
            + url
            + excerpt(offending));
  }

  @Override
  public boolean isTransient() {
    return false;
  }
}
