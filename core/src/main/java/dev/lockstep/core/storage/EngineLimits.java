package dev.lockstep.core.storage;

import java.time.Duration;

/// What an engine can take; declared, never assumed (`docs/decisions/0003-storage-layout.md`).
///
/// @param valueBytesMax largest value of one [WriteBatch#put]; larger documents are stored in
///   chunks
/// @param keyBytesMax largest key
/// @param commitBytesMax largest [WriteBatch#bytes] of one commit
/// @param commitKeysMax largest [WriteBatch#operations] of one commit
/// @param sortedRowsFrom from how many bytes on [SortedRows] cost less than commits
/// @param snapshotAgeMax how long a [Snapshot] lives at least; longer work must re-open
public record EngineLimits(
    int valueBytesMax,
    int keyBytesMax,
    long commitBytesMax,
    int commitKeysMax,
    long sortedRowsFrom,
    Duration snapshotAgeMax) {
  /// Documents above this are chunked on every engine, whatever larger value it would take: heads
  /// stay small and no single read or write holds a huge value in one piece.
  public static final int CHUNK_BYTES = 1 << 20;

  public EngineLimits {
    if (valueBytesMax < 1024
        || keyBytesMax < 512
        || commitKeysMax < 16
        || commitBytesMax < 4L * valueBytesMax) {
      throw new IllegalArgumentException(
          "engine limits too small: value "
              + valueBytesMax
              + " key "
              + keyBytesMax
              + " commit "
              + commitBytesMax
              + " bytes, "
              + commitKeysMax
              + " keys");
    }
  }
}
