package dev.lockstep.server.http;

import dev.lockstep.server.users.Access;
import org.jspecify.annotations.Nullable;

/// Says who a request is, what they may do, and which databases there are. Called for every request
/// by many threads, so it must answer from memory.
public interface Gatekeeper {
  /// @param userName empty for superuser tokens and where authentication is off
  /// @param superuser rights not bound to an account
  record Identity(String userName, boolean superuser) {}

  /// Whether requests must prove who they are.
  boolean authenticationRequired();

  /// @param authorization the header, or null if there is none
  /// @return null if it proves nothing: no header, an unknown user, a wrong password, an expired
  ///   token
  @Nullable Identity authenticate(@Nullable String authorization);

  /// What `identity` may do, seen from a database.
  Access access(Identity identity, String database);

  boolean databaseExists(String name);
}
