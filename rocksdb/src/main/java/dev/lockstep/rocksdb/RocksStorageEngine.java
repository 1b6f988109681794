package dev.lockstep.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.SortedRows;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.IngestExternalFileOptions;
import org.rocksdb.Options;
import org.rocksdb.Range;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SizeApproximationFlag;
import org.rocksdb.Slice;
import org.rocksdb.Status;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The [StorageEngine] on RocksDB, in one folder of the local disk. One process at a time. It never
/// answers [CommitOutcome.Fenced]: the folder's lock is held until the process ends.
///
/// A commit is in the operating system's hands when it is answered with [Durability#PROCESS_CRASH],
/// on the disk when with [Durability#POWER_LOSS]; concurrent ones share a sync. After an error in
/// the middle of a write the outcome is [CommitOutcome.Unknown] and no further write is taken until
/// the engine is opened again, which finds out what was written. A disk that is nearly full is
/// noticed before the write: commits are refused with [CommitOutcome.Reason#NO_SPACE], and taken
/// again as soon as there is room.
public final class RocksStorageEngine implements StorageEngine {
  /// What others may take from the disk while memory is flushed to it.
  private static final long FLUSH_MARGIN_BYTES = 8 << 20;

  /*
   * Ticks, the write itself and what readers see change together under `commitLock`, so commit order, tick order and
   * the order of visibility are one. The lock is not held while syncing: a commit that must survive power loss is
   * visible to others before it is answered, as in every engine with group commit. A counter's row is its sum, written
   * whole: since commits are one after the other, reading it just before is safe, and cheaper for readers than a merge
   * operator's pending operands (docs/decisions/0003-storage-layout.md).
   *
   * Purging writes one range tombstone and a note (Purge) in one batch; that removes the keys. The reclaimer thread
   * then returns the space: it drops whole table files, which looks at neither tombstones nor snapshots and is
   * therefore done only once no snapshot from before the purge is open, and only while nothing readable is in the
   * range; what shares a file with live data goes by compaction. The note is deleted last, so that a crash only
   * repeats work.
   */
  private static final Logger LOG = LoggerFactory.getLogger(RocksStorageEngine.class);

  private static final EngineLimits LIMITS =
      new EngineLimits(16 << 20, 64 << 10, 256L << 20, 4_000_000, 4 << 20, Duration.ofDays(3650));

  /// Below this, what a purge leaves in table files shared with others is not worth a compaction of
  /// its own: the next regular one drops it.
  private static final long COMPACTION_WORTHWHILE_BYTES = 4 << 20;

  private static final byte[] TICK_FLOOR = "tick-floor".getBytes(UTF_8);
  private static final byte[] PURGE_NOTES = "purge/".getBytes(UTF_8);

  /// Every call into RocksDB is made inside; see [NativeGate].
  final NativeGate gate = new NativeGate();

  private final EngineFolder folder;

  /// Native, owned, in the order of their making; freed by [#close] in the opposite order.
  private final ColumnFamilies options;

  private final RocksDB database;

  /// The engine's own column family, then one per keyspace.
  private final List<ColumnFamilyHandle> families;

  private final ReadOptions latest = new ReadOptions();
  private final WriteOptions unsynced = new WriteOptions();

  private final int[] familyIds;
  private final byte[] beyondEveryKey = RecordedWriteBatch.beyondEveryKey(LIMITS);

  /// Cursors and snapshots not yet closed. Added to and removed from inside the gate only.
  private final Set<NativeResource> open = ConcurrentHashMap.newKeySet();

  private final ReentrantLock commitLock = new ReentrantLock();

  /// Table files come in, or a purged range is found empty and its files go: not both at once, or
  /// what has just come would go, too. Taken before `commitLock`; commits do not wait for it.
  private final ReentrantLock filesLock = new ReentrantLock();

  /// Written under `commitLock`, after the write it stands for.
  private volatile long lastTick;

  /// Number of writes handed to RocksDB since opening. Written under `commitLock`.
  private volatile long writes;

  /// Why no write is taken any more; `null` while all is well. Set once.
  private volatile @Nullable String writesStopped;

  /// Guarded by `commitLock`.
  private final FreeSpace freeSpace;

  /// Of the next purge note. Guarded by `commitLock`.
  private long nextPurge;

  /// Of the next table file written beside the database.
  private final AtomicLong nextIncoming = new AtomicLong();

  private final GroupSync groupSync;
  private final SpaceReclaimer reclaimer;

  private final Object closeLock = new Object();

  /// Guarded by `closeLock`.
  private boolean closed;

  /// Opens the engine in `directory`, which is created if need be.
  ///
  /// @throws StorageException when another process uses the folder, its format is newer than this
  ///   version or foreign, or it cannot be read; the message says which and where
  public static RocksStorageEngine open(Path directory, RocksSettings settings) {
    return open(directory, settings, null);
  }

  /// @param usableBytes asked instead of the file system for the space left; for tests
  static RocksStorageEngine open(
      Path directory, RocksSettings settings, @Nullable LongSupplier usableBytes) {
    NativeLibrary.load();
    EngineFolder folder = EngineFolder.claim(directory);
    LongSupplier usable = usableBytes == null ? folder::usableBytes : usableBytes;
    RocksStorageEngine engine = null;
    ColumnFamilies options = null;
    boolean recovered = false;
    try {
      Files.createDirectories(folder.database());
      folder.clearIncoming();
      refuseUnknownFamilies(folder);
      options = new ColumnFamilies(settings);
      List<ColumnFamilyHandle> families = new ArrayList<>();
      RocksDB database =
          RocksDB.open(
              options.database(), folder.database().toString(), options.descriptors(), families);
      engine =
          new RocksStorageEngine(
              folder, options, database, families, new FreeSpace(usable, settings.freeBytesMin()));
      engine.recover();
      recovered = true;
      engine.reclaimer.start();
      return engine;
    } catch (RocksDBException | IOException failure) {
      throw new StorageException(
          "cannot open the database in " + folder.directory() + ": " + failure.getMessage(),
          failure);
    } finally {
      if (!recovered) {
        if (engine != null) {
          engine.closeNative();
        } else if (options != null) {
          options.close();
        }
        folder.close();
      }
    }
  }

  private static void refuseUnknownFamilies(EngineFolder folder) throws RocksDBException {
    if (!Files.exists(folder.database().resolve("CURRENT"))) {
      return;
    }
    Set<String> known = new HashSet<>();
    known.add(new String(RocksDB.DEFAULT_COLUMN_FAMILY, UTF_8));
    for (Keyspace keyspace : Keyspace.values()) {
      known.add(keyspace.name());
    }
    try (Options plain = new Options()) {
      for (byte[] name : RocksDB.listColumnFamilies(plain, folder.database().toString())) {
        if (!known.contains(new String(name, UTF_8))) {
          throw new StorageException(
              "the database in "
                  + folder.directory()
                  + " has an unknown keyspace "
                  + new String(name, UTF_8));
        }
      }
    }
  }

  private RocksStorageEngine(
      EngineFolder folder,
      ColumnFamilies options,
      RocksDB database,
      List<ColumnFamilyHandle> families,
      FreeSpace freeSpace) {
    this.folder = folder;
    this.options = options;
    this.database = database;
    this.families = families;
    this.freeSpace = freeSpace;
    this.familyIds = new int[Keyspace.values().length];
    for (Keyspace keyspace : Keyspace.values()) {
      familyIds[keyspace.ordinal()] = family(keyspace).getID();
    }
    this.groupSync = new GroupSync(database::syncWal, () -> writes);
    this.reclaimer =
        new SpaceReclaimer(
            new SpaceReclaimer.Work() {
              @Override
              public boolean reclaimOne(CompactRangeOptions compaction) {
                return RocksStorageEngine.this.reclaimOne(compaction);
              }

              @Override
              public void giveBackLog() {
                RocksStorageEngine.this.giveBackLog();
              }
            });
  }

  private void recover() throws RocksDBException {
    byte[] floor = database.get(own(), TICK_FLOOR);
    long tick = floor == null ? 0 : Keys.longAt(floor, 0);
    try (RocksIterator changes = database.newIterator(family(Keyspace.CHANGES), latest)) {
      changes.seekToLast();
      if (changes.isValid()) {
        long newest = Keys.longAt(changes.key(), 0);
        tick = Long.compareUnsigned(newest, tick) > 0 ? newest : tick;
      }
      changes.status();
    }
    lastTick = tick;
    byte[] beyondNotes = KeyRange.successor(PURGE_NOTES);
    try (RocksIterator notes = database.newIterator(own(), latest)) {
      notes.seekForPrev(beyondNotes);
      nextPurge = isPurgeNote(notes) ? Keys.longAt(notes.key(), PURGE_NOTES.length) + 1 : 0;
      notes.status();
    }
  }

  private static boolean isPurgeNote(RocksIterator notes) {
    return notes.isValid() && KeyRange.prefix(PURGE_NOTES).contains(notes.key());
  }

  private ColumnFamilyHandle own() {
    return families.get(0);
  }

  private ColumnFamilyHandle family(Keyspace keyspace) {
    return families.get(1 + keyspace.ordinal());
  }

  @Override
  public EngineLimits limits() {
    return LIMITS;
  }

  @Override
  public WriteBatch newBatch() {
    gate.enter();
    gate.leave();
    return new RecordedWriteBatch(this, LIMITS, familyIds);
  }

  @Override
  public CommitOutcome commit(WriteBatch batch, Durability durability) {
    if (!(batch instanceof RecordedWriteBatch recorded)) {
      throw new IllegalArgumentException("the write batch is another engine's");
    }
    gate.enter();
    try {
      recorded.finish(this);
      String excess = recorded.excess();
      if (excess != null) {
        return new CommitOutcome.NotApplied(CommitOutcome.Reason.LIMIT_EXCEEDED, excess);
      }
      CommitOutcome outcome;
      long write;
      commitLock.lock();
      try {
        outcome = write(recorded);
        write = writes;
      } finally {
        commitLock.unlock();
      }
      if (durability == Durability.POWER_LOSS && outcome instanceof CommitOutcome.Done) {
        groupSync.upTo(write);
      }
      return outcome;
    } catch (RocksDBException failure) {
      return new CommitOutcome.Unknown(stopWrites(failure), failure);
    } finally {
      gate.leave();
    }
  }

  /// Under `commitLock`.
  private CommitOutcome write(RecordedWriteBatch batch) throws RocksDBException {
    String stopped = writesStopped;
    if (stopped != null) {
      return new CommitOutcome.NotApplied(CommitOutcome.Reason.WRITES_STOPPED, stopped);
    }
    if (batch.isEmpty()) {
      return new CommitOutcome.Done(new Tick(lastTick), 0);
    }
    if (!freeSpace.take(batch.bytes())) {
      return noSpace();
    }
    long newLast = lastTick + batch.changes();
    try (org.rocksdb.WriteBatch operations =
        new org.rocksdb.WriteBatch(batch.toBytes(lastTick + 1, this::sum))) {
      database.write(unsynced, operations);
    }
    lastTick = newLast;
    writes++;
    return new CommitOutcome.Done(new Tick(newLast), batch.changes());
  }

  /// Under `commitLock`.
  private CommitOutcome.NotApplied noSpace() {
    reclaimer.wakeForLog();
    return new CommitOutcome.NotApplied(
        CommitOutcome.Reason.NO_SPACE,
        "the disk of "
            + folder.directory()
            + " has less than "
            + (freeSpace.reserve() >> 20)
            + " MiB left");
  }

  private long sum(byte[] counter) throws RocksDBException {
    byte[] sum = database.get(family(Keyspace.COUNTERS), latest, counter);
    return sum == null ? 0 : Keys.longAt(sum, 0);
  }

  @Override
  public SortedRows sortedRows(Keyspace keyspace) {
    SortedRows.requireAllowed(keyspace);
    gate.enter();
    try {
      RocksSortedRows rows =
          new RocksSortedRows(
              this,
              options.tables(keyspace),
              folder.incoming().resolve(nextIncoming.incrementAndGet() + ".sst"));
      open.add(rows);
      return rows;
    } finally {
      gate.leave();
    }
  }

  /// Inside the gate. Asks for room on the disk.
  ///
  /// @return null if there is some
  CommitOutcome.@Nullable NotApplied reserve(long bytes) {
    commitLock.lock();
    try {
      return freeSpace.take(bytes) ? null : noSpace();
    } finally {
      commitLock.unlock();
    }
  }

  /// Inside the gate. Makes a finished table file part of the database; it is on the disk then, and
  /// the database knows it after a power loss.
  ///
  /// @param file null: nothing to take in
  CommitOutcome takeIn(ColumnFamilies.Tables tables, @Nullable Path file) {
    String stopped = writesStopped;
    if (stopped != null) {
      return new CommitOutcome.NotApplied(CommitOutcome.Reason.WRITES_STOPPED, stopped);
    }
    // Moved, not copied. The number of its place in the order of writes is not written into it.
    filesLock.lock();
    try (IngestExternalFileOptions how =
        new IngestExternalFileOptions().setMoveFiles(true).setWriteGlobalSeqno(false)) {
      if (file != null) {
        database.ingestExternalFile(family(tables.keyspace()), List.of(file.toString()), how);
      }
      return new CommitOutcome.Done(new Tick(lastTick), 0);
    } catch (RocksDBException failure) {
      return new CommitOutcome.Unknown(stopWrites(failure), failure);
    } finally {
      filesLock.unlock();
    }
  }

  /// After a failed write or sync nobody knows what the log holds; only recovery can tell.
  private String stopWrites(RocksDBException failure) {
    String reason =
        "writing to "
            + folder.directory()
            + " failed, no more writes are taken until the server is restarted: "
            + failure.getMessage();
    commitLock.lock();
    try {
      if (writesStopped == null) {
        writesStopped = reason;
        LOG.error("{}", reason, failure);
      }
    } finally {
      commitLock.unlock();
    }
    return reason;
  }

  @Override
  public void sync() {
    gate.enter();
    try {
      groupSync.upTo(writes);
    } catch (RocksDBException failure) {
      throw new StorageException(stopWrites(failure), failure);
    } finally {
      gate.leave();
    }
  }

  @Override
  public Tick closedTick() {
    gate.enter();
    gate.leave();
    return new Tick(lastTick);
  }

  @Override
  public Snapshot snapshot() {
    gate.enter();
    try {
      commitLock.lock();
      try {
        RocksSnapshot snapshot = new RocksSnapshot(this, database, new Tick(lastTick));
        open.add(snapshot);
        return snapshot;
      } finally {
        commitLock.unlock();
      }
    } finally {
      gate.leave();
    }
  }

  @Override
  public byte @Nullable [] get(Keyspace keyspace, byte[] key) {
    gate.enter();
    try {
      return get(keyspace, key, latest);
    } finally {
      gate.leave();
    }
  }

  /// Inside the gate.
  byte @Nullable [] get(Keyspace keyspace, byte[] key, ReadOptions view) {
    try {
      return database.get(family(keyspace), view, key);
    } catch (RocksDBException failure) {
      throw new StorageException(
          "cannot read from " + keyspace + ": " + failure.getMessage(), failure);
    }
  }

  @Override
  public List<byte @Nullable []> getAll(Keyspace keyspace, List<byte[]> keys) {
    gate.enter();
    try {
      return getAll(keyspace, keys, latest);
    } finally {
      gate.leave();
    }
  }

  /// Inside the gate.
  List<byte @Nullable []> getAll(Keyspace keyspace, List<byte[]> keys, ReadOptions view) {
    if (keys.isEmpty()) {
      return List.of();
    }
    ColumnFamilyHandle family = family(keyspace);
    try {
      List<byte @Nullable []> values =
          database.multiGetAsList(view, Collections.nCopies(keys.size(), family), keys);
      for (int i = 0; i < values.size(); i++) {
        if (values.get(i) == null) {
          // RocksDB's Java binding tells what it could not read as what is not there.
          values.set(i, database.get(family, view, keys.get(i)));
        }
      }
      return values;
    } catch (RocksDBException failure) {
      throw new StorageException(
          "cannot read from " + keyspace + ": " + failure.getMessage(), failure);
    }
  }

  @Override
  public long counter(byte[] key) {
    gate.enter();
    try {
      return counter(key, latest);
    } finally {
      gate.leave();
    }
  }

  /// Inside the gate.
  long counter(byte[] key, ReadOptions view) {
    byte[] sum = get(Keyspace.COUNTERS, key, view);
    return sum == null ? 0 : Keys.longAt(sum, 0);
  }

  @Override
  public StorageCursor scan(Keyspace keyspace, KeyRange range) {
    return latestCursor(keyspace, range, RocksCursor.Kind.ASCENDING);
  }

  @Override
  public StorageCursor scanOnce(Keyspace keyspace, KeyRange range) {
    return latestCursor(keyspace, range, RocksCursor.Kind.ASCENDING_ONCE);
  }

  @Override
  public StorageCursor scanDescending(Keyspace keyspace, KeyRange range) {
    return latestCursor(keyspace, range, RocksCursor.Kind.DESCENDING);
  }

  private StorageCursor latestCursor(Keyspace keyspace, KeyRange range, RocksCursor.Kind kind) {
    gate.enter();
    try {
      return cursor(keyspace, range, kind, null);
    } finally {
      gate.leave();
    }
  }

  /// Inside the gate.
  ///
  /// @param snapshot held for the cursor
  StorageCursor cursor(
      Keyspace keyspace, KeyRange range, RocksCursor.Kind kind, @Nullable RocksSnapshot snapshot) {
    RocksCursor cursor =
        new RocksCursor(this, database, family(keyspace), keyspace, range, kind, snapshot);
    open.add(cursor);
    return cursor;
  }

  /// Frees what its user has closed, unless the engine was quicker.
  void release(NativeResource resource) {
    if (gate.tryEnter()) {
      try {
        if (open.remove(resource)) {
          resource.free();
        }
      } finally {
        gate.leave();
      }
    }
  }

  /// The snapshot is about to be freed.
  void forget(RocksSnapshot snapshot) {
    open.remove(snapshot);
    reclaimer.wake();
  }

  @Override
  public void purge(Keyspace keyspace, KeyRange range) {
    byte[] to = range.to();
    if (to != null && Arrays.compareUnsigned(range.from(), to) >= 0) {
      return;
    }
    gate.enter();
    try {
      commitLock.lock();
      try (org.rocksdb.WriteBatch batch = new org.rocksdb.WriteBatch()) {
        String stopped = writesStopped;
        if (stopped != null) {
          throw new StorageException(stopped);
        }
        Purge purge = new Purge(keyspace, range, database.getLatestSequenceNumber());
        byte[] note = new byte[PURGE_NOTES.length + Long.BYTES];
        System.arraycopy(PURGE_NOTES, 0, note, 0, PURGE_NOTES.length);
        Keys.putLong(note, PURGE_NOTES.length, nextPurge);
        batch.deleteRange(family(keyspace), range.from(), end(range));
        batch.put(own(), note, purge.encode());
        if (keyspace == Keyspace.CHANGES) {
          batch.put(own(), TICK_FLOOR, Keys.of(lastTick));
        }
        database.write(unsynced, batch);
        nextPurge++;
        writes++;
      } finally {
        commitLock.unlock();
      }
      reclaimer.wake();
    } catch (RocksDBException failure) {
      throw new StorageException(stopWrites(failure), failure);
    } finally {
      gate.leave();
    }
  }

  private byte[] end(KeyRange range) {
    byte[] to = range.to();
    return to == null ? beyondEveryKey : to;
  }

  @Override
  public void settle() {
    try {
      giveBackLog();
    } catch (StorageException failure) {
      LOG.warn("A load could not be written out: {}", failure.getMessage());
    }
  }

  /// Writes out what is in memory, so that the write-ahead log can go. Only where there certainly
  /// is room for it: a flush that fails would stop writes until the next start.
  private void giveBackLog() {
    if (!gate.tryEnter()) {
      return;
    }
    try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
      long inMemory = database.getAggregatedLongProperty("rocksdb.cur-size-all-mem-tables");
      if (freeSpace.usableNow() > inMemory + inMemory / 4 + FLUSH_MARGIN_BYTES) {
        database.flush(wait, families);
      }
    } catch (RocksDBException failure) {
      throw new StorageException("flushing failed: " + failure.getMessage(), failure);
    } finally {
      gate.leave();
    }
  }

  /// Reclaims the space of the oldest purge that no snapshot needs any more.
  private boolean reclaimOne(CompactRangeOptions compaction) {
    if (!gate.tryEnter()) {
      return false;
    }
    try (RocksIterator notes = database.newIterator(own(), latest)) {
      for (notes.seek(PURGE_NOTES); isPurgeNote(notes); notes.next()) {
        Purge purge = Purge.decode(notes.value());
        if (dropFiles(purge)) {
          compactRest(purge, compaction);
          database.delete(own(), unsynced, notes.key());
          return true;
        }
      }
      notes.status();
      return false;
    } catch (RocksDBException failure) {
      if (failure.getStatus() != null && failure.getStatus().getCode() == Status.Code.Incomplete) {
        // The compaction was cancelled because the engine closes.
        return false;
      }
      throw new StorageException("reclaiming space failed: " + failure.getMessage(), failure);
    } finally {
      gate.leave();
    }
  }

  /// Drops the table files that lie wholly in the purged range.
  ///
  /// @return false when an older snapshot may still read them
  private boolean dropFiles(Purge purge) throws RocksDBException {
    ColumnFamilyHandle family = family(purge.keyspace());
    byte[] from = purge.range().from();
    byte[] to = end(purge.range());
    filesLock.lock();
    commitLock.lock();
    try {
      if (writesStopped != null) {
        return false;
      }
      boolean unread = isEmpty(purge, latest);
      for (NativeResource resource : open) {
        if (resource instanceof RocksSnapshot snapshot) {
          if (Long.compareUnsigned(snapshot.sequence(), purge.sequence()) <= 0) {
            return false;
          }
          unread = unread && !snapshot.sees(view -> !isEmpty(purge, view));
        }
      }
      if (unread) {
        // A dropped file may be the one that holds the tombstone over older keys in a file that
        // stays: a new tombstone, in memory, before and after.
        database.deleteRange(family, unsynced, from, to);
        database.deleteFilesInRanges(family, List.of(from, to), false);
        database.deleteRange(family, unsynced, from, to);
        writes++;
      }
      return true;
    } finally {
      commitLock.unlock();
      filesLock.unlock();
    }
  }

  /// Whether space of some purge has not been returned yet; for tests.
  boolean hasUnfinishedPurges() {
    gate.enter();
    try (RocksIterator notes = database.newIterator(own(), latest)) {
      notes.seek(PURGE_NOTES);
      return isPurgeNote(notes);
    } finally {
      gate.leave();
    }
  }

  private boolean isEmpty(Purge purge, ReadOptions view) throws RocksDBException {
    try (RocksIterator keys = database.newIterator(family(purge.keyspace()), view)) {
      keys.seek(purge.range().from());
      if (keys.isValid()) {
        return !purge.range().contains(keys.key());
      }
      keys.status();
      return true;
    }
  }

  private void compactRest(Purge purge, CompactRangeOptions compaction) throws RocksDBException {
    ColumnFamilyHandle family = family(purge.keyspace());
    byte[] from = purge.range().from();
    byte[] to = end(purge.range());
    long left;
    try (Slice lower = new Slice(from);
        Slice upper = new Slice(to)) {
      left =
          database
              .getApproximateSizes(
                  family, List.of(new Range(lower, upper)), SizeApproximationFlag.INCLUDE_FILES)[0];
    }
    if (left >= COMPACTION_WORTHWHILE_BYTES) {
      database.compactRange(family, from, to, compaction);
    }
  }

  @Override
  public long bytesOnDisk() {
    gate.enter();
    try {
      return folder.bytes();
    } finally {
      gate.leave();
    }
  }

  @Override
  public void close() {
    synchronized (closeLock) {
      if (closed) {
        return;
      }
      closed = true;
      reclaimer.stop();
      gate.shut();
      reclaimer.join();
      try {
        freeWhatUsersLeftOpen();
        flush();
      } finally {
        closeNative();
        folder.close();
      }
    }
  }

  private void freeWhatUsersLeftOpen() {
    int left = open.size();
    if (left > 0) {
      LOG.debug("{} cursors and snapshots were still open", left);
    }
    for (NativeResource resource : open) {
      if (resource instanceof RocksCursor cursor) {
        open.remove(cursor);
        cursor.free();
      }
    }
    open.forEach(NativeResource::free);
    open.clear();
  }

  /// So that the next start has nothing to replay.
  private void flush() {
    if (writesStopped != null) {
      return;
    }
    try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
      database.syncWal();
      database.flush(wait, families);
    } catch (RocksDBException failure) {
      LOG.warn(
          "Closing {}: {}. The next start replays the log.",
          folder.directory(),
          failure.getMessage());
    }
  }

  private void closeNative() {
    latest.close();
    unsynced.close();
    families.forEach(ColumnFamilyHandle::close);
    database.close();
    options.close();
  }
}
