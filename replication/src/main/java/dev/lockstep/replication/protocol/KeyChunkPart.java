package dev.lockstep.replication.protocol;

/// Which chunk of a leader's list of keys a request is about.
///
/// @param keysId names the list
/// @param collection globally unique id, or name, or id
/// @param chunk its number, from 0
/// @param chunkSize documents in a chunk, as the list was asked for
/// @param low the chunk's first key
public record KeyChunkPart(
    String keysId, String collection, int chunk, int chunkSize, String low) {}
