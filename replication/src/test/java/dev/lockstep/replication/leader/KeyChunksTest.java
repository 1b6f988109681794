package dev.lockstep.replication.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.document.ChunkHash;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.replication.TestServer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The keys protocol's chunks, and listings of revisions, over the same 250 documents.
class KeyChunksTest {
  private final TestServer server = new TestServer();
  private final DocumentCollection collection = server.create("c");

  @BeforeEach
  void fill() {
    for (int i = 0; i < 250; i++) {
      TestServer.insert(collection, "{\"_key\":\"k%03d\",\"v\":%d}".formatted(i * 7 % 250, i));
    }
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static String key(int position) {
    return "k%03d".formatted(position);
  }

  private Revision revision(String key) {
    Document document = collection.document(key);
    if (document == null) {
      throw new IllegalArgumentException(key);
    }
    return document.revision();
  }

  @Test
  void everyChunkHasItsOwnHash() {
    List<String> chunks = new ArrayList<>();
    new KeyChunks(collection.view())
        .chunks(100, (low, high, hash) -> chunks.add(low + " " + high + " " + hash));
    List<String> expected = new ArrayList<>();
    for (int first = 0; first < 250; first += 100) {
      int last = Math.min(first + 99, 249);
      ChunkHash hash = new ChunkHash();
      for (int position = first; position <= last; position++) {
        hash.add(key(position), revision(key(position)));
      }
      expected.add(key(first) + " " + key(last) + " " + hash.value());
    }
    assertThat(chunks).isEqualTo(expected);
  }

  @Test
  void findsAChunkByItsFirstKeyAndWithoutIt() {
    for (String low : List.of("k100", "", "mangled%")) {
      List<String> keys = new ArrayList<>();
      new KeyChunks(collection.view()).keys(1, 100, low, (key, revision) -> keys.add(key));
      assertThat(keys).as("low '%s'", low).hasSize(100).startsWith("k100").endsWith("k199");
    }
  }

  @Test
  void tellsNothingForDocumentsBeforeTheOffset() {
    List<@Nullable String> keys = new ArrayList<>();
    new KeyChunks(collection.view())
        .documents(
            2,
            100,
            "k200",
            new int[] {0, 7, 49},
            1,
            document -> keys.add(document == null ? null : document.key()));
    assertThat(keys).containsExactly(null, "k207", "k249");
  }

  @Test
  void saysWhenAPositionLiesBeyondTheLastKey() {
    assertThatThrownBy(() ->
            new KeyChunks(collection.view())
                .documents(2, 100, "k200", new int[] {50}, -1, document -> {}))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("Not enough data");
  }

  @Test
  void chunkSizesOutOfBoundsAreReplaced() {
    assertThat(KeyChunks.chunkSize(99)).isEqualTo(5_000);
    assertThat(KeyChunks.chunkSize(100)).isEqualTo(100);
    assertThat(KeyChunks.chunkSize(1_000_000)).isEqualTo(20_000);
  }

  @Test
  void pagesOfRevisionsContinueWhereTheLastOneEnded() {
    List<Revision> all = new ArrayList<>();
    for (int position = 0; position < 250; position++) {
      all.add(revision(key(position)));
    }
    all.sort(null);
    List<RevisionRange> ranges =
        List.of(
            new RevisionRange(all.get(10), all.get(99)),
            new RevisionRange(all.get(120), all.get(200)));
    RevisionListing listing = new RevisionListing(collection.view(), 50);
    List<Revision> told = new ArrayList<>();
    Revision resume = all.get(10);
    int pages = 0;
    while (resume != null) {
      resume =
          listing.page(
              ranges,
              resume,
              new RevisionListing.Sink() {
                @Override
                public void beginRange() {}

                @Override
                public void revision(Revision revision) {
                  told.add(revision);
                }

                @Override
                public void endRange() {}
              });
      pages++;
    }
    List<Revision> expected = new ArrayList<>(all.subList(10, 100));
    expected.addAll(all.subList(120, 201));
    assertThat(told).isEqualTo(expected);
    assertThat(pages).isEqualTo(4);
  }

  @Test
  void refusesRangesThatOverlap() {
    RevisionRange range = new RevisionRange(new Revision(1), new Revision(9));
    assertThatThrownBy(() ->
            new RevisionListing(collection.view())
                .page(List.of(range, range), Revision.NONE, new IgnoringSink()))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("ascending and disjoint");
  }

  private static final class IgnoringSink implements RevisionListing.Sink {
    @Override
    public void beginRange() {}

    @Override
    public void revision(Revision revision) {}

    @Override
    public void endRange() {}
  }
}
