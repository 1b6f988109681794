package dev.lockstep.server.users;

import com.auth0.jwt.JWT;
import com.auth0.jwt.JWTVerifier;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.exceptions.JWTVerificationException;
import com.auth0.jwt.interfaces.DecodedJWT;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Issues and checks the tokens of `/_open/auth` and of superusers: JWT, HS256 only, issuer
/// `arangodb`. Thread-safe.
public final class Tokens {
  /// Who a valid token speaks for.
  public sealed interface Bearer {
    /// @param expires null: never
    record User(String name, @Nullable Instant expires) implements Bearer {}

    /// A token made by someone who knows the secret, not by `/_open/auth`: all rights.
    record Superuser(@Nullable Instant expires) implements Bearer {}
  }

  private static final String ISSUER = "arangodb";

  private final Algorithm algorithm;
  private final JWTVerifier verifier;
  private final Duration lifetime;
  private final Clock clock;

  /// @param secret shared by every server whose tokens are to be accepted
  public Tokens(byte[] secret, Duration lifetime, Clock clock) {
    this.algorithm = Algorithm.HMAC256(secret);
    // The time of issue is not judged: clocks differ, and it grants nothing.
    this.verifier =
        ((JWTVerifier.BaseVerification)
                JWT.require(algorithm).withIssuer(ISSUER).ignoreIssuedAt().acceptLeeway(0))
            .build(clock);
    this.lifetime = lifetime;
    this.clock = clock;
  }

  /// A token for a user who has just proved who they are.
  public String issue(String userName) {
    Instant now = clock.instant();
    return JWT.create()
        .withIssuer(ISSUER)
        .withClaim("preferred_username", userName)
        .withIssuedAt(now)
        .withExpiresAt(now.plus(lifetime))
        .sign(algorithm);
  }

  /// A superuser's token, for tools of the operator.
  public String issueSuperuser(String serverId) {
    return JWT.create()
        .withIssuer(ISSUER)
        .withClaim("server_id", serverId)
        .withIssuedAt(clock.instant())
        .sign(algorithm);
  }

  /// Null if the token is malformed, signed with another secret or algorithm, or expired.
  public @Nullable Bearer check(String token) {
    DecodedJWT decoded;
    try {
      decoded = verifier.verify(token);
    } catch (JWTVerificationException e) {
      return null;
    }
    // Limited to some paths, which is nothing we check: taken for full rights it would be worth
    // more than it says.
    if (!decoded.getClaim("allowed_paths").isMissing()) {
      return null;
    }
    Instant expires = decoded.getExpiresAtAsInstant();
    String user = decoded.getClaim("preferred_username").asString();
    if (user != null) {
      return new Bearer.User(user, expires);
    }
    String serverId = decoded.getClaim("server_id").asString();
    return serverId == null || serverId.isEmpty() ? null : new Bearer.Superuser(expires);
  }
}
