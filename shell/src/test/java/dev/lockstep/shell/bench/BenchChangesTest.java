package dev.lockstep.shell.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchChangesTest {
  private static BenchPlan plan(int documents, double percent, ChangeSpread spread, int runs) {
    return new BenchPlan(
        BenchScenario.INCREMENTAL,
        documents,
        257,
        KeyOrder.SEQUENTIAL,
        percent,
        spread,
        runs,
        8,
        0,
        false,
        false);
  }

  @ParameterizedTest
  @CsvSource({
    "10000, 0.1, UNIFORM, 20",
    "10000, 1, UNIFORM, 20",
    "10000, 10, CLUSTERED, 15",
    "10000, 50, UNIFORM, 3",
    "10, 0.1, UNIFORM, 1000",
    "11, 10, CLUSTERED, 15",
  })
  void alwaysFitWhatIsThere(int documents, double percent, ChangeSpread spread, int runs) {
    BenchChanges changes = new BenchChanges(plan(documents, percent, spread, Math.min(runs, 9)));
    Set<Integer> present = new HashSet<>(IntStream.range(0, documents).boxed().toList());
    for (int run = 1; run <= Math.min(runs, 9); run++) {
      BenchChanges.Step step = changes.next();

      assertThat(step.version()).isEqualTo(run);
      assertThat(step.replaced()).isNotEmpty().doesNotHaveDuplicates().isSubsetOf(present);
      assertThat(step.removed()).isNotEmpty().doesNotHaveDuplicates().isSubsetOf(present);
      assertThat(step.removed()).doesNotContainAnyElementsOf(step.replaced());
      assertThat(step.inserted()).isNotEmpty().doesNotHaveDuplicates();
      assertThat(present).doesNotContainAnyElementsOf(step.inserted());
      assertThat(step.size()).isEqualTo(Math.max(3, (int) Math.round(documents * percent / 100)));
      step.removed().forEach(present::remove);
      present.addAll(step.inserted());
    }
  }

  @Test
  void areTheSameForEveryContender() {
    BenchPlan plan = plan(1000, 1, ChangeSpread.UNIFORM, 3);
    BenchChanges one = new BenchChanges(plan);
    BenchChanges other = new BenchChanges(plan);

    assertThat(List.of(one.next(), one.next(), one.next()))
        .isEqualTo(List.of(other.next(), other.next(), other.next()));
  }

  @Test
  void areEverywhereOrSideBySide() {
    BenchChanges.Step uniform = new BenchChanges(plan(10_000, 1, ChangeSpread.UNIFORM, 1)).next();
    BenchChanges.Step clustered =
        new BenchChanges(plan(10_000, 1, ChangeSpread.CLUSTERED, 1)).next();

    assertThat(extent(uniform.replaced())).isGreaterThan(9_000);
    assertThat(extent(clustered.replaced())).isLessThan(100);
  }

  @Test
  void takeOtherDocumentsInTheNextRun() {
    for (ChangeSpread spread : ChangeSpread.values()) {
      BenchChanges changes = new BenchChanges(plan(10_000, 1, spread, 2));

      assertThat(changes.next().replaced()).doesNotContainAnyElementsOf(changes.next().replaced());
    }
  }

  private static int extent(List<Integer> numbers) {
    return Collections.max(numbers) - Collections.min(numbers);
  }
}
