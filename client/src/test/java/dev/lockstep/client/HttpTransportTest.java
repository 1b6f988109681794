package dev.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.transport.internal.HttpChannelOverHTTP;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.EndPoint;
import org.junit.jupiter.api.Test;

class HttpTransportTest {
  private static final int REQUESTS = 200;
  private static final Duration PAUSE = Duration.ofMillis(1);

  /// Gives a request time to come between a connection's last look for one and its end.
  private static final class SlowlyClosing extends HttpTransport {
    SlowlyClosing() {
      super(new ClientConnector());
    }

    @Override
    HttpConnection connection(EndPoint endPoint, Map<String, Object> context) {
      return new HttpConnection(endPoint, context) {
        @Override
        protected HttpChannelOverHTTP newHttpChannel() {
          return new HttpChannelOverHTTP(this) {
            @Override
            public void destroy() {
              LockSupport.parkNanos(PAUSE.toNanos());
              super.destroy();
            }
          };
        }
      };
    }
  }

  @Test
  void aRequestThatMeetsAConnectionsEndEndsToo() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        HttpClient http = new HttpClient(new SlowlyClosing())) {
      Thread.ofVirtual().start(() -> closeWhateverComes(listener));
      http.start();
      for (int i = 0; i < REQUESTS; i++) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        http.newRequest("127.0.0.1", listener.getLocalPort())
            .idleTimeout(0, TimeUnit.MILLISECONDS)
            .send(result::complete);

        assertThat(result.get(10, TimeUnit.SECONDS).isFailed()).isTrue();
      }
    }
  }

  private static void closeWhateverComes(ServerSocket listener) {
    while (!listener.isClosed()) {
      try {
        listener.accept().close();
      } catch (IOException _) {
        // The test is over.
      }
    }
  }
}
