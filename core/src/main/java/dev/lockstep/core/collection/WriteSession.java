package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeCodec;
import dev.lockstep.core.collection.StoredIndex.EntryKey;
import dev.lockstep.core.collection.WriteResult.Ignored;
import dev.lockstep.core.collection.WriteResult.Refused;
import dev.lockstep.core.collection.WriteResult.Written;
import dev.lockstep.core.document.Document;
import dev.lockstep.core.document.DocumentHandle;
import dev.lockstep.core.document.DocumentKey;
import dev.lockstep.core.document.DocumentMerge;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.document.StoredDocument;
import dev.lockstep.core.document.VPackSlice;
import dev.lockstep.core.document.VPackTooLargeException;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.WriteBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/// The write path: one call of [DocumentCollection#write], carried out by one thread that holds the
/// collection's lock. Every document that is ever inserted, changed or removed one by one passes
/// here; only whole generations come another way ([GenerationLoad]).
final class WriteSession {
  /*
   * An operation is first judged completely (preconditions, uniqueness, size), then staged: all its
   * rows go into the current write batch, so that a refusal leaves no trace in it. The batch is
   * committed when the next operation would not fit. Until then what it changed is invisible to the
   * engine's readers, and the operations after it find it in the overlay.
   *
   * A document too large for a commit goes ahead of it: its chunks are committed first, under a
   * revision nobody knows and with a catalog row that tells the next open to remove them; the head
   * row, with everything else, follows in the batch, which also takes that catalog row away.
   */

  /// A commit larger than this would keep other collections waiting and hold much memory.
  static final long BATCH_BYTES = 16L << 20;

  /// The commit of an atomic call must not be cut: room for an import of 64 MiB that has to be
  /// complete, with what indexes and log add.
  static final long ATOMIC_BYTES = 96L << 20;

  /// Superseded documents are kept in up to this part of a commit.
  private static final int KEPT_SHARE = 4;

  /// What the rows that every batch may need once cost: counters, progress and a transaction's
  /// ends.
  private static final int RESERVED_OPERATIONS = 3 + GenerationTotals.COUNTERS;

  private static final int RESERVED_BYTES = 256;

  /// Bytes of a commit that an operation takes besides document, change and index entries: its
  /// primary row, the removal of an old document, what engines add per row.
  private static final int SMALL_ROWS_COST = 3 * DocumentRows.ROW_OVERHEAD + 512;

  /// Revisions from here on fit into no revision tree (they say year 2299), and the last ones would
  /// leave the clock nothing to give out.
  private static final long REVISION_END = 0x976b_b3e7_0000_0000L;

  private static final int GENERATED_KEY_ATTEMPTS_MAX = 16;

  private final DocumentStore store;
  private final CollectionState state;
  private final @Nullable CollectionSchema schema;
  private final WriteOptions options;
  private final boolean single;

  /// What several sessions are committed with, by whoever made them; null: this session commits.
  private final @Nullable WriteBatch shared;

  private final DocumentRows rows;
  private final SessionReads reads;
  private final RevisionCeiling ceiling;
  private final List<StoredIndex> indexes;
  private final KeyGeneration keys;
  private final long bytesMax;
  private final int operationsMax;

  private final List<WriteResult> results;

  /// What has been committed by this session, for the collection to publish.
  private CollectionProgress committed;

  private boolean wrote;

  /// Greatest revision so far, unsigned.
  private long newest;

  // The batch under construction; cleared after its commit.

  private @Nullable WriteBatch batch;

  /// Of the batch in the change log; 0: none.
  private long transaction;

  /// The first result that depends on the batch.
  private int batchFirst;

  private long bytes;
  private int operations;

  /// Of [#bytes] and [#operations], what keeping superseded documents takes.
  private long keptBytes;

  private int keptOperations;
  private final GenerationTotals totals = new GenerationTotals();
  private final Map<String, Overlaid> overlay = new HashMap<>();
  private final Map<EntryKey, Long> uniqueOverlay = new HashMap<>();

  /// Revision to key of documents in the batch.
  private final Map<Long, String> revisionOverlay = new HashMap<>();

  /// What the batch does to the revision tree, in order.
  private final List<Long> treeRevisions = new ArrayList<>();

  private final List<Boolean> treeInsertions = new ArrayList<>();

  /// Revisions whose chunks have been committed ahead of the batch.
  private final List<Long> ahead = new ArrayList<>();

  /// A document as the batch leaves it; both null: removed.
  private record Overlaid(@Nullable PrimaryEntry entry, @Nullable Document document) {
    static final Overlaid REMOVED = new Overlaid(null, null);
  }

  /// The document an operation finds.
  private record Existing(PrimaryEntry entry, @Nullable Document overlaid) {
    Revision revision() {
      return entry.asRevision();
    }
  }

  WriteSession(
      DocumentStore store,
      CollectionState state,
      @Nullable CollectionSchema schema,
      CollectionProgress progress,
      RevisionCeiling ceiling,
      WriteOptions options,
      int operationCount,
      @Nullable WriteBatch shared) {
    this.store = store;
    this.shared = shared;
    this.state = state;
    this.schema = schema;
    this.options = options;
    // One document of a leader may take several documents' places.
    this.single = operationCount == 1 && options.origin() == Origin.CLIENT;
    this.rows = store.documentRows();
    this.indexes = state.maintainedIndexes();
    this.reads = new SessionReads(store.engine(), rows, state.generation(), needsOld());
    this.ceiling = ceiling;
    this.keys =
        new KeyGeneration(
            state.properties().keyOptions(),
            progress.lastKeyValue(),
            store::newId,
            store.settings().random());
    this.committed = progress;
    this.newest = progress.newestRevision();
    EngineLimits limits = store.engine().limits();
    long batchBytes = options.atomic() ? ATOMIC_BYTES : BATCH_BYTES;
    this.bytesMax = Math.min(batchBytes, limits.commitBytesMax()) - RESERVED_BYTES;
    this.operationsMax = limits.commitKeysMax() - RESERVED_OPERATIONS;
    this.results = new ArrayList<>(operationCount);
  }

  /// What later sessions start from.
  CollectionProgress progress() {
    return committed;
  }

  /// Whether anything was committed, so that it may need a sync.
  boolean wrote() {
    return wrote;
  }

  List<WriteResult> run(List<DocumentWrite> writes) {
    try {
      for (int i = 0; i < writes.size(); i++) {
        reads.lookAhead(writes, i);
        WriteResult result = apply(writes.get(i));
        results.add(result);
        if (result instanceof Refused refused
            && (options.atomic() || refused.error() instanceof CommitRefused)) {
          stop(refused.error(), writes.size());
          return results;
        }
      }
      LockstepException refusal = commit(appliedIfWhole());
      if (refusal != null) {
        stop(refusal, writes.size());
      }
      return results;
    } finally {
      discard();
    }
  }

  /// A position must not cover what was refused.
  private @Nullable AppliedPosition appliedIfWhole() {
    AppliedPosition applied = options.applied();
    return applied == null || results.stream().anyMatch(Refused.class::isInstance) ? null : applied;
  }

  /// Stages everything into the shared batch.
  ///
  /// @throws LockstepException the first refusal; the batch is of no use then
  void stageShared(List<DocumentWrite> writes) {
    for (int i = 0; i < writes.size(); i++) {
      reads.lookAhead(writes, i);
      WriteResult result = apply(writes.get(i));
      results.add(result);
      if (result instanceof Refused refused) {
        throw refused.error();
      }
    }
    WriteBatch current = batch;
    if (current != null) {
      committed = stageEnd(current, options.applied());
    }
  }

  /// Bytes that were reserved in the shared batch.
  long sharedBytes() {
    return bytes + RESERVED_BYTES;
  }

  int sharedOperations() {
    return operations + RESERVED_OPERATIONS;
  }

  /// After the shared batch was committed, still under the lock of the trees' commits.
  void sharedCommitted() {
    applyTree();
    if (batch != null) {
      wrote = true;
      ahead.clear();
    }
  }

  /// After everything. Removes what went ahead of a batch that was not committed.
  void endShared() {
    discard();
  }

  /// Refuses everything that has not been committed.
  private void stop(LockstepException reason, int writes) {
    int firstUncommitted = batchFirst;
    discard();
    for (int i = firstUncommitted; i < results.size(); i++) {
      if (!(results.get(i) instanceof Refused)) {
        results.set(i, new Refused(notWritten(reason), keyOf(results.get(i)), null));
      }
    }
    while (results.size() < writes) {
      results.add(new Refused(notWritten(reason), null, null));
    }
  }

  private LockstepException notWritten(LockstepException reason) {
    return options.atomic() && !single
        ? new LockstepException(
            reason.number(),
            "not written, because another part failed: " + reason.getMessage(),
            reason.detail())
        : reason;
  }

  private static @Nullable String keyOf(WriteResult result) {
    return switch (result) {
      case Written written -> written.key();
      case Ignored ignored -> ignored.key();
      case Refused refused -> refused.key();
    };
  }

  private WriteResult apply(DocumentWrite write) {
    String key = null;
    try {
      return switch (write) {
        case DocumentWrite.Insert insert -> insert(insert);
        case DocumentWrite.Replace replace -> {
          key = replace.key();
          yield replace(replace);
        }
        case DocumentWrite.Update update -> {
          key = update.key();
          yield update(update);
        }
        case DocumentWrite.Remove remove -> {
          key = remove.key();
          yield remove(remove);
        }
        case DocumentWrite.PutReplicated put -> {
          key = put.document().key();
          yield putReplicated(put.document());
        }
        case DocumentWrite.RemoveRevision remove -> removeRevision(remove.revision());
        case DocumentWrite.RemoveReplicated remove -> {
          key = remove.key();
          yield removeReplicated(key, remove.expected());
        }
        case DocumentWrite.RemoveOlder remove -> {
          key = remove.key();
          yield removeOlder(key, remove.removal());
        }
      };
    } catch (LockstepException e) {
      return new Refused(e, key, null);
    } catch (VPackTooLargeException e) {
      return new Refused(
          new LockstepException(
              ErrorNumber.DOCUMENT_TOO_LARGE,
              "document too large: more than " + e.bytesMax() + " bytes",
              e),
          key,
          null);
    }
  }

  private WriteResult insert(DocumentWrite.Insert insert) {
    VPackSlice body = insert.body();
    requireObject(body);
    Revision restored = insert.restoreRevision();
    if (restored != null) {
      requireInRange(restored);
      store.clock().observe(restored);
    }
    VPackSlice given = body.get("_key");
    String key;
    Existing existing;
    if (given == null) {
      if (options.origin() == Origin.REPLICATION) {
        throw new LockstepException(
            ErrorNumber.DOCUMENT_KEY_MISSING, "missing document key: a leader's document has none");
      }
      key = generateKey();
      existing = null;
    } else {
      key = givenKey(given, restored != null);
      existing = find(key);
    }
    if (existing == null) {
      Revision revision = restored == null ? store.clock().next() : restored;
      return write(null, null, normalize(body, key, revision), false);
    }
    return switch (insert.mode()) {
      case CONFLICT -> new Refused(primaryViolation(key), key, existing.revision());
      case IGNORE -> new Ignored(key, existing.revision());
      case REPLACE -> replaceWith(existing, key, body, restored);
      case UPDATE ->
          updateWith(existing, key, body, insert.keepNull(), insert.mergeObjects(), restored);
    };
  }

  private String generateKey() {
    for (int attempt = 0; attempt < GENERATED_KEY_ATTEMPTS_MAX; attempt++) {
      String key = keys.next();
      if (find(key) == null) {
        return key;
      }
    }
    throw new IllegalStateException(
        "the key generator of collection '" + state.name() + "' gives only keys that exist");
  }

  private String givenKey(VPackSlice given, boolean restoring) {
    if (!given.isString()) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_KEY_BAD,
          "illegal document key: _key must be a string, not " + given.toJson());
    }
    String key = given.asString();
    String problem = DocumentKey.validate(key);
    if (problem != null) {
      throw new LockstepException(ErrorNumber.DOCUMENT_KEY_BAD, "illegal document key: " + problem);
    }
    if (options.origin() == Origin.CLIENT
        && !restoring
        && !state.properties().keyOptions().allowUserKeys()) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_KEY_UNEXPECTED,
          "unexpected document key: collection '"
              + state.name()
              + "' makes its keys itself (allowUserKeys is false)");
    }
    return key;
  }

  private WriteResult replace(DocumentWrite.Replace replace) {
    requireObject(replace.body());
    Existing existing = find(replace.key());
    WriteResult refused = precondition(existing, replace.key(), replace.expected());
    if (refused != null || existing == null) {
      return refused == null ? notFound(replace.key()) : refused;
    }
    return replaceWith(existing, replace.key(), replace.body(), null);
  }

  private WriteResult replaceWith(
      Existing existing, String key, VPackSlice body, @Nullable Revision restored) {
    return write(existing, null, normalize(body, key, nextRevision(restored)), false);
  }

  private WriteResult update(DocumentWrite.Update update) {
    requireObject(update.patch());
    Existing existing = find(update.key());
    WriteResult refused = precondition(existing, update.key(), update.expected());
    if (refused != null || existing == null) {
      return refused == null ? notFound(update.key()) : refused;
    }
    return updateWith(
        existing, update.key(), update.patch(), update.keepNull(), update.mergeObjects(), null);
  }

  private WriteResult updateWith(
      Existing existing,
      String key,
      VPackSlice patch,
      boolean keepNull,
      boolean mergeObjects,
      @Nullable Revision restored) {
    Document old = load(existing);
    VPackSlice merged = DocumentMerge.merge(old.slice(), patch, keepNull, mergeObjects);
    Document updated = normalize(merged, key, nextRevision(restored));
    if (options.origin() == Origin.CLIENT) {
      store.settings().updatedDocuments().requireUpdate(old.body().length, updated.body().length);
    }
    return write(existing, old, updated, false);
  }

  private WriteResult remove(DocumentWrite.Remove remove) {
    Existing existing = find(remove.key());
    WriteResult refused = precondition(existing, remove.key(), remove.expected());
    if (refused != null || existing == null) {
      return refused == null ? notFound(remove.key()) : refused;
    }
    Document old = stageRemoval(remove.key(), existing);
    return removed(remove.key(), existing, old);
  }

  private Written removed(String key, Existing existing, @Nullable Document old) {
    return new Written(
        key, existing.revision(), existing.revision(), options.returnOld() ? old : null, null);
  }

  private WriteResult removeReplicated(String key, @Nullable Revision expected) {
    Existing existing = find(key);
    return existing == null || expected != null && !existing.revision().equals(expected)
        ? new Ignored(key, Revision.NONE)
        : removed(key, existing, stageRemoval(key, existing));
  }

  private WriteResult removeOlder(String key, Revision removal) {
    Existing existing = find(key);
    return existing == null || existing.revision().compareTo(removal) >= 0
        ? new Ignored(key, Revision.NONE)
        : removed(key, existing, stageRemoval(key, existing));
  }

  private WriteResult removeRevision(Revision revision) {
    String key = holderOf(revision);
    Existing existing = key == null ? null : find(key);
    if (key == null || existing == null || !existing.revision().equals(revision)) {
      return new Refused(new LockstepException(ErrorNumber.DOCUMENT_NOT_FOUND), key, null);
    }
    return removed(key, existing, stageRemoval(key, existing));
  }

  /// Stages the removal of a document.
  ///
  /// @return the document, if it had to be read
  private @Nullable Document stageRemoval(String key, Existing existing) {
    Document kept = keeps(existing) ? load(existing) : null;
    Document old = kept != null ? kept : needsOld() ? load(existing) : null;
    List<IndexChange> indexChanges = indexChanges(key, existing, old, null);
    Revision revision = store.clock().next();
    byte[] change =
        ChangeCodec.encode(
            new Change.DocumentRemoved(
                state.databaseId(),
                state.id(),
                state.generation(),
                revision,
                existing.revision(),
                key));
    reserve(
        SMALL_ROWS_COST + change.length + cost(indexChanges) + keepingCost(kept),
        3 + operations(indexChanges) + keepingOperations(kept));
    WriteBatch target = batch();
    keep(target, kept);
    rows.delete(target, state.generation(), existing.entry());
    target.delete(Keyspace.PRIMARY, PrimaryEntry.key(state.generation(), key));
    stage(target, indexChanges);
    target.appendChange(change);
    changeTree(existing.entry().revision(), false);
    totals.removed(key, existing.entry().revision());
    newest = CollectionProgress.max(newest, revision.value());
    reads.forget(key, existing.entry().revision());
    if (!single) {
      overlay.put(key, Overlaid.REMOVED);
      revisionOverlay.remove(existing.entry().revision());
    }
    return old;
  }

  private WriteResult putReplicated(Document document) {
    String key = document.key();
    requirePossible(document);
    store.clock().observe(document.revision());
    Existing existing = find(key);
    boolean isUnused = false;
    if (existing != null && existing.revision().equals(document.revision())) {
      if (Arrays.equals(load(existing).body(), document.body())) {
        return new Ignored(key, existing.revision());
      }
      // The same revision with other content: somebody has tampered, or two clocks met.
      stageRemoval(key, existing);
      commitRemovalOf(document);
      existing = null;
    } else {
      String holder = holderOf(document.revision());
      isUnused = holder == null;
      if (holder != null && removeIfThere(holder)) {
        commitRemovalOf(document);
      }
    }
    for (StoredIndex index : indexes) {
      if (index.isUnique()) {
        removeConflicting(index, document, existing);
      }
    }
    // The leader's revision may be older than what was here; that something has changed must show.
    newest = CollectionProgress.max(newest, store.clock().next().value());
    return write(existing, null, document, isUnused);
  }

  /// The rows of a document that goes ahead of its batch must not meet those of one that the batch
  /// removes.
  private void commitRemovalOf(Document next) {
    if (rows.isChunked(next.body().length)) {
      LockstepException refusal = commit(null);
      if (refusal != null) {
        throw new CommitRefused(refusal);
      }
      batchFirst = results.size();
    }
  }

  private boolean removeIfThere(String key) {
    Existing existing = find(key);
    if (existing == null) {
      return false;
    }
    stageRemoval(key, existing);
    return true;
  }

  private void removeConflicting(
      StoredIndex index, Document document, @Nullable Existing existing) {
    long revision = document.revision().value();
    for (byte[] entry : index.entries(document.key(), document.slice(), revision)) {
      String conflicting = conflictingKey(entry, existing);
      if (conflicting != null) {
        removeIfThere(conflicting);
      }
    }
  }

  /// Judges and stages an insert (`existing` null) or a replacement.
  ///
  /// @param isUnused whether it is known that no document has the revision
  private WriteResult write(
      @Nullable Existing existing, @Nullable Document loaded, Document document, boolean isUnused) {
    String key = document.key();
    long revision = document.revision().value();
    requireEnds(document.slice());
    boolean keeps = existing != null && keeps(existing);
    Document old = loaded;
    if (existing != null
        && old == null
        && (keeps || needsOld() || existing.entry().revision() == revision)) {
      old = load(existing);
    }
    if (existing != null && existing.entry().revision() == revision) {
      // Only a restored revision can meet itself: the document came a second time.
      if (old != null && Arrays.equals(old.body(), document.body())) {
        return written(existing, old, document);
      }
      throw new LockstepException(
          ErrorNumber.CONFLICT,
          "conflict: revision "
              + document.revision()
              + " of document '"
              + key
              + "' is stored with other content");
    }
    if (!isUnused) {
      requireUnused(document);
    }
    if (schema != null) {
      Document former = old;
      schema.require(
          document.slice(),
          existing == null ? null : () -> (former == null ? load(existing) : former).slice());
    }
    List<IndexChange> indexChanges = indexChanges(key, existing, old, document);

    byte[] change =
        ChangeCodec.encode(
            new Change.DocumentWritten(
                state.databaseId(),
                state.id(),
                state.generation(),
                document.revision(),
                existing == null ? Revision.NONE : existing.revision(),
                key));
    int length = document.body().length;
    Document kept = keeps ? old : null;
    int otherOperations =
        2 + (existing == null ? 0 : 1) + operations(indexChanges) + keepingOperations(kept);
    long otherBytes = SMALL_ROWS_COST + change.length + cost(indexChanges) + keepingCost(kept);
    boolean goesAhead =
        rows.isChunked(length)
            && (otherBytes + rows.cost(length) > bytesMax
                || otherOperations + rows.operations(length) > operationsMax);
    if (goesAhead) {
      reserve(otherBytes + DocumentRows.headCost(), otherOperations + 2);
      requireNoRows(document);
      putChunksAhead(document);
    } else {
      reserve(otherBytes + rows.cost(length), otherOperations + rows.operations(length));
    }

    WriteBatch target = batch();
    ceiling.raise(state.generation(), revision);
    keep(target, kept);
    if (existing != null) {
      rows.delete(target, state.generation(), existing.entry());
      totals.removed(key, existing.entry().revision());
    }
    totals.inserted(key, revision);
    if (goesAhead) {
      rows.putHead(target, state.generation(), document);
    } else {
      rows.put(target, state.generation(), document);
    }
    PrimaryEntry entry = new PrimaryEntry(revision, length, isTransaction());
    target.put(Keyspace.PRIMARY, PrimaryEntry.key(state.generation(), key), entry.encode());
    stage(target, indexChanges);
    target.appendChange(change);
    if (existing != null) {
      changeTree(existing.entry().revision(), false);
    }
    changeTree(revision, true);
    newest = CollectionProgress.max(newest, revision);
    if (existing == null) {
      keys.observe(key);
    }
    reads.forget(key, existing == null ? revision : existing.entry().revision());
    if (!single) {
      overlay.put(key, new Overlaid(entry, document));
      if (existing != null) {
        revisionOverlay.remove(existing.entry().revision());
      }
      revisionOverlay.put(revision, key);
    }
    return written(existing, old, document);
  }

  private Written written(@Nullable Existing existing, @Nullable Document old, Document document) {
    return new Written(
        document.key(),
        document.revision(),
        existing == null ? null : existing.revision(),
        options.returnOld() ? old : null,
        options.returnNew() ? document : null);
  }

  private boolean needsOld() {
    return options.returnOld() || !indexes.isEmpty();
  }

  // Keeping what a transaction wrote.

  /// Whether what is committed here becomes visible together.
  private boolean isTransaction() {
    return shared != null || options.atomic() && !single;
  }

  /// Whether a document that goes is to be kept for readers of the change log: a transaction wrote
  /// it, an earlier one. The part of a commit that this may take is limited, lest a call be refused
  /// for it.
  private boolean keeps(Existing existing) {
    int length = existing.entry().length();
    SupersededDocuments superseded = store.superseded();
    return existing.entry().isOfTransaction()
        && existing.overlaid() == null
        && keptBytes + superseded.cost(length) <= bytesMax / KEPT_SHARE
        && keptOperations + superseded.operations(length) <= operationsMax / KEPT_SHARE;
  }

  private long keepingCost(@Nullable Document kept) {
    return kept == null ? 0 : store.superseded().cost(kept.body().length);
  }

  private int keepingOperations(@Nullable Document kept) {
    return kept == null ? 0 : store.superseded().operations(kept.body().length);
  }

  /// After its place was reserved.
  private void keep(WriteBatch target, @Nullable Document kept) {
    if (kept != null) {
      store.superseded().keep(target, state.generation(), kept);
      keptBytes += keepingCost(kept);
      keptOperations += keepingOperations(kept);
    }
  }

  // Judging.

  private Revision nextRevision(@Nullable Revision restored) {
    return restored == null ? store.clock().next() : restored;
  }

  private static Document normalize(VPackSlice body, String key, Revision revision) {
    return StoredDocument.normalize(body, key, revision);
  }

  private static void requireObject(VPackSlice body) {
    if (!body.isObject()) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_TYPE_INVALID,
          "invalid document type: a document must be an object, not "
              + body.type().name().toLowerCase(Locale.ROOT));
    }
  }

  private void requireEnds(VPackSlice document) {
    if (state.properties().type() == CollectionType.EDGE && options.origin() == Origin.CLIENT) {
      requireEnd(document, "_from");
      requireEnd(document, "_to");
    }
  }

  private static void requireEnd(VPackSlice document, String attribute) {
    VPackSlice end = document.get(attribute);
    if (end == null || !end.isString() || DocumentHandle.parse(end.asString()) == null) {
      throw new LockstepException(
          ErrorNumber.INVALID_EDGE_ATTRIBUTE,
          "edge attribute missing or invalid: "
              + attribute
              + " must be a document handle 'collection/key'"
              + (end == null ? "" : ", not " + end.toJson()));
    }
  }

  /// @throws LockstepException 1221 or 1239 if a leader's document has a key or a revision that no
  ///   document can have
  static void requirePossible(Document document) {
    String problem = DocumentKey.validate(document.key());
    if (problem != null) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_KEY_BAD,
          "illegal document key: '" + document.key() + "' of the leader: " + problem);
    }
    requireInRange(document.revision());
  }

  /// @throws LockstepException 1239 for revisions that no server gives out
  private static void requireInRange(Revision revision) {
    if (revision.equals(Revision.NONE)
        || Long.compareUnsigned(revision.value(), REVISION_END) >= 0) {
      throw new LockstepException(
          ErrorNumber.DOCUMENT_REVISION_BAD,
          "illegal document revision: '" + revision + "' is out of range");
    }
  }

  /// Revisions name documents in storage: no two documents of a collection may have the same.
  private void requireUnused(Document document) {
    String holder = holderOf(document.revision());
    if (holder != null) {
      throw new LockstepException(
          ErrorNumber.CONFLICT,
          "conflict: revision "
              + document.revision()
              + " of document '"
              + document.key()
              + "' is already the revision of document '"
              + holder
              + "' in collection '"
              + state.name()
              + "'");
    }
  }

  /// The key of the document that has this revision, null if there is none.
  private @Nullable String holderOf(Revision wanted) {
    long revision = wanted.value();
    // Everything stored is at most `newest`, so a fresh revision needs no look-up.
    if (Long.compareUnsigned(revision, newest) > 0) {
      return null;
    }
    String holder = revisionOverlay.get(revision);
    if (holder == null && ceiling.covers(store.engine(), rows, state.generation(), revision)) {
      holder = DocumentRows.keyOf(store.engine(), state.generation(), revision);
      if (holder != null && overlay.containsKey(holder)) {
        // The batch has already moved that document on.
        holder = null;
      }
    }
    return holder;
  }

  /// Chunks that go ahead must not touch a stored document, even one that the batch is about to
  /// remove; a restored revision could name it.
  private void requireNoRows(Document document) {
    long revision = document.revision().value();
    if (Long.compareUnsigned(revision, newest) <= 0
        && DocumentRows.exists(store.engine(), state.generation(), revision)) {
      throw new LockstepException(
          ErrorNumber.CONFLICT,
          "conflict: revision "
              + document.revision()
              + " of document '"
              + document.key()
              + "' is in use until the operations before it are committed");
    }
  }

  private @Nullable WriteResult precondition(
      @Nullable Existing existing, String key, @Nullable Revision expected) {
    if (existing != null && expected != null && !existing.revision().equals(expected)) {
      return new Refused(
          new LockstepException(ErrorNumber.CONFLICT, "conflict, _rev values do not match"),
          key,
          existing.revision());
    }
    return null;
  }

  private static WriteResult notFound(String key) {
    return new Refused(new LockstepException(ErrorNumber.DOCUMENT_NOT_FOUND), key, null);
  }

  private static LockstepException primaryViolation(String key) {
    return new LockstepException(
        ErrorNumber.UNIQUE_CONSTRAINT_VIOLATED,
        "unique constraint violated - in index primary of type primary over '_key'; conflicting"
            + " key: "
            + key);
  }

  private @Nullable Existing find(String key) {
    Overlaid overlaid = overlay.get(key);
    if (overlaid != null) {
      return overlaid.entry() == null ? null : new Existing(overlaid.entry(), overlaid.document());
    }
    PrimaryEntry entry = reads.entry(key);
    return entry == null ? null : new Existing(entry, null);
  }

  private Document load(Existing existing) {
    if (existing.overlaid() != null) {
      return existing.overlaid();
    }
    Document document = reads.document(existing.entry().revision());
    if (document == null) {
      throw DocumentRows.damaged(
          state.generation(),
          existing.entry().revision(),
          "the primary index knows it, it is gone");
    }
    return document;
  }

  // Indexes.

  /// @param removed keys of entries that go, none of which is in `added`
  private record IndexChange(
      StoredIndex index, List<byte[]> removed, List<byte[]> added, long revision) {}

  private List<IndexChange> indexChanges(
      String key, @Nullable Existing existing, @Nullable Document old, @Nullable Document now) {
    if (indexes.isEmpty()) {
      return List.of();
    }
    List<IndexChange> changes = new ArrayList<>(indexes.size());
    for (StoredIndex index : indexes) {
      List<byte[]> removed = List.of();
      if (existing != null && old != null) {
        removed = index.entries(key, old.slice(), existing.entry().revision());
      }
      List<byte[]> added = List.of();
      long revision = 0;
      if (now != null) {
        revision = now.revision().value();
        added = index.entries(key, now.slice(), revision);
        if (index.isUnique()) {
          requireUnique(index, added, existing);
          removed = without(removed, added);
        }
      }
      changes.add(new IndexChange(index, removed, added, revision));
    }
    return changes;
  }

  private void requireUnique(StoredIndex index, List<byte[]> added, @Nullable Existing existing) {
    for (byte[] entry : added) {
      String conflicting = conflictingKey(entry, existing);
      if (conflicting != null) {
        throw index.violation(conflicting);
      }
    }
  }

  /// The key of another document than `existing` that has an entry of a unique index, null if none
  /// has.
  private @Nullable String conflictingKey(byte[] entry, @Nullable Existing existing) {
    Long holder = uniqueOverlay.get(new EntryKey(entry));
    if (holder == null) {
      byte[] row = store.engine().get(Keyspace.INDEXES, entry);
      holder = row == null ? null : (Long) Keys.longAt(row, 0);
    }
    if (holder == null
        || holder == NO_HOLDER
        || existing != null && holder == existing.entry().revision()) {
      return null;
    }
    String key = revisionOverlay.get(holder);
    if (key == null) {
      key = DocumentRows.keyOf(store.engine(), state.generation(), holder);
    }
    if (key == null) {
      throw DocumentRows.damaged(state.generation(), holder, "a unique index knows it, it is gone");
    }
    return key;
  }

  /// In the overlay: the batch removes the entry.
  private static final long NO_HOLDER = 0;

  private static List<byte[]> without(List<byte[]> keys, List<byte[]> excluded) {
    if (keys.isEmpty() || excluded.isEmpty()) {
      return keys;
    }
    Set<EntryKey> kept = new HashSet<>();
    for (byte[] key : excluded) {
      kept.add(new EntryKey(key));
    }
    List<byte[]> rest = new ArrayList<>(keys.size());
    for (byte[] key : keys) {
      if (!kept.contains(new EntryKey(key))) {
        rest.add(key);
      }
    }
    return rest;
  }

  private static int operations(List<IndexChange> changes) {
    int sum = 0;
    for (IndexChange change : changes) {
      sum += change.removed().size() + change.added().size();
    }
    return sum;
  }

  private static long cost(List<IndexChange> changes) {
    long sum = 0;
    for (IndexChange change : changes) {
      for (byte[] key : change.removed()) {
        sum += key.length + DocumentRows.ROW_OVERHEAD;
      }
      for (byte[] key : change.added()) {
        sum += key.length + DocumentRows.ROW_OVERHEAD;
      }
    }
    return sum;
  }

  private void stage(WriteBatch target, List<IndexChange> changes) {
    for (IndexChange change : changes) {
      boolean remember = !single && change.index().isUnique();
      for (byte[] key : change.removed()) {
        target.delete(Keyspace.INDEXES, key);
        if (remember) {
          uniqueOverlay.put(new EntryKey(key), NO_HOLDER);
        }
      }
      for (byte[] key : change.added()) {
        target.put(Keyspace.INDEXES, key, change.index().entryValue(change.revision()));
        if (remember) {
          uniqueOverlay.put(new EntryKey(key), change.revision());
        }
      }
    }
  }

  // The batch.

  private WriteBatch batch() {
    WriteBatch current = batch;
    if (current == null) {
      current = shared == null ? store.engine().newBatch() : shared;
      batch = current;
      if (shared == null && isTransaction()) {
        transaction = store.newId();
        current.appendChange(
            ChangeCodec.encode(new Change.TransactionBegun(state.databaseId(), transaction)));
      }
    }
    return current;
  }

  /// Makes room for an operation, by committing what is there if need be.
  ///
  /// @throws LockstepException 32 if it does not fit into a commit at all, or into the one of an
  ///   atomic call
  private void reserve(long moreBytes, int moreOperations) {
    boolean fits = bytes + moreBytes <= bytesMax && operations + moreOperations <= operationsMax;
    if (!fits && options.atomic()) {
      throw tooLarge(
          "the operations of one atomic call need", bytes + moreBytes, operations + moreOperations);
    }
    if (!fits && batch != null) {
      LockstepException refusal = commit(null);
      if (refusal != null) {
        throw new CommitRefused(refusal);
      }
      batchFirst = results.size();
    }
    if (moreBytes > bytesMax || moreOperations > operationsMax) {
      throw tooLarge("the document and its index entries need", moreBytes, moreOperations);
    }
    bytes += moreBytes;
    operations += moreOperations;
  }

  private LockstepException tooLarge(String what, long needBytes, int needOperations) {
    return new LockstepException(
        ErrorNumber.RESOURCE_LIMIT,
        what
            + " "
            + needBytes
            + " bytes and "
            + needOperations
            + " rows in one commit, this storage takes at most "
            + bytesMax
            + " and "
            + operationsMax);
  }

  private void putChunksAhead(Document document) {
    long revision = document.revision().value();
    ahead.add(revision);
    LockstepException refusal =
        store.largeDocuments().putChunks(state.generation(), document, bytesMax, operationsMax);
    if (refusal != null) {
      throw new CommitRefused(refusal);
    }
  }

  /// Commits the batch, if there is one; answers why not, else null.
  ///
  /// @param applied stored with it; null: as before
  private @Nullable LockstepException commit(@Nullable AppliedPosition applied) {
    WriteBatch current = batch;
    if (current == null) {
      return null;
    }
    if (shared != null) {
      return new LockstepException(
          ErrorNumber.RESOURCE_LIMIT,
          "the operations of one transaction do not fit into one commit of the storage");
    }
    CollectionProgress progress = stageEnd(current, applied);
    LockstepException refusal;
    Lock commitLock = store.trees().commitLock();
    commitLock.lock();
    try {
      refusal = store.gate().commit(current, Durability.PROCESS_CRASH);
      if (refusal == null) {
        applyTree();
      }
    } finally {
      commitLock.unlock();
    }
    if (refusal == null) {
      committed = progress;
      wrote = true;
      ahead.clear();
      clearBatch();
    }
    return refusal;
  }

  /// Puts in what every commit has once.
  ///
  /// @return what holds once it is committed
  private CollectionProgress stageEnd(WriteBatch current, @Nullable AppliedPosition applied) {
    totals.addTo(current, state.generation());
    CollectionProgress progress =
        new CollectionProgress(keys.last(), newest, committed.applied()).withApplied(applied);
    current.put(
        Keyspace.CATALOG, CatalogKey.of(CatalogKey.PROGRESS, state.id()), progress.encode());
    for (long revision : ahead) {
      current.delete(
          Keyspace.CATALOG, CatalogKey.of(CatalogKey.LARGE_DOCUMENT, state.generation(), revision));
    }
    if (transaction != 0) {
      current.appendChange(
          ChangeCodec.encode(new Change.TransactionCommitted(state.databaseId(), transaction)));
    }
    return progress;
  }

  private void applyTree() {
    if (!treeRevisions.isEmpty()) {
      store.trees().apply(state.generation(), treeChange());
    }
  }

  private void changeTree(long revision, boolean inserted) {
    treeRevisions.add(revision);
    treeInsertions.add(inserted);
  }

  private RevisionTrees.TreeChange treeChange() {
    long[] revisions = new long[treeRevisions.size()];
    boolean[] inserted = new boolean[revisions.length];
    for (int i = 0; i < revisions.length; i++) {
      revisions[i] = treeRevisions.get(i);
      inserted[i] = treeInsertions.get(i);
    }
    return new RevisionTrees.TreeChange(revisions, inserted);
  }

  private void clearBatch() {
    WriteBatch current = batch;
    if (current != null) {
      if (shared == null) {
        current.close();
      }
      batch = null;
    }
    transaction = 0;
    bytes = 0;
    operations = 0;
    keptBytes = 0;
    keptOperations = 0;
    totals.clear();
    overlay.clear();
    uniqueOverlay.clear();
    revisionOverlay.clear();
    treeRevisions.clear();
    treeInsertions.clear();
  }

  private void discard() {
    clearBatch();
    for (long revision : ahead) {
      store.largeDocuments().removeChunks(state.generation(), revision);
    }
    ahead.clear();
  }

  /// A commit was refused in the middle of a session: no further operation is tried.
  private static final class CommitRefused extends LockstepException {
    private static final long serialVersionUID = 1L;

    CommitRefused(LockstepException refusal) {
      super(refusal.number(), String.valueOf(refusal.getMessage()), refusal);
    }
  }
}
