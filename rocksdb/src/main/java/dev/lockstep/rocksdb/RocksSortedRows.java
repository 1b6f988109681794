package dev.lockstep.rocksdb;

import dev.lockstep.core.storage.CommitOutcome;
import dev.lockstep.core.storage.SortedRows;
import dev.lockstep.core.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rocksdb.EnvOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileWriter;
import org.rocksdb.Status;

/// A table file written beside the database, which takes it in as a whole: no log, no memtable, no
/// compaction. A failure to write the file does the database no harm.
final class RocksSortedRows implements SortedRows, NativeResource {
  /// Asked for from the disk at a time.
  private static final long RESERVED_BYTES = 1 << 20;

  /// Larger rows are rare enough to be copied once more.
  private static final int BUFFER_BYTES = 64 << 10;

  private final RocksStorageEngine engine;
  private final ColumnFamilies.Tables tables;
  private final Path file;
  private final EnvOptions environment = new EnvOptions();
  private final Options options;
  private final SstFileWriter writer;

  // RocksDB reads keys and values from these without copying them first.
  private final ByteBuffer key = ByteBuffer.allocateDirect(256);
  private final ByteBuffer value = ByteBuffer.allocateDirect(BUFFER_BYTES);

  private byte @Nullable [] last;
  private long bytes;

  /// Bytes that the disk has room for, as far as was asked.
  private long reserved;

  /// Why nothing is written any more.
  private CommitOutcome.@Nullable NotApplied refusal;

  private boolean isOver;

  /// Called inside the gate.
  ///
  /// @param file made when the first row comes
  RocksSortedRows(RocksStorageEngine engine, ColumnFamilies.Tables tables, Path file) {
    this.engine = engine;
    this.tables = tables;
    this.file = file;
    this.options = tables.newOptions();
    this.writer = new SstFileWriter(environment, options);
  }

  @Override
  public void put(byte[] rowKey, byte[] rowValue) {
    enter();
    try {
      SortedRows.requireAscending(last, rowKey);
      if (last == null) {
        writer.open(file.toString());
      }
      last = rowKey;
      int length = rowKey.length + rowValue.length;
      bytes += length;
      if (hasRoom(length)) {
        write(rowKey, rowValue);
      }
    } catch (RocksDBException failure) {
      refuse(failure);
    } finally {
      engine.gate.leave();
    }
  }

  private boolean hasRoom(int length) {
    if (refusal == null && reserved < length) {
      long wanted = Math.max(RESERVED_BYTES, length);
      refusal = engine.reserve(wanted);
      reserved += wanted;
    }
    reserved -= length;
    return refusal == null;
  }

  private void write(byte[] rowKey, byte[] rowValue) throws RocksDBException {
    if (rowKey.length <= key.capacity() && rowValue.length <= value.capacity()) {
      writer.put(key.clear().put(rowKey).flip(), value.clear().put(rowValue).flip());
    } else {
      writer.put(rowKey, rowValue);
    }
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public CommitOutcome finish() {
    enter();
    try {
      isOver = true;
      finishFile();
      CommitOutcome.NotApplied refused = refusal;
      return refused == null ? engine.takeIn(tables, last == null ? null : file) : refused;
    } finally {
      engine.gate.leave();
    }
  }

  private void finishFile() {
    if (refusal == null && last != null) {
      try {
        writer.finish();
      } catch (RocksDBException failure) {
        refuse(failure);
      }
    }
  }

  /// A disk may be full although there was room when it was asked: others fill it, too.
  private void refuse(RocksDBException failure) {
    Status status = failure.getStatus();
    if (status == null || status.getSubCode() != Status.SubCode.NoSpace) {
      isOver = true;
      throw new StorageException(
          "cannot write the table file " + file + ": " + failure.getMessage(), failure);
    }
    refusal =
        new CommitOutcome.NotApplied(
            CommitOutcome.Reason.NO_SPACE,
            "the table file " + file + " cannot be written: " + failure.getMessage());
  }

  private void enter() {
    engine.gate.enter();
    if (isOver) {
      engine.gate.leave();
      throw new IllegalStateException("the sorted rows are finished or closed");
    }
  }

  @Override
  public void close() {
    isOver = true;
    engine.release(this);
  }

  @Override
  public void free() {
    writer.close();
    options.close();
    environment.close();
    try {
      // Gone already if the database has taken it in.
      Files.deleteIfExists(file);
    } catch (IOException failure) {
      throw new StorageException("cannot delete " + file + ": " + failure, failure);
    }
  }
}
