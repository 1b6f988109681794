package dev.lockstep.client;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// Who a connection speaks for. No variant ever shows its secret in `toString()`, so that
/// credentials cannot reach a log or a message by accident.
public sealed interface Credentials {
  /// Sends no `Authorization` header.
  record None() implements Credentials {}

  /// HTTP basic authentication.
  record Basic(String user, String password) implements Credentials {
    /// @throws IllegalArgumentException if the user name holds a colon, which the scheme cannot
    ///   carry
    public Basic {
      if (user.indexOf(':') >= 0) {
        throw new IllegalArgumentException("a user name must not contain a colon");
      }
    }

    @Override
    public String toString() {
      return "Basic[user=" + user + "]";
    }
  }

  /// A JSON Web Token, sent as bearer token.
  record Bearer(String jwt) implements Credentials {
    @Override
    public String toString() {
      return "Bearer[]";
    }
  }

  /// The value of the `Authorization` header, or null where none is sent. Holds the secret: never
  /// log it.
  default @Nullable String authorization() {
    return switch (this) {
      case None _ -> null;
      case Basic(String user, String password) ->
          "Basic "
              + Base64.getEncoder()
                  .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
      case Bearer(String jwt) -> "bearer " + jwt;
    };
  }
}
