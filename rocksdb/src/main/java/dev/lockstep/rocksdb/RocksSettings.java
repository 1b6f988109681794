package dev.lockstep.rocksdb;

/// How much a [RocksStorageEngine] may take.
///
/// @param blockCacheBytes memory for blocks read, indexes and filters included; shared by all
///   keyspaces
/// @param writeBufferBytes memory for commits not yet in table files, all keyspaces together; also
///   what a start after a crash has to replay at most, twice over
/// @param freeBytesMin space left on the disk below which commits are refused: what is already
///   committed must still fit while it moves into table files
/// @param backgroundThreads for flushing and compaction
public record RocksSettings(
    long blockCacheBytes, long writeBufferBytes, long freeBytesMin, int backgroundThreads) {
  private static final long MEBIBYTE = 1 << 20;

  /// For two cores and a machine that has better uses for its memory.
  public static final RocksSettings DEFAULT =
      new RocksSettings(64 * MEBIBYTE, 96 * MEBIBYTE, 128 * MEBIBYTE, 2);

  public RocksSettings {
    if (blockCacheBytes < MEBIBYTE) {
      throw new IllegalArgumentException(
          "blockCacheBytes must be at least 1 MiB: " + blockCacheBytes);
    }
    if (writeBufferBytes < 2 * MEBIBYTE) {
      throw new IllegalArgumentException(
          "writeBufferBytes must be at least 2 MiB: " + writeBufferBytes);
    }
    if (freeBytesMin < 0) {
      throw new IllegalArgumentException("freeBytesMin must not be negative: " + freeBytesMin);
    }
    if (backgroundThreads < 1) {
      throw new IllegalArgumentException(
          "backgroundThreads must be at least 1: " + backgroundThreads);
    }
  }
}
