package dev.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
  @ParameterizedTest
  @CsvSource({
    "tcp://leader:8529, http+tcp://leader:8529",
    "http://leader:1, http+tcp://leader:1",
    "http+tcp://127.0.0.1:65535, http+tcp://127.0.0.1:65535",
    "TCP://Leader:8529/, http+tcp://Leader:8529",
    "tcp://leader, http+tcp://leader:8529",
    "ssl://leader:8530, http+ssl://leader:8530",
    "https://leader:8530, http+ssl://leader:8530",
    "http+ssl://leader:8530, http+ssl://leader:8530",
    "tcp://[::1]:8529, http+tcp://[::1]:8529",
    "ssl://[fe80::1], http+ssl://[fe80::1]:8529",
  })
  void readsEveryDocumentedSpelling(String text, String canonical) {
    assertThat(Endpoint.parse(text).canonicalText()).isEqualTo(canonical);
    assertThat(Endpoint.parse(text)).isEqualTo(Endpoint.parse(canonical));
  }

  @Test
  void bracketsAnIpv6AddressOnlyInTexts() {
    Endpoint endpoint = Endpoint.parse("tcp://[::1]:8529");
    assertThat(endpoint.host()).isEqualTo("::1");
    assertThat(endpoint.authority()).isEqualTo("[::1]:8529");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "unix:///tmp/s.sock",
        "http+unix:///x",
        "vst://h:1",
        "vst+ssl://h:1",
        "http+srv://h"
      })
  void saysThatATransportIsNotSupported(String text) {
    assertThatThrownBy(() -> Endpoint.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text)
        .hasMessageContaining("is not supported");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '|',
      value = {
        "||; is no endpoint",
        "leader:8529; is no endpoint",
        "://leader; is no endpoint",
        "ftp://leader:8529; unknown scheme 'ftp'",
        "tcp://; the host is missing",
        "tcp://:8529; the host is missing",
        "tcp://leader:; the port is missing",
        "tcp://leader:0; '0' is no port",
        "tcp://leader:65536; '65536' is no port",
        "tcp://leader:port; 'port' is no port",
        "tcp://leader:-1; '-1' is no port",
        "tcp://leader:8529/x; only a host and a port",
        "tcp://::1:8529; needs brackets",
        "tcp://[::1:8529; not closed",
        "tcp://[::1]8529; expected a port",
      })
  void namesWhatIsWrong(String text, String sentence) {
    assertThatThrownBy(() -> Endpoint.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void refusesCredentialsWithoutRepeatingThem() {
    assertThatThrownBy(() -> Endpoint.parse("tcp://root:geheim@leader:8529"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must not contain a user or a password")
        .message()
        .doesNotContain("geheim");
  }
}
