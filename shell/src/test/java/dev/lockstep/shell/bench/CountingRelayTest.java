package dev.lockstep.shell.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CountingRelayTest {
  @Test
  void passesOnAndCountsBothDirections() throws IOException {
    try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        CountingRelay relay = new CountingRelay(target.getLocalPort());
        Socket near = new Socket(InetAddress.getLoopbackAddress(), relay.port());
        Socket far = target.accept()) {
      near.getOutputStream().write("question".getBytes(StandardCharsets.US_ASCII));
      assertThat(far.getInputStream().readNBytes(8)).asString().isEqualTo("question");
      far.getOutputStream().write("answer".getBytes(StandardCharsets.US_ASCII));
      assertThat(near.getInputStream().readNBytes(6)).asString().isEqualTo("answer");

      await().untilAsserted(() -> assertThat(relay.bytes()).isEqualTo(14));
    }
  }

  @Test
  void endsItsConnectionsWithItself() throws IOException {
    try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CountingRelay relay = new CountingRelay(target.getLocalPort());
      try (Socket near = new Socket(InetAddress.getLoopbackAddress(), relay.port());
          Socket far = target.accept()) {
        relay.close();

        assertThat(near.getInputStream().read()).isEqualTo(-1);
        assertThat(far.getInputStream().read()).isEqualTo(-1);
      }
    }
  }
}
