package dev.lockstep.core.storage.memory;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keys;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.StorageView;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.LongFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Keeps everything on the heap and every promise of the SPI. Its "disk" survives [#close]:
/// [#reopen], [#killProcess] and [#losePower] open a new engine on what would be left there.
/// Thread-safe.
public final class MemoryStorageEngine implements StorageEngine {
  /// More than any test holds a snapshot; a number that still adds to an instant.
  private static final Duration UNLIMITED_AGE = Duration.ofDays(3650);

  /// Older unsynced states count as written: an operating system does not keep dirty pages for ever
  /// either, and a long test must not hold every state it went through.
  private static final int UNSYNCED_STATES_MAX = 4096;

  private static final EngineLimits ROOMY =
      new EngineLimits(16 << 20, 64 << 10, 256L << 20, 4_000_000, 8 << 10, UNLIMITED_AGE);

  private static final EngineLimits TINY =
      new EngineLimits(2048, 512, 16 << 10, 64, 1, Duration.ofMinutes(1));

  private final EngineLimits limits;
  private final Object commitLock = new Object();

  /// What readers see. Replaced under `commitLock` only.
  private volatile State state;

  /// What survives a power loss for sure, and the states after it, oldest first; `state` is the
  /// last one. Guarded by `commitLock`.
  private State synced;

  private final ArrayDeque<State> unsynced = new ArrayDeque<>();

  /// Guarded by `commitLock`.
  private LongFunction<@Nullable CommitFault> faults = commit -> null;

  private long commits;
  private @Nullable CommitOutcome refusal;

  private volatile boolean closed;

  /// Snapshots taken in an earlier epoch have expired.
  private volatile int snapshotEpoch;

  /// Limits as wide as RocksDB's.
  public MemoryStorageEngine() {
    this(ROOMY);
  }

  public MemoryStorageEngine(EngineLimits limits) {
    this(limits, State.EMPTY);
  }

  private MemoryStorageEngine(EngineLimits limits, State state) {
    this.limits = limits;
    this.state = state;
    this.synced = state;
  }

  /// An engine that takes so little at once (2 KiB values, 16 KiB and 64 keys in a commit) that a
  /// caller who does not split by [#limits] fails at once.
  public static MemoryStorageEngine tinyLimits() {
    return new MemoryStorageEngine(TINY);
  }

  @Override
  public EngineLimits limits() {
    return limits;
  }

  @Override
  public WriteBatch newBatch() {
    checkOpen();
    return new MemoryWriteBatch(this);
  }

  @Override
  public CommitOutcome commit(WriteBatch batch, Durability durability) {
    if (!(batch instanceof MemoryWriteBatch operations) || operations.engine != this) {
      throw new IllegalArgumentException("the write batch is another engine's");
    }
    checkOpen();
    operations.finish();
    String excess = excess(operations);
    if (excess != null) {
      return new CommitOutcome.NotApplied(CommitOutcome.Reason.LIMIT_EXCEEDED, excess);
    }
    synchronized (commitLock) {
      checkOpen();
      if (refusal != null) {
        return refusal;
      }
      CommitFault fault = faults.apply(++commits);
      if (fault != null && fault != CommitFault.UNKNOWN_BUT_APPLIED) {
        return failed(fault);
      }
      State next = state.apply(operations);
      become(next, durability);
      return fault == null
          ? new CommitOutcome.Done(
              new Tick(next.lastTick), (int) (next.lastTick - next.previousTick))
          : failed(fault);
    }
  }

  private CommitOutcome failed(CommitFault fault) {
    return switch (fault) {
      case NO_SPACE ->
          new CommitOutcome.NotApplied(CommitOutcome.Reason.NO_SPACE, "simulated: no space left");
      case FENCED -> refusal = new CommitOutcome.Fenced("simulated: another process writes");
      case UNKNOWN_BUT_APPLIED, UNKNOWN_AND_LOST -> {
        String reason = "simulated: I/O error during a commit";
        refusal = new CommitOutcome.NotApplied(CommitOutcome.Reason.WRITES_STOPPED, reason);
        yield new CommitOutcome.Unknown(reason, new IOException(fault.name()));
      }
    };
  }

  private @Nullable String excess(MemoryWriteBatch batch) {
    if (batch.keyBytesMax > limits.keyBytesMax()) {
      return excess("a key", batch.keyBytesMax, "bytes", limits.keyBytesMax());
    }
    if (batch.valueBytesMax > limits.valueBytesMax()) {
      return excess("a value", batch.valueBytesMax, "bytes", limits.valueBytesMax());
    }
    if (batch.bytes() > limits.commitBytesMax()) {
      return excess("the commit", batch.bytes(), "bytes", limits.commitBytesMax());
    }
    return batch.operations() > limits.commitKeysMax()
        ? excess("the commit", batch.operations(), "operations", limits.commitKeysMax())
        : null;
  }

  private static String excess(String what, long size, String unit, long max) {
    return what + " has " + size + " " + unit + ", this engine takes at most " + max;
  }

  private void become(State next, Durability durability) {
    state = next;
    if (durability == Durability.POWER_LOSS) {
      unsynced.clear();
      synced = next;
    } else {
      unsynced.addLast(next);
      if (unsynced.size() > UNSYNCED_STATES_MAX) {
        synced = unsynced.removeFirst();
      }
    }
  }

  @Override
  public void sync() {
    synchronized (commitLock) {
      checkOpen();
      unsynced.clear();
      synced = state;
    }
  }

  @Override
  public Tick closedTick() {
    checkOpen();
    return new Tick(state.lastTick);
  }

  @Override
  public Snapshot snapshot() {
    checkOpen();
    return new MemorySnapshot(state);
  }

  @Override
  public void purge(Keyspace keyspace, KeyRange range) {
    synchronized (commitLock) {
      checkOpen();
      become(state.purge(keyspace, range), Durability.PROCESS_CRASH);
    }
  }

  @Override
  public long bytesOnDisk() {
    checkOpen();
    return 0;
  }

  @Override
  public byte @Nullable [] get(Keyspace keyspace, byte[] key) {
    checkOpen();
    return state.get(keyspace, key);
  }

  @Override
  public StorageCursor scan(Keyspace keyspace, KeyRange range) {
    checkOpen();
    return new TreeCursor(this, state.tree(keyspace), range, true);
  }

  @Override
  public StorageCursor scanDescending(Keyspace keyspace, KeyRange range) {
    checkOpen();
    return new TreeCursor(this, state.tree(keyspace), range, false);
  }

  @Override
  public long counter(byte[] key) {
    checkOpen();
    return state.counter(key);
  }

  @Override
  public void close() {
    synchronized (commitLock) {
      if (!closed) {
        unsynced.clear();
        synced = state;
        closed = true;
      }
    }
  }

  /// After [#close]: a new engine on the same content.
  public MemoryStorageEngine reopen() {
    synchronized (commitLock) {
      if (!closed) {
        throw new IllegalStateException("still open");
      }
      return new MemoryStorageEngine(limits, synced);
    }
  }

  /// Ends this engine as `kill -9` would and opens the next one: every commit is still there,
  /// answered or not.
  public MemoryStorageEngine killProcess() {
    close();
    return reopen();
  }

  /// Ends this engine as a power loss would and opens the next one: of the commits not yet synced
  /// `random` keeps some first ones, never a later one without an earlier one.
  public MemoryStorageEngine losePower(RandomGenerator random) {
    synchronized (commitLock) {
      checkOpen();
      closed = true;
      for (int kept = random.nextInt(unsynced.size() + 1); kept > 0; kept--) {
        synced = unsynced.removeFirst();
      }
      unsynced.clear();
      return new MemoryStorageEngine(limits, synced);
    }
  }

  /// Asks `faults` before each commit from now on, with the number of the commit since opening (1
  /// is the first); `null` lets it pass. What `faults` throws, the committer gets, with nothing
  /// applied: the place for a simulated crash.
  public void injectFaults(LongFunction<@Nullable CommitFault> faults) {
    synchronized (commitLock) {
      this.faults = faults;
    }
  }

  /// Makes every snapshot open now fail from now on, as an engine does that keeps none for long.
  public void expireSnapshots() {
    synchronized (commitLock) {
      snapshotEpoch++;
    }
  }

  void checkOpen() {
    if (closed) {
      throw new StorageException("the storage engine is closed");
    }
  }

  private final class MemorySnapshot implements Snapshot, StorageView {
    private final State frozen;
    private final int epoch = snapshotEpoch;
    private volatile boolean released;

    MemorySnapshot(State frozen) {
      this.frozen = frozen;
    }

    @Override
    public Tick tick() {
      return new Tick(frozen.lastTick);
    }

    @Override
    public byte @Nullable [] get(Keyspace keyspace, byte[] key) {
      return readable().get(keyspace, key);
    }

    @Override
    public StorageCursor scan(Keyspace keyspace, KeyRange range) {
      return new TreeCursor(MemoryStorageEngine.this, readable().tree(keyspace), range, true);
    }

    @Override
    public StorageCursor scanDescending(Keyspace keyspace, KeyRange range) {
      return new TreeCursor(MemoryStorageEngine.this, readable().tree(keyspace), range, false);
    }

    @Override
    public long counter(byte[] key) {
      return readable().counter(key);
    }

    private State readable() {
      checkOpen();
      if (released) {
        throw new StorageException("the snapshot at tick " + tick() + " is closed");
      }
      if (epoch != snapshotEpoch) {
        throw new StorageException("the snapshot at tick " + tick() + " has expired");
      }
      return frozen;
    }

    @Override
    public void close() {
      released = true;
    }
  }

  /// One committed state. Immutable.
  private static final class State {
    static final State EMPTY = empty();

    private final SortedTree[] trees;
    final long lastTick;

    /// `lastTick` of the state before.
    final long previousTick;

    private State(SortedTree[] trees, long lastTick, long previousTick) {
      this.trees = trees;
      this.lastTick = lastTick;
      this.previousTick = previousTick;
    }

    private static State empty() {
      SortedTree[] trees = new SortedTree[Keyspace.values().length];
      Arrays.fill(trees, SortedTree.EMPTY);
      return new State(trees, 0, 0);
    }

    SortedTree tree(Keyspace keyspace) {
      return trees[keyspace.ordinal()];
    }

    byte @Nullable [] get(Keyspace keyspace, byte[] key) {
      byte[] value = tree(keyspace).get(key);
      return value == null ? null : value.clone();
    }

    long counter(byte[] key) {
      return sum(tree(Keyspace.COUNTERS), key);
    }

    private static long sum(SortedTree counters, byte[] key) {
      byte[] sum = counters.get(key);
      return sum == null ? 0 : Keys.longAt(sum, 0);
    }

    State apply(MemoryWriteBatch batch) {
      SortedTree[] next = trees.clone();
      long tick = lastTick;
      for (MemoryWriteBatch.Operation operation : batch.operations) {
        switch (operation) {
          case MemoryWriteBatch.Put(Keyspace keyspace, byte[] key, byte[] value) ->
              next[keyspace.ordinal()] = next[keyspace.ordinal()].put(key, value);
          case MemoryWriteBatch.Delete(Keyspace keyspace, byte[] key) ->
              next[keyspace.ordinal()] = next[keyspace.ordinal()].remove(key);
          case MemoryWriteBatch.DeleteRange(Keyspace keyspace, KeyRange range) ->
              next[keyspace.ordinal()] = next[keyspace.ordinal()].remove(range);
          case MemoryWriteBatch.Add(byte[] key, long delta) -> {
            int counters = Keyspace.COUNTERS.ordinal();
            next[counters] = next[counters].put(key, Keys.of(sum(next[counters], key) + delta));
          }
          case MemoryWriteBatch.AppendChange(byte[] change) -> {
            int changes = Keyspace.CHANGES.ordinal();
            next[changes] = next[changes].put(Keys.of(++tick), change);
          }
        }
      }
      return new State(next, tick, lastTick);
    }

    State purge(Keyspace keyspace, KeyRange range) {
      SortedTree[] next = trees.clone();
      next[keyspace.ordinal()] = next[keyspace.ordinal()].remove(range);
      return new State(next, lastTick, lastTick);
    }
  }
}
