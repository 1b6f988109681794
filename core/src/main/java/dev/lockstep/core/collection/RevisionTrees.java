package dev.lockstep.core.collection;

import dev.lockstep.core.changelog.Change;
import dev.lockstep.core.changelog.ChangeLog;
import dev.lockstep.core.changelog.ChangeRead;
import dev.lockstep.core.changelog.LoggedChange;
import dev.lockstep.core.document.Revision;
import dev.lockstep.core.revision.RevisionSummary;
import dev.lockstep.core.revision.RevisionSummaryEditor;
import dev.lockstep.core.revision.RevisionTreeException;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.StorageView;
import dev.lockstep.core.storage.Tick;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The revision trees of all generations, and the blocks that go with them, in memory, and what of
/// them is stored. Thread-safe. Decision: `docs/decisions/0004-revision-tree.md`.
final class RevisionTrees {
  /*
   * A commit and the change of the tree it causes happen under the shared lock, a snapshot is taken
   * under the exclusive one: so every snapshot comes with trees of exactly its tick. The tree of one
   * generation has one writer at a time, whoever holds the collection's lock.
   *
   * After a restart a tree comes from its stored copy and the change log since; where that is not
   * possible the slot stays empty, and the tree of a snapshot is read from the snapshot itself until
   * the background thread has built the one in memory: it takes a snapshot, lets commits note their
   * changes from that very moment on, reads the snapshot, and adds what was noted.
   */

  private static final Logger LOG = LoggerFactory.getLogger(RevisionTrees.class);

  /// Noted changes while a tree is being built; 16 bytes each. Beyond, the build is given up and
  /// tried again later.
  static final int NOTED_MAX = 4_000_000;

  /// A restart reads at most this much of the log per opened store; what is farther behind is built
  /// anew in the background, so that a start stays short.
  static final int CHANGES_READ_AT_OPEN_MAX = 300_000;

  /// Primary rows that an open reads at most, in place of the log, for trees that are not stored;
  /// they take less time than as many changes.
  static final int ROWS_READ_AT_OPEN_MAX = 20_000;

  private static final int CHANGES_PER_READ = 10_000;

  private static final Duration UPKEEP_PAUSE = Duration.ofSeconds(2);

  private final StorageEngine engine;
  private final ReentrantReadWriteLock consistency = new ReentrantReadWriteLock(true);
  private final Map<Long, Slot> slots = new ConcurrentHashMap<>();
  private final RevisionTreeCopies copies;

  /// Held while a tree is built: what is noted meanwhile takes memory, so one at a time.
  private final ReentrantLock building = new ReentrantLock();

  private final ReentrantLock upkeepLock = new ReentrantLock();
  private final Condition stopping = upkeepLock.newCondition();
  private boolean stopped;
  private @Nullable Thread upkeep;

  /// What is known of one generation's tree. Changed under the shared lock by the collection's
  /// writer, or under the exclusive one.
  private sealed interface Slot {}

  private static final class Ready implements Slot {
    final RevisionSummaryEditor editor;

    /// Since the stored copy was made.
    long changes;

    /// The upkeep's. A tree is also stored when the store closes.
    final CopySchedule copySchedule = new CopySchedule();

    Ready(RevisionSummaryEditor editor, long changes) {
      this.editor = editor;
      this.changes = changes;
    }
  }

  private static final class Building implements Slot {
    final List<TreeChange> noted = new ArrayList<>();
    long size;
    boolean overflown;
  }

  /// @param reason why there can be no tree: a revision out of every tree's range
  private record Impossible(String reason) implements Slot {}

  /// What one commit does to a tree, in order.
  ///
  /// @param revisions unsigned
  /// @param inserted for each, whether it comes or goes
  record TreeChange(long[] revisions, boolean[] inserted) {}

  RevisionTrees(StorageEngine engine, CommitGate gate) {
    this.engine = engine;
    this.copies = new RevisionTreeCopies(engine, gate);
  }

  /// To be held from before a commit that changes documents until after [#apply].
  Lock commitLock() {
    return consistency.readLock();
  }

  /// Adds what a commit has done; under [#commitLock] and the collection's lock. Never fails: the
  /// commit has happened.
  void apply(long generation, TreeChange change) {
    switch (slots.get(generation)) {
      case Ready ready -> {
        try {
          apply(ready.editor, change);
          ready.changes += change.revisions().length;
        } catch (RevisionTreeException impossible) {
          giveUp(generation, impossible);
        }
      }
      case Building building -> {
        building.size += change.revisions().length;
        if (building.size > NOTED_MAX) {
          building.overflown = true;
          building.noted.clear();
        } else {
          building.noted.add(change);
        }
      }
      case Impossible impossible -> {}
      case null -> {}
    }
  }

  private static void apply(RevisionSummaryEditor editor, TreeChange change) {
    for (int i = 0; i < change.revisions().length; i++) {
      Revision revision = new Revision(change.revisions()[i]);
      if (change.inserted()[i]) {
        editor.insert(revision);
      } else {
        editor.remove(revision);
      }
    }
  }

  private void giveUp(long generation, RevisionTreeException reason) {
    LOG.warn(
        "generation {} has no revision tree: {}",
        Long.toUnsignedString(generation),
        reason.getMessage());
    slots.put(generation, new Impossible(String.valueOf(reason.getMessage())));
  }

  /// A generation that holds nothing yet, or what `editor` says; before anybody can write to it.
  void begin(long generation, RevisionSummaryEditor editor) {
    slots.put(generation, new Ready(editor, editor.count()));
  }

  /// A generation is gone.
  void forget(long generation) {
    slots.remove(generation);
  }

  /// Takes a snapshot and the trees that belong to it.
  <T> T freeze(Freezing<T> freezing) {
    consistency.writeLock().lock();
    try {
      Map<Long, RevisionSummary> frozen = new HashMap<>();
      slots.forEach((generation, slot) -> {
        if (slot instanceof Ready ready) {
          frozen.put(generation, ready.editor.toSummary());
        }
      });
      return freezing.freeze(engine.snapshot(), frozen);
    } finally {
      consistency.writeLock().unlock();
    }
  }

  /// Receives a snapshot and its trees by generation.
  @FunctionalInterface
  interface Freezing<T> {
    T freeze(Snapshot snapshot, Map<Long, RevisionSummary> trees);
  }

  /// The tree of a generation as it is now, or null if it is not in memory.
  @Nullable RevisionSummary current(long generation) {
    consistency.writeLock().lock();
    try {
      return slots.get(generation) instanceof Ready ready ? ready.editor.toSummary() : null;
    } finally {
      consistency.writeLock().unlock();
    }
  }

  /// Reads the tree of a generation from its primary rows.
  ///
  /// @throws RevisionTreeException if a revision lies out of every tree's range
  static RevisionSummary read(StorageView view, long generation) {
    return readInto(new RevisionSummaryEditor(), view, generation).toSummary();
  }

  private static RevisionSummaryEditor readInto(
      RevisionSummaryEditor editor, StorageView view, long generation) {
    try (StorageCursor rows =
        view.scanOnce(Keyspace.PRIMARY, KeyRange.prefix(Keys.of(generation)))) {
      while (rows.next()) {
        editor.insert(PrimaryEntry.decode(rows.value()).asRevision());
      }
    }
    return editor;
  }

  /// What came of building a tree.
  enum Rebuilt {
    DONE,
    /// The generation went away meanwhile, and with it the need for a tree.
    OBSOLETE,
    /// More was written meanwhile than could be noted. There is no tree in memory now; the
    /// background thread will try again.
    OVERTAKEN
  }

  /// Builds the tree of a generation from its data, also if there is one already. Writers go on;
  /// builds wait for each other.
  ///
  /// @throws RevisionTreeException if no tree can take the revisions
  Rebuilt rebuild(long generation) {
    building.lock();
    try {
      return build(generation);
    } finally {
      building.unlock();
    }
  }

  private Rebuilt build(long generation) {
    Building build = new Building();
    Snapshot snapshot;
    consistency.writeLock().lock();
    try {
      slots.put(generation, build);
      snapshot = engine.snapshot();
    } finally {
      consistency.writeLock().unlock();
    }
    try (snapshot) {
      RevisionSummaryEditor editor = readInto(new RevisionSummaryEditor(), snapshot, generation);
      return finish(generation, build, editor);
    } catch (RevisionTreeException impossible) {
      consistency.writeLock().lock();
      try {
        if (slots.get(generation) == build) {
          giveUp(generation, impossible);
        }
      } finally {
        consistency.writeLock().unlock();
      }
      throw impossible;
    } catch (StorageException e) {
      slots.remove(generation, build);
      throw e;
    }
  }

  private Rebuilt finish(long generation, Building build, RevisionSummaryEditor editor) {
    consistency.writeLock().lock();
    try {
      if (slots.get(generation) != build) {
        return Rebuilt.OBSOLETE;
      }
      if (build.overflown) {
        slots.remove(generation);
        return Rebuilt.OVERTAKEN;
      }
      for (TreeChange change : build.noted) {
        apply(editor, change);
      }
      slots.put(generation, new Ready(editor, editor.count()));
      return Rebuilt.DONE;
    } finally {
      consistency.writeLock().unlock();
    }
  }

  /// Brings stored copies up to now from the log, and trees of generations that began in it; those
  /// of a few documents are read from these. At open, before anything is written.
  ///
  /// @param generations of all collections by their ids
  void load(ChangeLog log, Map<Long, Long> generations) {
    Replay replay = new Replay(generations);
    Tick now = engine.closedTick();
    Tick copied = now;
    boolean missing = false;
    long rowsLeft = ROWS_READ_AT_OPEN_MAX;
    for (long generation : generations.values()) {
      long count = GenerationTotals.count(engine, generation);
      if (count == 0) {
        slots.put(generation, new Ready(new RevisionSummaryEditor(), 0));
        continue;
      }
      RevisionTreeCopies.Copy copy = copies.read(generation);
      if (copy == null || now.value() - copy.tick().value() > CHANGES_READ_AT_OPEN_MAX) {
        if (count <= rowsLeft) {
          rowsLeft -= count;
          readAtOpen(generation);
        } else {
          // What has more documents than this began before the part of the log that would be read.
          missing |= count <= CHANGES_READ_AT_OPEN_MAX;
        }
      } else {
        replay.start(
            generation, new RevisionSummaryEditor(copy.tree(), copy.blocks()), copy.tick());
        copied = copy.tick().compareTo(copied) < 0 ? copy.tick() : copied;
      }
    }
    Tick reach = new Tick(Math.max(0, now.value() - CHANGES_READ_AT_OPEN_MAX));
    if (missing && !replay.follow(log, reach) || !missing && !replay.follow(log, copied)) {
      LOG.info(
          "the change log does not reach back to the stored revision trees; they are built anew");
      return;
    }
    replay.editors.forEach((generation, editor) -> slots.put(generation, new Ready(editor, 0)));
  }

  /// Before anybody can write: what is read is the present state.
  private void readAtOpen(long generation) {
    try {
      RevisionSummaryEditor read = readInto(new RevisionSummaryEditor(), engine, generation);
      slots.put(generation, new Ready(read, 0));
    } catch (RevisionTreeException impossible) {
      giveUp(generation, impossible);
    }
  }

  /// Trees on their way from a stored state to now.
  private final class Replay {
    final Map<Long, RevisionSummaryEditor> editors = new HashMap<>();
    private final Map<Long, Tick> since = new HashMap<>();
    private final Map<Long, Long> generations;

    Replay(Map<Long, Long> generations) {
      this.generations = generations;
    }

    void start(long generation, RevisionSummaryEditor editor, Tick tick) {
      editors.put(generation, editor);
      since.put(generation, tick);
    }

    /// @return false if the log no longer has what follows `from`
    boolean follow(ChangeLog log, Tick from) {
      if (from.equals(Tick.NONE) && log.firstAvailable().compareTo(Tick.NONE.next()) > 0) {
        // A log that is read from its beginning does not say what was before.
        return false;
      }
      Tick position = from;
      while (log.read(engine, position, CHANGES_PER_READ) instanceof ChangeRead.Page page) {
        if (page.changes().isEmpty()) {
          return true;
        }
        for (LoggedChange logged : page.changes()) {
          add(logged);
          position = logged.tick();
        }
      }
      return false;
    }

    private void add(LoggedChange logged) {
      switch (logged.change()) {
        case Change.DocumentWritten written ->
            add(logged.tick(), written.generation(), written.previous(), written.revision());
        case Change.DocumentRemoved removed ->
            add(logged.tick(), removed.generation(), removed.previous(), Revision.NONE);
        case Change.CollectionCreated created ->
            // Whatever generation it began with, the present one began later or is that one.
            begin(generations.get(created.collectionId()), logged.tick());
        case Change.Truncated truncated -> begin(truncated.newGeneration(), logged.tick());
        case Change.GenerationSwapped swapped -> {
          // Its documents are not in the log; only a copy made later knows them.
          Tick known = since.get(swapped.newGeneration());
          if (known == null || known.compareTo(logged.tick()) < 0) {
            editors.remove(swapped.newGeneration());
          }
        }
        default -> {}
      }
    }

    private void begin(@Nullable Long generation, Tick tick) {
      if (generation != null
          && !editors.containsKey(generation)
          && generations.containsValue(generation)) {
        start(generation, new RevisionSummaryEditor(), tick);
      }
    }

    private void add(Tick tick, long generation, Revision goes, Revision comes) {
      RevisionSummaryEditor editor = editors.get(generation);
      Tick known = since.get(generation);
      if (editor == null || known == null || tick.compareTo(known) <= 0) {
        return;
      }
      try {
        if (!goes.equals(Revision.NONE)) {
          editor.remove(goes);
        }
        if (!comes.equals(Revision.NONE)) {
          editor.insert(comes);
        }
      } catch (RevisionTreeException contradiction) {
        LOG.warn(
            "a stored revision tree contradicts the change log and is built anew", contradiction);
        editors.remove(generation);
      }
    }
  }

  /// Starts building and storing trees in the background.
  ///
  /// @param generations of all collections, whenever asked
  void start(Supplier<Collection<Long>> generations) {
    upkeepLock.lock();
    try {
      if (upkeep == null) {
        stopped = false;
        upkeep =
            Thread.ofPlatform()
                .daemon()
                .name("revision-trees")
                .start(() -> keepUpUntilStopped(generations));
      }
    } finally {
      upkeepLock.unlock();
    }
  }

  private void keepUpUntilStopped(Supplier<Collection<Long>> generations) {
    try {
      do {
        for (long generation : generations.get()) {
          if (keepUp(generation) && !generations.get().contains(generation)) {
            // It was replaced and perhaps purged meanwhile; then this came too late for the purge.
            remove(generation);
          }
        }
      } while (!awaitStop());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean awaitStop() throws InterruptedException {
    upkeepLock.lock();
    try {
      long left = UPKEEP_PAUSE.toNanos();
      while (!stopped && left > 0) {
        left = stopping.awaitNanos(left);
      }
      return stopped;
    } finally {
      upkeepLock.unlock();
    }
  }

  /// Whether there was anything to do.
  private boolean keepUp(long generation) {
    try {
      Slot slot = slots.get(generation);
      if (slot == null) {
        rebuild(generation);
        return true;
      }
      if (!(slot instanceof Ready ready)) {
        return false;
      }
      CopySchedule.Finding found = ready.copySchedule.look(ready.changes);
      if (found.isCopyDue()) {
        store(generation);
      }
      if (found.hasSettled()) {
        engine.settle();
      }
      return found.isCopyDue();
    } catch (RevisionTreeException impossible) {
      // That was logged, and is known from now on.
      return true;
    } catch (RuntimeException e) {
      LOG.warn("upkeep of a revision tree failed, it is tried again", e);
      return true;
    }
  }

  private void remove(long generation) {
    forget(generation);
    try {
      engine.purge(Keyspace.TREES, KeyRange.prefix(Keys.of(generation)));
    } catch (RuntimeException e) {
      LOG.warn("a stored revision tree that nobody needs stays until the next start", e);
    }
  }

  /// Purges stored trees of generations that nobody knows; at open.
  void purgeUnknown(Collection<Long> known) {
    List<Long> unknown = new ArrayList<>();
    try (StorageCursor rows = engine.scan(Keyspace.TREES, KeyRange.all())) {
      while (rows.next()) {
        long generation = Keys.longAt(rows.key(), 0);
        if (!known.contains(generation)) {
          unknown.add(generation);
        }
        byte[] next = KeyRange.successor(Keys.of(generation));
        if (next == null) {
          break;
        }
        rows.seek(next);
      }
    }
    unknown.forEach(this::remove);
  }

  /// Stops the background thread; waits for what it is doing, a few seconds at most.
  void stop() throws InterruptedException {
    Thread running;
    upkeepLock.lock();
    try {
      stopped = true;
      stopping.signalAll();
      running = upkeep;
      upkeep = null;
    } finally {
      upkeepLock.unlock();
    }
    if (running != null && !running.join(Duration.ofSeconds(TimeUnit.MINUTES.toSeconds(1)))) {
      LOG.warn("the upkeep of revision trees does not end; closing without it");
    }
  }

  /// Stores every tree that has changed, so that the next open need not read the log.
  void storeAll() {
    for (Map.Entry<Long, Slot> entry : slots.entrySet()) {
      if (entry.getValue() instanceof Ready ready && ready.changes > 0) {
        try {
          store(entry.getKey());
        } catch (RuntimeException e) {
          LOG.warn("a revision tree could not be stored; the next start reads the change log", e);
        }
      }
    }
  }

  private void store(long generation) {
    RevisionSummary summary;
    Tick tick;
    consistency.writeLock().lock();
    try {
      if (!(slots.get(generation) instanceof Ready ready)) {
        return;
      }
      summary = ready.editor.toSummary();
      tick = engine.closedTick();
      ready.changes = 0;
    } finally {
      consistency.writeLock().unlock();
    }
    copies.write(generation, tick, summary);
  }
}
