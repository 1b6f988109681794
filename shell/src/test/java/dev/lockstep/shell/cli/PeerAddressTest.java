package dev.lockstep.shell.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.client.Endpoint;
import org.junit.jupiter.api.Test;

class PeerAddressTest {
  @Test
  void isRootWithoutPasswordWhereNobodyIsNamed() {
    assertThat(PeerAddress.parse("tcp://db1:8529"))
        .isEqualTo(new PeerAddress(new Endpoint(false, "db1", 8529), "root", null));
  }

  @Test
  void readsUserAndPassword() {
    PeerAddress address = PeerAddress.parse("ssl://ann:p%40ss:w+rd%2F@db1:8530");

    assertThat(address.endpoint()).isEqualTo(new Endpoint(true, "db1", 8530));
    assertThat(address.user()).isEqualTo("ann");
    assertThat(address.password()).isEqualTo("p@ss:w+rd/");
  }

  @Test
  void tellsAnEmptyPasswordFromNone() {
    assertThat(PeerAddress.parse("tcp://ann@db1").password()).isNull();
    assertThat(PeerAddress.parse("tcp://ann:@db1").password()).isEmpty();
  }

  @Test
  void neverShowsThePassword() {
    assertThat(PeerAddress.parse("tcp://ann:secret@db1:8529"))
        .hasToString("ann@http+tcp://db1:8529");
    assertThatThrownBy(() -> PeerAddress.parse("tcp://ann:secret@"))
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> PeerAddress.parse("tcp://ann:secret@db1:99999999"))
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> PeerAddress.parse("tcp://ann:secret%zz@db1"))
        .hasMessageNotContaining("secret");
  }

  @Test
  void refusesAnEmptyUser() {
    assertThatThrownBy(() -> PeerAddress.parse("tcp://:secret@db1")).hasMessageContaining("user");
  }
}
