package dev.lockstep.replication.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CapabilityTest {
  @Test
  void understandsItsOwnAnnouncement() {
    assertThat(Capability.parse(Capability.announcement()))
        .containsExactlyInAnyOrder(Capability.values());
  }

  @Test
  void skipsWhatItDoesNotKnow() {
    assertThat(Capability.parse("set-reconciliation-9, DUMP-REPLAY ,,"))
        .containsExactly(Capability.DUMP_REPLAY);
  }

  @Test
  void takesAMissingHeaderForAStockPeer() {
    assertThat(Capability.parse(null)).isEmpty();
  }
}
