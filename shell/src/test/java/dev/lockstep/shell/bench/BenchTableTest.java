package dev.lockstep.shell.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class BenchTableTest {
  private static final BenchPlan FULL = plan(BenchScenario.FULL);

  private static BenchPlan plan(BenchScenario scenario) {
    return new BenchPlan(
        scenario, 1000, 257, KeyOrder.SEQUENTIAL, 1, ChangeSpread.CLUSTERED, 4, 8, 0, false, false);
  }

  private static Measurement measurement(int wallMillis) {
    return new Measurement(
        Duration.ofMillis(wallMillis),
        Duration.ofMillis(40),
        Duration.ofMillis(60),
        1000,
        257_000,
        304_000L,
        100_000_000L,
        200_000_000L);
  }

  private static Measurement ofOneSide(int wallMillis) {
    return new Measurement(
        Duration.ofMillis(wallMillis),
        Duration.ofMillis(50),
        null,
        1000,
        257_000,
        null,
        null,
        null);
  }

  private static BenchTable table(BenchPlan plan) {
    BenchTable table = new BenchTable(plan);
    for (int millis : List.of(900, 400, 100, 200)) {
      table.add("lockstep", measurement(millis));
      table.add("rsync", ofOneSide(2 * millis));
    }
    return table;
  }

  @Test
  void keepsTheColdRunApartAndTellsMediansOfTheOthers() {
    assertThat(table(FULL).text().lines())
        .containsExactly(
            "contender       runs  wall s  wall min s  wall max s  leader cpu s  follower cpu s "
                + " documents  documents per s  mb per s  wire mb  leader peak mb  follower peak"
                + " mb",
            "lockstep, cold     1   0.900       0.900       0.900          0.04            0.06    "
                + "  1,000            1,111       0.3   0.3040             100               200",
            "lockstep           3   0.200       0.100       0.400          0.04            0.06    "
                + "  1,000            5,000       1.3   0.3040             100               200",
            "rsync, cold        1   1.800       1.800       1.800          0.05               -    "
                + "  1,000              556       0.1        -               -                 -",
            "rsync              3   0.400       0.200       0.800          0.05               -    "
                + "  1,000            2,500       0.6        -               -                 -");
  }

  @Test
  void drawsMediansAndSpreadOfEachContenderToOneScale() throws Exception {
    String svg = table(FULL).svg();

    Document picture =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    NodeList bars = picture.getElementsByTagName("rect");
    List<String> widths = new ArrayList<>();
    for (int i = 1; i < bars.getLength(); i++) {
      widths.add(((Element) bars.item(i)).getAttribute("width"));
    }
    // The slowest run of all, rsync's cold one of 1.8 s, is as long as the picture permits.
    assertThat(widths).containsExactly("240.0", "53.3", "480.0", "106.7");
    assertThat(svg)
        .contains("lockstep bench full: 1,000 documents of 257 bytes")
        .contains(">lockstep, cold<", ">lockstep<", ">rsync, cold<", ">rsync<")
        .contains("0.200 s (0.100 to 0.400, 3 runs)", ">0.900 s<");
  }

  @Test
  void dividesTheMediansOfWarmRuns() {
    assertThat(table(FULL).ratios()).isEqualTo("lockstep / rsync: wall 0.500, CPU 2.000, wire -\n");
  }

  @Test
  void hasNoRatiosOfOneContender() {
    BenchTable table = new BenchTable(FULL);
    table.add("lockstep", measurement(100));

    assertThat(table.ratios()).isEmpty();
    assertThat(table.text().lines()).hasSize(2);
  }

  @Test
  void tellsProgramsTheSameWithTheSettingsInEachRow() {
    assertThat(table(FULL).tsv().lines())
        .hasSize(5)
        .startsWith(
            "scenario\tdocument_count\tsize\tkeys\tdiff_percent\tspread\tcontender\truns\twall_s"
                + "\twall_min_s\twall_max_s\tleader_cpu_s\tfollower_cpu_s\tdocuments"
                + "\tdocuments_per_s\tmb_per_s\twire_mb\tleader_peak_mb\tfollower_peak_mb",
            "full\t1000\t257\tsequential\t\t\tlockstep cold\t1\t0.900\t0.900\t0.900\t0.04\t0.06"
                + "\t1000\t1111\t0.3\t0.3040\t100\t200")
        .endsWith(
            "full\t1000\t257\tsequential\t\t\trsync\t3\t0.400\t0.200\t0.800\t0.05\t\t1000\t2500"
                + "\t0.6\t\t\t");
    assertThat(table(plan(BenchScenario.INCREMENTAL)).tsv())
        .contains("incremental\t1000\t257\tsequential\t1.0\tclustered\tlockstep\t");
  }

  @Test
  void takesTheMiddleOfTwo() {
    BenchTable table = new BenchTable(FULL);
    for (int millis : List.of(900, 100, 200)) {
      table.add("lockstep", measurement(millis));
    }

    assertThat(table.text()).contains("  0.150  ");
  }

  @Test
  void tellsHowFarBehindAFollowerWas() {
    BenchTable table = new BenchTable(plan(BenchScenario.TAIL));
    table.add(
        "lockstep",
        measurement(100)
            .withLag(new LagProbe.Lag(Duration.ofNanos(1_540_000), Duration.ofMillis(20), 9)));

    assertThat(table.text().lines().toList().getFirst()).endsWith("  lag median ms  lag p99 ms");
    assertThat(table.text().lines().toList().getLast()).endsWith("            1.5        20.0");
  }
}
