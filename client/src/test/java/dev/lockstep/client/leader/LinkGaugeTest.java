package dev.lockstep.client.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.replication.protocol.TransferPolicy;
import dev.lockstep.replication.protocol.TransferPolicy.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinkGaugeTest {
  @ParameterizedTest
  @CsvSource({
    "AUTO, 0, false, false, true",
    "AUTO, 0, false, true, false",
    "AUTO, 0, true, false, false",
    "AUTO, 0, true, true, false",
    // Whoever limits the link has a reason, also on one machine.
    "AUTO, 1000000, true, true, true",
    "AUTO, 1000000000, true, true, false",
    "ZSTD, 0, true, true, true",
    "NONE, 0, false, false, false",
    "NONE, 1000000, false, true, false"
  })
  void compressesWhereItIsWorthIt(
      Compression wanted, long bandwidth, boolean isLoopback, boolean isBulk, boolean expected) {
    LinkGauge gauge = new LinkGauge(new TransferPolicy(wanted, bandwidth), isLoopback);

    assertThat(gauge.wantsCompression(isBulk)).isEqualTo(expected);
  }

  @Test
  void compressesCopiesOnceAnswersHaveComeSlowly() throws IOException {
    LinkGauge gauge = new LinkGauge(new TransferPolicy(Compression.AUTO, 0), false);
    LinkGauge loopback = new LinkGauge(new TransferPolicy(Compression.AUTO, 0), true);

    // 100 kB in at least 20 ms: at most 5 MB/s.
    readSlowly(gauge);
    readSlowly(loopback);

    assertThat(gauge.wantsCompression(true)).isTrue();
    assertThat(loopback.wantsCompression(true)).isFalse();
  }

  private static void readSlowly(LinkGauge gauge) throws IOException {
    try (InputStream body = gauge.watch(new ByteArrayInputStream(new byte[100_000]))) {
      long until = System.nanoTime() + 20_000_000;
      body.readAllBytes();
      while (System.nanoTime() < until) {
        Thread.onSpinWait();
      }
    }
  }
}
