package dev.lockstep.core.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeRead;
import dev.lockstep.core.changelog.LoggedChange;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.HybridLogicalClock;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.Tick;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How a leader's documents are written over local ones, whatever engine is below. After every test
/// the store is checked for agreement with itself.
public abstract class ReplicatedWritesContract {
  @TempDir protected Path directory;
  private StorageEngine engine;
  private DocumentStore store;
  private DocumentCollection collection;

  /// A new, empty engine in `directory`.
  protected abstract StorageEngine open(Path directory);

  @BeforeEach
  void openStore() {
    engine = open(directory);
    store =
        DocumentStore.open(
            engine, new HybridLogicalClock(() -> DocumentStoreContract.NOW), StoreSettings.DEFAULT);
    collection =
        store
            .requireDatabase(DocumentStore.SYSTEM)
            .createCollection(CollectionProperties.of("c", CollectionType.DOCUMENT));
    collection.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("u"), true, true));
    collection.ensureIndex(
        IndexDefinition.of(IndexType.PERSISTENT, List.of("v", "w[*]"), true, true));
    collection.ensureIndex(IndexDefinition.of(IndexType.PERSISTENT, List.of("x"), false, false));
  }

  @AfterEach
  void closeStore() {
    store.unreachable().purgeWaiting();
    DocumentStoreContract.assertConsistent(store);
    store.close();
    engine.close();
  }

  private static Document document(String key, long revision, String members) {
    return StoredDocument.normalize(
        DocumentStoreContract.json("{" + members + "}"), key, new Revision(revision));
  }

  private WriteResult put(Document document) {
    return collection.write(new DocumentWrite.PutReplicated(document), WriteOptions.REPLICATION);
  }

  private Map<String, String> contents() {
    Map<String, String> contents = new TreeMap<>();
    try (DocumentCursor cursor = collection.view().byRevision(Revision.NONE)) {
      while (cursor.next()) {
        contents.put(cursor.document().key(), cursor.document().slice().toJson());
      }
    }
    return contents;
  }

  private static Map<String, String> contentsOf(List<Document> documents) {
    Map<String, String> contents = new TreeMap<>();
    documents.forEach(document -> contents.put(document.key(), document.slice().toJson()));
    return contents;
  }

  @Test
  void aDocumentIsStoredAsItIsAndReplacesThatOfItsKey() {
    put(document("a", 5000, "'u':1,'old':true"));
    Document newer = document("a", 4000, "'z':1,'u':2,'b':{'_key':'x'}");

    WriteResult result = put(newer);

    assertThat(result).isInstanceOf(WriteResult.Written.class);
    assertThat(contents()).isEqualTo(contentsOf(List.of(newer)));
    assertThat(collection.count()).isEqualTo(1);
    assertThat(collection.view().document(new Revision(5000))).isNull();
  }

  /// Accounts are read again when the collection's revision has changed.
  @Test
  void anOlderDocumentChangesTheCollectionsRevision() {
    put(document("a", 5000, "'u':1"));
    Revision before = collection.revision();

    put(document("a", 4000, "'u':2"));

    assertThat(collection.revision()).isGreaterThan(before);
  }

  @Test
  void theVerySameDocumentIsIgnored() {
    Document document = document("a", 5000, "'u':1");
    put(document);
    Tick before = engine.closedTick();

    assertThat(put(document)).isInstanceOf(WriteResult.Ignored.class);
    assertThat(engine.closedTick()).isEqualTo(before);
  }

  /// #9828, PR #13524: only one conflicting index was looked at.
  @Test
  void everyDocumentThatHoldsAUniqueValueMakesRoom() {
    put(document("a", 5001, "'u':1"));
    put(document("b", 5002, "'v':1,'w':[1,2]"));
    put(document("c", 5003, "'v':1,'w':[3]"));
    put(document("d", 5004, "'u':4,'v':4,'w':[4]"));
    Document greedy = document("e", 5005, "'u':1,'v':1,'w':[2,3]");

    put(greedy);

    assertThat(contents().keySet()).containsExactly("d", "e");
    assertThat(removedKeys()).containsExactlyInAnyOrder("a", "b", "c");
  }

  /// PR #13507: the new revision of a key was inserted before the old one had gone.
  @Test
  void valuesCanBeExchangedBetweenDocuments() {
    put(document("a", 5001, "'u':1"));
    put(document("b", 5002, "'u':2"));
    List<Document> exchanged = List.of(document("a", 5003, "'u':2"), document("b", 5004, "'u':1"));

    List<DocumentWrite> writes = new ArrayList<>();
    exchanged.forEach(document -> writes.add(new DocumentWrite.PutReplicated(document)));
    collection.write(writes, WriteOptions.REPLICATION);

    assertThat(contents()).isEqualTo(contentsOf(exchanged));
  }

  @Test
  void aRevisionMovesToTheKeyTheLeaderHasItUnder() {
    put(document("a", 5001, "'u':1"));
    Document wanted = document("b", 5001, "'u':1,'content':'other'");

    put(wanted);

    assertThat(contents()).isEqualTo(contentsOf(List.of(wanted)));
  }

  @Test
  void otherContentUnderTheSameRevisionIsReplaced() {
    put(document("a", 5001, "'u':1,'p':'" + DocumentStoreContract.large(5000) + "'"));
    Document wanted = document("a", 5001, "'u':2,'p':'" + DocumentStoreContract.large(9000) + "'");

    put(wanted);

    assertThat(contents()).isEqualTo(contentsOf(List.of(wanted)));
    assertThat(collection.count()).isEqualTo(1);
  }

  @Test
  void aRevisionThatIsNoLongerThereIsRemovedByNobody() {
    put(document("a", 5001, "'u':1"));
    put(document("a", 5002, "'u':1"));

    WriteResult result =
        collection.write(
            new DocumentWrite.RemoveRevision(new Revision(5001)), WriteOptions.REPLICATION);

    assertThat(DocumentStoreContract.refused(result, ErrorNumber.DOCUMENT_NOT_FOUND)).isNotNull();
    assertThat(contents()).hasSize(1);
  }

  @Test
  void aLeadersDocumentThatContradictsItselfIsRefused() {
    collection.ensureIndex(
        new IndexDefinition(
            77, "d", IndexType.PERSISTENT, List.of("d[*]"), true, true, false, true, null, null));

    WriteResult result = put(document("a", 5001, "'d':[1,1]"));

    assertThat(DocumentStoreContract.refused(result, ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED))
        .isNotNull();
    assertThat(contents()).isEmpty();
  }

  /// Whatever is here, and in whatever order and portions the leader's documents come: at the end
  /// it is what the leader has.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void anyStateBecomesTheLeaders(long seed) {
    Random random = new Random(seed);
    List<Document> ours = randomState(random, 4000);
    ours.forEach(this::put);
    assertThat(contents()).isEqualTo(contentsOf(ours));
    List<Document> theirs = mixed(random, ours);
    Set<Long> theirRevisions = new HashSet<>();
    theirs.forEach(document -> theirRevisions.add(document.revision().value()));

    List<DocumentWrite> writes = new ArrayList<>();
    for (Document document : theirs) {
      if (!ours.contains(document)) {
        writes.add(new DocumentWrite.PutReplicated(document));
      }
    }
    for (Document document : ours) {
      if (!theirRevisions.contains(document.revision().value())) {
        writes.add(new DocumentWrite.RemoveRevision(document.revision()));
      }
    }
    Collections.shuffle(writes, random);
    for (int from = 0; from < writes.size(); ) {
      int to = Math.min(writes.size(), from + 1 + random.nextInt(9));
      collection.write(writes.subList(from, to), WriteOptions.REPLICATION);
      from = to;
    }

    assertThat(contents()).as("seed %d", seed).isEqualTo(contentsOf(theirs));
    assertThat(collection.count()).isEqualTo(theirs.size());
  }

  /// Operations find what those before them have done, whether it is committed already or not, and
  /// whatever of the state before was read ahead.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void operationsOfOneCallFindWhatThoseBeforeHaveDone(long seed) {
    Random random = new Random(seed);
    if (seed % 2 == 0) {
      collection =
          collection
              .database()
              .createCollection(CollectionProperties.of("plain", CollectionType.DOCUMENT));
    }
    Map<String, Document> expected = new TreeMap<>();
    for (int call = 0; call < 6; call++) {
      boolean isTransaction = call % 3 == 0;
      List<DocumentWrite> writes = new ArrayList<>();
      while (writes.size() < 120) {
        writes.add(randomWrite(random, expected, isTransaction));
      }
      if (isTransaction) {
        // Few operations, within the smallest limits.
        for (int from = 0; from < writes.size(); from += 3) {
          List<WriteResult> results =
              collection.write(
                  writes.subList(from, from + 3), WriteOptions.applying(POSITION, true));
          assertThat(results).noneMatch(WriteResult.Refused.class::isInstance);
        }
      } else {
        collection.write(writes, WriteOptions.REPLICATION);
      }
      assertThat(contents())
          .as("seed %d, call %d", seed, call)
          .isEqualTo(contentsOf(List.copyOf(expected.values())));
    }
    assertThat(collection.count()).isEqualTo(expected.size());
  }

  /// @param state brought to what the operation leaves
  /// @param isNeverRefused whatever the state is
  private static DocumentWrite randomWrite(
      Random random, Map<String, Document> state, boolean isNeverRefused) {
    String key = "k" + random.nextInt(12);
    Document current = state.get(key);
    Revision revision = new Revision(5000 + random.nextInt(60));
    switch (random.nextInt(isNeverRefused ? 5 : 6)) {
      case 0 -> {
        Revision wanted = current == null || random.nextInt(3) > 0 ? revision : current.revision();
        if (current != null && current.revision().equals(wanted)) {
          state.remove(key);
        }
        return new DocumentWrite.RemoveReplicated(key, wanted);
      }
      case 1 -> {
        state.remove(key);
        return new DocumentWrite.RemoveReplicated(key);
      }
      case 5 -> {
        state.values().removeIf(document -> document.revision().equals(revision));
        return new DocumentWrite.RemoveRevision(revision);
      }
      default -> {
        Document document =
            document(
                key,
                revision.value(),
                "'n':" + random.nextInt(3) + ",'p':'" + DocumentStoreContract.large(100) + "'");
        state.values().removeIf(other -> other.revision().equals(revision));
        state.put(key, document);
        return new DocumentWrite.PutReplicated(document);
      }
    }
  }

  @Test
  void aRevisionCommittedByTheSameCallIsFound() {
    List<DocumentWrite> writes = new ArrayList<>();
    // Older than what the collection has seen, so that somebody may have it.
    put(document("first", 9000, ""));
    for (int i = 0; i < 50; i++) {
      writes.add(new DocumentWrite.PutReplicated(document("a" + i, 9101 + i, "")));
    }
    Document wanted = document("b", 9101, "");
    writes.add(new DocumentWrite.PutReplicated(wanted));

    collection.write(writes, WriteOptions.REPLICATION);

    assertThat(contents()).hasSize(51).containsKey("b").doesNotContainKey("a0");
  }

  @Test
  void aRemovalOfAKeyThatHasAnotherRevisionNowIsIgnored() {
    put(document("a", 5001, "'u':1"));
    put(document("a", 5002, "'u':1"));

    assertThat(
            collection.write(
                new DocumentWrite.RemoveReplicated("a", new Revision(5001)),
                WriteOptions.REPLICATION))
        .isEqualTo(new WriteResult.Ignored("a", Revision.NONE));
    assertThat(contents()).hasSize(1);
    assertThat(
            collection.write(
                new DocumentWrite.RemoveReplicated("a", new Revision(5002)),
                WriteOptions.REPLICATION))
        .isInstanceOf(WriteResult.Written.class);
    assertThat(contents()).isEmpty();
  }

  @Test
  void aRemovalOfWhatIsYoungerIsIgnored() {
    put(document("a", 5002, "'u':1"));

    for (long removal : new long[] {5001, 5002}) {
      assertThat(
              collection.write(
                  new DocumentWrite.RemoveOlder("a", new Revision(removal)),
                  WriteOptions.REPLICATION))
          .isEqualTo(new WriteResult.Ignored("a", Revision.NONE));
    }
    assertThat(contents()).hasSize(1);
    assertThat(
            collection.write(
                new DocumentWrite.RemoveOlder("a", new Revision(5003)), WriteOptions.REPLICATION))
        .isInstanceOf(WriteResult.Written.class);
    assertThat(contents()).isEmpty();
  }

  /// Documents that do not contradict each other.
  private static List<Document> randomState(Random random, long firstRevision) {
    List<Document> state = new ArrayList<>();
    List<Integer> values = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      values.add(i);
    }
    Collections.shuffle(values, random);
    for (int i = 0; i < 40; i++) {
      if (random.nextInt(3) > 0) {
        state.add(
            document(
                "k" + i,
                firstRevision + random.nextInt(3) + 3L * i,
                members(random, values.get(i))));
      }
    }
    return state;
  }

  private static String members(Random random, int value) {
    return switch (random.nextInt(4)) {
          case 0 -> "";
          case 1 -> "'u':" + value + ",";
          case 2 -> "'v':1,'w':[" + value + "," + (value + 100) + "],";
          default -> "'u':" + value + ",'v':1,'w':[" + value + "],";
        }
        + "'x':"
        + random.nextInt(3)
        + ",'p':'"
        + DocumentStoreContract.large(random.nextInt(12) == 0 ? 6000 : 4)
        + "'";
  }

  /// Another state without contradictions that has a part of `ours`, as far as it fits.
  private static List<Document> mixed(Random random, List<Document> ours) {
    List<Document> candidates = new ArrayList<>(randomState(random, 4000));
    Collections.shuffle(candidates, random);
    candidates.addAll(0, ours.stream().filter(_ -> random.nextInt(3) > 0).toList());
    Map<String, Document> byKey = new HashMap<>();
    Set<String> taken = new HashSet<>();
    List<Document> mixed = new ArrayList<>();
    for (Document candidate : candidates) {
      List<String> claims = claims(candidate);
      if (!byKey.containsKey(candidate.key()) && Collections.disjoint(taken, claims)) {
        byKey.put(candidate.key(), candidate);
        taken.addAll(claims);
        mixed.add(candidate);
      }
    }
    return mixed;
  }

  /// What no second document may have.
  private static List<String> claims(Document document) {
    List<String> claims = new ArrayList<>();
    claims.add("revision " + document.revision());
    var u = document.slice().get("u");
    if (u != null) {
      claims.add("u " + u.toJson());
    }
    var w = document.slice().get("w");
    if (w != null) {
      w.elements().forEach(element -> claims.add("w " + element.toJson()));
    }
    return claims;
  }

  @Test
  void clientsCannotWriteWhileTheCollectionIsHeld() {
    put(document("a", 5001, "'u':1"));
    try (CollectionHold hold = collection.hold("is busy")) {
      assertReadOnly(
          () -> collection.write(DocumentStoreContract.insert("{}"), WriteOptions.DEFAULT));
      assertReadOnly(() -> collection.truncate(Durability.PROCESS_CRASH));
      assertThatThrownBy(() -> collection.hold("is busy, too"))
          .isInstanceOfSatisfying(
              LockstepException.class, e -> assertThat(e.number()).isEqualTo(ErrorNumber.LOCKED));
      assertThat(collection.document("a")).isNotNull();
      hold.write(List.of(new DocumentWrite.PutReplicated(document("b", 5002, ""))));
      assertThat(collection.count()).isEqualTo(2);
      hold.truncate(Durability.PROCESS_CRASH);
      assertThat(collection.count()).isZero();
    }
    collection.write(DocumentStoreContract.insert("{}"), WriteOptions.DEFAULT);
    assertThat(collection.count()).isEqualTo(1);
  }

  @Test
  void aHoldMayLetClientsWriteAndStillExcludesOtherHolds() {
    try (CollectionHold hold = collection.hold("is busy", CollectionHold.ClientWrites.ALLOWED)) {
      collection.write(DocumentStoreContract.insert("{}"), WriteOptions.DEFAULT);
      assertThatThrownBy(() -> hold.collection().hold("is busy, too"))
          .isInstanceOfSatisfying(
              LockstepException.class, e -> assertThat(e.number()).isEqualTo(ErrorNumber.LOCKED));
    }
    assertThat(collection.count()).isEqualTo(1);
  }

  private static void assertReadOnly(Runnable write) {
    assertThatThrownBy(write::run)
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.number()).isEqualTo(ErrorNumber.READ_ONLY))
        .hasMessage("read only: collection 'c' is busy");
  }

  @Test
  void onlyIndexesThatForbidNothingSurviveBesideTheLeaders() {
    List<IndexDefinition> before =
        collection.definition().indexes().stream()
            .sorted(
                java.util.Comparator.comparing(
                    IndexDefinition::fields, (a, b) -> a.toString().compareTo(b.toString())))
            .toList();
    IndexDefinition sameAsU = before.get(0).withIdAndName(900, "theirs");
    IndexDefinition another =
        IndexDefinition.of(IndexType.PERSISTENT, List.of("z"), false, false)
            .withIdAndName(901, "z");

    List<IndexDefinition> dropped = collection.dropIndexesAgainst(List.of(sameAsU, another));

    assertThat(dropped)
        .extracting(IndexDefinition::fields)
        .containsExactlyInAnyOrder(List.of("u"), List.of("v", "w[*]"));
    collection.ensureReplicatedIndex(sameAsU);
    collection.ensureReplicatedIndex(another);
    collection.ensureReplicatedIndex(another);
    assertThat(collection.definition().indexes())
        .extracting(IndexDefinition::name)
        .contains("theirs", "z")
        .hasSize(3);
    assertThat(collection.dropIndexesAgainst(List.of(sameAsU, another))).isEmpty();
  }

  @Test
  void aLocalIndexGivesItsIdToTheLeaders() {
    put(document("a", 5001, "'x':1"));
    IndexDefinition local =
        collection.definition().indexes().stream()
            .filter(index -> index.fields().equals(List.of("x")))
            .findFirst()
            .orElseThrow();
    IndexDefinition theirs =
        IndexDefinition.of(IndexType.PERSISTENT, List.of("z"), false, false)
            .withIdAndName(local.id(), "z");

    collection.dropIndexesAgainst(List.of(theirs));
    collection.ensureReplicatedIndex(theirs);

    assertThat(collection.definition().indexes())
        .contains(theirs)
        .filteredOn(index -> index.fields().equals(List.of("x")))
        .hasSize(1)
        .allMatch(index -> index.name().equals(local.name()) && index.id() != local.id());
    put(document("b", 5002, "'x':2,'z':1"));
  }

  @Test
  void theKeyGeneratorGoesOnWhereTheLeadersIs() {
    collection.continueKeysAfter(900_000_000_000L);
    collection.continueKeysAfter(5);

    WriteResult result = collection.write(DocumentStoreContract.insert("{}"), WriteOptions.DEFAULT);

    assertThat(Long.parseLong(DocumentStoreContract.written(result).key()))
        .isGreaterThan(900_000_000_000L);
  }

  @Test
  void propertiesAreAdoptedButForNameTypeAndKeys() {
    CollectionProperties theirs =
        new CollectionProperties(
            "other",
            CollectionType.EDGE,
            false,
            true,
            KeyOptions.DEFAULT,
            DocumentStoreContract.json("{'rule':{},'level':'none'}").toByteArray(),
            true,
            false,
            false);

    collection.adoptProperties(theirs);

    CollectionProperties now = collection.definition().properties();
    assertThat(now.name()).isEqualTo("c");
    assertThat(now.type()).isEqualTo(CollectionType.DOCUMENT);
    assertThat(now.waitForSync()).isTrue();
    assertThat(now.cacheEnabled()).isTrue();
    assertThat(now.schema()).isNotNull();
    assertThat(now.syncByRevision()).isFalse();
  }

  private List<String> removedKeys() {
    List<String> keys = new ArrayList<>();
    if (store.changeLog().read(engine, Tick.NONE, 10_000) instanceof ChangeRead.Page page) {
      for (LoggedChange change : page.changes()) {
        if (change.change() instanceof Change.DocumentRemoved removed) {
          keys.add(removed.key());
        }
      }
    }
    return keys;
  }

  private static final AppliedPosition POSITION = new AppliedPosition(77, new Tick(1234));

  private List<Change> changesAfter(Tick tick) {
    return ((ChangeRead.Page) store.changeLog().read(engine, tick, 1000))
        .changes().stream().map(LoggedChange::change).toList();
  }

  private @Nullable AppliedPosition positionAfterReopening() {
    store.close();
    store =
        DocumentStore.open(
            engine, new HybridLogicalClock(() -> DocumentStoreContract.NOW), StoreSettings.DEFAULT);
    collection = store.requireDatabase(DocumentStore.SYSTEM).requireCollection("c");
    return collection.appliedPosition();
  }

  @Test
  void howFarALeaderIsFollowedIsStoredWithTheDocuments() {
    assertThat(collection.appliedPosition()).isNull();

    collection.write(
        List.of(new DocumentWrite.PutReplicated(document("a", 5000, "'u':1"))),
        WriteOptions.applying(POSITION, false));

    assertThat(collection.appliedPosition()).isEqualTo(POSITION);
    assertThat(positionAfterReopening()).isEqualTo(POSITION);
    assertThat(POSITION.covers(77, new Tick(1234))).isTrue();
    assertThat(POSITION.covers(77, new Tick(1235))).isFalse();
    assertThat(POSITION.covers(78, new Tick(1))).isFalse();
  }

  @Test
  void thePositionOutlivesClientsWritesTruncationAndARestart() {
    collection.setAppliedPosition(POSITION);
    collection.write(
        DocumentWrite.Insert.of(DocumentStoreContract.json("{'_key':'own'}")),
        WriteOptions.DEFAULT);
    collection.truncate(Durability.PROCESS_CRASH);
    assertThat(positionAfterReopening()).isEqualTo(POSITION);

    AppliedPosition later = new AppliedPosition(77, new Tick(2000));
    collection.truncateAsLeader(later);

    assertThat(positionAfterReopening()).isEqualTo(later);
  }

  @Test
  void aPositionIsNotStoredWhereSomethingWasRefused() {
    List<WriteResult> results =
        collection.write(
            List.of(
                new DocumentWrite.PutReplicated(document("a", 5000, "'u':1")),
                new DocumentWrite.PutReplicated(document("b", -1, "'u':2"))),
            WriteOptions.applying(POSITION, false));

    assertThat(results.get(1)).isInstanceOf(WriteResult.Refused.class);
    assertThat(contents()).containsOnlyKeys("a");
    assertThat(collection.appliedPosition()).isNull();
  }

  @Test
  void aLeadersRemovalOfWhatIsNotThereIsIgnored() {
    put(document("a", 5000, "'u':1"));

    List<WriteResult> results =
        collection.write(
            List.of(
                new DocumentWrite.RemoveReplicated("gone"),
                new DocumentWrite.RemoveReplicated("a")),
            WriteOptions.applying(POSITION, true));

    assertThat(results.get(0)).isEqualTo(new WriteResult.Ignored("gone", Revision.NONE));
    assertThat(results.get(1)).isInstanceOf(WriteResult.Written.class);
    assertThat(contents()).isEmpty();
  }

  @Test
  void severalWritesOfAnAtomicCallAreATransactionInTheLog() {
    Tick before = store.changeLog().lastTick();

    collection.write(
        List.of(
            new DocumentWrite.PutReplicated(document("a", 5000, "'u':1")),
            new DocumentWrite.PutReplicated(document("b", 5001, "'u':2"))),
        WriteOptions.applying(POSITION, true));

    assertThat(changesAfter(before))
        .extracting(change -> (Class) change.getClass())
        .containsExactly(
            Change.TransactionBegun.class,
            Change.DocumentWritten.class,
            Change.DocumentWritten.class,
            Change.TransactionCommitted.class);
  }

  @Test
  void severalCollectionsAreWrittenInOneCommit() {
    DocumentCollection other =
        collection
            .database()
            .createCollection(CollectionProperties.of("d", CollectionType.DOCUMENT));
    put(document("gone", 4000, "'u':9"));
    Tick before = store.changeLog().lastTick();

    store.writeTogether(
        List.of(
            new CollectionWrites(
                other, List.of(new DocumentWrite.PutReplicated(document("x", 6000, "'q':1")))),
            new CollectionWrites(
                collection,
                List.of(
                    new DocumentWrite.PutReplicated(document("a", 5000, "'u':1")),
                    new DocumentWrite.RemoveReplicated("gone")))),
        WriteOptions.applying(POSITION, true));

    assertThat(contents()).containsOnlyKeys("a");
    assertThat(collection.count()).isEqualTo(1);
    assertThat(other.count()).isEqualTo(1);
    assertThat(collection.appliedPosition()).isEqualTo(POSITION);
    assertThat(other.appliedPosition()).isEqualTo(POSITION);
    List<Change> changes = changesAfter(before);
    assertThat(changes).hasSize(5);
    assertThat(changes.getFirst()).isInstanceOf(Change.TransactionBegun.class);
    assertThat(changes.getLast()).isInstanceOf(Change.TransactionCommitted.class);
    assertThat(changes.stream().filter(Change.TransactionBegun.class::isInstance)).hasSize(1);
  }

  @Test
  void whereOneOfSeveralCollectionsRefusesNothingIsWritten() {
    DocumentCollection other =
        collection
            .database()
            .createCollection(CollectionProperties.of("d", CollectionType.DOCUMENT));
    Tick before = store.changeLog().lastTick();

    assertThatThrownBy(() ->
            store.writeTogether(
                List.of(
                    new CollectionWrites(
                        collection,
                        List.of(new DocumentWrite.PutReplicated(document("a", 5000, "'u':1")))),
                    new CollectionWrites(
                        other,
                        List.of(new DocumentWrite.PutReplicated(document("b", -1, "'u':1"))))),
                WriteOptions.applying(POSITION, true)))
        .isInstanceOfSatisfying(
            LockstepException.class,
            e -> assertThat(e.number()).isEqualTo(ErrorNumber.DOCUMENT_REVISION_BAD));

    assertThat(contents()).isEmpty();
    assertThat(other.count()).isZero();
    assertThat(collection.appliedPosition()).isNull();
    assertThat(changesAfter(before)).isEmpty();
  }

  @Test
  void recordsOfAppliersSurviveARestart() {
    store.applierRecords().put(5, new byte[] {1, 2}, Durability.PROCESS_CRASH);
    store.applierRecords().put(6, new byte[] {3}, Durability.POWER_LOSS);
    store.applierRecords().remove(6);

    positionAfterReopening();

    assertThat(store.applierRecords().all()).containsOnlyKeys(5L);
    assertThat(store.applierRecords().get(5)).containsExactly(1, 2);
  }
}
