package dev.lockstep.core.collection;

import dev.lockstep.core.collection.UnreachableStorage.Item;
import dev.lockstep.core.collection.UnreachableStorage.Kind;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentKey;
import dev.lockstep.core.document.InvalidVPackException;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackValidator;
import dev.lockstep.core.document.ValidationLimits;
import dev.lockstep.core.revision.RevisionBlockList;
import dev.lockstep.core.revision.RevisionRange;
import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.revision.RevisionTree;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Checks that what is stored agrees with itself: counter, primary rows, documents, index entries
/// and catalog. Reads everything once, in constant memory, in one frozen state; changes nothing.
/// One thread.
public final class CollectionChecker {
  /// Damage tends to repeat itself; the first sentences tell enough.
  private static final int PROBLEMS_MAX = 100;

  private final Snapshot snapshot;
  private final DocumentRows rows;
  private final Map<Long, RevisionSummary> trees;
  private final CatalogImage catalog;
  private final List<String> problems = new ArrayList<>();

  private CollectionChecker(StoreSnapshot store) {
    this.snapshot = store.storage();
    this.rows = store.documentRows();
    this.trees = store.trees();
    this.catalog = store.image();
  }

  /// Checks all collections, and that no storage is taken that the catalog does not know.
  ///
  /// @return what is wrong, in sentences; empty if nothing is. At most 100.
  public static List<String> check(StoreSnapshot snapshot) {
    CollectionChecker checker = new CollectionChecker(snapshot);
    checker.checkCatalog();
    for (CollectionState state : checker.catalog.collections.values()) {
      checker.checkCollection(state);
    }
    checker.checkReachable();
    return List.copyOf(checker.problems);
  }

  /// Checks one collection; of an unknown one that is said.
  ///
  /// @return what is wrong, in sentences; empty if nothing is. At most 100.
  public static List<String> check(StoreSnapshot snapshot, String database, String nameOrIdOrGuid) {
    CollectionView view = snapshot.collection(database, nameOrIdOrGuid);
    if (view == null) {
      return List.of("there is no collection '" + nameOrIdOrGuid + "' in '" + database + "'");
    }
    CollectionChecker checker = new CollectionChecker(snapshot);
    CollectionState state = checker.catalog.collections.get(view.definition().id());
    if (state != null) {
      checker.checkCollection(state);
    }
    return List.copyOf(checker.problems);
  }

  private void report(String problem) {
    if (problems.size() < PROBLEMS_MAX) {
      problems.add(problem);
    }
  }

  private void checkCatalog() {
    Set<String> names = new HashSet<>();
    Set<Long> generations = new HashSet<>();
    for (CollectionState state : catalog.collections.values()) {
      String database = catalog.databases.get(state.databaseId());
      if (database == null) {
        report(describe(state) + " belongs to an unknown database");
      }
      if (!names.add(state.databaseId() + " name " + state.name())
          | !names.add(state.databaseId() + " guid " + state.globallyUniqueId())) {
        report(describe(state) + " shares its name or globally unique id with another one");
      }
      if (!generations.add(state.generation())) {
        report(describe(state) + " shares its generation with another one");
      }
    }
    for (Long id : catalog.progress.keySet()) {
      if (!catalog.collections.containsKey(id)) {
        report("the catalog keeps the progress of an unknown collection " + unsigned(id));
      }
    }
    for (Item item : catalog.unreachable) {
      if (generations.contains(item.id())) {
        report("generation " + unsigned(item.id()) + " is declared unreachable and is in use");
      }
    }
    for (HalfBuilt known : catalog.halfBuilt) {
      if (generations.contains(known.generation())) {
        report("generation " + unsigned(known.generation()) + " is half-built and in use");
      }
    }
  }

  private void checkCollection(CollectionState state) {
    long primaryRows = checkPrimary(state);
    List<StoredIndex> indexes = state.maintainedIndexes();
    long[] expected = new long[indexes.size()];
    GenerationTotals found = new GenerationTotals();
    long newest = 0;
    KeyGeneration keys =
        new KeyGeneration(
            state.properties().keyOptions(), 0, () -> 0, RandomGenerator.getDefault());
    GenerationReader reader = new GenerationReader(snapshot, rows, state.generation());
    try (DocumentCursor cursor = reader.byRevisionOnce(Revision.NONE)) {
      while (cursor.next()) {
        Document document = cursor.document();
        found.inserted(document.key(), document.revision().value());
        newest = CollectionProgress.max(newest, document.revision().value());
        keys.observe(document.key());
        checkDocument(state, reader, document);
        for (int i = 0; i < expected.length; i++) {
          expected[i] += checkEntries(state, indexes.get(i), document);
        }
      }
    } catch (StorageException e) {
      report(describe(state) + ": " + e.getMessage());
      return;
    }
    long documents = found.count();
    if (found.fingerprint() != reader.fingerprint()) {
      report(describe(state) + " has a fingerprint that is not that of its documents");
    }
    if (documents != primaryRows || documents != reader.count()) {
      report(
          describe(state)
              + " has "
              + documents
              + " documents, "
              + primaryRows
              + " primary rows and a count of "
              + reader.count());
    }
    CollectionProgress progress = catalog.progressOf(state);
    if (Long.compareUnsigned(newest, progress.newestRevision()) > 0) {
      report(describe(state) + " holds a revision later than its newest one");
    }
    if (Long.compareUnsigned(keys.last(), progress.lastKeyValue()) > 0) {
      report(describe(state) + " holds a key beyond its generator's last value");
    }
    for (int i = 0; i < expected.length; i++) {
      long entries = entries(indexes.get(i));
      if (entries != expected[i]) {
        report(
            describe(state, indexes.get(i))
                + " has "
                + entries
                + " entries, its documents demand "
                + expected[i]);
      }
    }
    checkChunks(state);
    checkTree(state);
  }

  private void checkTree(CollectionState state) {
    RevisionSummary kept = trees.get(state.generation());
    if (kept == null) {
      return;
    }
    RevisionSummary read;
    try {
      read = RevisionTrees.read(snapshot, state.generation());
    } catch (RevisionTreeException e) {
      report(
          describe(state) + " has a revision tree, its documents can have none: " + e.getMessage());
      return;
    }
    compareTrees(state, kept.tree(), read.tree());
    List<RevisionRange> differences =
        RevisionBlockList.differences(kept.blocks().all(), read.blocks().all()).ranges();
    if (!differences.isEmpty()) {
      report(
          describe(state)
              + " has blocks of "
              + kept.blocks().count()
              + " revisions, its documents make blocks of "
              + read.blocks().count()
              + "; they differ in "
              + differences.size()
              + " ranges");
    }
  }

  private void compareTrees(CollectionState state, RevisionTree kept, RevisionTree read) {
    List<RevisionRange> differences = RevisionTree.differences(kept, read);
    if (!differences.isEmpty() || !kept.sameRevisions(read)) {
      report(
          describe(state)
              + " has a revision tree of "
              + kept.count()
              + " revisions, its documents make one of "
              + read.count()
              + "; they differ in "
              + differences.size()
              + " ranges");
    }
  }

  private long checkPrimary(CollectionState state) {
    long count = 0;
    try (StorageCursor cursor =
        snapshot.scanOnce(Keyspace.PRIMARY, KeyRange.prefix(Keys.of(state.generation())))) {
      while (cursor.next()) {
        count++;
        String key = PrimaryEntry.documentKey(cursor.key());
        if (!DocumentKey.isValid(key)) {
          report(describe(state) + " has a primary row with the illegal key '" + key + "'");
        }
      }
    }
    return count;
  }

  private void checkDocument(CollectionState state, GenerationReader reader, Document document) {
    String who = describe(state) + " document '" + document.key() + "'";
    PrimaryEntry entry = reader.primary(document.key());
    if (entry == null) {
      report(who + " has no primary row");
    } else if (entry.revision() != document.revision().value()
        || entry.length() != document.body().length) {
      report(
          who
              + " has revision "
              + document.revision()
              + " and "
              + document.body().length
              + " bytes, its primary row says "
              + entry.asRevision()
              + " and "
              + entry.length());
    }
    try {
      VPackSlice body = VPackValidator.validateWhole(document.body(), ValidationLimits.REQUEST);
      if (!StoredDocument.key(body).equals(document.key())
          || !StoredDocument.revision(body).equals(document.revision())) {
        report(who + " has another key or revision in its body");
      }
    } catch (InvalidVPackException e) {
      report(who + " is damaged: " + e.getMessage());
    }
  }

  private long checkEntries(CollectionState state, StoredIndex index, Document document) {
    long revision = document.revision().value();
    List<byte[]> entries = index.entries(document.key(), document.slice(), revision);
    for (byte[] entry : entries) {
      byte[] value = snapshot.get(Keyspace.INDEXES, entry);
      if (!Arrays.equals(value, index.entryValue(revision))) {
        report(
            describe(state, index)
                + (value == null ? " lacks an entry" : " has a wrong entry")
                + " of document '"
                + document.key()
                + "'");
      }
    }
    return entries.size();
  }

  private long entries(StoredIndex index) {
    long count = 0;
    try (StorageCursor cursor = snapshot.scanOnce(Keyspace.INDEXES, index.range())) {
      while (cursor.next()) {
        count++;
      }
    }
    return count;
  }

  /// Every chunk row lies behind its head row; whether a head has all its chunks, reading has
  /// shown.
  private void checkChunks(CollectionState state) {
    long head = 0;
    try (StorageCursor cursor =
        snapshot.scanOnce(Keyspace.DOCUMENTS, KeyRange.prefix(Keys.of(state.generation())))) {
      while (cursor.next()) {
        byte[] key = cursor.key();
        long revision = Keys.longAt(key, Long.BYTES);
        if (key.length == DocumentRows.KEY_BYTES) {
          head = revision;
        } else if (revision != head && !isAhead(state.generation(), revision)) {
          report(
              describe(state)
                  + " has a chunk without document at revision "
                  + new Revision(revision));
        }
      }
    }
  }

  private boolean isAhead(long generation, long revision) {
    for (long[] large : catalog.largeDocuments) {
      if (large[0] == generation && large[1] == revision) {
        return true;
      }
    }
    return false;
  }

  private void checkReachable() {
    Set<Long> generations = new HashSet<>();
    Set<Long> objects = new HashSet<>();
    for (CollectionState state : catalog.collections.values()) {
      generations.add(state.generation());
    }
    catalog.halfBuilt.forEach(known -> generations.add(known.generation()));
    for (Item item : catalog.unreachable) {
      (item.kind() == Kind.GENERATION ? generations : objects).add(item.id());
    }
    for (Map.Entry<Long, List<StoredIndex>> indexes : catalog.indexes.entrySet()) {
      if (generations.contains(indexes.getKey())) {
        indexes.getValue().forEach(index -> objects.add(index.objectId()));
      } else {
        report("the catalog keeps indexes of unknown generation " + unsigned(indexes.getKey()));
      }
    }
    for (Keyspace keyspace :
        List.of(Keyspace.DOCUMENTS, Keyspace.PRIMARY, Keyspace.COUNTERS, Keyspace.TREES)) {
      checkPrefixes(keyspace, generations);
    }
    checkPrefixes(Keyspace.INDEXES, objects);
  }

  private void checkPrefixes(Keyspace keyspace, Set<Long> known) {
    try (StorageCursor cursor = snapshot.scanOnce(keyspace, KeyRange.all())) {
      while (cursor.next()) {
        long prefix = Keys.longAt(cursor.key(), 0);
        if (!known.contains(prefix)) {
          report("nothing in the catalog leads to " + keyspace + " " + unsigned(prefix));
        }
        byte[] next = KeyRange.successor(Keys.of(prefix));
        if (next == null) {
          return;
        }
        cursor.seek(next);
      }
    }
  }

  private String describe(CollectionState state) {
    @Nullable String database = catalog.databases.get(state.databaseId());
    return "collection " + (database == null ? "?" : database) + "/" + state.name();
  }

  private String describe(CollectionState state, StoredIndex index) {
    return describe(state) + " index " + index.definition().name();
  }

  private static String unsigned(long id) {
    return Long.toUnsignedString(id);
  }
}
