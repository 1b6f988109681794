package dev.lockstep.core.collection;

import dev.lockstep.core.ErrorNumber;
import dev.lockstep.core.LockstepException;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.WriteBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Generations and index objects that no definition leads to: under construction, or left behind.
/// Each has a catalog row from before its first entry until after its last one, so that a crash
/// leaves nothing that is not known. Thread-safe.
final class UnreachableStorage {
  private static final Logger LOG = LoggerFactory.getLogger(UnreachableStorage.class);

  /// What does not fit waits for the next open, which finds all of it in the catalog.
  private static final int QUEUE_MAX = 100_000;

  /// Until what failed for want of disk space is tried again.
  private static final long SPACE_RETRY_SECONDS = 5;

  /// @param id a generation or an index object
  record Item(long id, Kind kind) {}

  enum Kind {
    GENERATION(1),
    INDEX(2),
    /// A generation that is not purged at the next open; its row says more, see [HalfBuilt].
    HALF_BUILT(3);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    byte code() {
      return code;
    }

    static Kind of(byte[] row) {
      if (row.length > 0) {
        for (Kind kind : values()) {
          if (kind.code == row[0]) {
            return kind;
          }
        }
      }
      throw new StorageException("unreachable storage of unknown kind in the catalog");
    }
  }

  private final StorageEngine engine;
  private final CommitGate gate;
  private final int keyBytesMax;
  private final LongConsumer generationPurged;
  private final LinkedBlockingQueue<Item> queue = new LinkedBlockingQueue<>(QUEUE_MAX);

  /// What the disk had no room for; small commits, but commits.
  private final LinkedBlockingQueue<Item> withoutSpace = new LinkedBlockingQueue<>(QUEUE_MAX);

  private final Map<Long, HalfBuilt> halfBuilt = new ConcurrentHashMap<>();

  /// Half-built generations that a load of this process is at work at.
  private final Set<Long> claimed = ConcurrentHashMap.newKeySet();

  private @Nullable Thread thread;

  /// @param generationPurged told about each generation before it goes
  UnreachableStorage(
      StorageEngine engine, CommitGate gate, int keyBytesMax, LongConsumer generationPurged) {
    this.engine = engine;
    this.gate = gate;
    this.keyBytesMax = keyBytesMax;
    this.generationPurged = generationPurged;
  }

  /// Declares something unreachable, as part of the commit that makes it so or comes before its
  /// first entry.
  static void declare(WriteBatch batch, long id, Kind kind) {
    batch.put(Keyspace.CATALOG, CatalogKey.of(CatalogKey.UNREACHABLE, id), new byte[] {kind.code});
  }

  /// Takes the declaration back, as part of the commit that makes it reachable.
  static void revoke(WriteBatch batch, long id) {
    batch.delete(Keyspace.CATALOG, CatalogKey.of(CatalogKey.UNREACHABLE, id));
  }

  /// Declares something in a commit of its own, before its first entry.
  void declare(long id, Kind kind) {
    try (WriteBatch batch = engine.newBatch()) {
      declare(batch, id, kind);
      gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
  }

  /// As [#declare(long, Kind)], for a generation that outlives a crash; again for another owner.
  void declare(HalfBuilt declared) {
    try (WriteBatch batch = engine.newBatch()) {
      batch.put(
          Keyspace.CATALOG,
          CatalogKey.of(CatalogKey.UNREACHABLE, declared.generation()),
          declared.encode());
      gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
    halfBuilt.put(declared.generation(), declared);
  }

  /// @param stored as read when the store was opened
  void loadHalfBuilt(List<HalfBuilt> stored) {
    stored.forEach(known -> halfBuilt.put(known.generation(), known));
  }

  /// Those that were declared and neither purged nor made reachable.
  List<HalfBuilt> halfBuilt() {
    return List.copyOf(halfBuilt.values());
  }

  /// Reserves a half-built generation for one load.
  ///
  /// @return false if another load has it
  boolean claim(long generation) {
    return claimed.add(generation);
  }

  /// Ends what [#claim] began; does nothing otherwise.
  void release(long generation) {
    claimed.remove(generation);
  }

  /// To be called after the commit that [#revoke]d it.
  void isReachable(long generation) {
    halfBuilt.remove(generation);
  }

  /// Has it purged in the background, once [#start]ed. Call after the commit that declared it.
  void purgeLater(long id, Kind kind) {
    if (!queue.offer(new Item(id, kind))) {
      LOG.warn("{} things wait for being purged; more will be at the next start", QUEUE_MAX);
    }
  }

  /// Purges everything that waits, on the calling thread.
  void purgeWaiting() {
    for (Item item = queue.poll(); item != null; item = queue.poll()) {
      purge(item);
    }
  }

  /// Removes all entries, then the declaration. Failures are logged: the next open tries again, and
  /// where disk space was missing this process does.
  void purge(Item item) {
    try {
      // After a commit of unknown fate it may be reachable on the disk.
      gate.checkOpen();
      if (halfBuilt.containsKey(item.id())) {
        // A crash in the middle must not leave something that looks as if it could be gone on with.
        declare(item.id(), Kind.GENERATION);
        halfBuilt.remove(item.id());
      }
      switch (item.kind()) {
        case INDEX -> engine.purge(Keyspace.INDEXES, KeyRange.prefix(Keys.of(item.id())));
        case GENERATION, HALF_BUILT -> purgeGeneration(item.id());
      }
      try (WriteBatch batch = engine.newBatch()) {
        revoke(batch, item.id());
        gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
      }
    } catch (LockstepException e) {
      if (e.number() != ErrorNumber.OUT_OF_DISK_SPACE || !withoutSpace.offer(item)) {
        logFailure(item, e);
      }
    } catch (RuntimeException e) {
      logFailure(item, e);
    }
  }

  private static void logFailure(Item item, RuntimeException e) {
    LOG.warn(
        "{} {} could not be purged, the next start tries again",
        item.kind(),
        Long.toUnsignedString(item.id()),
        e);
  }

  private void purgeGeneration(long generation) {
    generationPurged.accept(generation);
    KeyRange rows = KeyRange.prefix(Keys.of(generation));
    engine.purge(Keyspace.DOCUMENTS, rows);
    engine.purge(Keyspace.PRIMARY, rows);
    engine.purge(Keyspace.TREES, rows);
    purgeIndexes(generation);
    try (WriteBatch batch = engine.newBatch()) {
      batch.deleteRange(Keyspace.COUNTERS, rows);
      SupersededDocuments.forget(batch, generation);
      gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
  }

  /// Removes the indexes of an unreachable generation, and what they hold.
  void purgeIndexes(long generation) {
    List<StoredIndex> indexes = new ArrayList<>();
    try (StorageCursor cursor = engine.scan(Keyspace.CATALOG, CatalogKey.indexesOf(generation))) {
      while (cursor.next()) {
        indexes.add(
            CatalogRows.index(CatalogKey.second(cursor.key()), cursor.value(), keyBytesMax));
      }
    }
    for (StoredIndex index : indexes) {
      engine.purge(Keyspace.INDEXES, index.range());
    }
    try (WriteBatch batch = engine.newBatch()) {
      batch.deleteRange(Keyspace.CATALOG, CatalogKey.indexesOf(generation));
      gate.commitOrThrow(batch, Durability.PROCESS_CRASH);
    }
  }

  synchronized void start() {
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("storage-purger").start(this::purgeUntilStopped);
    }
  }

  private void purgeUntilStopped() {
    try {
      while (true) {
        Item item = queue.poll(SPACE_RETRY_SECONDS, TimeUnit.SECONDS);
        if (item != null) {
          purge(item);
        } else {
          // Just those that are there now: what fails again comes back behind them.
          List<Item> again = new ArrayList<>();
          withoutSpace.drainTo(again);
          again.forEach(this::purge);
        }
      }
    } catch (InterruptedException e) {
      // stop() asks for the end that way.
      Thread.currentThread().interrupt();
    }
  }

  /// Waits for the purge under way, at most as long as the engine takes for one.
  synchronized void stop() throws InterruptedException {
    Thread running = thread;
    if (running != null) {
      running.interrupt();
      running.join();
      thread = null;
    }
  }
}
