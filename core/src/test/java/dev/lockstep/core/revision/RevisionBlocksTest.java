package dev.lockstep.core.revision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.RevisionHash;
import dev.lockstep.core.revision.RevisionBlockList.Differences;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RevisionBlocksTest {
  private static final long NOW = 1_790_000_000_000L << 20;
  private static final int FEW_BLOCKS = 200;

  private final long seed = Long.getLong("lockstep.seed", new Random().nextLong());
  private final Random random = new Random(seed);

  /// How revisions of a collection come about.
  enum Distribution {
    /// All in a few seconds.
    BULK_LOAD {
      @Override
      long next(long last, Random random) {
        return last + 1 + (random.nextInt(100) == 0 ? random.nextInt(1 << 24) : 0);
      }
    },
    OVER_YEARS {
      @Override
      long next(long last, Random random) {
        return last + (random.nextLong(1, 20_000_000L) << 20);
      }
    },
    BOTH {
      @Override
      long next(long last, Random random) {
        return (random.nextInt(500) == 0 ? OVER_YEARS : BULK_LOAD).next(last, random);
      }
    },
    ALL_OVER_THE_RANGE {
      @Override
      long next(long last, Random random) {
        return random.nextLong();
      }
    };

    abstract long next(long last, Random random);

    List<Long> make(int count, Random random) {
      TreeSet<Long> made = new TreeSet<>(Long::compareUnsigned);
      long last = NOW;
      while (made.size() < count) {
        last = next(last, random);
        made.add(last);
      }
      return new ArrayList<>(made);
    }
  }

  private static RevisionBlocksEditor editorOf(Iterable<Long> revisions) {
    RevisionBlocksEditor editor = new RevisionBlocksEditor(FEW_BLOCKS);
    revisions.forEach(revision -> editor.insert(new Revision(revision)));
    return editor;
  }

  /// Each block tells the truth, and no revision is outside of them.
  private void assertTells(RevisionBlockList blocks, Iterable<Long> revisions) {
    long[] counts = new long[blocks.size()];
    long[] hashes = new long[blocks.size()];
    int at = 0;
    for (long revision : revisions) {
      while (at < blocks.size() && Long.compareUnsigned(blocks.last(at).value(), revision) < 0) {
        at++;
      }
      assertThat(at).as("seed %d", seed).isLessThan(blocks.size());
      assertThat(Long.compareUnsigned(blocks.first(at).value(), revision))
          .as("seed %d: %d is in a block", seed, revision)
          .isNotPositive();
      counts[at]++;
      hashes[at] ^= RevisionHash.nodeHash(new Revision(revision));
    }
    for (int i = 0; i < blocks.size(); i++) {
      assertThat(blocks.count(i)).as("seed %d, block %d", seed, i).isEqualTo(counts[i]);
      assertThat(blocks.hash(i)).as("seed %d, block %d", seed, i).isEqualTo(hashes[i]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocksTellHowManyRevisionsTheyHoldWhateverComesAndGoes(Distribution distribution) {
    List<Long> all = distribution.make(5_000, random);
    TreeSet<Long> held = new TreeSet<>(Long::compareUnsigned);
    RevisionBlocksEditor editor = new RevisionBlocksEditor(FEW_BLOCKS);
    for (int i = 0; i < all.size(); i++) {
      editor.insert(new Revision(all.get(i)));
      held.add(all.get(i));
      if (random.nextInt(3) == 0) {
        long goes = all.get(random.nextInt(i + 1));
        if (held.remove(goes)) {
          editor.remove(new Revision(goes));
        }
      }
    }

    RevisionBlocks blocks = editor.toBlocks();

    assertThat(blocks.count()).isEqualTo(held.size());
    assertThat(blocks.size()).isLessThanOrEqualTo(FEW_BLOCKS).isPositive();
    assertTells(blocks.all(), held);
    for (long revision : held) {
      editor.remove(new Revision(revision));
    }
    assertThat(editor.toBlocks().all().size()).isZero();
    assertThat(editor.toBlocks().hash()).isZero();
    assertTells(blocks.all(), held);
  }

  @ParameterizedTest
  @EnumSource
  void equalCollectionsDifferNowhereWhateverTheirPast(Distribution distribution) {
    List<Long> revisions = distribution.make(3_000, random);
    RevisionBlockList ascending = editorOf(revisions).toBlocks().all();
    Collections.shuffle(revisions, random);
    RevisionBlockList inAnyOrder = editorOf(revisions).toBlocks().all();

    assertThat(RevisionBlockList.differences(ascending, inAnyOrder).ranges())
        .as("seed %d", seed)
        .isEmpty();
    assertThat(RevisionBlockList.differences(ascending.coarsened(500), inAnyOrder).ranges())
        .as("seed %d", seed)
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void whateverDiffersLiesInTheRangesTold(Distribution distribution) {
    List<Long> all = distribution.make(4_000, random);
    List<Long> ours = new ArrayList<>();
    List<Long> theirs = new ArrayList<>();
    List<Long> different = new ArrayList<>();
    for (long revision : all) {
      int chance = random.nextInt(400);
      if (chance != 0) {
        ours.add(revision);
      }
      if (chance != 1) {
        theirs.add(revision);
      }
      if (chance <= 1) {
        different.add(revision);
      }
    }
    Collections.shuffle(theirs, random);
    RevisionBlockList left = editorOf(ours).toBlocks().all();
    RevisionBlockList right = editorOf(theirs).toBlocks().all();

    Differences found = RevisionBlockList.differences(left, right);

    for (long revision : different) {
      assertThat(found.ranges())
          .as("seed %d: %d", seed, revision)
          .anyMatch(range -> range.contains(new Revision(revision)));
    }
    assertThat(found.ranges().size()).as("seed %d", seed).isLessThanOrEqualTo(different.size());
    assertThat(found.ranges()).allMatch(range -> range.last().isValid());
    for (int i = 1; i < found.ranges().size(); i++) {
      assertThat(found.ranges().get(i - 1).last().value() + 1)
          .as("seed %d: disjoint, ascending, merged", seed)
          .isNotEqualTo(found.ranges().get(i).first().value());
    }
    Differences mirrored = RevisionBlockList.differences(right, left);
    assertThat(mirrored).isEqualTo(found);
    long counted = Math.max(inside(ours, found), inside(theirs, found));
    assertThat(found.count()).as("seed %d", seed).isGreaterThanOrEqualTo(counted);
  }

  private static long inside(List<Long> revisions, Differences differences) {
    return revisions.stream()
        .filter(revision ->
            differences.ranges().stream().anyMatch(range -> range.contains(new Revision(revision))))
        .count();
  }

  /// What makes them worth it: after a bulk load one difference is known to a few documents.
  @Test
  void aDifferenceInABulkLoadIsToldApartFromTheRest() {
    RevisionBlocksEditor ours = new RevisionBlocksEditor();
    RevisionBlocksEditor theirs = new RevisionBlocksEditor();
    int documents = 1_000_000;
    for (long i = 0; i < documents; i++) {
      ours.insert(new Revision(NOW + i));
      if (i != 555_555) {
        theirs.insert(new Revision(NOW + i));
      }
    }

    Differences found =
        RevisionBlockList.differences(ours.toBlocks().all(), theirs.toBlocks().all());

    assertThat(found.ranges()).hasSize(1);
    assertThat(found.ranges().getFirst().contains(new Revision(NOW + 555_555))).isTrue();
    assertThat(found.count()).isLessThanOrEqualTo(64);
    assertThat(ours.toBlocks().size()).isBetween(10_000, 1 << 16);
  }

  /// What is merged follows what is there, not what was there once.
  @Test
  void aCollectionThatHasShrunkIsToldApartAsFinelyAsOneThatWasNeverLarge() {
    List<Long> once = Distribution.BULK_LOAD.make(20_000, random);
    RevisionBlocksEditor editor = editorOf(once);
    once.forEach(revision -> editor.remove(new Revision(revision)));
    List<Long> revisions = Distribution.BULK_LOAD.make(1_000, random);
    revisions.forEach(revision -> editor.insert(new Revision(revision)));

    assertThat(editor.toBlocks().all().size())
        .as("seed %d", seed)
        .isEqualTo(editorOf(revisions).toBlocks().all().size());
  }

  /// Else everything that comes would fall into one block.
  @ParameterizedTest
  @EnumSource(names = {"BULK_LOAD", "OVER_YEARS", "BOTH"})
  void noBlockCoversWhatIsYetToCome(Distribution distribution) {
    RevisionBlocksEditor editor = new RevisionBlocksEditor(FEW_BLOCKS);
    long previous = 0;
    for (long revision : distribution.make(3_000, random)) {
      RevisionBlockList blocks = editor.toBlocks().all();
      if (blocks.size() > 0) {
        assertThat(blocks.last(blocks.size() - 1).value()).as("seed %d", seed).isEqualTo(previous);
      }
      editor.insert(new Revision(revision));
      previous = revision;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 10, 100, 100_000})
  void coarserBlocksAreAsFewAsCanBe(long countMax) {
    List<Long> revisions = Distribution.BOTH.make(2_000, random);
    RevisionBlockList fine = editorOf(revisions).toBlocks().all();

    RevisionBlockList coarse = fine.coarsened(countMax);

    assertTells(coarse, revisions);
    for (int i = 0; i < coarse.size(); i++) {
      if (coarse.count(i) > countMax) {
        int index = i;
        assertThat(indices(fine))
            .as("seed %d: was there before", seed)
            .anyMatch(at ->
                fine.first(at).equals(coarse.first(index)) && fine.bits(at) == coarse.bits(index));
      }
    }
    if (countMax >= revisions.size()) {
      assertThat(coarse.size()).isOne();
    }
  }

  private static List<Integer> indices(RevisionBlockList blocks) {
    return java.util.stream.IntStream.range(0, blocks.size()).boxed().toList();
  }

  @Test
  void blocksOfSomeRangesAreThoseThatCoverAnyOfThem() {
    List<Long> revisions = Distribution.BOTH.make(3_000, random);
    RevisionBlocks blocks = editorOf(revisions).toBlocks();
    RevisionBlockList all = blocks.all();
    for (int run = 0; run < 50; run++) {
      List<RevisionRange> ranges = new ArrayList<>();
      int at = 0;
      while (true) {
        int from = at + random.nextInt(300);
        int to = from + random.nextInt(100);
        if (to >= revisions.size()) {
          break;
        }
        ranges.add(
            new RevisionRange(new Revision(revisions.get(from)), new Revision(revisions.get(to))));
        at = to + 1;
      }

      RevisionBlockList found = blocks.within(ranges);

      int next = 0;
      for (int i = 0; i < all.size(); i++) {
        long first = all.first(i).value();
        long last = all.last(i).value();
        boolean isInside =
            ranges.stream()
                .anyMatch(range ->
                    Long.compareUnsigned(range.first().value(), last) <= 0
                        && Long.compareUnsigned(first, range.last().value()) <= 0);
        if (isInside) {
          assertThat(found.first(next)).as("seed %d", seed).isEqualTo(all.first(i));
          assertThat(found.hash(next++)).isEqualTo(all.hash(i));
        }
      }
      assertThat(found.size()).as("seed %d", seed).isEqualTo(next);
    }
  }

  @Test
  void whatIsFrozenStaysAndWhatIsTakenUpGoesOn() {
    List<Long> revisions = Distribution.BOTH.make(2_000, random);
    RevisionBlocksEditor editor = editorOf(revisions.subList(0, 1_000));
    RevisionBlocks half = editor.toBlocks();
    RevisionBlocksEditor takenUp = new RevisionBlocksEditor(half.all());
    for (long revision : revisions.subList(1_000, 2_000)) {
      editor.insert(new Revision(revision));
      takenUp.insert(new Revision(revision));
    }
    editor.remove(new Revision(revisions.getFirst()));
    takenUp.remove(new Revision(revisions.getFirst()));

    assertTells(half.all(), revisions.subList(0, 1_000));
    assertTells(editor.toBlocks().all(), revisions.subList(1, 2_000));
    assertTells(takenUp.toBlocks().all(), revisions.subList(1, 2_000));
    assertThat(takenUp.count()).isEqualTo(1_999);
  }

  @Test
  void whatIsNotThereCannotBeTakenOut() {
    RevisionBlocksEditor editor = editorOf(List.of(NOW, NOW + 5));

    for (long absent : new long[] {0, NOW - 1, NOW + 1, NOW + 6, -2}) {
      assertThatThrownBy(() -> editor.remove(new Revision(absent)))
          .isInstanceOf(RevisionTreeException.class)
          .hasMessageContaining("no block of revisions holds it");
    }
    assertTells(editor.toBlocks().all(), List.of(NOW, NOW + 5));
  }

  @Test
  void blocksThatCannotBeAreRefused() {
    RevisionBlockList.Builder blocks = new RevisionBlockList.Builder();
    blocks.add(0x100, 4, 3, 1);
    for (Runnable wrong :
        List.<Runnable>of(
            () -> blocks.add(0x10f, 0, 1, 1),
            () -> blocks.add(0, 0, 1, 1),
            () -> blocks.add(0x111, 1, 1, 1),
            () -> blocks.add(0x120, -1, 1, 1),
            () -> blocks.add(0x120, 65, 1, 1),
            () -> blocks.add(0x120, 3, -1, 1))) {
      assertThatThrownBy(wrong::run).isInstanceOf(RevisionTreeException.class);
    }
    assertThat(blocks.build().size()).isOne();
    RevisionBlockList.Builder everything = new RevisionBlockList.Builder();
    everything.add(0, 64, 7, 7);
    assertThat(everything.build().last(0)).isEqualTo(Revision.INVALID);
  }
}
