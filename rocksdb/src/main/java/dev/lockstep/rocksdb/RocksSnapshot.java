package dev.lockstep.rocksdb;

import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.Snapshot;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageException;
import dev.lockstep.core.storage.Tick;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/// A RocksDB snapshot, alive until it and all its cursors are closed.
final class RocksSnapshot implements Snapshot, NativeResource {
  private final RocksStorageEngine engine;
  private final RocksDB database;
  private final Tick tick;
  private final long sequence;

  /// Owned; freed by [#free].
  private final org.rocksdb.Snapshot handle;

  /// Owned; freed by [#free].
  private final ReadOptions options;

  /// One for the snapshot itself, one for each of its cursors and each read in progress. At zero it
  /// is freed, and can never be held again.
  private final AtomicInteger holders = new AtomicInteger(1);

  private volatile boolean closed;

  /// Called inside the gate and under the commit lock, so that `tick` and the state agree.
  RocksSnapshot(RocksStorageEngine engine, RocksDB database, Tick tick) {
    this.engine = engine;
    this.database = database;
    this.tick = tick;
    this.handle = database.getSnapshot();
    this.sequence = handle.getSequenceNumber();
    this.options = new ReadOptions().setSnapshot(handle);
  }

  @Override
  public Tick tick() {
    return tick;
  }

  @Override
  public byte @Nullable [] get(Keyspace keyspace, byte[] key) {
    hold();
    try {
      return engine.get(keyspace, key, options);
    } finally {
      leave();
    }
  }

  @Override
  public List<byte @Nullable []> getAll(Keyspace keyspace, List<byte[]> keys) {
    hold();
    try {
      return engine.getAll(keyspace, keys, options);
    } finally {
      leave();
    }
  }

  @Override
  public long counter(byte[] key) {
    hold();
    try {
      return engine.counter(key, options);
    } finally {
      leave();
    }
  }

  @Override
  public StorageCursor scan(Keyspace keyspace, KeyRange range) {
    return cursor(keyspace, range, RocksCursor.Kind.ASCENDING);
  }

  @Override
  public StorageCursor scanOnce(Keyspace keyspace, KeyRange range) {
    return cursor(keyspace, range, RocksCursor.Kind.ASCENDING_ONCE);
  }

  @Override
  public StorageCursor scanDescending(Keyspace keyspace, KeyRange range) {
    return cursor(keyspace, range, RocksCursor.Kind.DESCENDING);
  }

  private StorageCursor cursor(Keyspace keyspace, KeyRange range, RocksCursor.Kind kind) {
    hold();
    boolean opened = false;
    try {
      StorageCursor cursor = engine.cursor(keyspace, range, kind, this);
      opened = true;
      return cursor;
    } finally {
      // An open cursor keeps the hold.
      if (opened) {
        engine.gate.leave();
      } else {
        leave();
      }
    }
  }

  /// Enters the gate and keeps this snapshot alive until [#leave].
  private void hold() {
    engine.gate.enter();
    if (closed || !stayAlive()) {
      engine.gate.leave();
      throw new StorageException("the snapshot at tick " + tick + " is closed");
    }
  }

  private boolean stayAlive() {
    return holders.getAndUpdate(now -> now == 0 ? 0 : now + 1) > 0;
  }

  /// Asks something of this state, for the engine's own purposes; false when it is freed already.
  /// Called inside the gate.
  boolean sees(Question question) throws RocksDBException {
    if (!stayAlive()) {
      return false;
    }
    try {
      return question.holds(options);
    } finally {
      drop();
    }
  }

  interface Question {
    boolean holds(ReadOptions view) throws RocksDBException;
  }

  private void leave() {
    drop();
    engine.gate.leave();
  }

  /// Gives up one hold. Called inside the gate, or by the engine after its gate is shut.
  void drop() {
    if (holders.decrementAndGet() == 0) {
      engine.forget(this);
      free();
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    if (engine.gate.tryEnter()) {
      leave();
    }
  }

  @Override
  public void free() {
    options.close();
    database.releaseSnapshot(handle);
  }

  org.rocksdb.Snapshot handle() {
    return handle;
  }

  /// RocksDB's position of this state; later writes have greater ones.
  long sequence() {
    return sequence;
  }
}
