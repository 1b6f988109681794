package dev.lockstep.shell.cli;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A JSON Web Token that gives whoever knows the server's secret all rights: HS256, issuer
/// `arangodb`, and a `server_id` in place of a user.
final class SuperuserToken {
  private static final String HEADER = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
  private static final String PAYLOAD = "{\"iss\":\"arangodb\",\"server_id\":\"lockstep-shell\"}";

  private SuperuserToken() {}

  static String signed(String secret) {
    if (secret.isEmpty()) {
      throw new UsageException("the JWT secret is empty");
    }
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    String content =
        encoder.encodeToString(HEADER.getBytes(StandardCharsets.UTF_8))
            + "."
            + encoder.encodeToString(PAYLOAD.getBytes(StandardCharsets.UTF_8));
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return content
          + "."
          + encoder.encodeToString(mac.doFinal(content.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has HmacSHA256", e);
    }
  }
}
