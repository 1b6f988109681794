package dev.lockstep.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lockstep.core.storage.Keyspace;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksObject;
import org.rocksdb.WALRecoveryMode;

/// RocksDB's options for the database and its column families; reasons for the values:
/// `docs/decisions/0003-storage-layout.md`. Owns the native option objects: closed after the
/// database.
final class ColumnFamilies implements AutoCloseable {
  private static final int MEBIBYTE = 1 << 20;

  /// Half of the cache is kept for indexes and filters: a scan through millions of documents must
  /// not throw them out.
  private static final double INDEXES_AND_FILTERS_SHARE = 0.5;

  /// Range deletions in one memtable before it is flushed: each one makes reads of the memtable
  /// dearer.
  private static final int RANGE_DELETIONS_MAX = 512;

  /// Newest first: freed in this order.
  private final Deque<RocksObject> owned = new ArrayDeque<>();

  private final RocksSettings settings;
  private final Cache cache;
  private final DBOptions database;

  /// In the order of the keyspaces.
  private final List<ColumnFamilyOptions> families = new ArrayList<>();

  ColumnFamilies(RocksSettings settings) {
    this.settings = settings;
    this.cache =
        own(
            new LRUCache(
                settings.blockCacheBytes(), shardBits(settings), false, INDEXES_AND_FILTERS_SHARE));
    this.database = newDatabase();
    for (Keyspace keyspace : Keyspace.values()) {
      families.add(options(keyspace));
    }
  }

  /// Shards of at least 4 MiB, so that a stored document chunk of 1 MiB fits into one.
  private static int shardBits(RocksSettings settings) {
    long shards = Math.max(1, settings.blockCacheBytes() / (4 * MEBIBYTE));
    return Math.min(6, 63 - Long.numberOfLeadingZeros(shards));
  }

  /// How table files of one keyspace are written.
  record Tables(Keyspace keyspace, DBOptions database, ColumnFamilyOptions family) {
    /// The caller closes them.
    Options newOptions() {
      return new Options(database, family);
    }
  }

  Tables tables(Keyspace keyspace) {
    return new Tables(keyspace, database, families.get(keyspace.ordinal()));
  }

  DBOptions database() {
    return database;
  }

  private DBOptions newDatabase() {
    return own(new DBOptions())
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        // A torn end is what a power loss leaves; everything synced lies before it.
        .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
        .setMaxBackgroundJobs(settings.backgroundThreads())
        .setDbWriteBufferSize(settings.writeBufferBytes())
        // Lets a seldom flushed keyspace hold back no more log than this.
        .setMaxTotalWalSize(2 * settings.writeBufferBytes())
        // Written out steadily instead of in one long stall at the end.
        .setBytesPerSync(MEBIBYTE)
        .setWalBytesPerSync(MEBIBYTE)
        .setMaxOpenFiles(2048)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(4 * MEBIBYTE)
        .setKeepLogFileNum(4)
        .setStatsDumpPeriodSec(0);
  }

  /// First the default one, which is the engine's own, then one per keyspace in their order.
  List<ColumnFamilyDescriptor> descriptors() {
    List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
    descriptors.add(
        new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family(1.0 / 64, 4096)));
    for (Keyspace keyspace : Keyspace.values()) {
      descriptors.add(
          new ColumnFamilyDescriptor(
              keyspace.name().getBytes(UTF_8), families.get(keyspace.ordinal())));
    }
    return descriptors;
  }

  private ColumnFamilyOptions options(Keyspace keyspace) {
    return switch (keyspace) {
      case DOCUMENTS -> family(1.0 / 3, 8192);
      case PRIMARY -> filtered(1.0 / 5);
      case INDEXES -> family(1.0 / 5, 4096);
      case CHANGES -> family(1.0 / 6, 16384);
      case TREES -> family(1.0 / 24, 8192);
      case CATALOG -> family(1.0 / 24, 4096);
      case COUNTERS -> family(1.0 / 64, 4096);
      case SUPERSEDED -> family(1.0 / 24, 8192);
    };
  }

  /// Every insert asks whether its key exists, mostly in vain: a filter answers that without
  /// reading a block.
  private ColumnFamilyOptions filtered(double share) {
    BlockBasedTableConfig table = table(4096);
    table.setFilterPolicy(own(new BloomFilter(10)));
    table.setWholeKeyFiltering(true);
    table.setPartitionFilters(true);
    table.setOptimizeFiltersForMemory(true);
    return family(share, table)
        .setMemtableWholeKeyFiltering(true)
        .setMemtablePrefixBloomSizeRatio(0.05);
  }

  private ColumnFamilyOptions family(double share, int blockBytes) {
    return family(share, table(blockBytes));
  }

  /// @param share of the write buffers that one memtable of this family takes at most
  private ColumnFamilyOptions family(double share, BlockBasedTableConfig table) {
    long memtable = Math.max(MEBIBYTE / 4, (long) (settings.writeBufferBytes() * share));
    long tableFile = Math.max(2 * MEBIBYTE, memtable);
    return own(new ColumnFamilyOptions())
        .setTableFormatConfig(table)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setWriteBufferSize(memtable)
        .setMaxWriteBufferNumber(3)
        .setTargetFileSizeBase(tableFile)
        .setMaxBytesForLevelBase(4 * tableFile)
        .setMemtableMaxRangeDeletions(RANGE_DELETIONS_MAX);
  }

  /// Indexes are split and cached like data: memory does not grow with the number of documents.
  private BlockBasedTableConfig table(int blockBytes) {
    return new BlockBasedTableConfig()
        .setBlockCache(cache)
        .setBlockSize(blockBytes)
        .setFormatVersion(6)
        .setIndexType(IndexType.kTwoLevelIndexSearch)
        .setMetadataBlockSize(4096)
        .setCacheIndexAndFilterBlocks(true)
        .setCacheIndexAndFilterBlocksWithHighPriority(true)
        .setPinTopLevelIndexAndFilter(true)
        .setPinL0FilterAndIndexBlocksInCache(true);
  }

  private <T extends RocksObject> T own(T object) {
    owned.push(object);
    return object;
  }

  @Override
  public void close() {
    owned.forEach(RocksObject::close);
    owned.clear();
  }
}
