package dev.lockstep.core.collection;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.Durability;
import dev.lockstep.core.storage.EngineLimits;
import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageEngine;
import dev.lockstep.core.storage.Tick;
import dev.lockstep.core.storage.WriteBatch;
import dev.lockstep.core.storage.memory.MemoryStorageEngine;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A memory engine whose process dies just before one step that changes storage (a commit, a sync,
/// a purge), or just after it. From then on every call fails, so that nothing a dying process would
/// not do is done by `finally` blocks.
final class CrashingEngine implements StorageEngine {
  /// The process is gone.
  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("simulated crash");
    }
  }

  private final MemoryStorageEngine engine;
  private final long crashAtStep;
  private final boolean afterIt;
  private long steps;
  private boolean crashed;

  /// @param crashAtStep 1 is the first step; one that is never reached lets everything pass
  CrashingEngine(MemoryStorageEngine engine, long crashAtStep, boolean afterIt) {
    this.engine = engine;
    this.crashAtStep = crashAtStep;
    this.afterIt = afterIt;
  }

  boolean crashed() {
    return crashed;
  }

  long steps() {
    return steps;
  }

  /// What a new process finds: everything committed, or after a power loss some first part of it.
  MemoryStorageEngine remains(boolean powerLoss, RandomGenerator random) {
    return powerLoss ? engine.losePower(random) : engine.killProcess();
  }

  private MemoryStorageEngine living() {
    if (crashed) {
      throw new Crash();
    }
    return engine;
  }

  private boolean stepCrashes() {
    living();
    if (++steps != crashAtStep) {
      return false;
    }
    if (!afterIt) {
      crashed = true;
      throw new Crash();
    }
    return true;
  }

  private void finish(boolean crashes) {
    if (crashes) {
      crashed = true;
      throw new Crash();
    }
  }

  @Override
  public CommitOutcome commit(WriteBatch batch, Durability durability) {
    boolean crashes = stepCrashes();
    CommitOutcome outcome = engine.commit(batch, durability);
    finish(crashes);
    return outcome;
  }

  @Override
  public void sync() {
    boolean crashes = stepCrashes();
    engine.sync();
    finish(crashes);
  }

  @Override
  public void purge(Keyspace keyspace, KeyRange range) {
    boolean crashes = stepCrashes();
    engine.purge(keyspace, range);
    finish(crashes);
  }

  @Override
  public EngineLimits limits() {
    return engine.limits();
  }

  @Override
  public WriteBatch newBatch() {
    return living().newBatch();
  }

  @Override
  public Tick closedTick() {
    return living().closedTick();
  }

  @Override
  public Snapshot snapshot() {
    return living().snapshot();
  }

  @Override
  public long bytesOnDisk() {
    return living().bytesOnDisk();
  }

  @Override
  public byte @Nullable [] get(Keyspace keyspace, byte[] key) {
    return living().get(keyspace, key);
  }

  @Override
  public List<byte @Nullable []> getAll(Keyspace keyspace, List<byte[]> keys) {
    return living().getAll(keyspace, keys);
  }

  @Override
  public StorageCursor scan(Keyspace keyspace, KeyRange range) {
    return living().scan(keyspace, range);
  }

  @Override
  public StorageCursor scanOnce(Keyspace keyspace, KeyRange range) {
    return living().scanOnce(keyspace, range);
  }

  @Override
  public StorageCursor scanDescending(Keyspace keyspace, KeyRange range) {
    return living().scanDescending(keyspace, range);
  }

  @Override
  public long counter(byte[] key) {
    return living().counter(key);
  }

  @Override
  public void close() {
    engine.close();
  }
}
