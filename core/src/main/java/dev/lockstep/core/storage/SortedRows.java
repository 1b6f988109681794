package dev.lockstep.core.storage;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Rows of one keyspace in ascending order of their keys, written past commits and memory, for a
/// range that nobody reads yet: much data costs a fraction of what commits cost. Rows may become
/// visible one by one before [#finish] and may stay when that is never called, so a crash leaves
/// any first part of them; whoever uses this knows from rows committed later what counts. One
/// thread; closed by whoever created it.
///
/// Using it after [#finish] or [#close] is an [IllegalStateException], a key that does not exceed
/// the one before an [IllegalArgumentException].
public interface SortedRows extends AutoCloseable {
  /// Adds a row; one that is there already is replaced. Arrays handed in are not modified by anyone
  /// afterwards.
  void put(byte[] key, byte[] value);

  /// Bytes of keys and values so far.
  long bytes();

  /// Makes all rows visible. Whatever a later commit survives, they survive as well.
  ///
  /// @return [CommitOutcome.Done] without changes; or why the rows are not to be relied on
  CommitOutcome finish();

  /// Discards what was not finished, as far as it is not visible yet.
  @Override
  void close();

  /// For implementations.
  ///
  /// @throws IllegalArgumentException for a keyspace that is written in ways of its own
  static void requireAllowed(Keyspace keyspace) {
    if (keyspace == Keyspace.COUNTERS || keyspace == Keyspace.CHANGES) {
      throw new IllegalArgumentException("no sorted rows into " + keyspace);
    }
  }

  /// For implementations.
  ///
  /// @param last null before the first key
  static void requireAscending(byte @Nullable [] last, byte[] key) {
    if (last != null && Arrays.compareUnsigned(last, key) >= 0) {
      throw new IllegalArgumentException("keys of sorted rows must ascend");
    }
  }
}
