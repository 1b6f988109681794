package dev.lockstep.server.settings;

/// What the storage engine may take.
///
/// @param blockCacheBytes for data read, outside of the heap
/// @param writeBufferBytes for data not yet in table files, outside of the heap
/// @param freeBytesMin space left on the disk below which writes are refused
public record StorageSettings(long blockCacheBytes, long writeBufferBytes, long freeBytesMin) {
  public static final StorageSettings DEFAULT =
      new StorageSettings(64L << 20, 96L << 20, 64L << 20);
}
