package dev.lockstep.server.settings;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// @param required whether requests must prove who they are
/// @param rootPasswordFile read at the first start; null: none
/// @param jwtSecretFile null: a random secret per process
/// @param tokenLifetime how long an issued token is valid
/// @param passwordHash for passwords set from now on
public record AuthenticationSettings(
    boolean required,
    @Nullable Path rootPasswordFile,
    @Nullable Path jwtSecretFile,
    Duration tokenLifetime,
    PasswordHash passwordHash) {
  /// How a password is stored; see `docs/decisions/0007-password-hashes.md`.
  public enum PasswordHash {
    BCRYPT,
    /// ArangoDB's salted SHA-256, for stock followers that copy `_users`.
    SHA256
  }

  public static final AuthenticationSettings DEFAULT =
      new AuthenticationSettings(true, null, null, Duration.ofDays(30), PasswordHash.BCRYPT);
}
