package dev.lockstep.client.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.client.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PermittedLeadersTest {
  private static final String OPTION = "--replication.allowed-leaders";

  private static PermittedLeaders permitted(String... entries) {
    return new PermittedLeaders(
        Arrays.stream(entries).map(PermittedLeader::parse).toList(), OPTION);
  }

  /// @param address in its raw bytes, as a resolver may give it
  private static @Nullable String refusal(
      PermittedLeaders leaders, String host, InetAddress address, int port) {
    return leaders.refusal(new Endpoint(false, host, port), new InetSocketAddress(address, port));
  }

  private static @Nullable String refusal(
      PermittedLeaders leaders, String host, String address, int port) {
    return refusal(leaders, host, InetAddress.ofLiteral(address), port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "8.8.8.8",
        "169.253.255.255",
        "169.255.0.0",
        "::1",
        "fd00::1",
        "2001:db8::1",
        "fec0::1"
      })
  void permitsOrdinaryAddressesWhereNothingIsListed(String address) {
    assertThat(refusal(permitted(), "leader", address, 8529)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "169.254.169.254",
        "169.254.0.0",
        "169.254.255.255",
        "fe80::1",
        "febf:ffff::1",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::169.254.169.254"
      })
  void refusesLinkLocalAddressesHoweverTheyAreWrapped(String address) {
    assertThat(refusal(permitted(), "leader", address, 80))
        .contains("is link-local")
        .contains(OPTION);
    assertThat(refusal(permitted("0.0.0.0/0", "::/0", "leader"), "leader", address, 80))
        .contains("is link-local");
  }

  @Test
  void namesTheAddressThatWouldHaveBeenConnectedTo() {
    assertThat(refusal(permitted(), "metadata.example", "::ffff:169.254.169.254", 80))
        .startsWith("the address 169.254.169.254:80 ");
    assertThat(refusal(permitted("10.0.0.0/8"), "leader", "2001:db8::1", 8529))
        .isEqualTo(
            "the address [2001:db8:0:0:0:0:0:1]:8529 is not among those that "
                + OPTION
                + " permits");
  }

  @Test
  void permitsLinkLocalAddressesThatAreListedAsSuch() {
    PermittedLeaders leaders = permitted("169.254.10.0/24", "[fe80::1]:8529");
    assertThat(refusal(leaders, "leader", "169.254.10.7", 80)).isNull();
    assertThat(refusal(leaders, "leader", "169.254.11.7", 80)).contains("is link-local");
    assertThat(refusal(leaders, "leader", "fe80::1", 8529)).isNull();
    assertThat(refusal(leaders, "leader", "fe80::1", 8530)).contains("is link-local");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "224.0.0.1", "239.255.255.255", "ff02::1", "64:ff9b::"})
  void neverPermitsMulticastOrUnspecifiedAddresses(String address) {
    for (PermittedLeaders leaders :
        List.of(permitted(), permitted("0.0.0.0/0", "::/0", "224.0.0.0/4", "leader"))) {
      assertThat(refusal(leaders, "leader", address, 8529)).contains("multicast or unspecified");
    }
  }

  @Test
  void unwrapsEvenWhatJavaKeepsWrapped() throws Exception {
    byte[] mapped = new byte[16];
    mapped[10] = -1;
    mapped[11] = -1;
    mapped[12] = (byte) 169;
    mapped[13] = (byte) 254;
    InetAddress wrapped = java.net.Inet6Address.getByAddress("x", mapped, 0);
    assertThat(wrapped.getAddress()).hasSize(16);
    assertThat(refusal(permitted(), "leader", wrapped, 80)).contains("is link-local");
  }

  @Test
  void permitsOnlyWhatIsListed() {
    PermittedLeaders leaders =
        permitted("10.1.0.0/16", "192.168.7.9:8529", "fd00::/8", "Leader.Example.org.", "b:99");

    assertThat(refusal(leaders, "any", "10.1.255.255", 1)).isNull();
    assertThat(refusal(leaders, "any", "10.2.0.0", 1)).contains(OPTION);
    assertThat(refusal(leaders, "any", "::ffff:10.1.0.1", 1)).isNull();
    assertThat(refusal(leaders, "any", "192.168.7.9", 8529)).isNull();
    assertThat(refusal(leaders, "any", "192.168.7.9", 8530)).contains(OPTION);
    assertThat(refusal(leaders, "any", "fdff::1", 1)).isNull();
    assertThat(refusal(leaders, "any", "fc00::1", 1)).contains(OPTION);
    assertThat(refusal(leaders, "leader.example.ORG", "8.8.8.8", 1)).isNull();
    assertThat(refusal(leaders, "leader.example.org.evil.example", "8.8.8.8", 1)).contains(OPTION);
    assertThat(refusal(leaders, "b", "8.8.8.8", 99)).isNull();
    assertThat(refusal(leaders, "b", "8.8.8.8", 98)).contains(OPTION);
    assertThat(refusal(leaders, "any", "127.0.0.1", 8529)).contains(OPTION);
  }

  @Test
  void comparesPrefixesBitByBit() {
    PermittedLeaders leaders = permitted("10.128.0.0/9", "1.2.3.4/32");
    assertThat(refusal(leaders, "any", "10.128.0.1", 1)).isNull();
    assertThat(refusal(leaders, "any", "10.255.0.1", 1)).isNull();
    assertThat(refusal(leaders, "any", "10.127.0.1", 1)).isNotNull();
    assertThat(refusal(leaders, "any", "1.2.3.4", 1)).isNull();
    assertThat(refusal(leaders, "any", "1.2.3.5", 1)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''               | a host name",
        "10.1             | a host name",
        "10.1.2.300       | a host name",
        "10.1.2.3:        | a host name",
        "10.1.2.3:0       | a host name",
        "10.1.2.3:70000   | a host name",
        "tcp://leader     | a host name",
        "user@leader      | a host name",
        "lea der          | a host name",
        "*                | a host name",
        "leader/24        | a host name",
        "10.0.0.0/        | a host name",
        "10.0.0.0/x       | a host name",
        "10.0.0.0/33      | at most 32 bits",
        "fd00::/129       | at most 128 bits",
        "10.0.0.5/8       | a network's lowest address before the slash: 10.0.0.0/8",
        "0.0.0.0          | none that is multicast",
        "ff02::1          | none that is multicast"
      })
  void refusesWhatIsNoEntryAndSaysWhatIsExpected(String text, String expected) {
    assertThatThrownBy(() -> PermittedLeader.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(expected);
  }
}
