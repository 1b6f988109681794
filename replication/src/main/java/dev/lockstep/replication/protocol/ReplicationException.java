package dev.lockstep.replication.protocol;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;

/// A synchronization could not go on because of the leader or of what lies between. Messages are
/// the sentences that users and scripts of ArangoDB know; they name endpoint and URL and never a
/// secret.
public abstract sealed class ReplicationException extends LockstepException
    permits LeaderUnavailableException,
        LeaderRefusedException,
        LeaderNotPermittedException,
        ProtocolViolationException,
        LeaderMismatchException {
  private static final long serialVersionUID = 1L;

  /// Longest part of a leader's answer that is repeated in a message.
  private static final int EXCERPT_LENGTH_MAX = 512;

  ReplicationException(ErrorNumber number, String message) {
    super(number, message);
  }

  ReplicationException(ErrorNumber number, String message, Throwable cause) {
    super(number, message, cause);
  }

  /// Whether the same request may succeed later: back off and repeat. Otherwise stop.
  public abstract boolean isTransient();

  /// The sentence for an answer with an error status.
  static String statusSentence(
      String endpoint, String url, int status, String reason, String body) {
    StringBuilder sentence =
        new StringBuilder("got invalid response from leader at ")
            .append(endpoint)
            .append(" for URL ")
            .append(url)
            .append(": HTTP ")
            .append(status);
    if (!reason.isBlank()) {
      sentence.append(": ").append(reason.strip());
    }
    String excerpt = excerpt(body);
    if (!excerpt.isEmpty()) {
      sentence.append(" - ").append(excerpt);
    }
    return sentence.toString();
  }

  /// The beginning of a text from outside, on one line.
  static String excerpt(String text) {
    StringBuilder line = new StringBuilder(Math.min(text.length(), EXCERPT_LENGTH_MAX));
    for (int i = 0; i < text.length() && line.length() < EXCERPT_LENGTH_MAX; i++) {
      char c = text.charAt(i);
      line.append(c < ' ' || c == 0x7f ? ' ' : c);
    }
    String stripped = line.toString().strip();
    return text.length() > EXCERPT_LENGTH_MAX ? stripped + "..." : stripped;
  }
}
