package dev.lockstep.server.users;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Finds out who sends a request. Successful proofs are remembered, so that a password is not
/// hashed again for every request; a changed password, a deactivated or removed user and an expired
/// token end that at once. Thread-safe.
public final class Authentication {
  /// Whoever the `Authorization` header proves somebody to be.
  ///
  /// @param userName empty for superusers
  public record Principal(String userName, boolean superuser) {}

  /// Proofs remembered; enough for every client a server of this size has.
  private static final int REMEMBERED_MAX = 4096;

  /// Longer headers are no credentials.
  private static final int HEADER_CHARS_MAX = 16 << 10;

  /// Expensive password checks at once: guessing passwords must not take all cores.
  private static final int CHECKS_MAX = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  private static final long CHECK_WAIT_SECONDS_MAX = 10;

  /// @param password as it was when the proof succeeded; null for tokens
  /// @param expires null: never
  private record Proof(
      Principal principal, @Nullable StoredPassword password, @Nullable Instant expires) {}

  private final Accounts accounts;
  private final Tokens tokens;
  private final Clock clock;
  private final Semaphore checks = new Semaphore(CHECKS_MAX, true);

  /// Keys the memory of proofs, so that no header, that is no password, stays in memory.
  private final SecretKeySpec fingerprintKey;

  private final Map<String, Proof> proofs =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Proof> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  public Authentication(Accounts accounts, Tokens tokens, Clock clock) {
    this.accounts = accounts;
    this.tokens = tokens;
    this.clock = clock;
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    this.fingerprintKey = new SecretKeySpec(key, "HmacSHA256");
  }

  /// @param authorization the header's value
  /// @return null if it proves nothing
  /// @throws LockstepException 503 if too many passwords are being checked
  public @Nullable Principal authenticate(String authorization) {
    if (authorization.length() > HEADER_CHARS_MAX) {
      return null;
    }
    String fingerprint = fingerprint(authorization);
    Proof proof;
    synchronized (proofs) {
      proof = proofs.get(fingerprint);
    }
    if (proof == null) {
      proof = prove(authorization);
      if (proof == null) {
        return null;
      }
      synchronized (proofs) {
        proofs.put(fingerprint, proof);
      }
    }
    return stillHolds(proof) ? proof.principal() : forget(fingerprint, authorization);
  }

  /// The memory is out of date: asks once more.
  private @Nullable Principal forget(String fingerprint, String authorization) {
    Proof renewed = prove(authorization);
    synchronized (proofs) {
      if (renewed == null || !stillHolds(renewed)) {
        proofs.remove(fingerprint);
        return null;
      }
      proofs.put(fingerprint, renewed);
      return renewed.principal();
    }
  }

  private boolean stillHolds(Proof proof) {
    if (proof.expires() != null && !clock.instant().isBefore(proof.expires())) {
      return false;
    }
    if (proof.principal().superuser()) {
      return true;
    }
    Account account = accounts.find(proof.principal().userName());
    return account != null
        && account.isActive()
        && (proof.password() == null || proof.password().equals(account.password()));
  }

  private @Nullable Proof prove(String authorization) {
    int blank = authorization.indexOf(' ');
    if (blank < 0) {
      return null;
    }
    String credentials = authorization.substring(blank + 1).strip();
    return switch (authorization.substring(0, blank).toLowerCase(Locale.ROOT)) {
      case "basic" -> proveBasic(credentials);
      case "bearer" -> proveToken(credentials);
      default -> null;
    };
  }

  private @Nullable Proof proveBasic(String credentials) {
    String text;
    try {
      text = new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
    int colon = text.indexOf(':');
    if (colon < 0) {
      return null;
    }
    String name = text.substring(0, colon);
    Account account = accounts.find(name);
    if (account == null || !checkPassword(account, text.substring(colon + 1))) {
      return null;
    }
    return new Proof(new Principal(name, false), account.password(), null);
  }

  /// Whether that is the password of that active user.
  public boolean checkPassword(String name, String password) {
    Account account = accounts.find(name);
    return account != null && checkPassword(account, password);
  }

  private boolean checkPassword(Account account, String password) {
    if (!account.isActive()) {
      return false;
    }
    if (!account.password().isExpensive()) {
      return account.password().matches(password);
    }
    try {
      if (!checks.tryAcquire(CHECK_WAIT_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new LockstepException(
            ErrorNumber.HTTP_SERVICE_UNAVAILABLE,
            "too many passwords are being checked; try again, or use a token of /_open/auth");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LockstepException(ErrorNumber.SHUTTING_DOWN, "shutdown in progress", e);
    }
    try {
      return account.password().matches(password);
    } finally {
      checks.release();
    }
  }

  private @Nullable Proof proveToken(String token) {
    return switch (tokens.check(token)) {
      case Tokens.Bearer.User user ->
          new Proof(new Principal(user.name(), false), null, user.expires());
      case Tokens.Bearer.Superuser superuser ->
          new Proof(new Principal("", true), null, superuser.expires());
      case null -> null;
    };
  }

  private String fingerprint(String authorization) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(fingerprintKey);
      byte[] full = mac.doFinal(authorization.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(Arrays.copyOf(full, 24));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What a user's grants allow; nothing if the user is gone.
  public Access access(Principal principal, String database, boolean serverReadOnly) {
    if (principal.superuser()) {
      return Access.unrestricted(database, serverReadOnly);
    }
    Account account = accounts.find(principal.userName());
    return new UserAccess(
        account == null ? Permissions.EMPTY : account.permissions(), database, serverReadOnly);
  }
}
