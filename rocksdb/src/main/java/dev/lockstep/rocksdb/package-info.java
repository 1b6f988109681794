/// The [dev.lockstep.core.storage.StorageEngine] on RocksDB: one column family per keyspace, one
/// folder, one process. The only package that sees `org.rocksdb`. Format: `docs/storage-format.md`.
///
/// Native memory: whoever creates a native object is named at its field as the one who frees it,
/// and every call into RocksDB happens inside the engine's [NativeGate], so that closing the engine
/// can neither overtake a call nor be followed by one. Write batches are plain bytes on the heap
/// until the moment of their commit.
package dev.lockstep.rocksdb;
