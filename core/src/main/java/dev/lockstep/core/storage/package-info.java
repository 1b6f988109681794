/// The storage SPI: ordered keyspaces of bytes, atomic [WriteBatch]es that the engine stamps with
/// [Tick]s, and [Snapshot]s. An engine declares its limits ([EngineLimits]); callers split and
/// chunk by them and never assume. Knows nothing of documents.
package dev.lockstep.core.storage;
