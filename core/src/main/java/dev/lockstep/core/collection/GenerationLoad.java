package dev.lockstep.core.collection;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeCodec;
import dev.lockstep.core.collection.UnreachableStorage.Item;
import dev.lockstep.core.collection.UnreachableStorage.Kind;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentKey;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.revision.RevisionSummaryEditor;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.SortedRows;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.StorageView;
import dev.lockstep.core.storage.WriteBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds a new generation of a collection, which nobody sees until [#swap]. Closing without a swap
/// changes nothing, nor does a crash: the next open purges what was built, unless the load has an
/// owner that can go on with it ([Database#resumeLoad]). One thread.
public final class GenerationLoad implements AutoCloseable {
  /*
   * A document's rows but its chunks, its primary row and what it adds to the counters come in one
   * commit, so that a half-built generation agrees with itself after a crash; a catalog row tells of
   * chunks without a head, as everywhere. Keys are not looked up but for those that the filter has
   * seen: a leader's dump has each key once. Revisions ascend in a dump; only one that does not
   * exceed all before it is looked up.
   *
   * Once it is clear that a load is not a small one, documents whose revision exceeds all before it
   * are written as sorted rows, past the commits; these are finished before the commit that has the
   * primary rows and the counters. What a crash leaves in between are documents beyond the newest
   * revision of a primary row: taking the load up again removes those.
   *
   * As long as keys ascend as well, which those do that a server has made, primary rows are sorted
   * rows too, finished after the documents and before the counters. No key is looked up then, nor
   * remembered. A crash before the counters leaves documents that are there as a whole and not
   * counted: taking the load up again counts them. The first key that does not ascend, or whatever
   * else but a new document, ends that for good.
   */

  private static final Logger LOG = LoggerFactory.getLogger(GenerationLoad.class);

  /// Bounds the memory of a load; larger commits gain nothing.
  private static final long BATCH_BYTES = 4L << 20;

  private static final int BATCH_OPERATIONS = 50_000;

  /// Sorted rows are finished after this part of what was loaded before, but not before they are
  /// worth a file: so that the end of the process costs little of it.
  private static final int SORTED_PART = 16;

  /// Larger table files gain nothing.
  private static final long SORTED_BYTES_MAX = 32L << 20;

  /// Replacing a collection that is itself replaced again and again meanwhile is given up.
  private static final int SWAP_ATTEMPTS_MAX = 100;

  /// Rows that come with a document's first row at most: the former document goes, and the note of
  /// chunks without a head; the primary row comes.
  private static final int ROWS_BESIDE = 3;

  private static final byte[] NOTHING = {};

  private static final Hasher64 HASHER = Hashing.xxh3_64();

  private final DocumentStore store;
  private final Database database;
  private final ReplicatedCollection target;
  private final long generation;
  private final DocumentRows rows;
  private final KeyGeneration keys;

  /// All keys loaded, unless [#isFilterBehind].
  private final KeyFilter seen = new KeyFilter();

  /// Whether keys were loaded that the filter has not been told.
  private boolean isFilterBehind;

  private final long bytesMax;
  private final int operationsMax;
  private final long sortedRowsFrom;

  /// Null once a revision came that no tree can take.
  private @Nullable RevisionSummaryEditor tree = new RevisionSummaryEditor();

  private List<StoredIndex> indexes = List.of();
  private Phase phase = Phase.LOADING;

  /// Of everything committed.
  private final GenerationTotals committed = new GenerationTotals();

  private long newest;

  private final AscendingKeys ascending = new AscendingKeys();

  private @Nullable AppliedPosition applied;

  // The batch under construction; cleared after its commit.

  private @Nullable WriteBatch batch;

  /// Documents whose primary rows are in the batch or in [#sortedPrimary].
  private @Nullable SortedRows sorted;

  private @Nullable SortedRows sortedPrimary;

  /// The greatest in [#sortedPrimary].
  private byte @Nullable [] lastSorted;

  /// Bodies of documents added by this process.
  private long loadedBytes;

  /// Whether not even a power failure can make the store forget that this generation is being
  /// built.
  private boolean isDeclaredDurably;

  private final GenerationTotals totals = new GenerationTotals();

  /// Primary rows of the batch but those in [#sortedPrimary], put into it when it is committed: in
  /// order of keys, they cost a fraction in memory that is sorted.
  private final Map<String, Pending> pending = new HashMap<>();

  /// What they take of the batch.
  private long pendingBytes;

  private final Map<Long, String> pendingRevisions = new HashMap<>();

  /// Each leads to the next; a failure anywhere leads to FAILED, from which only closing is left.
  private enum Phase {
    LOADING,
    INDEXED,
    SWAPPED,
    FAILED,
    CLOSED
  }

  /// A key as the batch leaves it; null: removed.
  private record Pending(String key, byte[] primaryKey, @Nullable PrimaryEntry entry) {}

  /// Called now and then during [#buildIndexes]; whatever it throws ends the build.
  @FunctionalInterface
  public interface Progress {
    void documentsIndexed(long done, long total);
  }

  private GenerationLoad(
      DocumentStore store, Database database, ReplicatedCollection target, long generation) {
    this.store = store;
    this.database = database;
    this.target = target;
    this.generation = generation;
    this.rows = store.documentRows();
    this.keys =
        new KeyGeneration(
            target.properties().keyOptions(), 0, store::newId, store.settings().random());
    EngineLimits limits = store.engine().limits();
    this.bytesMax = Math.min(BATCH_BYTES, limits.commitBytesMax() - DocumentRows.ROW_OVERHEAD);
    this.operationsMax =
        Math.min(BATCH_OPERATIONS, limits.commitKeysMax() - GenerationTotals.COUNTERS);
    this.sortedRowsFrom = limits.sortedRowsFrom();
  }

  static GenerationLoad resume(
      DocumentStore store, Database database, ReplicatedCollection target, long owner) {
    for (HalfBuilt known : store.unreachable().halfBuilt()) {
      if (known.databaseId() == database.id()
          && known.globallyUniqueId().equals(target.globallyUniqueId())
          && store.unreachable().claim(known.generation())) {
        GenerationLoad load = new GenerationLoad(store, database, target, known.generation());
        try {
          if (known.owner() != owner) {
            store.unreachable().declare(known.ownedBy(owner));
          }
          load.recover();
          return load;
        } catch (StorageException e) {
          LOG.warn("a half-built copy cannot be gone on with, it is begun anew", e);
          load.close();
        }
      }
    }
    long generation = store.newId();
    store.unreachable().claim(generation);
    store
        .unreachable()
        .declare(new HalfBuilt(generation, owner, database.id(), target.globallyUniqueId()));
    return new GenerationLoad(store, database, target, generation);
  }

  /// Learns what an earlier load has left, in one pass over the keys.
  private void recover() {
    store.unreachable().purgeIndexes(generation);
    GenerationTotals found = new GenerationTotals();
    try (KeyCursor cursor = reader(store.engine()).byKey(null, null)) {
      while (cursor.next()) {
        String key = cursor.key();
        Revision revision = cursor.revision();
        found.inserted(key, revision.value());
        changeTree(editor -> editor.insert(revision));
        keys.observe(key);
        newest = CollectionProgress.max(newest, revision.value());
      }
    }
    ascending.end();
    isFilterBehind = true;
    requireNewest();
    try (WriteBatch repair = store.engine().newBatch()) {
      removeUncommitted(repair);
      count(found, repair);
      if (repair.operations() > 0) {
        store.gate().commitOrThrow(repair, Durability.PROCESS_CRASH);
      }
    }
    committed.add(found);
  }

  /// Documents come before their primary rows, in order; so if the newest is there, all are.
  private void requireNewest() {
    if (newest != 0 && !DocumentRows.exists(store.engine(), generation, newest)) {
      throw new StorageException(
          "the half-built generation of collection '"
              + target.properties().name()
              + "' lacks the document of revision "
              + new Revision(newest));
    }
  }

  /// Sorted rows whose primary rows an end of the process has prevented. Left alone they would be
  /// documents to whoever walks by revision.
  private void removeUncommitted(WriteBatch repair) {
    KeyRange beyond = DocumentRows.beyond(generation, newest);
    try (StorageCursor cursor = store.engine().scan(Keyspace.DOCUMENTS, beyond)) {
      if (cursor.next()) {
        repair.deleteRange(Keyspace.DOCUMENTS, beyond);
      }
    }
  }

  /// Sorted primary rows whose counters an end of the process has prevented are counted now.
  private void count(GenerationTotals found, WriteBatch repair) {
    GenerationTotals missing =
        found.minus(
            GenerationTotals.count(store.engine(), generation),
            GenerationTotals.fingerprint(store.engine(), generation));
    if (missing.count() < 0) {
      throw new StorageException(
          "the half-built generation of collection '"
              + target.properties().name()
              + "' has "
              + found.count()
              + " documents, "
              + -missing.count()
              + " fewer than were committed");
    }
    missing.addTo(repair, generation);
  }

  private GenerationReader reader(StorageView view) {
    return new GenerationReader(view, rows, generation);
  }

  static GenerationLoad begin(DocumentStore store, Database database, ReplicatedCollection target) {
    long generation = store.newId();
    store.unreachable().declare(generation, Kind.GENERATION);
    return new GenerationLoad(store, database, target, generation);
  }

  /// Adds documents in any order of revisions. Of two with the same key the one with the greater
  /// revision stays, whichever comes first.
  ///
  /// @param documents in stored form; their bytes are not copied and must not change
  /// @throws dev.lockstep.core.LockstepException if two different keys claim one revision, if a
  ///   revision is out of range, or if the engine takes no writes
  public void append(List<Document> documents) {
    require(Phase.LOADING);
    try {
      for (Document document : documents) {
        append(document);
      }
    } catch (LockstepException | StorageException e) {
      phase = Phase.FAILED;
      throw e;
    }
  }

  private void append(Document document) {
    String key = document.key();
    WriteSession.requirePossible(document);
    byte[] primaryKey = PrimaryEntry.key(generation, key);
    long revision = document.revision().value();
    if (ascending.add(key) && Long.compareUnsigned(revision, newest) > 0) {
      isFilterBehind = true;
      put(document, primaryKey, null);
      return;
    }
    endAscending();
    completeFilter();
    PrimaryEntry existing =
        seen.add(HASHER.hashBytesToLong(primaryKey)) ? find(key, primaryKey) : null;
    if (existing != null && Long.compareUnsigned(existing.revision(), revision) >= 0) {
      return;
    }
    if (Long.compareUnsigned(revision, newest) <= 0) {
      requireUnused(document);
    }
    put(document, primaryKey, existing);
  }

  /// From now on keys are looked up, which takes that all are where they can be found.
  private void endAscending() {
    ascending.end();
    if (sortedPrimary != null) {
      commit();
    }
  }

  private void completeFilter() {
    if (isFilterBehind) {
      isFilterBehind = false;
      commit();
      KeyRange all = KeyRange.prefix(Keys.of(generation));
      try (StorageCursor cursor = store.engine().scanOnce(Keyspace.PRIMARY, all)) {
        while (cursor.next()) {
          seen.add(HASHER.hashBytesToLong(cursor.key()));
        }
      }
    }
  }

  /// @param existing what the key leads to; it goes
  private void put(Document document, byte[] primaryKey, @Nullable PrimaryEntry existing) {
    String key = document.key();
    long revision = document.revision().value();
    int length = document.body().length;
    PrimaryEntry entry = new PrimaryEntry(revision, length, false);
    boolean isSorted =
        loadedBytes >= sortedRowsFrom
            && existing == null
            && Long.compareUnsigned(revision, newest) > 0;
    if (isSorted) {
      putSorted(document, primaryKey);
    } else {
      putCommitted(document, primaryKey, existing);
    }
    SortedRows primary = sortedPrimary;
    if (isSorted && primary != null) {
      primary.put(primaryKey, entry.encode());
      lastSorted = primaryKey;
    } else {
      putPending(new Pending(key, primaryKey, entry));
      pendingRevisions.put(revision, key);
    }
    loadedBytes += length;
    totals.inserted(key, revision);
    changeTree(editor -> editor.insert(document.revision()));
    keys.observe(key);
    newest = CollectionProgress.max(newest, revision);
  }

  /// Takes what there was room for.
  private void putPending(Pending row) {
    if (pending.put(row.key(), row) == null) {
      pendingBytes += row.primaryKey().length + DocumentRows.ROW_OVERHEAD;
    }
  }

  /// Adds a document's rows but the primary one, for which there is room then.
  private void putSorted(Document document, byte[] primaryKey) {
    SortedRows rowsBefore = sorted;
    byte[] keyBefore = lastSorted;
    if (rowsBefore != null
            && rowsBefore.bytes()
                >= Math.clamp(loadedBytes / SORTED_PART, BATCH_BYTES, SORTED_BYTES_MAX)
        || keyBefore != null && Arrays.compareUnsigned(keyBefore, primaryKey) > 0) {
      commit();
    }
    room(primaryKey.length + DocumentRows.ROW_OVERHEAD, 1);
    SortedRows current = sorted;
    if (current == null) {
      current = beginSorted();
    }
    rows.put(current, generation, document);
  }

  private SortedRows beginSorted() {
    if (!isDeclaredDurably) {
      // Or a power failure could leave rows of a generation that nobody knows of.
      store.gate().sync();
      isDeclaredDurably = true;
    }
    if (ascending.isEveryOneNew()) {
      // A crash must not leave these rows without those before.
      commit();
      sortedPrimary = store.engine().sortedRows(Keyspace.PRIMARY);
    }
    SortedRows begun = store.engine().sortedRows(Keyspace.DOCUMENTS);
    sorted = begun;
    return begun;
  }

  /// As [#putSorted], in the batch.
  private void putCommitted(Document document, byte[] primaryKey, @Nullable PrimaryEntry existing) {
    long revision = document.revision().value();
    int length = document.body().length;
    boolean isChunked = rows.isChunked(length);
    if (isChunked) {
      for (int chunk = 0; chunk < rows.chunks(length); chunk++) {
        room(rows.chunkCost() + DocumentRows.ROW_OVERHEAD, 2);
        if (chunk == 0) {
          batch()
              .put(
                  Keyspace.CATALOG,
                  CatalogKey.of(CatalogKey.LARGE_DOCUMENT, generation, revision),
                  NOTHING);
        }
        rows.putChunk(batch(), generation, document, chunk);
      }
    }
    room(
        (isChunked ? DocumentRows.headCost() : rows.cost(length))
            + primaryKey.length
            + (long) (ROWS_BESIDE + 1) * DocumentRows.ROW_OVERHEAD,
        1 + ROWS_BESIDE);
    if (existing != null) {
      forget(document.key(), existing);
    }
    if (isChunked) {
      rows.putHead(batch(), generation, document);
      batch()
          .delete(Keyspace.CATALOG, CatalogKey.of(CatalogKey.LARGE_DOCUMENT, generation, revision));
    } else {
      rows.put(batch(), generation, document);
    }
  }

  /// Deletes a document's rows but the primary one.
  private void forget(String key, PrimaryEntry existing) {
    rows.delete(batch(), generation, existing);
    pendingRevisions.remove(existing.revision());
    changeTree(editor -> editor.remove(existing.asRevision()));
    totals.removed(key, existing.revision());
  }

  /// Puts a document in the place of whatever has its key or its revision, as
  /// [DocumentWrite.PutReplicated] does in a collection.
  ///
  /// @return false if exactly this document was there
  public boolean replace(Document document) {
    require(Phase.LOADING);
    try {
      WriteSession.requirePossible(document);
      endAscending();
      isFilterBehind = true;
      byte[] primaryKey = PrimaryEntry.key(generation, document.key());
      PrimaryEntry existing = find(document.key(), primaryKey);
      long revision = document.revision().value();
      if (existing != null && existing.revision() == revision) {
        return false;
      }
      String holder = holder(revision);
      if (holder != null) {
        removeIf(holder, _ -> true);
      }
      put(document, primaryKey, existing);
      return true;
    } catch (LockstepException | StorageException e) {
      phase = Phase.FAILED;
      throw e;
    }
  }

  /// Takes out the document that has this revision.
  ///
  /// @return false if none has
  public boolean remove(Revision revision) {
    require(Phase.LOADING);
    endAscending();
    String holder = holder(revision.value());
    return holder != null && removeIf(holder, _ -> true);
  }

  /// Takes a document out if it has this revision.
  ///
  /// @return false if there is none, or it has another
  public boolean remove(String key, Revision expected) {
    require(Phase.LOADING);
    return removeIf(key, entry -> entry.revision() == expected.value());
  }

  /// Takes all documents out.
  public void clear() {
    try (Frozen frozen = freeze();
        KeyCursor cursor = frozen.view().byKey(null, null)) {
      while (cursor.next()) {
        remove(cursor.key());
      }
    }
  }

  /// What is loaded at one moment. The caller closes it, before the load.
  public static final class Frozen implements AutoCloseable {
    private final Snapshot snapshot;
    private final CollectionView view;

    Frozen(Snapshot snapshot, CollectionView view) {
      this.snapshot = snapshot;
      this.view = view;
    }

    /// Its definition is that of nothing yet: without indexes.
    public CollectionView view() {
      return view;
    }

    @Override
    public void close() {
      snapshot.close();
    }
  }

  /// Freezes what is loaded so far.
  public Frozen freeze() {
    require(Phase.LOADING);
    commit();
    RevisionSummaryEditor editor = tree;
    RevisionSummary now = editor == null ? null : editor.toSummary();
    Snapshot snapshot = store.engine().snapshot();
    GenerationReader reader = reader(snapshot);
    CollectionState state =
        new CollectionState(
            0,
            database.id(),
            target.globallyUniqueId(),
            generation,
            target.properties(),
            List.of(),
            false);
    return new Frozen(
        snapshot,
        new GenerationView(
            reader,
            state.definition(keys.last()),
            () -> now == null ? reader.revisionSummary() : now));
  }

  /// See [CollectionView#revisionTree] and [CollectionView#revisionBlocks].
  ///
  /// @throws RevisionTreeException if no tree can take what is loaded
  public RevisionSummary revisionSummary() {
    require(Phase.LOADING);
    RevisionSummaryEditor editor = tree;
    if (editor != null) {
      return editor.toSummary();
    }
    commit();
    return reader(store.engine()).revisionSummary();
  }

  /// Ends this load, but keeps what was built for the next [Database#resumeLoad] of the same
  /// collection. Without an owner it is [#close].
  public void suspend() {
    boolean isKept =
        phase != Phase.FAILED
            && phase != Phase.SWAPPED
            && store.unreachable().halfBuilt().stream()
                .anyMatch(known -> known.generation() == generation);
    if (!isKept) {
      close();
      return;
    }
    if (phase == Phase.LOADING) {
      commit();
    }
    phase = Phase.CLOSED;
    closeBatch();
    store.unreachable().release(generation);
  }

  /// The key of the document that has a revision; null if none has.
  private @Nullable String holder(long revision) {
    String holder = pendingRevisions.get(revision);
    if (holder == null) {
      holder = DocumentRows.keyOf(store.engine(), generation, revision);
      if (holder != null && pending.containsKey(holder)) {
        holder = null;
      }
    }
    return holder;
  }

  private void requireUnused(Document document) {
    String holder = holder(document.revision().value());
    if (holder != null) {
      throw new LockstepException(
          ErrorNumber.CONFLICT,
          "conflict: the leader's documents '"
              + holder
              + "' and '"
              + document.key()
              + "' have the same revision "
              + document.revision());
    }
  }

  /// Takes a document out again; nothing happens if there is none.
  public void remove(String key) {
    require(Phase.LOADING);
    removeIf(key, _ -> true);
  }

  private boolean removeIf(String key, Predicate<PrimaryEntry> condition) {
    if (!DocumentKey.isValid(key)) {
      return false;
    }
    try {
      endAscending();
      byte[] primaryKey = PrimaryEntry.key(generation, key);
      PrimaryEntry existing = find(key, primaryKey);
      if (existing == null || !condition.test(existing)) {
        return false;
      }
      room(primaryKey.length + 2L * DocumentRows.ROW_OVERHEAD, 2);
      forget(key, existing);
      putPending(new Pending(key, primaryKey, null));
      return true;
    } catch (LockstepException | StorageException e) {
      phase = Phase.FAILED;
      throw e;
    }
  }

  private void changeTree(Consumer<RevisionSummaryEditor> change) {
    RevisionSummaryEditor editor = tree;
    if (editor != null) {
      try {
        change.accept(editor);
      } catch (RevisionTreeException impossible) {
        // A collection with such revisions goes without; followers use the keys protocol.
        tree = null;
      }
    }
  }

  private @Nullable PrimaryEntry find(String key, byte[] primaryKey) {
    Pending known = pending.get(key);
    if (known != null) {
      return known.entry();
    }
    byte[] row = store.engine().get(Keyspace.PRIMARY, primaryKey);
    return row == null ? null : PrimaryEntry.decode(row);
  }

  /// Makes the key generator go on after a number, even if no document has it: the leader may have
  /// removed the last one.
  ///
  /// @param lastKeyValue the leader's [CollectionDefinition#lastKeyValue], unsigned
  public void continueKeysAfter(long lastKeyValue) {
    require(Phase.LOADING);
    keys.observe(lastKeyValue);
  }

  /// Documents in the new generation.
  public long count() {
    return committed.count() + totals.count();
  }

  /// See [CollectionView#fingerprint].
  public long fingerprint() {
    return committed.fingerprint() + totals.fingerprint();
  }

  /// Builds all indexes in one pass over the new generation.
  ///
  /// @throws dev.lockstep.core.LockstepException 1210 naming the index and both keys
  public void buildIndexes(Progress progress) {
    require(Phase.LOADING);
    phase = Phase.FAILED;
    commit();
    List<StoredIndex> built = new ArrayList<>();
    for (IndexDefinition wanted : target.indexes()) {
      built.add(stored(wanted, built));
    }
    built.sort(Comparator.comparing(index -> index.definition().id(), Long::compareUnsigned));
    DocumentCollection.putIndexes(store, generation, built);
    List<StoredIndex> maintained = built.stream().filter(StoredIndex::isMaintained).toList();
    if (!maintained.isEmpty()) {
      new IndexBuild(store, generation, maintained).run(progress, count());
    }
    indexes = built;
    phase = Phase.INDEXED;
  }

  private StoredIndex stored(IndexDefinition wanted, List<StoredIndex> others) {
    IndexDefinition definition =
        IndexRules.replicated(wanted, wanted.id() == 0 ? store.newId() : wanted.id());
    IndexRules.requireRoom(definition, others);
    return new StoredIndex(definition, store.newId(), store.indexKeyBytesMax());
  }

  /// Notes how far the leader's changes are contained in what was loaded; stored with the swap.
  public void appliedUpTo(AppliedPosition position) {
    applied = position;
  }

  /// Makes the new generation the collection, in one atomic step. A local collection of the same
  /// name (else of the same globally unique id) is replaced: who holds its handle reads on. If
  /// there is one of each, the other is dropped. Builds the indexes if that has not been done. Ends
  /// this load. Survives power loss when it returns, whatever `durability` says.
  ///
  /// The id goes with the globally unique id: where that is another one, what was there is dropped,
  /// as far as the catalog and the change log are concerned, and the copy is a new collection.
  ///
  /// @return the definition now in force
  public CollectionDefinition swap(Durability durability) {
    return swap(durability, _ -> true);
  }

  /// As [#swap(Durability)].
  ///
  /// @param mayReplace asked about each collection that would be replaced or dropped, while nobody
  ///   can write to it
  /// @throws dev.lockstep.core.LockstepException 1200 where it says no; nothing is changed then
  public CollectionDefinition swap(
      Durability durability, Predicate<DocumentCollection> mayReplace) {
    if (phase == Phase.LOADING) {
      buildIndexes((done, total) -> {});
    }
    require(Phase.INDEXED);
    phase = Phase.FAILED;
    long stored = GenerationTotals.count(store.engine(), generation);
    if (stored != count()) {
      throw new StorageException(
          "the new generation of collection '"
              + target.properties().name()
              + "' has "
              + stored
              + " documents in storage, "
              + count()
              + " were loaded");
    }
    // Before the step that makes them matter.
    store.gate().sync();
    for (int attempt = 0; attempt < SWAP_ATTEMPTS_MAX; attempt++) {
      CollectionDefinition definition = trySwap(mayReplace);
      if (definition != null) {
        phase = Phase.SWAPPED;
        return definition;
      }
    }
    throw new LockstepException(
        ErrorNumber.CONFLICT,
        "conflict: collection '"
            + target.properties().name()
            + "' was created, renamed or dropped again and again");
  }

  /// Null: the collections to be replaced are others by now.
  private @Nullable CollectionDefinition trySwap(Predicate<DocumentCollection> mayReplace) {
    DocumentCollection sameName = sameName();
    DocumentCollection sameGuid = sameGuid();
    List<DocumentCollection> replaced =
        Stream.of(sameName, sameGuid)
            .filter(Objects::nonNull)
            .distinct()
            .sorted(DocumentCollection.LOCKING)
            .toList();
    List<DocumentCollection> locked = new ArrayList<>();
    try {
      for (DocumentCollection collection : replaced) {
        collection.lockForChange();
        locked.add(collection);
        if (!mayReplace.test(collection)) {
          throw new LockstepException(
              ErrorNumber.CONFLICT,
              "conflict: collection '"
                  + collection.name()
                  + "' came here while the copy that would replace it was made; nothing was"
                  + " changed");
        }
      }
      store.catalogLock().lock();
      try {
        if (database.isDropped()) {
          throw new LockstepException(
              ErrorNumber.DATABASE_NOT_FOUND, "database not found: " + database.name());
        }
        return sameName() == sameName && sameGuid() == sameGuid ? swap(sameName, sameGuid) : null;
      } finally {
        store.catalogLock().unlock();
      }
    } catch (LockstepException e) {
      if (e.number() == ErrorNumber.COLLECTION_NOT_FOUND) {
        return null;
      }
      throw e;
    } finally {
      locked.forEach(DocumentCollection::unlock);
    }
  }

  private @Nullable DocumentCollection sameName() {
    return database.byName(target.properties().name());
  }

  private @Nullable DocumentCollection sameGuid() {
    return target.globallyUniqueId().isEmpty() ? null : database.byGuid(target.globallyUniqueId());
  }

  /// Under the locks of both collections and the catalog.
  private CollectionDefinition swap(
      @Nullable DocumentCollection sameName, @Nullable DocumentCollection sameGuid) {
    DocumentCollection replaced = sameName == null ? sameGuid : sameName;
    DocumentCollection dropped = sameGuid == replaced ? null : sameGuid;
    CollectionState old = replaced == null ? null : replaced.state();
    CollectionState gone = dropped == null ? null : dropped.state();
    // Leaders that tell no globally unique id mean the name.
    DocumentCollection same = target.globallyUniqueId().isEmpty() ? sameName : sameGuid;
    CollectionState before = same == null ? null : same.state();
    CollectionState other = sameName == null || sameName == same ? null : sameName.state();
    long id = before == null ? store.newId() : before.id();
    CollectionState next =
        new CollectionState(
            id, database.id(), guid(id, before), generation, target.properties(), indexes, false);
    CollectionProgress progress =
        new CollectionProgress(keys.last(), newest, applied)
            .atLeast(replaced == null ? CollectionProgress.initial(id) : replaced.progress());
    // Revisions given out from here on exceed those of the new documents.
    store.clock().observe(new Revision(newest));

    RevisionSummaryEditor editor = tree;
    if (editor != null) {
      store.trees().begin(generation, editor);
    }
    try (WriteBatch swap = store.engine().newBatch()) {
      if (other != null) {
        Database.deleteRows(swap, other);
      }
      DocumentCollection.putDefinition(swap, next);
      swap.put(Keyspace.CATALOG, CatalogKey.of(CatalogKey.PROGRESS, id), progress.encode());
      UnreachableStorage.revoke(swap, generation);
      if (before != null) {
        UnreachableStorage.declare(swap, before.generation(), Kind.GENERATION);
      }
      for (Change change : changes(other, before, next)) {
        swap.appendChange(ChangeCodec.encode(change));
      }
      store.gate().commitOrThrow(swap, Durability.POWER_LOSS);
    }

    store.unreachable().isReachable(generation);
    if (gone != null && dropped != null) {
      database.unpublish(gone);
      dropped.publish(gone.asDropped());
      store.unreachable().purgeLater(gone.generation(), Kind.GENERATION);
    }
    if (old == null || replaced == null) {
      database.publish(new DocumentCollection(store, database, next, progress));
    } else {
      replaced.publish(next, progress);
      database.republish(old, replaced);
      store.unreachable().purgeLater(old.generation(), Kind.GENERATION);
    }
    return next.definition(progress.lastKeyValue());
  }

  private String guid(long id, @Nullable CollectionState before) {
    if (!target.globallyUniqueId().isEmpty()) {
      return target.globallyUniqueId();
    }
    return before == null
        ? database.globallyUniqueId(id, target.properties())
        : before.globallyUniqueId();
  }

  /// @param other what had the name
  /// @param before what the new generation is a later state of
  private List<Change> changes(
      @Nullable CollectionState other, @Nullable CollectionState before, CollectionState next) {
    List<Change> changes = new ArrayList<>();
    if (other != null) {
      changes.add(
          new Change.CollectionDropped(other.databaseId(), other.id(), other.globallyUniqueId()));
    }
    byte[] definition = CatalogRows.collection(next);
    if (before == null) {
      changes.add(new Change.CollectionCreated(next.databaseId(), next.id(), definition));
      if (count() == 0) {
        // Nothing that is not in the log: whoever follows this server need not compare.
        for (StoredIndex index : next.indexes()) {
          changes.add(
              new Change.IndexCreated(
                  next.databaseId(), next.id(), index.definition().id(), CatalogRows.index(index)));
        }
        return changes;
      }
    } else {
      if (!before.name().equals(next.name())) {
        changes.add(
            new Change.CollectionRenamed(
                next.databaseId(),
                next.id(),
                before.globallyUniqueId(),
                before.name(),
                next.name()));
      }
      changes.add(new Change.PropertiesChanged(next.databaseId(), next.id(), definition));
    }
    changes.add(new Change.GenerationSwapped(next.databaseId(), next.id(), next.generation()));
    return changes;
  }

  /// Without a swap: purges what was built.
  @Override
  public void close() {
    Phase last = phase;
    if (last == Phase.CLOSED) {
      return;
    }
    phase = Phase.CLOSED;
    closeBatch();
    if (last != Phase.SWAPPED) {
      store.unreachable().purge(new Item(generation, Kind.GENERATION));
    }
    store.unreachable().release(generation);
  }

  private void require(Phase wanted) {
    if (phase != wanted) {
      throw new IllegalStateException(
          "the load of collection '"
              + target.properties().name()
              + "' is "
              + phase
              + ", not "
              + wanted);
    }
  }

  private WriteBatch batch() {
    WriteBatch current = batch;
    if (current == null) {
      current = store.engine().newBatch();
      batch = current;
    }
    return current;
  }

  /// Makes room for rows, by committing what is there if need be.
  private void room(long bytes, int operations) {
    WriteBatch current = batch;
    long bytesBefore = pendingBytes + (current == null ? 0 : current.bytes());
    int operationsBefore = pending.size() + (current == null ? 0 : current.operations());
    if (operationsBefore > 0
        && (bytesBefore + bytes > bytesMax || operationsBefore + operations > operationsMax)) {
      commit();
    }
  }

  private void commit() {
    if (batch == null && sorted == null && pending.isEmpty()) {
      return;
    }
    WriteBatch current = batch();
    putPrimaryRows(current);
    totals.addTo(current, generation);
    // In this order: a crash in between leaves documents without a primary row, or uncounted.
    for (SortedRows ahead : sortedRows()) {
      store.gate().finishOrThrow(ahead);
    }
    store.gate().commitOrThrow(current, Durability.PROCESS_CRASH);
    committed.add(totals);
    closeBatch();
  }

  private void putPrimaryRows(WriteBatch rowsOfBatch) {
    for (Pending row : KeyOrder.sorted(pending.values(), Pending::key)) {
      PrimaryEntry entry = row.entry();
      if (entry == null) {
        rowsOfBatch.delete(Keyspace.PRIMARY, row.primaryKey());
      } else {
        rowsOfBatch.put(Keyspace.PRIMARY, row.primaryKey(), entry.encode());
      }
    }
  }

  private List<SortedRows> sortedRows() {
    return Stream.of(sorted, sortedPrimary).filter(Objects::nonNull).toList();
  }

  private void closeBatch() {
    WriteBatch current = batch;
    if (current != null) {
      current.close();
      batch = null;
    }
    sortedRows().forEach(SortedRows::close);
    sorted = null;
    sortedPrimary = null;
    lastSorted = null;
    totals.clear();
    pending.clear();
    pendingBytes = 0;
    pendingRevisions.clear();
  }
}
