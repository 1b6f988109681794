package dev.lockstep.replication.protocol;

/// Who the follower is to the leader. Never shows a secret in `toString()`.
public sealed interface LeaderCredentials {
  /// No credentials were given.
  record None() implements LeaderCredentials {}

  /// User name and password of an account on the leader.
  record Basic(String user, String password) implements LeaderCredentials {
    @Override
    public String toString() {
      return "Basic[user=" + user + "]";
    }
  }

  /// A JSON Web Token.
  record Token(String jwt) implements LeaderCredentials {
    @Override
    public String toString() {
      return "Token[]";
    }
  }

  /// Text from outside without the secret, for messages that repeat what a leader said.
  default String redact(String text) {
    String secret =
        switch (this) {
          case None _ -> "";
          case Basic(_, String password) -> password;
          case Token(String jwt) -> jwt;
        };
    // Shorter ones would mutilate innocent text and reveal by their absence that they match.
    return secret.length() < 4 ? text : text.replace(secret, "***");
  }
}
