package dev.lockstep.server.users;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.server.settings.AuthenticationSettings.PasswordHash;
import org.junit.jupiter.api.Test;

class StoredPasswordTest {
  @Test
  void verifiesTheSaltedHashOfAStockServer() {
    // printf %s '12345678secret' | sha256sum
    StoredPassword known =
        new StoredPassword(
            "sha256",
            "6d7c44b975f536e8dfdd1938d4dd5c6981396d26e19edd17763a6a99c93da37a",
            "12345678");
    assertThat(known.matches("secret")).isTrue();
    assertThat(known.matches("Secret")).isFalse();
  }

  @Test
  void verifiesWhatItMakes() {
    for (PasswordHash kind : PasswordHash.values()) {
      StoredPassword stored = StoredPassword.of("pässword", kind);
      assertThat(stored.matches("pässword")).isTrue();
      assertThat(stored.matches("passwort")).isFalse();
      assertThat(stored.matches("")).isFalse();
      assertThat(stored.toString()).doesNotContain(stored.hash());
    }
  }

  @Test
  void tellsLongPasswordsApart() {
    String long1 = "a".repeat(100) + "1";
    StoredPassword stored = StoredPassword.of(long1, PasswordHash.BCRYPT);
    assertThat(stored.matches(long1)).isTrue();
    assertThat(stored.matches("a".repeat(100) + "2")).isFalse();
  }

  @Test
  void saltsEveryPasswordAnew() {
    for (PasswordHash kind : PasswordHash.values()) {
      assertThat(StoredPassword.of("x", kind)).isNotEqualTo(StoredPassword.of("x", kind));
    }
  }

  @Test
  void matchesNothingByAnUnknownMethod() {
    assertThat(StoredPassword.NONE.matches("")).isFalse();
    assertThat(new StoredPassword("plain", "x", "").matches("x")).isFalse();
    assertThat(new StoredPassword("bcrypt", "garbage", "").matches("x")).isFalse();
  }
}
