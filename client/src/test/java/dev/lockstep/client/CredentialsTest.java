package dev.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CredentialsTest {
  @Test
  void neverShowTheirSecret() {
    var settings =
        ConnectionSettings.of(Endpoint.parse("tcp://h:1"), new Credentials.Basic("ann", "geheim"));
    assertThat(settings.toString()).contains("ann").doesNotContain("geheim");
    assertThat(new Credentials.Bearer("geheim").toString()).doesNotContain("geheim");
  }

  @Test
  void becomeAnAuthorizationHeader() {
    assertThat(new Credentials.None().authorization()).isNull();
    assertThat(new Credentials.Basic("root", "pä").authorization()).isEqualTo("Basic cm9vdDpww6Q=");
    assertThat(new Credentials.Bearer("a.b.c").authorization()).isEqualTo("bearer a.b.c");
  }

  @Test
  void refuseAUserNameThatBasicAuthenticationCannotCarry() {
    assertThatThrownBy(() -> new Credentials.Basic("a:b", "x"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
