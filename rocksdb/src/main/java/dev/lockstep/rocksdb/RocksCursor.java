package dev.lockstep.rocksdb;

import dev.lockstep.core.storage.KeyRange;
import dev.lockstep.core.storage.Keyspace;
import dev.lockstep.core.storage.StorageCursor;
import dev.lockstep.core.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/// A RocksDB iterator. Owns it, its read options and its bounds; holds its snapshot, if any.
///
/// Its methods exclude each other: a lease that expires may close a cursor while a request still
/// reads from it, and a freed iterator must never be touched. The engine frees it without this
/// lock, but only when its gate is shut, and every method enters the gate.
final class RocksCursor implements StorageCursor, NativeResource {
  /// Where RocksDB is told to copy a value to when only its length is asked for.
  private static final ByteBuffer NOWHERE = ByteBuffer.allocateDirect(0);

  /// The ways of `StorageView` to scan.
  enum Kind {
    ASCENDING,
    ASCENDING_ONCE,
    DESCENDING
  }

  private final RocksStorageEngine engine;
  private final Keyspace keyspace;
  private final boolean ascending;
  private final byte @Nullable [] to;
  private final byte[] from;
  private final @Nullable RocksSnapshot snapshot;

  /// The bounds must outlive the iterator.
  private final Slice lower;

  private final @Nullable Slice upper;
  private final ReadOptions options;
  private final RocksIterator iterator;

  /// Where the next [#next] starts; `null` once it moves on from the current entry.
  private byte @Nullable [] start;

  private boolean fromTheEdge = true;
  private boolean onEntry;
  private boolean exhausted;
  private boolean closed;

  /// Called inside the gate.
  ///
  /// @param snapshot held already for this cursor, which releases it
  RocksCursor(
      RocksStorageEngine engine,
      RocksDB database,
      ColumnFamilyHandle family,
      Keyspace keyspace,
      KeyRange range,
      Kind kind,
      @Nullable RocksSnapshot snapshot) {
    this.engine = engine;
    this.keyspace = keyspace;
    this.ascending = kind != Kind.DESCENDING;
    this.from = range.from();
    this.to = range.to();
    this.snapshot = snapshot;
    this.lower = new Slice(from);
    this.upper = to == null ? null : new Slice(to);
    this.options =
        new ReadOptions().setIterateLowerBound(lower).setFillCache(kind != Kind.ASCENDING_ONCE);
    if (upper != null) {
      options.setIterateUpperBound(upper);
    }
    if (snapshot != null) {
      options.setSnapshot(snapshot.handle());
    }
    this.iterator = database.newIterator(family, options);
    this.exhausted = isEmptyRange();
  }

  /// RocksDB leaves open what inverted bounds do.
  private boolean isEmptyRange() {
    return to != null && Arrays.compareUnsigned(from, to) >= 0;
  }

  @Override
  public synchronized boolean next() {
    enter();
    try {
      if (exhausted) {
        return false;
      }
      move();
      onEntry = iterator.isValid();
      if (!onEntry) {
        exhausted = true;
        iterator.status();
      }
      return onEntry;
    } catch (RocksDBException failure) {
      throw new StorageException(
          "cannot read on in " + keyspace + ": " + failure.getMessage(), failure);
    } finally {
      engine.gate.leave();
    }
  }

  private void move() {
    byte[] key = start;
    if (key != null) {
      start = null;
      if (ascending) {
        iterator.seek(key);
      } else {
        iterator.seekForPrev(key);
      }
    } else if (fromTheEdge) {
      if (ascending) {
        iterator.seekToFirst();
      } else {
        iterator.seekToLast();
      }
    } else if (ascending) {
      iterator.next();
    } else {
      iterator.prev();
    }
    fromTheEdge = false;
  }

  @Override
  public synchronized void seek(byte[] key) {
    enter();
    engine.gate.leave();
    onEntry = false;
    boolean beforeTheEdge =
        ascending
            ? Arrays.compareUnsigned(key, from) < 0
            : to != null && Arrays.compareUnsigned(key, to) >= 0;
    fromTheEdge = beforeTheEdge;
    start = beforeTheEdge ? null : key;
    // RocksDB leaves open what a seek beyond the far bound does.
    exhausted =
        isEmptyRange()
            || (ascending
                ? to != null && Arrays.compareUnsigned(key, to) >= 0
                : Arrays.compareUnsigned(key, from) < 0);
  }

  @Override
  public synchronized byte[] key() {
    enterOnEntry();
    try {
      return iterator.key();
    } finally {
      engine.gate.leave();
    }
  }

  @Override
  public synchronized byte[] value() {
    enterOnEntry();
    try {
      return iterator.value();
    } finally {
      engine.gate.leave();
    }
  }

  @Override
  public synchronized int valueLength() {
    enterOnEntry();
    try {
      return iterator.value(NOWHERE.duplicate());
    } finally {
      engine.gate.leave();
    }
  }

  private void enter() {
    engine.gate.enter();
    if (closed) {
      engine.gate.leave();
      throw new StorageException("the cursor is closed");
    }
  }

  private void enterOnEntry() {
    enter();
    if (!onEntry) {
      engine.gate.leave();
      throw new IllegalStateException("the cursor is not on an entry: next() did not return true");
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      engine.release(this);
    }
  }

  @Override
  public void free() {
    iterator.close();
    options.close();
    lower.close();
    if (upper != null) {
      upper.close();
    }
    if (snapshot != null) {
      snapshot.drop();
    }
  }
}
