package dev.lockstep.core.storage;

/// Walks the entries of a range in order. Use: `while (cursor.next()) { cursor.key() ... }`. One
/// thread at a time, but any thread may close it, even while another one uses it: that one's next
/// call fails with [StorageException].
public interface StorageCursor extends AutoCloseable {
  /// Moves to the next entry; false at the end of the range.
  ///
  /// @throws StorageException when the engine cannot read; never taken for the end
  boolean next();

  /// Moves so that the following [#next] finds the first entry at or beyond `key` in the cursor's
  /// direction.
  void seek(byte[] key);

  /// The current key; the array belongs to the caller.
  ///
  /// @throws IllegalStateException when the last [#next] did not return true
  byte[] key();

  /// The current value; the array belongs to the caller. Reading only keys must not cost reading
  /// values where the engine can avoid it.
  byte[] value();

  /// Length of the current value in bytes, without copying it.
  int valueLength();

  @Override
  void close();
}
