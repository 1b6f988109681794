package dev.lockstep.server.users;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import dev.lockstep.server.settings.AuthenticationSettings.PasswordHash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/// A password as a `_users` document keeps it (`authData.simple`): ArangoDB's salted SHA-256, or
/// bcrypt under the method name `bcrypt`. Immutable.
///
/// @param method `sha256`, `sha1`, `sha384`, `sha512` or `bcrypt`; others never match
/// @param salt empty for bcrypt, whose hash holds it
record StoredPassword(String method, String hash, String salt) {
  static final String BCRYPT = "bcrypt";

  /// 2^10 rounds, about 50 ms of one core: slow for a thief with the hashes, bearable for a first
  /// request, whose result is then remembered.
  private static final int BCRYPT_COST = 10;

  private static final SecureRandom RANDOM = new SecureRandom();

  /// Never equal to anything.
  static final StoredPassword NONE = new StoredPassword("none", "", "");

  static StoredPassword of(String password, PasswordHash kind) {
    // An empty password protects nothing: in the cheap form it costs nothing either.
    if (kind == PasswordHash.SHA256 || password.isEmpty()) {
      byte[] salt = new byte[4];
      RANDOM.nextBytes(salt);
      String text = HexFormat.of().formatHex(salt);
      return new StoredPassword("sha256", digest("SHA-256", text, password), text);
    }
    String hash =
        BCrypt.with(
                BCrypt.Version.VERSION_2A,
                RANDOM,
                LongPasswordStrategies.hashSha512(BCrypt.Version.VERSION_2A))
            .hashToString(BCRYPT_COST, password.toCharArray());
    return new StoredPassword(BCRYPT, hash, "");
  }

  boolean isExpensive() {
    return method.equals(BCRYPT);
  }

  /// Takes as long whether the passwords differ early or late.
  boolean matches(String password) {
    String algorithm =
        switch (method) {
          case "sha256" -> "SHA-256";
          case "sha1" -> "SHA-1";
          case "sha384" -> "SHA-384";
          case "sha512" -> "SHA-512";
          default -> "";
        };
    if (!algorithm.isEmpty()) {
      return MessageDigest.isEqual(
          digest(algorithm, salt, password).getBytes(StandardCharsets.US_ASCII),
          hash.getBytes(StandardCharsets.UTF_8));
    }
    return method.equals(BCRYPT)
        && BCrypt.verifyer(
                BCrypt.Version.VERSION_2A,
                LongPasswordStrategies.hashSha512(BCrypt.Version.VERSION_2A))
            .verify(password.toCharArray(), hash)
            .verified;
  }

  private static String digest(String algorithm, String salt, String password) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(salt.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(password.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Never the hash.
  @Override
  public String toString() {
    return "StoredPassword[" + method + "]";
  }
}
