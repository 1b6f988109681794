package dev.lockstep.replication.applier;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.collection.AppliedPosition;
import dev.lockstep.core.collection.CollectionDefinition;
import dev.lockstep.core.collection.CollectionWrites;
import dev.lockstep.core.collection.Database;
import dev.lockstep.core.collection.DocumentCollection;
import dev.lockstep.core.collection.DocumentStore;
import dev.lockstep.core.collection.DocumentWrite;
import dev.lockstep.core.collection.GenerationLoad;
import dev.lockstep.core.collection.IndexDefinition;
import dev.lockstep.core.collection.ReplicatedCollection;
import dev.lockstep.core.collection.WriteOptions;
import dev.lockstep.core.collection.WriteResult;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.replication.protocol.InventoryCollection;
import dev.lockstep.replication.protocol.Marker;
import dev.lockstep.replication.protocol.ReplicatedNames;
import dev.lockstep.replication.protocol.ReplicationException;
import dev.lockstep.replication.protocol.Restriction;
import dev.lockstep.replication.protocol.SyncOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out what markers say, in their order: changes of documents are collected per collection
/// and written together, different collections at the same time; everything else waits for what
/// came before it. One thread calls.
///
/// Each change is applied once in effect: a collection's position is stored with its documents, and
/// what it covers is passed over. Where the leader's ticks do not have the order of its changes
/// (engines before RocksDB) changes may be repeated after a crash, which ends in the same state.
final class MarkerApplication implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MarkerApplication.class);

  /// Of an offending marker in a message.
  private static final int EXCERPT_CHARACTERS = 1024;

  /// Roughly what a removal takes in memory.
  private static final long REMOVAL_BYTES = 300;

  /// What only whoever talks to the leader can do.
  interface Resynchronizer {
    /// Brings one collection to a later state of the leader, by comparing. A collection that the
    /// leader does not have any more is left alone.
    void resynchronize(Database database, DocumentCollection collection)
        throws InterruptedException;
  }

  private final DocumentStore store;

  /// The one that receives everything; null: the markers name theirs.
  private final @Nullable Database database;

  private final SyncOptions options;
  private final ApplierSettings settings;
  private final long leaderId;
  private final boolean hasOrderedTicks;

  /// What was applied when the run began. Everything but documents is stored as applied at once, so
  /// up to here it need not, and must not, be done again: names have moved on since.
  private final Tick appliedBefore;

  private final CollectionSelection selection;
  private final FollowedCollections followed;
  private final Resynchronizer resynchronizer;
  private final Semaphore writers;
  private final ExecutorService threads;

  private final Map<DocumentCollection, PendingTransaction.Part> pending = new LinkedHashMap<>();
  private final Map<String, PendingTransaction> transactions = new HashMap<>();

  /// Transactions that were too large to be held; what remains of them is applied as it comes.
  private final Map<String, Tick> cutTransactions = new HashMap<>();

  /// As far as markers told both id and name.
  private final Map<String, DocumentCollection> byLeadersId = new HashMap<>();

  private int errorsLeft;
  private boolean hasChangedCatalog;
  private long documents;
  private long removals;
  private long excluded;

  /// @param threads for writing; closed with this
  MarkerApplication(
      DocumentStore store,
      @Nullable Database database,
      SyncOptions options,
      ApplierSettings settings,
      long leaderId,
      boolean hasOrderedTicks,
      Tick appliedBefore,
      CollectionSelection selection,
      FollowedCollections followed,
      Resynchronizer resynchronizer,
      ExecutorService threads) {
    this.store = store;
    this.database = database;
    this.options = options;
    this.settings = settings;
    this.leaderId = leaderId;
    this.hasOrderedTicks = hasOrderedTicks;
    this.appliedBefore = appliedBefore;
    this.selection = selection;
    this.followed = followed;
    this.resynchronizer = resynchronizer;
    this.threads = threads;
    this.writers = new Semaphore(settings.writersMax());
    this.errorsLeft = options.applier().ignoreErrors();
  }

  long documents() {
    return documents;
  }

  long removals() {
    return removals;
  }

  long excluded() {
    return excluded;
  }

  /// Whether something else than documents was changed since this was asked last; then the position
  /// should be stored at once.
  boolean takeCatalogChange() {
    boolean was = hasChangedCatalog;
    hasChangedCatalog = false;
    return was;
  }

  /// From where a later run has to go on when everything up to `applied` is here.
  Tick safeResume(Tick applied) {
    Tick oldest = null;
    for (PendingTransaction transaction : transactions.values()) {
      oldest = earlier(oldest, transaction.begin());
    }
    for (Tick begin : cutTransactions.values()) {
      oldest = earlier(oldest, begin);
    }
    return oldest == null ? applied : new Tick(oldest.value() - 1);
  }

  private static Tick earlier(@Nullable Tick a, Tick b) {
    return a == null || b.compareTo(a) < 0 ? b : a;
  }

  /// Takes one marker. Its effect is complete after [#flush] at the latest.
  ///
  /// @throws LockstepException if it cannot be applied and no error is to be ignored, or if the
  ///   leader is needed for it and cannot be reached
  void apply(Marker marker) throws InterruptedException {
    try {
      dispatch(marker);
    } catch (LockstepException e) {
      if (e instanceof ReplicationException failure && failure.isTransient()) {
        // No fault of the marker's: whoever ignored it would lose what it stands for.
        throw e;
      }
      if (e.number() == ErrorNumber.REQUEST_CANCELED || errorsLeft <= 0) {
        throw withMarker(e, marker);
      }
      ignore(withMarker(e, marker));
    }
  }

  private void ignore(LockstepException failure) {
    if (errorsLeft != Integer.MAX_VALUE) {
      errorsLeft--;
    }
    LOG.warn("an error is ignored, as configured ('ignoreErrors'): {}", failure.getMessage());
  }

  private static LockstepException withMarker(LockstepException failure, Marker marker) {
    String shown = String.valueOf(marker);
    return new LockstepException(
        failure.number(),
        failure.getMessage()
            + ", offending marker: "
            + shown.substring(0, Math.min(shown.length(), EXCERPT_CHARACTERS)),
        failure);
  }

  private boolean isDoneAlready(Marker marker) {
    boolean isOfDocuments =
        marker instanceof Marker.OfDocument
            || marker instanceof Marker.TransactionBegun
            || marker instanceof Marker.TransactionCommitted
            || marker instanceof Marker.TransactionAborted;
    return hasOrderedTicks && !isOfDocuments && marker.tick().compareTo(appliedBefore) <= 0;
  }

  private void dispatch(Marker marker) throws InterruptedException {
    if (isDoneAlready(marker)) {
      return;
    }
    switch (marker) {
      case Marker.OfDocument change -> document(change);
      case Marker.TransactionBegun begun -> begin(begun);
      case Marker.TransactionCommitted committed -> commit(committed.transaction());
      case Marker.TransactionAborted aborted -> {
        transactions.remove(aborted.transaction());
        cutTransactions.remove(aborted.transaction());
      }
      case Marker.DatabaseCreated created -> createDatabase(created);
      case Marker.DatabaseDropped dropped -> dropDatabase(dropped);
      case Marker.ViewChanged _ -> excluded++;
      case Marker.OfCollection change -> collection(change);
    }
  }

  // Documents.

  private void document(Marker.OfDocument change) throws InterruptedException {
    DocumentCollection collection = followed(change);
    if (collection == null) {
      return;
    }
    DocumentWrite write;
    long size;
    switch (change) {
      case Marker.DocumentWritten written -> {
        write = new DocumentWrite.PutReplicated(written.document());
        size = written.document().body().length;
        documents++;
      }
      case Marker.DocumentRemoved removed -> {
        write = new DocumentWrite.RemoveReplicated(removed.key());
        size = REMOVAL_BYTES;
        removals++;
      }
    }
    String id = change.transaction();
    if (change.isInTransaction() && !cutTransactions.containsKey(id)) {
      PendingTransaction transaction = transactions.get(id);
      if (transaction == null) {
        throw unexpectedTransaction("transaction " + id + " was never begun");
      }
      transaction.add(collection, write, change.tick(), size);
      if (transaction.bytes() > settings.transactionBytesMax()) {
        cut(id, transaction);
      }
      return;
    }
    add(collection, List.of(write), change.tick());
  }

  private void add(DocumentCollection collection, List<DocumentWrite> writes, Tick last) {
    PendingTransaction.Part part =
        pending.computeIfAbsent(collection, _ -> new PendingTransaction.Part());
    part.writes.addAll(writes);
    part.last = last;
  }

  /// The local collection that a marker is about; null if there is nothing to do.
  private @Nullable DocumentCollection followed(Marker.OfCollection change) {
    Database target = target(change);
    if (target == null) {
      return null;
    }
    DocumentCollection local = local(target, change.collection());
    Boolean isIncluded = selection.includes(change.collection(), local);
    if (local == null && isIncluded == null && isRestricted()) {
      // What is followed is here; so this is something else.
      isIncluded = false;
    }
    if (isIncluded != null && !isIncluded) {
      excluded++;
      return null;
    }
    if (local == null) {
      throw new LockstepException(
          ErrorNumber.COLLECTION_NOT_FOUND,
          "collection or view not found: the leader changed '"
              + change.collection().shown()
              + "', which is not in database '"
              + target.name()
              + "' here");
    }
    followed.hold(local);
    return isCovered(local, change.tick()) ? null : local;
  }

  private boolean isRestricted() {
    return !(options.restriction() instanceof Restriction.Everything);
  }

  private boolean isCovered(DocumentCollection local, Tick tick) {
    if (!hasOrderedTicks) {
      return false;
    }
    AppliedPosition position = local.appliedPosition();
    return position != null && position.covers(leaderId, tick);
  }

  private @Nullable DocumentCollection local(
      Database target, Marker.CollectionReference collection) {
    String name =
        collection.globallyUniqueId().isEmpty() ? collection.name() : collection.globallyUniqueId();
    String id = collection.id();
    if (name.isEmpty()) {
      // Leaders of 3.2 tell nothing but the id where an index is created.
      DocumentCollection known = byLeadersId.get(id);
      return known != null && target.collections().contains(known)
          ? known
          : target.collection(ReplicatedNames.globallyUniqueId(leaderId, id));
    }
    DocumentCollection found = target.collection(name);
    if (found != null && !id.isEmpty()) {
      byLeadersId.put(id, found);
    }
    return found;
  }

  /// The local database a marker is about; null if it is none that is followed.
  private @Nullable Database target(Marker marker) {
    Database only = database;
    if (only != null) {
      return only;
    }
    Database named = store.database(marker.database());
    if (named == null) {
      throw new LockstepException(
          ErrorNumber.DATABASE_NOT_FOUND,
          "database not found: the leader changed something in '"
              + marker.database()
              + "', which is not here");
    }
    return named;
  }

  // Transactions.

  private void begin(Marker.TransactionBegun begun) {
    String id = begun.transaction();
    if (transactions.containsKey(id) || cutTransactions.containsKey(id)) {
      throw unexpectedTransaction("transaction " + id + " was begun twice");
    }
    transactions.put(id, new PendingTransaction(begun.tick()));
  }

  private static LockstepException unexpectedTransaction(String detail) {
    return new LockstepException(
        ErrorNumber.REPLICATION_UNEXPECTED_TRANSACTION,
        ErrorNumber.REPLICATION_UNEXPECTED_TRANSACTION.defaultMessage() + ": " + detail);
  }

  private void cut(String id, PendingTransaction transaction) {
    LOG.warn(
        "transaction {} of the leader has more than {} bytes and is carried out piece by piece:"
            + " readers here may see a part of it",
        id,
        settings.transactionBytesMax());
    transactions.remove(id);
    cutTransactions.put(id, transaction.begin());
    transaction.parts().forEach((collection, part) -> add(collection, part.writes, part.last));
  }

  private void commit(String id) throws InterruptedException {
    if (cutTransactions.remove(id) != null) {
      return;
    }
    PendingTransaction transaction = transactions.remove(id);
    if (transaction == null) {
      throw unexpectedTransaction("transaction " + id + " was committed but never begun");
    }
    Map<DocumentCollection, PendingTransaction.Part> parts = transaction.parts();
    if (parts.isEmpty()) {
      return;
    }
    if (parts.size() == 1 && parts.values().iterator().next().writes.size() == 1) {
      parts.forEach((collection, part) -> add(collection, part.writes, part.last));
      return;
    }
    flush();
    try {
      if (parts.size() == 1) {
        parts.forEach((collection, part) -> write(collection, part, true));
      } else {
        writeTogether(parts);
      }
    } catch (LockstepException e) {
      if (e.number() != ErrorNumber.RESOURCE_LIMIT) {
        throw e;
      }
      LOG.warn(
          "transaction {} of the leader is carried out piece by piece: {}", id, e.getMessage());
      parts.forEach((collection, part) -> write(collection, part, false));
    }
  }

  private void writeTogether(Map<DocumentCollection, PendingTransaction.Part> parts) {
    List<CollectionWrites> together = new ArrayList<>(parts.size());
    Tick last = Tick.NONE;
    for (Map.Entry<DocumentCollection, PendingTransaction.Part> entry : parts.entrySet()) {
      together.add(new CollectionWrites(entry.getKey(), entry.getValue().writes));
      Tick tick = entry.getValue().last;
      last = tick.compareTo(last) > 0 ? tick : last;
    }
    Tick position = last;
    retryingLocks(() -> {
      store.writeTogether(together, options(position, true));
      return true;
    });
  }

  // Writing.

  private WriteOptions options(Tick last, boolean isAtomic) {
    AppliedPosition position = new AppliedPosition(leaderId, last);
    return hasOrderedTicks
        ? WriteOptions.applying(position, isAtomic)
        : new WriteOptions(
            Durability.PROCESS_CRASH, false, false, isAtomic, WriteOptions.REPLICATION.origin());
  }

  /// Writes everything that was collected.
  void flush() throws InterruptedException {
    if (pending.isEmpty()) {
      return;
    }
    Map<DocumentCollection, PendingTransaction.Part> parts = new LinkedHashMap<>(pending);
    pending.clear();
    if (parts.size() == 1) {
      parts.forEach((collection, part) -> write(collection, part, false));
      return;
    }
    List<Future<?>> writing = new ArrayList<>(parts.size());
    parts.forEach((collection, part) ->
        writing.add(
            threads.submit(() -> {
              writers.acquireUninterruptibly();
              try {
                write(collection, part, false);
              } finally {
                writers.release();
              }
            })));
    await(writing);
  }

  /// All of them, also after a failure: nobody may write any more when this returns.
  private static void await(List<Future<?>> writing) throws InterruptedException {
    RuntimeException failure = null;
    for (Future<?> future : writing) {
      try {
        future.get();
      } catch (ExecutionException e) {
        failure =
            e.getCause() instanceof RuntimeException cause
                ? cause
                : new IllegalStateException("applying failed", e.getCause());
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void write(
      DocumentCollection collection, PendingTransaction.Part part, boolean isAtomic) {
    List<WriteResult> results;
    try {
      results = retryingLocks(() -> collection.write(part.writes, options(part.last, isAtomic)));
    } catch (LockstepException e) {
      if (e.number() != ErrorNumber.COLLECTION_NOT_FOUND) {
        throw e;
      }
      throw new LockstepException(
          ErrorNumber.COLLECTION_NOT_FOUND,
          "collection or view not found: '"
              + collection.database().name()
              + "' had a followed collection that was dropped here",
          e);
    }
    for (WriteResult result : results) {
      if (result instanceof WriteResult.Refused refused) {
        refused(collection, refused);
      }
    }
  }

  private synchronized void refused(DocumentCollection collection, WriteResult.Refused refused) {
    LockstepException failure =
        new LockstepException(
            refused.error().number(),
            "document '"
                + refused.key()
                + "' of the leader's collection '"
                + collection.name()
                + "' was refused here: "
                + refused.error().getMessage(),
            refused.error());
    if (errorsLeft <= 0) {
      throw failure;
    }
    ignore(failure);
  }

  private interface Writing<T> {
    T run();
  }

  private <T> T retryingLocks(Writing<T> writing) {
    for (int attempt = 0; ; attempt++) {
      try {
        return writing.run();
      } catch (LockstepException e) {
        if (e.number() != ErrorNumber.LOCK_TIMEOUT
            || attempt >= options.applier().lockTimeoutRetries()) {
          throw e;
        }
        LOG.info("repeating a write, as configured ('lockTimeoutRetries'): {}", e.getMessage());
      }
    }
  }

  // Everything but documents.

  private void createDatabase(Marker.DatabaseCreated created) throws InterruptedException {
    if (database != null) {
      excluded++;
      return;
    }
    flush();
    if (store.database(created.database()) == null) {
      store.createDatabase(created.database());
      hasChangedCatalog = true;
    }
  }

  private void dropDatabase(Marker.DatabaseDropped dropped) throws InterruptedException {
    if (database != null) {
      excluded++;
      return;
    }
    flush();
    if (store.database(dropped.database()) != null) {
      store.dropDatabase(dropped.database());
      hasChangedCatalog = true;
    }
  }

  private void collection(Marker.OfCollection change) throws InterruptedException {
    if (change instanceof Marker.CollectionCreated created) {
      flush();
      create(created);
      return;
    }
    Database target = target(change);
    if (target == null) {
      return;
    }
    DocumentCollection local = local(target, change.collection());
    Boolean isIncluded = selection.includes(change.collection(), local);
    if (local == null || (isIncluded != null && !isIncluded)) {
      notHere(change, isIncluded);
      return;
    }
    if (isCovered(local, change.tick())) {
      return;
    }
    flush();
    hasChangedCatalog = true;
    change(target, local, change);
  }

  /// Drops, truncations and removed indexes of what is not here are fine; of what is not followed,
  /// everything is.
  private void notHere(Marker.OfCollection change, @Nullable Boolean isIncluded) {
    if (isIncluded == null ? isRestricted() : !isIncluded) {
      excluded++;
      if (change instanceof Marker.CollectionRenamed renamed) {
        hasChangedCatalog |=
            selection.renamed(change.collection().globallyUniqueId(), false, renamed.newName());
      }
      return;
    }
    boolean isHarmless =
        change instanceof Marker.CollectionDropped
            || change instanceof Marker.CollectionTruncated
            || change instanceof Marker.IndexDropped
            || change instanceof Marker.CollectionReplaced;
    if (!isHarmless) {
      throw new LockstepException(
          ErrorNumber.COLLECTION_NOT_FOUND,
          "collection or view not found: " + change.collection().shown());
    }
  }

  private void change(Database target, DocumentCollection local, Marker.OfCollection change)
      throws InterruptedException {
    switch (change) {
      case Marker.CollectionDropped _ -> {
        if (options.skipCreateDrop()) {
          return;
        }
        followed.release(local);
        selection.dropped(local.definition().globallyUniqueId());
        target.dropCollection(local, true);
      }
      case Marker.CollectionRenamed renamed -> {
        rename(target, local, renamed.newName());
        selection.renamed(change.collection().globallyUniqueId(), true, renamed.newName());
      }
      case Marker.PropertiesChanged changed ->
          local.adoptProperties(changed.description().properties());
      case Marker.CollectionTruncated _ -> {
        followed.hold(local);
        local.truncateAsLeader(new AppliedPosition(leaderId, change.tick()));
      }
      case Marker.IndexCreated created -> createIndex(target, local, created.index());
      case Marker.IndexDropped dropped -> local.dropIndex(dropped.indexId());
      case Marker.CollectionReplaced _ -> resynchronize(target, local);
      case Marker.CollectionCreated _, Marker.OfDocument _ ->
          throw new IllegalStateException("handled elsewhere: " + change);
    }
  }

  private void resynchronize(Database target, DocumentCollection local)
      throws InterruptedException {
    followed.release(local);
    resynchronizer.resynchronize(target, local);
    followed.hold(local);
  }

  private void rename(Database target, DocumentCollection local, String newName) {
    if (local.name().equals(newName)) {
      return;
    }
    DocumentCollection other = target.collection(newName);
    if (other != null && other.name().equals(newName)) {
      makeWay(target, other, "the leader gave its name to another one");
    }
    target.renameCollection(local, newName);
  }

  /// A local collection has the name that one of the leader's needs. One that holds nothing may go;
  /// documents of others are not ours to remove.
  private void makeWay(Database target, DocumentCollection other, String why) {
    if (other.count() > 0) {
      throw new LockstepException(
          ErrorNumber.DUPLICATE_NAME,
          "duplicate name: collection '"
              + other.name()
              + "' of database '"
              + target.name()
              + "' is another one than the leader's and holds "
              + other.count()
              + " documents ("
              + why
              + "); rename or drop it, or exclude it with 'restrictCollections', then start the"
              + " applier again");
    }
    followed.release(other);
    target.dropCollection(other, true);
  }

  /// On the way to a later state two documents may have one value for a while, since a tail may
  /// leave out what was changed again later. Then only comparing helps.
  private void createIndex(
      Database target, DocumentCollection local, @Nullable IndexDefinition index)
      throws InterruptedException {
    if (index == null) {
      return;
    }
    try {
      local.ensureReplicatedIndex(index);
    } catch (LockstepException e) {
      switch (e.number()) {
        case UNIQUE_CONSTRAINT_VIOLATED -> resynchronize(target, local);
        case DUPLICATE_IDENTIFIER -> {
          local.dropIndexesAgainst(List.of(index));
          local.ensureReplicatedIndex(index);
        }
        default -> throw e;
      }
    }
  }

  private void create(Marker.CollectionCreated created) {
    Database target = target(created);
    if (target == null) {
      return;
    }
    InventoryCollection description = created.description();
    String guid =
        created.collection().globallyUniqueId().isEmpty()
            ? description.globallyUniqueId()
            : created.collection().globallyUniqueId();
    if (!selection.includes(guid, description.name())) {
      excluded++;
      return;
    }
    DocumentCollection same = guid.isEmpty() ? null : target.collection(guid);
    if (options.skipCreateDrop() || (same != null && isCovered(same, created.tick()))) {
      return;
    }
    description.notes().forEach(note -> LOG.warn("{}", note));
    hasChangedCatalog = true;
    if (same != null) {
      followed.release(same);
      if (description.properties().isSystem()) {
        // Every server has its own from the beginning.
        same.truncateAsLeader(new AppliedPosition(leaderId, created.tick()));
        return;
      }
      target.dropCollection(same, true);
    }
    DocumentCollection other = target.collection(description.name());
    if (other != null) {
      makeWay(target, other, "the leader created a collection of this name");
    }
    ReplicatedCollection replicated =
        new ReplicatedCollection(description.properties(), guid, description.indexes());
    try (GenerationLoad load = target.beginLoad(replicated)) {
      load.continueKeysAfter(description.lastKeyValue());
      if (hasOrderedTicks) {
        load.appliedUpTo(new AppliedPosition(leaderId, created.tick()));
      }
      CollectionDefinition definition =
          load.swap(Durability.PROCESS_CRASH, collection -> collection.count() == 0);
      DocumentCollection now = target.collection(definition.globallyUniqueId());
      if (now != null) {
        followed.hold(now);
      }
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
