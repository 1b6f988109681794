package dev.lockstep.replication.protocol;

/// A run of a leader's documents in bytewise order of their keys.
///
/// @param low first key, included
/// @param high last key, included
/// @param hash over keys and revisions, see [dev.lockstep.core.document.ChunkHash]
public record KeyChunk(String low, String high, long hash) {}
