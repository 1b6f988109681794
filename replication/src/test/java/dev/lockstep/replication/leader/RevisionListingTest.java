package dev.lockstep.replication.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.CollectionProperties;
import dev.lockstep.core.collection.CollectionType;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.OverwriteMode;
import dev.lockstep.core.collection.StoreSettings;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.JsonToVPack;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A collection with the revisions 10, 20 .. 1000 from some moment on.
class RevisionListingTest {
  private static final long FIRST = 1_704_067_200_000L << 20;

  private final MemoryStorageEngine engine = new MemoryStorageEngine();
  private final DocumentStore store =
      DocumentStore.open(engine, new HybridLogicalClock(() -> 0), StoreSettings.DEFAULT);
  private DocumentCollection collection;

  @BeforeEach
  void fill() {
    collection =
        store
            .requireDatabase(DocumentStore.SYSTEM)
            .createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    for (int i = 10; i <= 1000; i += 10) {
      collection.write(
          new DocumentWrite.Insert(
              JsonToVPack.parse("{\"_key\":\"k" + i + "\"}"),
              OverwriteMode.CONFLICT,
              true,
              true,
              at(i)),
          WriteOptions.REPLICATION);
    }
    assertThat(collection.count()).isEqualTo(100);
  }

  @AfterEach
  void close() {
    store.close();
    engine.close();
  }

  private static Revision at(long position) {
    return new Revision(FIRST + position);
  }

  private static RevisionRange range(long first, long last) {
    return new RevisionRange(at(first), at(last));
  }

  /// Where to go on, and for each range told the positions of its revisions.
  private static final class Page implements RevisionListing.Sink {
    final List<List<Long>> told = new ArrayList<>();
    @Nullable Long resume;

    @Override
    public void beginRange() {
      told.add(new ArrayList<>());
    }

    @Override
    public void revision(Revision revision) {
      told.getLast().add(revision.value() - FIRST);
    }

    @Override
    public void endRange() {}
  }

  private Page page(int pageMax, List<RevisionRange> ranges, long resume) {
    Page page = new Page();
    Revision next = new RevisionListing(collection.view(), pageMax).page(ranges, at(resume), page);
    page.resume = next == null ? null : next.value() - FIRST;
    return page;
  }

  @Test
  void tellsTheRevisionsOfEachRangeWithBothItsEnds() {
    Page page = page(100, List.of(range(10, 30), range(31, 39), range(45, 60)), 10);

    assertThat(page.told).containsExactly(List.of(10L, 20L, 30L), List.of(), List.of(50L, 60L));
    assertThat(page.resume).isNull();
  }

  @Test
  void endsAPageWithTheFirstRevisionThatWasNotTold() {
    List<RevisionRange> ranges = List.of(range(10, 30), range(35, 39), range(40, 70));

    Page first = page(4, ranges, 10);
    Page second = page(4, ranges, 50);

    assertThat(first.told).containsExactly(List.of(10L, 20L, 30L), List.of(), List.of(40L));
    assertThat(first.resume).isEqualTo(50);
    assertThat(second.told).containsExactly(List.of(50L, 60L, 70L));
    assertThat(second.resume).isNull();
  }

  @Test
  void aPageThatIsJustFullIsNotCut() {
    assertThat(page(3, List.of(range(10, 30)), 10).resume).isNull();
    Page page = page(3, List.of(range(10, 30), range(31, 39)), 10);
    assertThat(page.told).containsExactly(List.of(10L, 20L, 30L), List.of());
    assertThat(page.resume).isNull();
  }

  @Test
  void aRangeWhoseFirstRevisionFindsThePageFullIsTheOneToGoOnWith() {
    Page page = page(3, List.of(range(10, 30), range(40, 50)), 10);

    assertThat(page.told).containsExactly(List.of(10L, 20L, 30L), List.of());
    assertThat(page.resume).isEqualTo(40);
  }

  @Test
  void goesOnBetweenRangesAndBeyondAll() {
    List<RevisionRange> ranges = List.of(range(10, 30), range(50, 70));

    assertThat(page(100, ranges, 35).told).containsExactly(List.of(50L, 60L, 70L));
    assertThat(page(100, ranges, 80).told).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void pagesOfAnySizeTellEveryRevisionOnce(long seed) {
    Random random = new Random(seed);
    List<RevisionRange> ranges = new ArrayList<>();
    for (long begin = random.nextInt(40); begin < 1000; begin += 1 + random.nextInt(60)) {
      long end = begin + 1 + random.nextInt(80);
      ranges.add(range(begin, end));
      begin = end;
    }
    List<Long> expected = new ArrayList<>();
    for (long i = 10; i <= 1000; i += 10) {
      Revision revision = at(i);
      if (ranges.stream()
          .anyMatch(range ->
              range.first().compareTo(revision) <= 0 && range.last().compareTo(revision) >= 0)) {
        expected.add(i);
      }
    }
    List<Long> told = new ArrayList<>();
    Long resume = ranges.getFirst().first().value() - FIRST;
    while (resume != null) {
      Page page = page(1 + random.nextInt(7), ranges, resume);
      page.told.forEach(told::addAll);
      resume = page.resume;
    }

    assertThat(told).as("seed %d", seed).isEqualTo(expected);
  }

  @Test
  void refusesRangesThatOverlap() {
    assertThatThrownBy(() -> page(10, List.of(range(10, 30), range(30, 40)), 10))
        .isInstanceOfSatisfying(
            LockstepException.class,
            e -> assertThat(e.number()).isEqualTo(ErrorNumber.HTTP_BAD_PARAMETER))
        .hasMessageContaining(at(30).toString());
  }
}
