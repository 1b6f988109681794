package dev.lockstep.core.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RevisionTest {
  @Test
  void printsAndReadsNumbersAsUpstreamDoes() {
    JsonNode vectors = Vectors.read("hlc").get("numbers");
    assertThat(vectors).hasSize(32);
    for (JsonNode vector : vectors) {
      Revision revision = new Revision(Long.parseUnsignedLong(vector.get("value").asText()));
      assertThat(revision.toHlcString())
          .as("%s", vector)
          .isEqualTo(vector.get("forcedHlc").asText());
      assertThat(revision.toString()).as("%s", vector).isEqualTo(vector.get("toString").asText());
      assertThat(unsigned(Revision.parseHlc(revision.toHlcString())))
          .as("%s", vector)
          .isEqualTo(vector.get("forcedHlcDecodedAsHlc").asText());
      assertThat(unsigned(Revision.parse(revision.toString())))
          .as("%s", vector)
          .isEqualTo(vector.get("toStringParsed").asText());
      assertThat(unsigned(Revision.parse(revision.toHlcString())))
          .as("%s", vector)
          .isEqualTo(vector.get("forcedHlcParsedByToStringParser").asText());
    }
  }

  @Test
  void readsAnyTextAsUpstreamDoes() {
    JsonNode vectors = Vectors.read("hlc").get("strings");
    assertThat(vectors).hasSize(34);
    for (JsonNode vector : vectors) {
      String text = vector.get("string").asText();
      Revision forced = Revision.parseHlc(text);
      assertThat(unsigned(forced)).as("%s", vector).isEqualTo(vector.get("asForcedHlc").asText());
      assertThat(unsigned(Revision.parse(text)))
          .as("%s", vector)
          .isEqualTo(vector.get("asToString").asText());
      assertThat(forced.isValid())
          .as("%s", vector)
          .isEqualTo(!vector.get("asForcedHlcInvalid").asBoolean());
    }
  }

  private static String unsigned(Revision revision) {
    return Long.toUnsignedString(revision.value());
  }

  @Test
  void knowsItsTime() {
    assertThat(Revision.parse("_fw2YvKK--_").timeMillis()).isEqualTo(1680105718979L);
    assertThat(Revision.LOWER_BOUND).hasToString("_bpq8a-----");
  }

  @Test
  void comparesAsUnsigned() {
    assertThat(new Revision(-2L)).isGreaterThan(new Revision(Long.MAX_VALUE));
    assertThat(Revision.NONE).isLessThan(Revision.LOWER_BOUND);
  }

  @Test
  void hashesToTheNodeHashOfUpstream() {
    JsonNode pairs = Vectors.read("fnv").get("pairs");
    assertThat(pairs).hasSize(33);
    for (JsonNode pair : pairs) {
      long revision = Long.parseUnsignedLong(pair.get(0).asText());
      assertThat(Long.toUnsignedString(RevisionHash.nodeHash(revision)))
          .isEqualTo(pair.get(1).asText());
    }
    assertThat(Long.toUnsignedString(RevisionHash.nodeHash(Revision.parse("_fw2YvKK--_"))))
        .isEqualTo("10914818773973457869");
  }

  @Test
  void theClockGoesOnWhenTheTimeOfDayGoesBack() {
    AtomicLong millis = new AtomicLong(1_700_000_000_000L);
    HybridLogicalClock clock = new HybridLogicalClock(millis::get);
    Revision first = clock.next();
    assertThat(first.timeMillis()).isEqualTo(1_700_000_000_000L);
    millis.set(5);
    assertThat(clock.next().value()).isEqualTo(first.value() + 1);
    millis.set(1_700_000_000_001L);
    assertThat(clock.next().value()).isEqualTo(1_700_000_000_001L << 20);
  }

  @Test
  void theClockPassesEveryRevisionObserved() {
    HybridLogicalClock clock = new HybridLogicalClock(() -> 1_700_000_000_000L);
    Revision foreign = new Revision(1_800_000_000_000L << 20 | 7);
    clock.observe(foreign);
    assertThat(clock.next().value()).isEqualTo(foreign.value() + 1);
    clock.observe(Revision.LOWER_BOUND);
    assertThat(clock.next().value()).isEqualTo(foreign.value() + 2);
  }

  @Test
  void theClockIgnoresInvalidRevisions() {
    HybridLogicalClock clock = new HybridLogicalClock(() -> 1_700_000_000_000L);
    clock.observe(Revision.INVALID);
    assertThat(clock.next().value()).isEqualTo(1_700_000_000_000L << 20);
  }

  @Test
  void theClockRefusesToWrapAround() {
    HybridLogicalClock clock = new HybridLogicalClock(() -> 1_700_000_000_000L);
    clock.observe(new Revision(-2L));
    assertThatThrownBy(clock::next)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("exhausted");
  }

  @Test
  void anUnsetClockStillGivesRevisionsThatSurvivePrinting() {
    HybridLogicalClock clock = new HybridLogicalClock(() -> 0);
    for (int i = 0; i < 100; i++) {
      Revision revision = clock.next();
      assertThat(Revision.parse(revision.toString())).isEqualTo(revision);
    }
  }

  @Test
  void theClockNeverRepeatsItselfUnderConcurrency() throws Exception {
    HybridLogicalClock clock = new HybridLogicalClock(System::currentTimeMillis);
    Callable<List<Revision>> draw =
        () -> {
          List<Revision> drawn = new ArrayList<>();
          for (int i = 0; i < 5_000; i++) {
            drawn.add(clock.next());
          }
          return drawn;
        };
    Set<Revision> all = new HashSet<>();
    try (var executor = Executors.newFixedThreadPool(4)) {
      for (var future : executor.invokeAll(Collections.nCopies(4, draw))) {
        List<Revision> drawn = future.get();
        assertThat(drawn).isSorted();
        all.addAll(drawn);
      }
    }
    assertThat(all).hasSize(20_000);
  }
}
