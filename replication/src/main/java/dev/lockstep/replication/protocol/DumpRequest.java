package dev.lockstep.replication.protocol;

import dev.lockstep.core.storage.Tick;

/// One request of a follower for the next part of a collection.
///
/// @param collection globally unique id, or name, or id
/// @param from the number of the last part received; 0 at the beginning
/// @param to upper limit for leaders that keep a history: their tick + 1
/// @param chunkSize bytes to ask for
/// @param includeSystem as the user wants it
/// @param flush make the leader move its write-ahead log first; only old leaders need it, only for
///   the first part
public record DumpRequest(
    String batchId,
    String collection,
    DumpForm form,
    long from,
    Tick to,
    long chunkSize,
    boolean includeSystem,
    boolean flush) {}
