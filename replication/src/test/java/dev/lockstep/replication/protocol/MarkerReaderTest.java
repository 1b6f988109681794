package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.storage.Tick;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What fuzzing has found in tails of leaders.
class MarkerReaderTest {
  private static final TailPosition POSITION =
      new TailPosition(false, new Tick(1), new Tick(1), new Tick(1), true);

  private static MarkerReader reader(MarkerForm form, byte[] body) {
    return new MarkerReader("tcp://leader:8529", new TailPage(form, body, POSITION, "/tail"));
  }

  /// 2^63 + 2300, and 2^32 + 2300: their lower half is the number of a document's marker.
  @ParameterizedTest
  @ValueSource(strings = {"9223372036854778108", "4294969596"})
  void aTypeThatEndsLikeAKnownOneIsUnknown(String type) {
    String line =
        "{\"tick\":\"1\",\"type\":"
            + type
            + ",\"db\":\"d\",\"cuid\":\"h1/2\",\"tid\":\"0\",\"data\":{\"_key\":\"k\",\"_rev\":\"_fw2YvKK--_\"}}\n";

    assertThatThrownBy(() -> reader(MarkerForm.JSON, line.getBytes(StandardCharsets.UTF_8)).next())
        .isInstanceOf(ProtocolViolationException.class)
        .hasMessageContaining("marker of type " + type);
  }

  @ParameterizedTest
  @ValueSource(bytes = {0x00, 0x17})
  void aValueThatIsNoneIsAViolationAndNoFailureOfOurs(byte value) {
    assertThatThrownBy(() -> reader(MarkerForm.VELOCYPACK, new byte[] {value}).next())
        .isInstanceOf(ProtocolViolationException.class);
  }

  @Test
  void textThatLooksLikeUtf32IsAViolationAndNoFailureOfOurs() {
    assertThatThrownBy(() -> reader(MarkerForm.JSON, new byte[] {'{', 0, 0, 0x27, '"', 'a'}).next())
        .isInstanceOf(ProtocolViolationException.class);
  }
}
