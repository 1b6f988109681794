package dev.lockstep.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.core.document.JsonToVPack;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ApplierReportTest {
  private static ApplierReport report(String json) throws Exception {
    return new ApplierReport("shop", JsonToVPack.parse(json));
  }

  @Test
  void saysNothingOfWhatAServerDoesNotTell() throws Exception {
    for (String json : new String[] {"{}", "[]", "{\"state\":[],\"leader\":1}", "null"}) {
      ApplierReport report = report(json);
      assertThat(report.isConfigured()).as(json).isFalse();
      assertThat(report.isActive()).as(json).isFalse();
      assertThat(report.isTroubled()).as(json).isFalse();
      assertThat(report.isComplete()).as(json).isFalse();
      assertThat(report.appliedAt()).as(json).isNull();
      assertThat(report.line(0)).as(json).isEqualTo("shop: ");
    }
    assertThat(report("{\"state\":{\"lastAppliedTime\":\"soon\"}}").appliedAt()).isNull();
  }

  @Test
  void showsLagRateAndPhaseOnOneLine() throws Exception {
    assertThat(
            report(
                    "{\"state\":{\"phase\":\"running\",\"ticksBehind\":1,\"secondsBehind\":1.25,"
                        + "\"lastAppliedContinuousTick\":\"9\"}}")
                .line(1234.4))
        .isEqualTo("shop: running | 1 change, 1.3 s behind | 1,234 changes/s | tick 9");
    assertThat(
            report(
                    "{\"state\":{\"phase\":\"running\",\"progress\":{\"failedConnects\":1,"
                        + "\"message\":\"a\\nb\"}}}")
                .line(0))
        .isEqualTo("shop: running | no answer of the leader | a b");
    assertThat(
            report("{\"state\":{\"phase\":\"initial\",\"progress\":{\"message\":\"copying\"}}}")
                .line(0))
        .isEqualTo("shop: initial | copying");
  }

  @Test
  void tellsAnAge() {
    Instant now = Instant.parse("2026-01-02T03:04:05Z");
    assertThat(ApplierReport.ago(now.minusSeconds(12), now))
        .isEqualTo("12 s ago (2026-01-02T03:03:53Z)");
    assertThat(ApplierReport.ago(now.minusSeconds(750), now)).startsWith("12:30 min ago");
    assertThat(ApplierReport.ago(now.minusSeconds(7200), now)).startsWith("2:00:00 h ago");
    assertThat(ApplierReport.ago(now.plusSeconds(3), now)).startsWith("0 s ago");
  }
}
