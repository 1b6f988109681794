package dev.lockstep.core.revision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Revision;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevisionTreeTest {
  private static final long NOW = 1_761_718_534_384_123_905L;

  @Test
  void aTreeHandedOutDoesNotChangeWithItsEditor() {
    RevisionTreeEditor editor = new RevisionTreeEditor();
    editor.insert(new Revision(NOW));
    RevisionTree before = editor.toTree();
    editor.insert(new Revision(NOW + 1));
    editor.remove(new Revision(NOW));
    RevisionTree after = editor.toTree();
    assertThat(before.count()).isEqualTo(1);
    assertThat(RevisionTree.differences(before, RevisionTree.empty())).hasSize(1);
    assertThat(after.count()).isEqualTo(1);
    assertThat(before.sameRevisions(after)).isFalse();
    assertThat(RevisionTree.differences(before, after)).hasSize(1);
  }

  @Test
  void describingATreeByItsLeavesGivesItBack() {
    RevisionTreeEditor editor = new RevisionTreeEditor();
    for (int i = 0; i < 5_000; i++) {
      editor.insert(new Revision(NOW + ((long) i << 32)));
    }
    RevisionTree tree = editor.toTree();
    RevisionTree again =
        RevisionTreeEditor.describe(
            tree.rangeMin(),
            tree.rangeMax(),
            tree.initialRangeMin(),
            tree.count(),
            tree.hash(),
            tree::forEachPopulatedLeaf);
    assertThat(RevisionTree.differences(tree, again)).isEmpty();
  }

  @Test
  void refusesADescriptionWhoseLeavesDoNotAddUp() {
    RevisionTree empty = RevisionTree.empty();
    assertThatThrownBy(() ->
            RevisionTreeEditor.describe(
                empty.rangeMin(),
                empty.rangeMax(),
                empty.initialRangeMin(),
                1,
                7,
                sink -> sink.leaf(3, 1, 8)))
        .isInstanceOf(RevisionTreeException.class)
        .hasMessageContaining("add up");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyDifferingRevisionLiesInAReportedRangeAndNoRangeIsEmpty(long seed) {
    Random random = new Random(seed);
    Set<Long> onlyLeft = new HashSet<>();
    Set<Long> onlyRight = new HashSet<>();
    RevisionTreeEditor left = new RevisionTreeEditor();
    RevisionTreeEditor right = new RevisionTreeEditor();
    for (int i = 0; i < 3_000; i++) {
      // Around the start of the range, so that both sides grow to the left and to the right.
      long revision = Revision.LOWER_BOUND.value() + (random.nextLong() >> 8 + random.nextInt(24));
      switch (random.nextInt(20)) {
        case 0 -> {
          left.insert(new Revision(revision));
          onlyLeft.add(revision);
        }
        case 1 -> {
          right.insert(new Revision(revision));
          onlyRight.add(revision);
        }
        default -> {
          left.insert(new Revision(revision));
          right.insert(new Revision(revision));
        }
      }
    }
    List<RevisionRange> ranges = RevisionTree.differences(left.toTree(), right.toTree());
    Set<Long> differing = new HashSet<>(onlyLeft);
    differing.addAll(onlyRight);
    assertThat(differing)
        .as("seed %d", seed)
        .allMatch(value -> ranges.stream().anyMatch(range -> range.contains(new Revision(value))));
    assertThat(ranges)
        .as("seed %d", seed)
        .allMatch(
            range -> differing.stream().anyMatch(value -> range.contains(new Revision(value))));
  }
}
